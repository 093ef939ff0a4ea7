"""What was claimed ends exactly one way: finished, tried again later, set aside, or handed back for somebody else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import pytest

from bridge.domain.errors import (
    AssistantError,
    AssistantFault,
    LeaseLost,
    PlatformError,
    PlatformFault,
    StoreRefused,
    StoreUnavailable,
)
from bridge.domain.ids import ConversationKey, TurnId, new_chat_id
from bridge.domain.turns import Question, Turn
from bridge.domain.updates import MessageReceived, Update, lane_key
from bridge.ports import Beat, Claim
from bridge.services.worker import Bury, Poisonous, StopTurn, Worker, WorkerPolicy
from bridge.store.memory import MemoryStore
from tests.builders import ANN, APP, HERE, message
from tests.fakes import FakeClock, unreachable

LEASE = timedelta(seconds=60)


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


NEW, DONE, DEAD = (1, 0, 0), (0, 1, 0), (0, 0, 1)


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


# --- one claim ---


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


# --- many claims ---


def elsewhere(number: int) -> MessageReceived:
    return replace(message(f"to {number}"), conversation=ConversationKey("fake", "bot", f"C{number}"))


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


async def begin_turn(rig: Rig, claim: Claim) -> Turn:
    turn = Turn(
        id=TurnId("t" * 24),
        update=claim.updates[0].id,
        conversation=HERE,
        app=APP.name,
        chat=new_chat_id(),
        asked=ANN,
        question=Question("hello"),
        record=TurnId("t" * 24),
    )
    return await rig.store.begin_turn(claim, turn)


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


# --- the end ---


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


async def test_a_retry_is_logged_with_what_an_operator_needs(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.does = [RuntimeError("bug")]
    with caplog.at_level(logging.WARNING):
        await rig.worker.work(await rig.claimed(message("private words")))
    (record,) = caplog.records
    assert (record.getMessage(), vars(record)["attempts"], vars(record)["retry_in"]) == ("update_failed", 1, 1)
    assert record.exc_info is not None
    assert "private words" not in str(vars(record))
