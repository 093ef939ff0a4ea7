"""Watching a stream: what it says, signs of life while it says nothing, a stop at any moment, an end in any case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.events import AssistantEvent, Finished, TextAdded, TextRestarted, Waiting, WorkflowPaused
from bridge.ports import Clock
from bridge.services.cancellation import is_being_cancelled

_AHEAD = 1000  # events; a consumer that is slower than that slows the source
_REPEAT = 10.0  # seconds between signs of life


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody stopped the answer; nothing follows."""


Watched: TypeAlias = AssistantEvent | TextRestarted | Waiting | Stopped


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


async def watched(
    source: AsyncGenerator[Watched],
    *,
    stop: asyncio.Event,
    leaving: asyncio.Event,
    clock: Clock,
    quiet_after: float,
    longest: float,
) -> AsyncGenerator[Watched]:
    """Everything of `source`; a `Waiting` after `quiet_after` seconds without news; `Stopped` as soon as `stop` is set.

    Once `leaving` is set, this process will not see the end of it: a `Waiting` says that it goes on elsewhere.

    What had come by then but was not taken yet is dropped; but a source that has paused or finished can no longer be
    stopped: its question would be lost, and FastGPT waits for an answer. Raises what `source` raises, and
    AssistantError (a timeout) after `longest` seconds. The source is closed anyhow.
    """
    queue: asyncio.Queue[Watched | _End] = asyncio.Queue(_AHEAD)
    pulse = _Pulse(clock, quiet_after)
    tasks = [
        asyncio.create_task(_pump(source, queue, pulse)),
        asyncio.create_task(_stopped(stop, queue)),
        asyncio.create_task(_leaving(leaving, queue)),
        asyncio.create_task(_expired(clock, longest, queue)),
        asyncio.create_task(pulse.beat(queue)),
    ]
    try:
        while True:
            item = await queue.get()
            if stop.is_set() and not pulse.is_over:
                yield Stopped()
                return
            match item:
                case _End(error) if error is not None:
                    raise error
                case _End() | Stopped():
                    return
                case TextAdded() if leaving.is_set():
                    yield item
                    yield Waiting(phrases.CONTINUES)  # which the text has just replaced
                case _:
                    yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Pulse:
    """Says that it takes time, after `quiet_after` seconds without news and every ten seconds from then on.

    Once the source has said why nothing comes, that is repeated: whether anything works is not known here.

    `is_over`: the answer is complete, or has paused for one of the person's.
    """

    def __init__(self, clock: Clock, quiet_after: float) -> None:
        self._clock = clock
        self._quiet_after = quiet_after
        self._begun = clock.monotonic()
        self._due = self._begun + quiet_after
        self._reason = ""
        self.is_over = False

    def felt(self, event: Watched) -> None:
        self._reason = event.sentence if isinstance(event, Waiting) else ""
        if not isinstance(event, Waiting):
            self._due = self._clock.monotonic() + self._quiet_after
        self.is_over = self.is_over or isinstance(event, WorkflowPaused | Finished)

    async def beat(self, queue: asyncio.Queue[Watched | _End]) -> None:
        while True:
            now = self._clock.monotonic()
            if now < self._due:
                await self._clock.sleep(self._due - now)
                continue
            self._due = now + _REPEAT
            await queue.put(Waiting(phrases.still_working(now - self._begun, self._reason)))


async def _pump(source: AsyncGenerator[Watched], queue: asyncio.Queue[Watched | _End], pulse: _Pulse) -> None:
    try:
        async with aclosing(source) as items:
            async for item in items:
                pulse.felt(item)
                await queue.put(item)
    except asyncio.CancelledError as error:
        if is_being_cancelled():
            raise
        await queue.put(_End(error))  # not ours: something that the source waited for was cancelled
    except Exception as error:  # noqa: BLE001 - carried over to the consumer, who raises it
        await queue.put(_End(error))
    else:
        await queue.put(_End(None))


async def _stopped(stop: asyncio.Event, queue: asyncio.Queue[Watched | _End]) -> None:
    await stop.wait()
    await queue.put(Stopped())


async def _leaving(leaving: asyncio.Event, queue: asyncio.Queue[Watched | _End]) -> None:
    await leaving.wait()
    await queue.put(Waiting(phrases.CONTINUES))


async def _expired(clock: Clock, longest: float, queue: asyncio.Queue[Watched | _End]) -> None:
    await clock.sleep(longest)
    error = AssistantError(
        f"The answer was not finished within {longest:.0f} seconds.", fault=AssistantFault.TIMEOUT, permanent=True
    )
    await queue.put(_End(error))
