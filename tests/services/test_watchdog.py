"""What keeps everything from running is noticed, and nothing else is."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from bridge.services.watchdog import watch_the_loop


class LateClock:
    """Every sleep takes as much longer as it is told; after the last one nobody wakes up."""

    def __init__(self, *late: float) -> None:
        self._late = list(late)
        self._elapsed = 0.0

    def monotonic(self) -> float:
        return self._elapsed

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        if not self._late:
            raise asyncio.CancelledError
        self._elapsed += seconds + self._late.pop(0)


@pytest.mark.parametrize(("late", "told"), [(0.0, []), (0.9, []), (3.25, [3.2])])
async def test_a_second_in_which_nothing_ran_is_told(
    late: float, told: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await watch_the_loop(LateClock(0.0, late, 0.0))
    assert [record.__dict__["seconds"] for record in caplog.records] == told
