"""On SQLite one process works at a time: its successor waits for no lease, and disturbs nobody who still lives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.errors import LeaseLost
from tests.builders import message
from tests.contracts.store_world import LEASE, claimed, ids
from tests.fakes import FakeClock
from tests.store.worlds import opened


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'bridge.db'}"


async def test_a_successor_claims_at_once_what_its_dead_predecessor_held(tmp_path: Path) -> None:
    async with opened(url_in(tmp_path)) as dead:
        await dead.put([message()])
        await claimed(dead, "dead")
    async with opened(url_in(tmp_path)) as successor:
        assert await successor.inherit() == 1
        assert (await claimed(successor, "successor")).attempts == 2


async def test_what_a_living_process_holds_is_left_to_its_lease(tmp_path: Path) -> None:
    async with opened(url_in(tmp_path)) as living, opened(url_in(tmp_path)) as other:
        await living.inherit()
        await living.put([message()])
        await claimed(living, "living")
        assert await other.inherit() == 0
        assert await other.claim("other", LEASE) is None


async def test_a_predecessor_that_was_only_asleep_is_fenced_off(tmp_path: Path) -> None:
    async with opened(url_in(tmp_path)) as asleep, opened(url_in(tmp_path)) as successor:
        await asleep.put([message()])
        stale = await claimed(asleep, "asleep")
        await successor.inherit()
        assert ids(await successor.claim("successor", LEASE)) == [stale.updates[0].id]
        with pytest.raises(LeaseLost):
            await asleep.finish(stale)


async def test_a_clock_put_back_between_two_lives_delays_no_retry_by_more_than_minutes(tmp_path: Path) -> None:
    late, early = FakeClock(), FakeClock()
    late.elapsed = 3600.0
    async with opened(url_in(tmp_path), late) as before:
        await before.put([message()])
        await before.release(await claimed(before), timedelta(seconds=1))
    async with opened(url_in(tmp_path), early) as after:
        await after.inherit()
        early.elapsed = 301.0
        assert await after.claim("w", LEASE) is not None
