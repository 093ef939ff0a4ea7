"""A lease is kept while the work lasts, through outages; who lost it lets go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bridge.domain.updates import Update, lane_key
from bridge.ports import Claim
from bridge.services.worker import WorkerPolicy
from tests.builders import HERE, message
from tests.services.worker_rig import LEASE, NEW, Rig, begin_turn, elsewhere, forever, running, until


async def test_after_an_outage_longer_than_its_lease_an_answer_that_runs_still_does() -> None:
    # The process that held the lease claimed it again, and began anew what it was in the midst of.
    rig = Rig(WorkerPolicy(poll=0.001))
    rig.does = [forever()]
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
        rig.store.away_until = 91
        await rig.clock.sleep(92)
        await rig.store.put([elsewhere(1)])  # the database is asked for work before the next heartbeat
        await until(lambda: len(rig.handled) == 2)
        assert rig.worker.running == 2
        assert await rig.store.claim("w2", LEASE) is None


async def test_a_stop_that_breaks_after_an_outage_ends_nothing() -> None:
    rig = Rig(WorkerPolicy(poll=0.001))
    rig.does = [forever()]
    rig.stop_turn = dict[str, None]().__getitem__  # type: ignore[assignment]
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
        await begin_turn(rig, rig.handled[0])
        rig.store.away_until = 11
        await rig.clock.sleep(12)
        await rig.store.request_stop(HERE, None)
        await rig.store.put([elsewhere(1)])
        await until(lambda: len(rig.handled) == 2)


async def test_after_an_outage_longer_than_a_lease_others_have_time_to_extend_theirs() -> None:
    rig = Rig(WorkerPolicy(poll=0.001))
    await rig.store.put([message()])
    assert await rig.store.claim("w2", LEASE) is not None
    rig.store.away_until = 91
    async with running(rig):
        await rig.clock.sleep(92)
        await rig.store.put([elsewhere(1)])
        await rig.clock.sleep(1)
        assert (await rig.store.beat("w2", LEASE)).lost == frozenset()
        await rig.begun.wait()
    assert [claim.lane for claim in rig.handled] == [lane_key(elsewhere(1))]


async def test_a_long_answer_keeps_its_lease() -> None:
    rig = Rig()

    async def long(_: Claim) -> Sequence[Update]:
        await rig.clock.sleep(600)
        return []

    rig.does = [long]
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
        while rig.clock.elapsed < 590:
            assert await rig.store.claim("w2", LEASE) is None
            await asyncio.sleep(0)
        await until(lambda: not rig.worker.running)
    assert len(rig.handled) == 1


@pytest.mark.parametrize("failure", ["store", "bug"])
async def test_a_heartbeat_that_fails_is_not_the_last_one(failure: str) -> None:
    rig = Rig()
    rig.does = [forever()]
    if failure == "store":
        rig.store.outages = {"beat": 2}
    else:
        rig.stop_turn = dict[str, None]().__getitem__  # type: ignore[assignment]
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
        await begin_turn(rig, rig.handled[0])
        await rig.store.request_stop(HERE, None)
        await until(lambda: rig.store.beats > 4)


async def test_a_stop_asked_for_elsewhere_reaches_the_turn_at_once() -> None:
    rig = Rig(WorkerPolicy(heartbeat=3600, lease=36000, drain=1))
    rig.does = [forever()]
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
        turn = await begin_turn(rig, rig.handled[0])
        assert await rig.store.request_stop(HERE, None) == turn.id
        await until(lambda: bool(rig.stopped))
    assert rig.stopped[0] == (lane_key(rig.handled[0].updates[0]), turn.id)
    assert rig.clock.elapsed < 60


async def test_who_lost_a_lane_stops_working_on_it(caplog: pytest.LogCaptureFixture) -> None:
    rig, cancelled = Rig(), asyncio.Event()

    async def wait(_: Claim) -> Sequence[Update]:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError("unreachable")

    rig.does = [wait]
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
        rig.clock.elapsed += 61  # as if this process had slept
        stolen = await rig.store.claim("w2", LEASE)
        assert stolen is not None
        await cancelled.wait()
        await until(lambda: rig.worker.running == 0)
    assert await rig.depth() == NEW
    await rig.store.finish(stolen)
    assert "lease_lost" in caplog.messages


async def test_who_claims_a_lane_again_lets_go_of_the_work_that_lost_it() -> None:
    rig, ended = Rig(), list[int]()

    async def wait(claim: Claim) -> Sequence[Update]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(claim.epoch)
        raise AssertionError("unreachable")

    rig.does = [wait, []]
    await rig.store.put([message()])
    async with running(rig):
        await rig.begun.wait()
        rig.clock.elapsed += 61
        await rig.store.put([elsewhere(1)])
        await until(lambda: len(rig.handled) == 3 and rig.worker.running == 0)
    assert ended == [1]
    assert await rig.depth() == (0, 2, 0)
