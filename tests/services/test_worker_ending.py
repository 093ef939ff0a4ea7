"""A worker that is to end finishes what it can, and hands back the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bridge.domain.updates import Update
from bridge.ports import Claim
from bridge.services.worker import WorkerPolicy
from tests.builders import message
from tests.services.worker_rig import DONE, Rig, elsewhere, forever, running, until


async def test_what_runs_when_the_stop_comes_is_finished_and_nothing_new_is_begun() -> None:
    rig, gate = Rig(WorkerPolicy(max_claims=1)), asyncio.Event()

    async def wait(_: Claim) -> Sequence[Update]:
        await gate.wait()
        return []

    rig.does = [wait]
    await rig.store.put([elsewhere(1), elsewhere(2)])
    async with running(rig) as stop:
        await rig.begun.wait()
        stop.set()
        await asyncio.sleep(0)
        gate.set()
    assert await rig.depth() == (1, 1, 0)


async def test_what_takes_longer_than_the_drain_is_handed_back_uncounted() -> None:
    rig = Rig(WorkerPolicy(drain=20))
    rig.does = [forever()]
    await rig.store.put([elsewhere(1), elsewhere(2)])
    async with running(rig) as stop:
        await until(lambda: len(rig.handled) == 2)
        began = rig.clock.elapsed
        stop.set()
    assert 20 <= rig.clock.elapsed - began <= 30
    claims = [await rig.claimed(), await rig.claimed()]
    assert [(claim.attempts, claim.failures) for claim in claims] == [(1, 0), (1, 0)]
    assert rig.worker.running == 0


async def test_what_will_not_be_finished_is_told_so_before_it_is_left() -> None:
    rig = Rig(WorkerPolicy(drain=20))
    rig.does = [forever()]
    await rig.store.put([message()])
    async with running(rig) as stop:
        await rig.begun.wait()
        began = rig.clock.elapsed
        stop.set()
    assert [16 <= at - began <= 17 for at in rig.left] == [True]


async def test_leases_are_kept_while_draining() -> None:
    rig = Rig(WorkerPolicy(drain=300))

    async def long(_: Claim) -> Sequence[Update]:
        await rig.clock.sleep(200)
        return []

    rig.does = [long]
    await rig.store.put([message()])
    async with running(rig) as stop:
        await rig.begun.wait()
        stop.set()
    assert len(rig.handled) == 1
    assert await rig.depth() == DONE


@pytest.mark.parametrize("ticks", range(12))
async def test_a_stop_at_any_moment_leaves_as_many_slots_as_there_were(ticks: int) -> None:
    rig, most = Rig(WorkerPolicy(max_claims=2)), list[int]()

    async def brief(_: Claim) -> Sequence[Update]:
        for _tick in range(20):
            most.append(rig.worker.running)
            await asyncio.sleep(0)
        return []

    rig.does = [brief]
    await rig.store.put([elsewhere(number) for number in range(9)])
    async with running(rig) as stop:
        for _ in range(ticks):
            await asyncio.sleep(0)
        stop.set()
    async with running(rig):
        await until(lambda: len(rig.handled) == 9 and rig.worker.running == 0)
    assert max(most) == 2
    assert await rig.depth() == (0, 9, 0)


async def test_a_worker_that_is_cancelled_hands_back_what_it_has() -> None:
    rig = Rig()
    rig.does = [forever()]
    await rig.store.put([message()])
    task = asyncio.create_task(rig.worker.run(asyncio.Event()))
    await rig.begun.wait()
    task.cancel()
    await asyncio.wait({task})
    assert (await rig.claimed()).attempts == 1
