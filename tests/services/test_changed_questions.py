"""A question is edited or deleted after its workflow has asked something back: all that it led to goes with it."""

from __future__ import annotations

from bridge.config import File
from bridge.domain import phrases
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.events import Finished, TextAdded, WorkflowPaused
from bridge.domain.ids import TurnId
from bridge.domain.interactions import Choice, Chosen, Field, FieldType, Option
from bridge.domain.turns import Opening
from bridge.domain.updates import (
    AnswerAction,
    AnswerActionChosen,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OptionChosen,
)
from tests.builders import ANN, HERE, message
from tests.fakes import START, Script
from tests.services.house import House, house

CHOICE = Choice("Which one?", (Option("Red", "red"), Option("Blue", "blue")))
ASKS: Script = [TextAdded("Well."), WorkflowPaused("userSelect", CHOICE, extends_record=True), Finished()]
GOES_ON: Script = [TextAdded("Red it is."), Finished()]
ANEW: Script = [TextAdded("Anew."), Finished()]
REMOVES = File.model_validate({"answers": {"on_delete": "remove"}})


def edit(asked: MessageReceived, text: str = "Paint it, quickly") -> MessageEdited:
    return MessageEdited(id="edit", conversation=HERE, by=ANN, at=START, message=asked.message, text=text)


def deletion(asked: MessageReceived) -> MessageDeleted:
    return MessageDeleted(id="deletion", conversation=HERE, by=ANN, at=START, message=asked.message)


async def asked(h: House, *words: str) -> MessageReceived:
    """The question; then what is said to what it asks."""
    h.assistant.scripts = [ASKS, *(GOES_ON for _ in words), ANEW]
    question = message("Paint it")
    await h.hear(question, *(message(text) for text in words))
    return question


async def ask_again(h: House) -> TurnId:
    latest = await h.store.latest_turn(HERE)
    assert latest is not None
    act = AnswerActionChosen(id="act", conversation=HERE, by=ANN, at=START, turn=latest.id, action=AnswerAction.REASK)
    await h.hear(act)
    return latest.id


async def test_what_a_question_asked_back_is_closed_when_it_is_asked_anew() -> None:
    # It stayed open, and the next question was taken for an answer to it.
    async with house() as h:
        await h.hear(edit(await asked(h)))
        await ask_again(h)
        assert await h.store.open_interaction_of(HERE) is None
        assert h.adapter.texts[0] == "Which one?\n\n✖ Cancelled"
        await h.hear(message("Thanks"))
        assert h.questions == ["Paint it", "Paint it, quickly", "Thanks"]


async def test_a_question_that_was_answered_back_is_asked_anew_in_its_new_words() -> None:
    # The stored answer was sent once more, to a workflow that waited for nothing.
    async with house() as h:
        await h.hear(edit(await asked(h, "Red")))
        await ask_again(h)
        last = h.assistant.asked[-1].question
        assert (last.text, last.answer) == ("Paint it, quickly", None)
        assert h.assistant.forgotten == [h.assistant.asked[0].turn]


async def test_an_edit_that_changes_nothing_is_none_after_an_answer_back_either() -> None:
    async with house() as h:
        await h.hear(edit(await asked(h, "Red"), "Paint it"))
        assert phrases.EDITED not in h.adapter.texts


async def test_an_answer_that_is_given_while_the_question_is_to_be_asked_anew_reaches_the_workflow_that_waits() -> None:
    # The paused round was taken out first, and the answer sent to a workflow that waited for nothing.
    async with house() as h:
        question = await asked(h)
        interaction = await h.open_interaction()
        await h.hear(edit(question))
        who = {"conversation": HERE, "by": ANN, "at": START}
        ask = AnswerActionChosen(id="act", **who, turn=interaction.turn, action=AnswerAction.REASK)  # type: ignore[arg-type]
        await h.hear(ask, OptionChosen(id="pick", **who, interaction=interaction.id, index=0))  # type: ignore[arg-type]
        assert h.assistant.asked[1].question.answer == Chosen(0, CHOICE.options[0])
        assert (len(h.assistant.asked), h.assistant.forgotten) == (2, [])


async def test_a_deleted_question_takes_with_it_what_it_asked_back() -> None:
    # The buttons stayed, and whoever wrote next was told to answer them first.
    async with house(file=REMOVES) as h:
        question = await asked(h)
        await h.hear(message("Green"), deletion(question))  # with a reminder below it
        assert h.adapter.texts == []
        assert len(h.adapter.removed) == len(set(h.adapter.removed)) == 3
        await h.hear(message("Thanks"))
        assert h.questions == ["Paint it", "Thanks"]


async def test_a_deleted_question_takes_every_round_of_its_answer_with_it() -> None:
    async with house(file=REMOVES) as h:
        await h.hear(deletion(await asked(h, "Red")))
        assert (h.adapter.texts, h.assistant.forgotten) == ([], [h.assistant.asked[0].turn])


async def test_that_an_edit_was_seen_is_said_later_if_it_cannot_be_said_now() -> None:
    # It was written down first, and then taken for an edit that everybody knew of.
    async with house() as h:
        question = await asked(h)
        h.adapter.mute = [PlatformError("down", fault=PlatformFault.UNREACHABLE, permanent=False)]
        await h.hear(edit(question))
        h.clock.elapsed += 5
        await h.work()
        assert h.adapter.texts[-1] == phrases.EDITED


async def test_a_question_that_waits_for_a_form_before_it_is_asked_is_asked_in_its_new_words() -> None:
    # It was offered to be asked again, and then was without what the form had to tell.
    async with house() as h:
        h.assistant.opened = Opening(variables=(Field("city", "City", FieldType.INPUT, required=True),))
        question = message("Paint it")
        await h.hear(question, edit(question))
        await h.hear(message("Oslo"))
        assert phrases.EDITED not in h.adapter.texts
        assert (h.questions, h.assistant.asked[0].question.variables) == (["Paint it, quickly"], {"city": "Oslo"})
