from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable

import pytest

from bridge.rendering.pacing import Pacer, Priority, Rule, Window

RULES = {"chat": Rule(rate=1.0, burst=4, reserve=1), "bot": Rule(rate=10.0, burst=10, reserve=2)}


class FakeClock:
    """Time passes when the test says so; sleepers wake in order."""

    def __init__(self) -> None:
        self.time = 100.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self.time + seconds, id(woken), woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        await settle()
        end = self.time + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self.time, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await settle()
        self.time = end


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pacer(clock: FakeClock) -> Pacer:
    return Pacer(clock, RULES)


def taken(pacer: Pacer, *keys: str, priority: Priority = Priority.PROGRESS) -> int:
    count = 0
    while pacer.try_acquire(*keys, priority=priority):
        count += 1
    return count


class Callers:
    """Tasks that wait in line, and in which order they got through."""

    def __init__(self, group: asyncio.TaskGroup, pacer: Pacer) -> None:
        self._group, self._pacer, self.through = group, pacer, list[str]()

    def join(self, name: str, *keys: str, priority: Priority = Priority.CONTROL) -> asyncio.Task[None]:
        async def call() -> None:
            await self._pacer.acquire(*keys, priority=priority)
            self.through.append(name)

        return self._group.create_task(call())


async def test_progress_leaves_the_reserve_to_finals(pacer: Pacer) -> None:
    assert taken(pacer, "chat:1") == 3
    assert taken(pacer, "chat:1", priority=Priority.FINAL) == 1


async def test_progress_is_dropped_and_never_queued(pacer: Pacer, clock: FakeClock) -> None:
    taken(pacer, "chat:1")
    assert not pacer.try_acquire("chat:1")
    await clock.advance(pacer.ready_in("chat:1"))
    assert pacer.try_acquire("chat:1")


async def test_all_tokens_of_a_call_are_taken_or_none(pacer: Pacer) -> None:
    taken(pacer, "chat:1")
    before = pacer.ready_in("bot")
    for _ in range(50):
        assert not pacer.try_acquire("chat:1", "bot")
    assert pacer.ready_in("bot") == before


async def test_a_full_bucket_holds_no_more_than_its_burst(pacer: Pacer, clock: FakeClock) -> None:
    taken(pacer, "chat:1", priority=Priority.FINAL)
    await clock.advance(1000)
    assert taken(pacer, "chat:1", priority=Priority.FINAL) == 4


async def test_finals_go_before_first_paint_before_controls(pacer: Pacer, clock: FakeClock) -> None:
    taken(pacer, "chat:1", priority=Priority.FINAL)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, pacer)
        callers.join("control", "chat:1", priority=Priority.CONTROL)
        callers.join("first", "chat:1", priority=Priority.FIRST)
        callers.join("final", "chat:1", priority=Priority.FINAL)
        await clock.advance(10)
        assert callers.through == ["final", "first", "control"]


async def test_within_a_priority_who_came_first_goes_first(pacer: Pacer, clock: FakeClock) -> None:
    taken(pacer, "bot", priority=Priority.FINAL)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, pacer)
        for n in range(20):
            callers.join(str(n), f"chat:{n}", "bot")
            await settle()
        await clock.advance(10)
        assert callers.through == [str(n) for n in range(20)]


async def test_progress_never_overtakes_somebody_who_waits_for_the_same_token(pacer: Pacer, clock: FakeClock) -> None:
    taken(pacer, "bot", priority=Priority.FINAL)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, pacer)
        callers.join("control", "chat:1", "bot")
        await clock.advance(0.25)
        clock.time += 0.06  # the token is there, but whoever waits for it has not been woken yet
        assert not pacer.try_acquire("chat:2", "bot")
        await clock.advance(1)
        assert callers.through == ["control"]


async def test_a_blocked_chat_delays_no_other(pacer: Pacer, clock: FakeClock) -> None:
    pacer.block("chat:1", 30)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, pacer)
        callers.join("blocked", "chat:1", "bot", priority=Priority.FINAL)
        callers.join("other", "chat:2", "bot")
        await clock.advance(1)
        assert callers.through == ["other"]
        assert pacer.try_acquire("chat:3", "bot")
        await clock.advance(29)
        assert callers.through == ["other", "blocked"]


async def test_the_end_of_a_block_lets_one_final_through_at_once(pacer: Pacer, clock: FakeClock) -> None:
    pacer.block("chat:1", 30)
    await clock.advance(29.9)
    assert taken(pacer, "chat:1", priority=Priority.FINAL) == 0
    await clock.advance(0.1)
    assert taken(pacer, "chat:1", priority=Priority.FINAL) == 1


async def test_a_429_slows_every_chat_down_and_time_speeds_them_up_again(pacer: Pacer, clock: FakeClock) -> None:
    pacer.block("chat:1", 5)
    assert pacer.believed_rate("chat:2") == pytest.approx(0.6)
    assert pacer.believed_rate("bot") == 10.0
    await clock.advance(3600)
    assert pacer.believed_rate("chat:2") == 1.0


