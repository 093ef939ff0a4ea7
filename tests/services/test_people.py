"""How much one person may ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.config import File
from bridge.domain import phrases
from bridge.domain.events import WorkflowPaused
from bridge.domain.interactions import Choice, Option
from bridge.domain.updates import MessageReceived
from tests.builders import BOB, HERE, command, message
from tests.fakes import START
from tests.services.house import House, house

TWO = File.model_validate({"people": {"questions_per_minute": 2}})


def flood(count: int, **changes: object) -> list[MessageReceived]:
    return [message(f"question {number}", **changes) for number in range(1, count + 1)]


def told(h: House) -> list[str]:
    return [text for text in h.adapter.texts if "in a minute" in text]


async def test_what_is_over_the_limit_is_not_asked_and_told_once() -> None:
    async with house(file=TWO) as h:
        await h.hear(*flood(200))
        assert h.questions == ["question 1", "question 2"]
        assert told(h) == [phrases.too_many_questions(2, 60)]


async def test_who_asks_too_much_in_several_places_is_told_in_each() -> None:
    async with house(file=TWO) as h:
        others = [replace(HERE, address=f"thread {number}") for number in range(3)]
        await h.hear(*flood(2), *(message("more", conversation=place) for place in others for _ in range(2)))
        assert len(h.questions) == 2
        assert len(told(h)) == len(others)


async def test_others_in_the_same_place_are_not_limited_by_one_persons_flood() -> None:
    async with house(file=TWO) as h:
        await h.hear(*flood(5, private=False), message("me too", by=BOB, private=False))
        assert h.questions == ["question 1", "question 2", "me too"]


async def test_after_a_minute_everything_is_asked_again() -> None:
    async with house(file=TWO) as h:
        await h.hear(*flood(3))
        await h.hear(message("later", at=START + timedelta(seconds=60)))
        assert h.questions[-1] == "later"


async def test_what_was_written_within_hours_is_asked_though_it_is_handled_at_once() -> None:
    async with house(file=TWO) as h:
        await h.hear(*(message(str(hour), at=START - timedelta(hours=hour)) for hour in (3, 2, 1)))
        assert h.questions == ["3", "2", "1"]


async def test_a_notice_that_cannot_be_said_is_said_later() -> None:
    async with house(file=TWO) as h:
        *_, third = flood(3)
        excess = [await h.store.admit(HERE, third.by, third.id, START, 2, timedelta(minutes=1)) for _ in range(3)]
        assert excess[-1] is not None
        await h.hear(third)
        assert (h.questions, len(told(h))) == ([], 1)


async def test_the_answer_to_a_choice_and_a_command_are_no_questions() -> None:
    async with house(file=TWO) as h:
        ask = Choice("Which one?", (Option("Red", "r"), Option("Blue", "b")))
        h.assistant.scripts = [h.assistant.scripts[0], [WorkflowPaused("userSelect", ask, extends_record=True)]]
        await h.hear(*flood(2))
        h.assistant.scripts = [h.assistant.scripts[0]]
        await h.hear(message("Red"), command("help"))
        assert len(h.questions) == 3
        assert told(h) == []


async def test_no_limit_is_no_limit() -> None:
    async with house(file=File.model_validate({"people": {"questions_per_minute": 0}})) as h:
        await h.hear(*flood(50))
        assert len(h.questions) == 50
        assert await h.store.conversation(HERE) is not None
