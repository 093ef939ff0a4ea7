"""An answer that is on its way shows signs of life, can be stopped at any moment, and ends in any case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault, LeaseLost
from bridge.domain.events import Finished, StatusChanged, TextAdded, Waiting, WorkflowPaused
from bridge.domain.interactions import Pause
from bridge.services.watch import Stopped, Watched, watched
from tests.fakes import FakeClock, unreachable

Step = Watched | float | BaseException | asyncio.Event


class Stage:
    """A source that follows a script: what it says, how long (seconds) it says nothing, what it fails with."""

    def __init__(self, *script: Step, quiet_after: float = 15, longest: float = 1800) -> None:
        self.clock = FakeClock()
        self.stop = asyncio.Event()
        self.leaving = asyncio.Event()
        self.closed = False
        self.said = 0
        self._script = script
        self._quiet_after = quiet_after
        self._longest = longest

    async def _source(self) -> AsyncGenerator[Watched]:
        try:
            for step in self._script:
                match step:
                    case asyncio.Event():
                        await step.wait()
                    case float():
                        await self.clock.sleep(step)
                    case BaseException():
                        raise step
                    case _:
                        self.said += 1
                        yield step
        finally:
            self.closed = True

    def watched(self) -> AsyncGenerator[Watched]:
        return watched(
            self._source(),
            stop=self.stop,
            leaving=self.leaving,
            clock=self.clock,
            quiet_after=self._quiet_after,
            longest=self._longest,
        )

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[AsyncGenerator[Watched]]:
        async with aclosing(self.watched()) as events:
            yield events

    async def heard(self) -> list[Watched]:
        return [event async for event in self.watched()]


HELLO, WORLD = TextAdded("Hello"), TextAdded(" world")
SILENCE = asyncio.Event


def each(*steps: Step) -> list[Step]:
    return list(steps)


async def test_everything_comes_through_in_order_and_the_source_is_closed() -> None:
    stage = Stage(HELLO, StatusChanged("Search"), WORLD, Finished())
    assert await stage.heard() == [HELLO, StatusChanged("Search"), WORLD, Finished()]
    assert stage.closed


async def test_silence_is_broken_after_a_while_and_then_every_ten_seconds() -> None:
    stage = Stage(36.0, HELLO)
    waiting: Sequence[Watched] = [Waiting(phrases.still_working(seconds)) for seconds in (15, 25, 35)]
    assert await stage.heard() == [*waiting, HELLO]


async def test_who_hears_something_does_not_hear_that_it_takes_time() -> None:
    stage = Stage(*each(14.0, HELLO) * 5)
    assert await stage.heard() == [HELLO] * 5


async def test_news_start_the_silence_anew() -> None:
    stage = Stage(10.0, HELLO, 16.0, WORLD)
    assert await stage.heard() == [HELLO, Waiting(phrases.still_working(25)), WORLD]


async def test_that_it_is_being_tried_again_is_no_news_and_nothing_is_said_to_work_meanwhile() -> None:
    trying = Waiting(phrases.NOT_ANSWERING)
    stage = Stage(14.0, trying, 2.0, HELLO, 16.0, WORLD)
    still_trying = Waiting(f"{phrases.NOT_ANSWERING} (15 s)")
    assert await stage.heard() == [trying, still_trying, HELLO, Waiting(phrases.still_working(31)), WORLD]


async def test_a_slow_listener_is_not_told_that_a_talking_source_is_silent() -> None:
    stage = Stage(*each(HELLO, 5.0) * 6)
    async with stage.watching() as events:
        async for event in events:
            assert event == HELLO
            await stage.clock.sleep(7)


@pytest.mark.parametrize(
    "error", [unreachable(), LeaseLost(), ValueError("bug")], ids=lambda error: type(error).__name__
)
async def test_what_the_source_fails_with_comes_through_after_what_it_said(error: Exception) -> None:
    stage, heard = Stage(HELLO, error), list[Watched]()
    with pytest.raises(type(error)) as raised:
        async for event in stage.watched():
            heard.append(event)
    assert raised.value is error
    assert heard == [HELLO]
    assert stage.closed


async def test_a_source_that_is_cancelled_from_within_ends_at_once() -> None:
    # Nobody heard of it, and the answer was waited for until its time was over.
    stage = Stage(HELLO, asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await stage.heard()
    assert (stage.closed, stage.clock.elapsed) == (True, 0)


async def test_an_answer_that_never_ends_is_ended_with_a_timeout() -> None:
    stage = Stage(HELLO, SILENCE(), longest=60)
    with pytest.raises(AssistantError) as raised:
        await stage.heard()
    assert (raised.value.fault, raised.value.permanent) == (AssistantFault.TIMEOUT, True)
    assert stage.clock.elapsed == 60
    assert stage.closed


async def test_an_answer_that_never_stops_talking_is_ended_too() -> None:
    stage = Stage(*each(HELLO, 1.0) * 100, longest=60)
    with pytest.raises(AssistantError):
        await stage.heard()
    assert stage.clock.elapsed == 60


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
async def test_a_stop_is_heard_at_any_moment_and_nothing_follows(taken: int) -> None:
    stage, heard = Stage(HELLO, HELLO, HELLO, SILENCE()), list[Watched]()
    async with stage.watching() as events:
        for _ in range(taken):
            heard.append(await anext(events))
        stage.stop.set()
        heard += [event async for event in events]
    assert heard == [HELLO] * taken + [Stopped()]
    assert stage.closed
    assert stage.clock.elapsed == 0


async def test_a_stop_before_the_beginning_asks_for_nothing_more() -> None:
    stage = Stage(SILENCE())
    stage.stop.set()
    assert await stage.heard() == [Stopped()]


async def test_a_stop_goes_before_everything_that_was_not_taken_yet() -> None:
    stage = Stage(*[HELLO] * 5000)
    async with stage.watching() as events:
        assert await anext(events) == HELLO
        await stage.clock.sleep(1)
        stage.stop.set()
        assert [event async for event in events] == [Stopped()]


async def test_a_stop_after_the_last_word_leaves_the_answer_whole() -> None:
    stage = Stage(HELLO, Finished())
    async with stage.watching() as events:
        heard = [await anext(events), await anext(events)]
        stage.stop.set()
        heard += [event async for event in events]
    assert heard == [HELLO, Finished()]


async def test_a_question_that_has_already_been_asked_is_not_lost_to_a_stop() -> None:
    # FastGPT waits for its answer then, and would take the next message for one.
    asks = WorkflowPaused("userSelect", Pause("Go on?"), extends_record=True)
    stage = Stage(HELLO, asks, Finished())
    async with stage.watching() as events:
        assert await anext(events) == HELLO
        await stage.clock.sleep(1)
        stage.stop.set()
        assert [event async for event in events] == [asks, Finished()]


async def test_who_will_not_see_the_end_here_is_told_that_it_goes_on_whatever_still_comes() -> None:
    stage = Stage(HELLO, 10.0, WORLD, SILENCE())
    async with stage.watching() as events:
        assert await anext(events) == HELLO
        stage.leaving.set()
        assert [await anext(events) for _ in range(3)] == [
            Waiting(phrases.CONTINUES),
            WORLD,
            Waiting(phrases.CONTINUES),
        ]


async def test_a_source_that_breaks_because_it_was_stopped_was_stopped() -> None:
    gate = asyncio.Event()
    stage = Stage(HELLO, gate, unreachable())
    async with stage.watching() as events:
        assert await anext(events) == HELLO
        stage.stop.set()
        gate.set()
        assert [event async for event in events] == [Stopped()]


async def test_a_listener_who_leaves_closes_the_source() -> None:
    stage = Stage(HELLO, SILENCE())
    async with stage.watching() as events:
        assert await anext(events) == HELLO
    assert stage.closed


async def test_a_listener_who_is_cancelled_closes_the_source() -> None:
    stage = Stage(HELLO, SILENCE(), quiet_after=10_000, longest=100_000)
    task = asyncio.create_task(stage.heard())
    await stage.clock.sleep(1)
    assert stage.said == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stage.closed


async def test_a_source_does_not_run_far_ahead_of_a_slow_listener() -> None:
    stage = Stage(*[HELLO] * 5000)
    async with stage.watching() as events:
        await anext(events)
        await stage.clock.sleep(1)
        assert stage.said < 1100


async def test_nothing_is_left_running() -> None:
    before = asyncio.all_tasks()
    await Stage(HELLO, 40.0, Finished()).heard()
    assert asyncio.all_tasks() == before
