"""While an app is known to be away nobody waits to find it out once more, and nobody has to say when it is back."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.events import Finished, TextAdded
from bridge.domain.ids import AppName
from bridge.services.breaker import Breaker, BreakerPolicy
from tests.builders import message
from tests.fakes import unreachable
from tests.services.house import house

HERE, THERE = AppName("here"), AppName("there")
KEY = AssistantError("key refused", fault=AssistantFault.BAD_KEY, permanent=True)
BUSY = AssistantError("busy", fault=AssistantFault.CHAT_BUSY, permanent=False)
SLOW = AssistantError("slow", fault=AssistantFault.TIMEOUT, permanent=False)


class Rig:
    def __init__(self) -> None:
        self.time = 0.0
        self.policy = BreakerPolicy(failures=5, outage=30, first_pause=5, longest_pause=60)
        self.breaker = Breaker([HERE, THERE], lambda: self.time, self.policy)

    def ask(self, *outcomes: AssistantError | None, is_new: bool = True, app: AppName = HERE) -> None:
        """One question; None is an answer. Raises AssistantError if it is not let in."""
        with self.breaker.admitted(app, is_new=is_new) as admission:
            for outcome in outcomes:
                admission.answered() if outcome is None else admission.failed(outcome)

    def is_open(self, app: AppName = HERE) -> bool:
        return bool(self.breaker.report()[app]["state"] == "unavailable")

    def lets_in(self) -> bool:
        """Looks without touching: what is let in here ends undecided."""
        try:
            self.ask()
        except AssistantError:
            return False
        return True


def test_five_failures_in_a_row_over_half_a_minute_are_an_outage() -> None:
    rig = Rig()
    for rig.time in (0, 8, 16, 24):
        rig.ask(unreachable())
    assert not rig.is_open()
    rig.time = 31
    rig.ask(unreachable())
    assert rig.is_open()


def test_a_hundred_failures_in_one_second_are_a_gap_that_stops_nobody() -> None:
    rig = Rig()
    rig.ask(*[unreachable()] * 100)
    assert not rig.is_open()


def test_an_answer_in_between_begins_the_count_anew() -> None:
    rig = Rig()
    for rig.time, outcome in ((0, unreachable()), (20, None), (40, unreachable()), (41, unreachable())):
        rig.ask(outcome)
    rig.ask(*[unreachable()] * 3)
    assert not rig.is_open()


@pytest.mark.parametrize("fault", [AssistantFault.BAD_KEY, AssistantFault.BAD_APP, AssistantFault.NO_POINTS])
def test_what_only_the_operator_can_mend_opens_at_once_for_that_app_alone(fault: AssistantFault) -> None:
    rig = Rig()
    rig.ask(AssistantError("no", fault=fault, permanent=True))
    assert (rig.is_open(HERE), rig.is_open(THERE)) == (True, False)
    with pytest.raises(AssistantError) as refused:
        rig.ask()
    assert (refused.value.fault, refused.value.permanent) == (fault, True)


def test_what_ends_an_answer_that_had_begun_says_nothing_about_the_next() -> None:
    rig = Rig()
    rig.ask(None, KEY)
    assert not rig.is_open()


def test_the_pause_before_the_next_probe_doubles_up_to_a_minute() -> None:
    rig, pauses = Rig(), []
    rig.ask(KEY)
    for _ in range(6):
        began = rig.time
        while not rig.lets_in():
            rig.time += 1
        pauses.append(rig.time - began)
        rig.ask(KEY)
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_one_probe_at_a_time_is_let_in_and_one_that_hangs_keeps_the_next_for_a_minute() -> None:
    rig = Rig()
    rig.ask(KEY)
    rig.time = 6
    with rig.breaker.admitted(HERE, is_new=True) as probe:
        assert probe.is_probe
        assert not rig.lets_in()
        rig.time += 60
        assert rig.lets_in()


def test_a_probe_that_is_let_go_leaves_its_place_to_the_next() -> None:
    rig = Rig()
    rig.ask(KEY)
    rig.time = 6
    with contextlib.suppress(asyncio.CancelledError), rig.breaker.admitted(HERE, is_new=True):
        raise asyncio.CancelledError
    assert rig.lets_in()


@pytest.mark.parametrize("sign_of_life", [None, BUSY])
def test_a_probe_that_is_answered_or_refused_for_its_own_sake_closes_it(sign_of_life: AssistantError | None) -> None:
    rig = Rig()
    rig.ask(KEY)
    rig.time = 6
    rig.ask(sign_of_life)
    assert not rig.is_open()


def test_a_probe_that_takes_too_long_proves_nothing() -> None:
    rig = Rig()
    rig.ask(KEY)
    rig.time = 6
    rig.ask(SLOW)
    assert rig.is_open()
    assert not rig.lets_in()


def test_a_question_that_is_being_asked_is_let_in_and_finds_out_for_the_others() -> None:
    rig = Rig()
    rig.ask(KEY)
    rig.ask(KEY, is_new=False)
    assert rig.is_open()
    rig.ask(None, is_new=False)
    assert not rig.is_open()


def test_it_is_logged_once_when_it_opens_and_once_when_it_closes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig = Rig()
    for _ in range(3):
        rig.ask(KEY, is_new=False)
    rig.time = 90
    for _ in range(3):
        rig.ask(None)
    assert caplog.messages == ["app_unavailable", "app_available"]


def test_how_long_an_app_has_been_away_and_why_is_told() -> None:
    rig = Rig()
    rig.ask(KEY)
    rig.time = 12.34
    assert rig.breaker.report() == {
        "here": {"state": "unavailable", "problem": "bad_key", "since_seconds": 12.3},
        "there": {"state": "available"},
    }


# --- in use ---


async def test_after_an_outage_the_next_one_is_told_at_once_and_fastgpt_not_asked() -> None:
    async with house() as h:
        h.assistant.scripts = [[unreachable()]]
        await h.hear(message("one"))
        asked, before = len(h.assistant.asked), h.clock.elapsed
        await h.hear(message("two"))
        assert (len(h.assistant.asked), h.clock.elapsed) == (asked, before)
        assert h.adapter.texts[-1] == phrases.fault(AssistantFault.UNREACHABLE)
        assert h.adapter.screen[-1].buttons == (phrases.RETRY,)


async def test_a_probe_that_fails_is_told_at_once_and_one_that_succeeds_is_an_answer() -> None:
    async with house() as h:
        h.assistant.scripts = [[unreachable()]]
        await h.hear(message("one"))
        h.clock.elapsed += 5
        before = h.clock.elapsed
        await h.hear(message("two"))
        assert h.clock.elapsed - before < 1
        h.assistant.scripts = [[TextAdded("Back."), Finished()]]
        h.clock.elapsed += 10
        await h.hear(message("three"), message("four"))
        assert h.adapter.texts[-2:] == ["Back.", "Back."]


async def test_an_app_that_is_away_is_told_in_health_and_the_bridge_stays_ready() -> None:
    async with house() as h:
        h.assistant.scripts = [[KEY]]
        await h.hear(message("one"))
        ready, report = await h.bridge.health.report(h.store)
        assert ready
        assert report["apps"]["default"]["problem"] == "bad_key"
