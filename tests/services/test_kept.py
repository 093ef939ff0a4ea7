"""Somebody asks something while a question for somebody else is open: kept, and asked once that is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain import phrases
from bridge.domain.events import Finished, TextAdded, WorkflowPaused
from bridge.domain.ids import InteractionId
from bridge.domain.interactions import Choice, Option
from bridge.domain.updates import MessageEdited, MessageReceived, OptionChosen
from tests.builders import ANN, BOB, HERE, command, message
from tests.fakes import START
from tests.services.house import House, house

CHOICE = Choice("Go on?", (Option("Yes", "yes"), Option("No", "no")))
PAUSE = WorkflowPaused("userSelect", CHOICE, extends_record=True)
ANSWER = [TextAdded("Done."), Finished()]
KEPT = phrases.kept("Ann", "bot, new")


async def paused(h: House, *scripts: object) -> InteractionId:
    """Ann has started what asks her something, in a place that others share."""
    h.assistant.scripts = [[PAUSE], *(scripts or (ANSWER,))]  # type: ignore[list-item]
    await h.hear(message("start", private=False))
    return (await h.open_interaction()).id


def press(id: InteractionId, number: str = "1") -> OptionChosen:
    return OptionChosen(id=number, conversation=HERE, by=ANN, at=START, interaction=id, index=0, reply="r")


def bobs(text: str = "And what about me?") -> MessageReceived:
    return message(text, by=BOB, private=False)


async def test_a_message_for_which_somebody_else_has_to_answer_first_is_kept_and_its_author_told() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(bobs())
        assert (h.questions, h.adapter.texts[-1]) == (["start"], KEPT)
        assert (await h.interaction(id)).is_open


async def test_it_is_asked_once_the_question_is_answered() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(bobs())
        await h.hear(press(id))
        assert h.questions == ["start", "", "And what about me?"]
        assert h.assistant.asked[-1].person.endswith("U2")


async def test_where_an_answer_does_not_show_what_it_answers_it_is_said_whose_question_is_taken_up() -> None:
    async with house() as h:
        h.adapter.capabilities = replace(h.adapter.capabilities, shows_what_is_answered=False)
        id = await paused(h)
        await h.hear(bobs("And what\nabout me?"))
        await h.hear(press(id))
        assert h.adapter.texts[-2:] == [phrases.asked_by("Bob", "And what about me?"), "Done."]


async def test_it_is_asked_once_the_question_is_answered_in_words_or_cancelled() -> None:
    for words in (message("Yes", private=False), command("cancel", private=False)):
        async with house() as h:
            await paused(h)
            await h.hear(bobs())
            await h.hear(words)
            assert h.questions[-1] == "And what about me?"


async def test_it_waits_through_every_question_of_the_workflow_and_is_told_once() -> None:
    async with house() as h:
        first = await paused(h, [PAUSE], ANSWER)
        await h.hear(bobs())
        await h.hear(press(first))
        assert h.questions == ["start", ""]
        await h.hear(press((await h.open_interaction()).id, "2"))
        assert h.questions == ["start", "", "", "And what about me?"]
        assert h.adapter.texts.count(KEPT) == 1


async def test_a_new_conversation_takes_it_up_at_once() -> None:
    async with house() as h:
        await paused(h)
        await h.hear(bobs())
        await h.hear(command("new", by=BOB, private=False))
        assert h.questions == ["start", "And what about me?"]
        assert h.assistant.asked[0].chat != h.assistant.asked[1].chat


async def test_several_are_asked_in_the_order_they_were_written() -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(bobs("one"), bobs("two"))
        await h.hear(press(id))
        assert h.questions[2:] == ["one", "two"]


@pytest.mark.parametrize(("hours", "asked"), [(23, True), (25, False)])
async def test_what_was_kept_for_too_long_is_not_asked_and_its_author_told(hours: int, asked: bool) -> None:
    async with house() as h:
        id = await paused(h)
        await h.hear(bobs())
        h.clock.elapsed += timedelta(hours=hours).total_seconds()
        await h.hear(press(id))
        assert ("And what about me?" in h.questions) is asked
        assert (phrases.KEPT_TOO_LONG in h.adapter.texts) is not asked


async def test_a_message_that_is_edited_while_it_is_kept_is_offered_in_its_new_words_once_it_is_answered() -> None:
    # The edit was heard at once, found no question, and was forgotten.
    async with house() as h:
        id = await paused(h, [PAUSE], ANSWER)
        await h.hear(asked := bobs())
        changed = MessageEdited(
            id="edit", conversation=HERE, by=BOB, at=START, message=asked.message, text="And what about us?"
        )
        await h.hear(changed)
        await h.hear(press(id))
        assert (h.questions, phrases.EDITED in h.adapter.texts) == (["start", ""], False)
        await h.hear(press((await h.open_interaction()).id, "2"))
        assert (h.questions[-1], h.adapter.texts[-1]) == ("And what about me?", phrases.EDITED)


async def test_an_edit_of_what_was_no_question_is_forgotten_once_nothing_is_open() -> None:
    async with house() as h:
        id = await paused(h)
        edit = MessageEdited(id="edit", conversation=HERE, by=BOB, at=START, message=bobs().message, text="Among us")
        await h.hear(edit)
        await h.hear(press(id))
        assert (h.questions, phrases.EDITED in h.adapter.texts) == (["start", ""], False)
        assert "waiting" not in {state for state, count in (await h.store.depth()).items() if count}
