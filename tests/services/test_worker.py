"""What was claimed ends exactly one way: finished, tried again later, set aside, or handed back for somebody else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from bridge.domain.errors import (
    AssistantError,
    AssistantFault,
    LeaseLost,
    PlatformError,
    PlatformFault,
    StoreUnavailable,
)
from bridge.domain.updates import Update
from bridge.ports import Claim
from bridge.services.worker import Poisonous, WorkerPolicy
from tests.builders import message
from tests.fakes import unreachable
from tests.services.worker_rig import DEAD, DONE, LEASE, NEW, Rig, Step, forever


async def test_what_was_handled_is_done_and_what_follows_is_in_line() -> None:
    rig, follow_up = Rig(), message("next")
    rig.does = [[follow_up]]
    await rig.worker.work(await rig.claimed(message()))
    assert await rig.depth() == (1, 1, 0)
    assert (await rig.claimed()).updates == (follow_up,)


async def test_what_failed_is_tried_again_after_longer_and_longer_pauses() -> None:
    rig = Rig(WorkerPolicy(longest_retry=5))
    rig.does = [RuntimeError("bug")] * 5 + [[]]
    await rig.store.put([message()])
    assert await rig.attempts() == [0, 1, 3, 7, 12, 17]
    assert await rig.depth() == DONE


@pytest.mark.parametrize(
    "error",
    [
        PlatformError("slow down", fault=PlatformFault.RATE_LIMITED, permanent=False, retry_after=30),
        AssistantError("slow down", fault=AssistantFault.RATE_LIMITED, permanent=False, retry_after=30),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_pause_that_was_asked_for_is_kept(error: Exception) -> None:
    rig = Rig()
    rig.does = [error, []]
    await rig.store.put([message()])
    assert await rig.attempts() == [0, 30]


async def test_a_bug_is_set_aside_after_a_few_attempts_with_its_traceback_and_told() -> None:
    rig = Rig(WorkerPolicy(max_attempts=3))
    rig.does = [RuntimeError("the reason")]
    await rig.store.put([message()])
    assert len(await rig.attempts()) == 3
    assert await rig.depth() == DEAD
    (entry,) = await rig.store.inbox("dead", 10)
    assert "Traceback" in entry.error
    assert "RuntimeError: the reason" in entry.error
    assert [str(error) for error in rig.told] == ["the reason"]


async def test_a_platform_that_is_away_is_waited_for_much_longer_than_a_bug() -> None:
    rig = Rig()
    rig.does = [PlatformError("away", fault=PlatformFault.UNREACHABLE, permanent=False)] * 30 + [[]]
    await rig.store.put([message()])
    await rig.attempts()
    assert rig.clock.elapsed > 20 * 60
    assert await rig.depth() == DONE
    assert rig.told == []


async def test_even_an_outage_is_given_up_one_day() -> None:
    rig = Rig(WorkerPolicy(max_outages=4))
    rig.does = [StoreUnavailable("away")]
    await rig.store.put([message()])
    assert len(await rig.attempts()) == 4
    assert await rig.depth() == DEAD


@pytest.mark.parametrize(
    "error",
    [
        PlatformError("no", fault=PlatformFault.REFUSED, permanent=True),
        AssistantError("no", fault=AssistantFault.BAD_KEY, permanent=True),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_trying_again_cannot_help_is_set_aside_at_once(error: Exception) -> None:
    rig = Rig()
    rig.does = [error]
    await rig.worker.work(await rig.claimed(message()))
    assert await rig.depth() == DEAD
    assert rig.told == [error]


async def test_the_line_goes_on_behind_what_was_set_aside() -> None:
    rig, second = Rig(), message("two")
    rig.does = [AssistantError("no", fault=AssistantFault.BAD_KEY, permanent=True), []]
    await rig.store.put([message("one"), second])
    await rig.attempts()
    assert rig.handled[1].updates == (second,)
    assert await rig.depth() == (0, 1, 1)


@pytest.mark.parametrize("apology", [unreachable(), KeyError("a platform that is not there")], ids=["away", "bug"])
async def test_what_cannot_be_told_is_set_aside_all_the_same(apology: Exception) -> None:
    rig = Rig(WorkerPolicy(max_attempts=1))
    rig.does, rig.apology = [RuntimeError("bug")], apology
    await rig.worker.work(await rig.claimed(message()))
    assert await rig.depth() == DEAD


async def test_an_update_that_ends_the_process_again_and_again_is_not_handled_once_more() -> None:
    rig = Rig(WorkerPolicy(max_crashes=3))
    await rig.store.put([message()])
    for _ in range(3):
        await rig.claimed()
        rig.clock.elapsed += 61
    await rig.worker.work(await rig.claimed())
    assert rig.handled == []
    assert await rig.depth() == DEAD
    assert isinstance(rig.told[0], Poisonous)


async def test_failures_are_no_crashes() -> None:
    rig = Rig(WorkerPolicy(max_crashes=1, max_attempts=9))
    rig.does = [RuntimeError("bug")] * 5 + [[]]
    await rig.store.put([message()])
    await rig.attempts()
    assert await rig.depth() == DONE


async def test_a_lane_that_was_lost_is_left_entirely_alone() -> None:
    rig = Rig()
    await rig.store.put([message()])
    lost = await rig.claimed()
    rig.clock.elapsed += 61
    owned = await rig.store.claim("w2", LEASE)
    assert owned is not None
    refused = AssistantError("no", fault=AssistantFault.UNKNOWN, permanent=True)
    outcomes: tuple[Step, ...] = ([], RuntimeError("bug"), LeaseLost(), refused)
    for does in outcomes:
        rig.does, rig.handled = [does], []
        await rig.worker.work(lost)
    assert await rig.depth() == NEW
    await rig.store.finish(owned)


async def test_a_database_that_is_away_while_finishing_is_waited_for_and_nothing_is_done_twice() -> None:
    rig = Rig()
    rig.store.outages = {"finish": 20}
    await rig.worker.work(await rig.claimed(message()))
    assert len(rig.handled) == 1
    assert rig.clock.elapsed > 10
    assert await rig.depth() == DONE


async def test_work_that_is_cancelled_is_handed_back_at_once_and_not_counted() -> None:
    rig = Rig()
    rig.does = [forever()]
    task = asyncio.create_task(rig.worker.work(await rig.claimed(message())))
    await rig.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    again = await rig.claimed()
    assert (again.attempts, again.failures) == (1, 0)


async def test_work_that_is_cancelled_while_apologising_is_handed_back_too() -> None:
    rig = Rig(WorkerPolicy(max_attempts=1))
    apologising = asyncio.Event()

    async def slow(claim: Claim, error: BaseException) -> None:
        apologising.set()
        await asyncio.Event().wait()

    rig.does = [RuntimeError("bug")]
    task = asyncio.create_task(rig.apologising_by(slow).work(await rig.claimed(message())))
    await apologising.wait()
    task.cancel()
    await asyncio.wait({task})
    assert (await rig.claimed()).attempts == 1


async def test_a_cancellation_from_within_is_a_failure_like_any_other() -> None:
    # Handed back uncounted, it would be claimed again at once, for ever.
    rig = Rig(WorkerPolicy(max_attempts=2))

    async def cancelled(_: Claim) -> Sequence[Update]:
        raise asyncio.CancelledError

    rig.does = [cancelled]
    await rig.store.put([message()])
    assert await rig.attempts() == [0, 1]
    assert await rig.depth() == DEAD


async def test_a_retry_is_logged_with_what_an_operator_needs(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.does = [RuntimeError("bug")]
    with caplog.at_level(logging.WARNING):
        await rig.worker.work(await rig.claimed(message("private words")))
    (record,) = caplog.records
    assert (record.getMessage(), vars(record)["attempts"], vars(record)["retry_in"]) == ("update_failed", 1, 1)
    assert record.exc_info is not None
    assert "private words" not in str(vars(record))
