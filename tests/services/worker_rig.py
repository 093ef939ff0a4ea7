"""A worker on a store that can be away, with a clock that waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from bridge.domain.errors import (
    StoreRefused,
    StoreUnavailable,
)
from bridge.domain.ids import ConversationKey, TurnId
from bridge.domain.turns import Turn
from bridge.domain.updates import MessageReceived, Update
from bridge.ports import Beat, Claim
from bridge.services.worker import Bury, StopTurn, Worker, WorkerPolicy
from bridge.store.memory import MemoryStore
from tests.builders import message, turn
from tests.fakes import FakeClock

LEASE = timedelta(seconds=60)
NEW, DONE, DEAD = (1, 0, 0), (0, 1, 0), (0, 0, 1)
"""What `Rig.depth` tells of one update."""


class FlakyStore(MemoryStore):
    """`outages`: how often the named method is unavailable before it works. `away_until`: seconds, for all of them.

    `refuses`: the database cannot be used any more.
    """

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.outages: dict[str, int] = {}
        self.beats = 0
        self.away_until = 0.0
        self.refuses = False
        self.flaky = clock

    def _weather(self, method: str) -> None:
        if self.refuses:
            raise StoreRefused("the database is damaged")
        if self.flaky.elapsed < self.away_until:
            raise StoreUnavailable("the database is away")
        if self.outages.get(method, 0) > 0:
            self.outages[method] -= 1
            raise StoreUnavailable("the database is away")

    async def claim(self, worker: str, lease: timedelta) -> Claim | None:
        self._weather("claim")
        return await super().claim(worker, lease)

    async def finish(self, claim: Claim, follow_ups: Sequence[Update] = ()) -> None:
        self._weather("finish")
        await super().finish(claim, follow_ups)

    async def beat(self, worker: str, lease: timedelta) -> Beat:
        self.beats += 1
        self._weather("beat")
        return await super().beat(worker, lease)


Step: TypeAlias = Exception | Sequence[Update] | Callable[[Claim], Awaitable[Sequence[Update]]]


class Rig:
    """A worker whose handling is a list of what happens at each attempt, the last one again and again."""

    def __init__(self, policy: WorkerPolicy = WorkerPolicy()) -> None:  # noqa: B008 - frozen
        self.clock = FakeClock()
        self.store = FlakyStore(self.clock)
        self.does: Sequence[Step] = [[]]
        self.handled: list[Claim] = []
        self.told: list[BaseException] = []
        self.stopped: list[tuple[str, TurnId]] = []
        self.left: list[float] = []
        self.apology: BaseException | None = None
        self.policy = policy
        self.worker = self.apologising_by(self._bury)
        self.begun = asyncio.Event()
        self.stop_turn: StopTurn = lambda lane, turn: self.stopped.append((lane, turn))

    def apologising_by(self, bury: Bury) -> Worker:
        stop = lambda lane, turn: self.stop_turn(lane, turn)  # noqa: E731 - looked up when it is called
        return Worker(
            self.store,
            self._handle,
            bury,
            stop,
            name="w1",
            clock=self.clock,
            policy=self.policy,
            leave=lambda: self.left.append(self.clock.elapsed),
        )

    async def _handle(self, claim: Claim) -> Sequence[Update]:
        step = self.does[min(len(self.handled), len(self.does) - 1)]
        self.handled.append(claim)
        self.begun.set()
        if isinstance(step, Exception):
            raise step
        return await step(claim) if callable(step) else step

    async def _bury(self, claim: Claim, error: BaseException) -> None:
        self.told.append(error)
        if self.apology is not None:
            raise self.apology

    async def claimed(self, update: MessageReceived | None = None) -> Claim:
        if update is not None:
            await self.store.put([update])
        claim = await self.store.claim("w1", LEASE)
        assert claim is not None
        return claim

    async def attempts(self, count: int = 100) -> list[float]:
        """Work off what there is, however often it comes again; at which seconds each attempt began."""
        began = []
        for _ in range(count):
            depth = await self.store.depth()
            if not depth["new"]:
                break
            while (claim := await self.store.claim("w1", LEASE)) is None:
                self.clock.elapsed += 0.5
            began.append(self.clock.elapsed)
            await self.worker.work(claim)
        return began

    async def depth(self) -> tuple[int, int, int]:
        depth = await self.store.depth()
        return depth["new"], depth["done"], depth["dead"]


def forever() -> Callable[[Claim], Awaitable[Sequence[Update]]]:
    async def wait(_: Claim) -> Sequence[Update]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return wait


@asynccontextmanager
async def running(rig: Rig) -> AsyncIterator[asyncio.Event]:
    """The worker runs; it is stopped, and has ended, when the block is left."""
    stop = asyncio.Event()
    task = asyncio.create_task(rig.worker.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


def elsewhere(number: int) -> MessageReceived:
    return replace(message(f"to {number}"), conversation=ConversationKey("fake", "bot", f"C{number}"))


async def begin_turn(rig: Rig, claim: Claim) -> Turn:
    return await rig.store.begin_turn(claim, turn("t" * 24, update=claim.updates[0].id))