async def test_a_storm_of_429s_counts_once(pacer: Pacer, clock: FakeClock) -> None:
    for n in range(50):
        pacer.block(f"chat:{n}", 5)
    assert pacer.believed_rate("chat:1") == pytest.approx(0.6)
    await clock.advance(2)
    pacer.block("chat:1", 5)
    assert pacer.believed_rate("chat:1") == pytest.approx(0.36, abs=0.01)


async def test_who_gives_up_holds_nobody_up_and_keeps_no_token(pacer: Pacer, clock: FakeClock) -> None:
    taken(pacer, "chat:1", priority=Priority.FINAL)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, pacer)
        gone = callers.join("gone", "chat:1", priority=Priority.FINAL)
        callers.join("next", "chat:1", priority=Priority.FINAL)
        await settle()
        gone.cancel()
        await clock.advance(1)
        assert callers.through == ["next"]


async def test_who_gives_up_in_the_moment_of_being_served_returns_the_token(pacer: Pacer, clock: FakeClock) -> None:
    taken(pacer, "chat:1", priority=Priority.FINAL)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, pacer)
        callers.join("sleeper", "chat:1", priority=Priority.FINAL)
        gone = callers.join("gone", "chat:1", priority=Priority.FINAL)
        await settle()
        clock.time += 2.0
        pacer.try_acquire("chat:2")  # serves both, but neither has run yet
        gone.cancel()
        await clock.advance(0.0)
        assert callers.through == ["sleeper"]
        assert pacer.ready_in("chat:1", priority=Priority.FINAL) == 0.0


async def test_someone_ready_earlier_does_not_sleep_behind_someone_ready_later(pacer: Pacer, clock: FakeClock) -> None:
    pacer.block("chat:1", 60)
    taken(pacer, "chat:2", priority=Priority.FINAL)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, pacer)
        callers.join("late", "chat:1", priority=Priority.FINAL)
        await settle()
        callers.join("early", "chat:2", priority=Priority.FINAL)
        await clock.advance(2.0)
        assert callers.through == ["early"]
        await clock.advance(60)


async def test_keys_that_are_not_used_any_more_are_forgotten(pacer: Pacer, clock: FakeClock) -> None:
    for n in range(5000):
        pacer.try_acquire(f"chat:{n}")
        await clock.advance(1.0)
    assert len(pacer) <= 512


@pytest.mark.parametrize("rule", [lambda: Rule(0, 5), lambda: Rule(1, 1, reserve=1), lambda: Rule(1, 2, reserve=-1)])
def test_a_rule_that_lets_nothing_through_is_refused(rule: Callable[[], Rule]) -> None:
    with pytest.raises(ValueError):
        rule()


# --- calls within the last minute, and what nobody waits for ---

MINUTE = {"group": Window(limit=20, seconds=60, reserve=2, spare=12)}


@pytest.fixture
def busy(clock: FakeClock) -> Pacer:
    return Pacer(clock, MINUTE)


async def test_after_a_quiet_time_a_whole_minutes_calls_go_at_once(busy: Pacer) -> None:
    assert taken(busy, "group:1", priority=Priority.COSMETIC) == 6
    assert taken(busy, "group:1", priority=Priority.CONTROL) == 12
    assert taken(busy, "group:1", priority=Priority.FINAL) == 2


async def test_no_minute_of_a_busy_hour_has_more_calls_than_allowed(busy: Pacer, clock: FakeClock) -> None:
    made: list[float] = []
    for number in range(3600):
        if busy.try_acquire("group:1", priority=list(Priority)[number % 5]):
            made.append(clock.time)
        await clock.advance(1.0)
    assert max(sum(start <= at < start + 60 for at in made) for start in made) == 20
    assert len(made) >= 18 * 60  # the rest is kept for finals, and one in five calls is one


async def test_what_nobody_waits_for_goes_once_there_is_room_and_keeps_nobody_waiting(
    busy: Pacer, clock: FakeClock
) -> None:
    for _ in range(20):
        await busy.acquire("group:1", priority=Priority.FINAL)
        await clock.advance(1.0)
    async with asyncio.TaskGroup() as group:
        callers = Callers(group, busy)
        callers.join("cosmetic", "group:1", priority=Priority.COSMETIC)
        await settle()
        callers.join("control", "group:1", priority=Priority.CONTROL)
        await clock.advance(43.5)
        assert callers.through == ["control"]
        await clock.advance(17)
        assert callers.through == ["control", "cosmetic"]


async def test_after_a_refusal_the_calls_of_a_minute_come_back_one_by_one(busy: Pacer, clock: FakeClock) -> None:
    busy.block("group:1", 10)
    await clock.advance(10)
    assert taken(busy, "group:1", priority=Priority.FINAL) == 1
    await clock.advance(15.1)
    assert taken(busy, "group:1", priority=Priority.FINAL) == 3


def test_a_minute_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(ValueError):
        Window(limit=10, seconds=60, reserve=5, spare=5)
