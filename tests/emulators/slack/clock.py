"""The emulator's time: it passes by itself, and can be moved on."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any


class Clock:
    """Unix seconds. `advance` makes five minutes pass at once, and wakes everything that waited for them."""

    def __init__(self) -> None:
        self._origin = time.time() - time.monotonic()
        self._moved = 0.0
        self._sleepers: set[asyncio.Future[None]] = set()
        self._sequence = itertools.count(1)
        self._last_second = 0

    def now(self) -> float:
        return self._origin + time.monotonic() + self._moved

    def advance(self, seconds: float) -> None:
        self._moved += seconds
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    async def sleep_until(self, moment: float) -> None:
        while (left := moment - self.now()) > 0:
            sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._sleepers.add(sleeper)
            try:
                await asyncio.wait({sleeper}, timeout=left)
            finally:
                self._sleepers.discard(sleeper)

    async def first(self, event: asyncio.Future[Any], moment: float) -> bool:
        """Wait for `event`, at most until `moment`; whether it came. One that did not come is cancelled."""
        timer = asyncio.ensure_future(self.sleep_until(moment))
        try:
            await asyncio.wait({event, timer}, return_when=asyncio.FIRST_COMPLETED)
            return event.done()
        finally:
            timer.cancel()
            if isinstance(event, asyncio.Task) and not event.done():
                event.cancel()

    def ts(self) -> str:
        """A message timestamp: unique, and greater (as text too) than every one before."""
        self._last_second = max(self._last_second, int(self.now()))
        return f"{self._last_second}.{next(self._sequence):06d}"
