"""What is claimable is worked on as soon as it can be, side by side, as much as is allowed at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bridge.domain.errors import (
    StoreRefused,
)
from bridge.domain.updates import Update
from bridge.ports import Claim
from bridge.services.worker import WorkerPolicy
from tests.builders import message
from tests.services.worker_rig import DONE, NEW, Rig, elsewhere, running, until


async def test_conversations_are_worked_on_side_by_side_but_no_more_than_allowed() -> None:
    rig, gate = Rig(WorkerPolicy(max_claims=3)), asyncio.Event()
    most = 0

    async def wait(_: Claim) -> Sequence[Update]:
        nonlocal most
        most = max(most, rig.worker.running)
        await gate.wait()
        return []

    rig.does = [wait]
    await rig.store.put([elsewhere(number) for number in range(7)])
    async with running(rig):
        await until(lambda: len(rig.handled) == 3)
        await asyncio.sleep(0)
        assert len(rig.handled) == 3
        gate.set()
        await until(lambda: len(rig.handled) == 7 and rig.worker.running == 0)
    assert most == 3
    assert await rig.depth() == (0, 7, 0)


async def test_a_message_that_comes_later_wakes_the_worker_without_waiting_for_the_poll() -> None:
    rig = Rig(WorkerPolicy(poll=3600))
    async with running(rig):
        await asyncio.sleep(0)
        await rig.store.put([message()])
        await rig.begun.wait()
    assert await rig.depth() == DONE


async def test_one_conversation_is_worked_on_one_update_at_a_time_in_order() -> None:
    rig = Rig()
    first, second = message("one"), message("two")
    await rig.store.put([first, second])
    async with running(rig):
        await until(lambda: len(rig.handled) == 2)
    assert [claim.updates for claim in rig.handled] == [(first,), (second,)]


async def test_a_database_that_is_away_while_claiming_ends_nothing() -> None:
    rig = Rig(WorkerPolicy(poll=0.001))
    rig.store.outages = {"claim": 3}
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
    assert await rig.depth() == DONE


async def test_a_database_that_cannot_be_used_any_more_ends_the_worker_and_condemns_nothing() -> None:
    rig = Rig()

    async def broken(_: Claim) -> Sequence[Update]:
        rig.store.refuses = True
        return []

    rig.does = [broken]
    await rig.store.put([message()])
    with pytest.raises(StoreRefused):
        await rig.worker.run(asyncio.Event())
    assert await rig.depth() == NEW
    assert rig.told == []


async def test_what_the_next_crash_would_condemn_is_tried_with_no_other_suspect_beside_it() -> None:
    rig, over = Rig(WorkerPolicy(max_crashes=3)), asyncio.Event()

    async def wait(_: Claim) -> Sequence[Update]:
        await over.wait()
        return []

    rig.does = [wait]
    await rig.store.put([elsewhere(1), elsewhere(2)])
    for _ in range(2):
        await rig.claimed()
        await rig.claimed()
        rig.clock.elapsed += 61
    async with running(rig):
        await rig.begun.wait()
        await rig.clock.sleep(30)
        assert len(rig.handled) == 1
        over.set()
        await until(lambda: len(rig.handled) == 2)
    assert [claim.attempts for claim in rig.handled] == [3, 3]
