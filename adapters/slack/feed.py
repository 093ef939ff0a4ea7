"""Reading turn events as fast as they come, and looking at them as often as the platform allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridge.domain.events import TurnEnded, TurnEvent
from bridge.ports import Clock
from bridge.rendering.progress import Progress


class Feed:
    """`progress` is always up to date; `news` says when it is worth a look."""

    def __init__(self, clock: Clock) -> None:
        self.progress = Progress()
        self._clock = clock
        self._changed = asyncio.Event()
        self._over = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def news(self, gap: float) -> None:
        """Return when something has come, but not before `gap` seconds have passed, unless it is the end.

        Raises what the events raised.
        """
        await self._changed.wait()
        if gap > 0 and not self._over.is_set():
            await self._end_within(gap)
        self._changed.clear()
        if self._reader is not None and self._reader.done():
            self._reader.result()

    @property
    def end(self) -> TurnEnded | None:
        return self.progress.end

    def begin(self, events: AsyncIterator[TurnEvent]) -> asyncio.Task[None]:
        self._reader = asyncio.create_task(self._read(events))
        return self._reader

    async def _read(self, events: AsyncIterator[TurnEvent]) -> None:
        try:
            async for event in events:
                self.progress.add(event)
                if self.progress.end is not None:
                    return
                self._changed.set()
            _ = self.progress.ended
        finally:
            self._over.set()
            self._changed.set()

    async def _end_within(self, seconds: float) -> None:
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({timer, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            over.cancel()


@asynccontextmanager
async def feeding(events: AsyncIterator[TurnEvent], clock: Clock) -> AsyncIterator[Feed]:
    """A feed that is read for as long as the context lasts."""
    feed = Feed(clock)
    reader = feed.begin(events)
    try:
        yield feed
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)  # whoever waited for news has seen what it raised
