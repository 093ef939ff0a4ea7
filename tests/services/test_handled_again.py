"""An update is handled again after it failed, or the process ended, half-way: what it did before is not done twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bridge.domain import phrases
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.events import Finished, TextAdded, WorkflowPaused
from bridge.domain.ids import InteractionId, TurnId
from bridge.domain.interactions import Choice, Chosen, Field, FieldType, Form, Option
from bridge.domain.turns import Opening, Part
from bridge.domain.updates import AnswerFinished, FormMove, FormStepTaken, InteractionCancelled, OptionChosen, Update
from bridge.ports import Claim
from bridge.store.memory import MemoryStore
from tests.builders import ANN, HERE, command, message
from tests.fakes import START, FakeClock, Script
from tests.services.house import House, house

CHOICE = Choice("Continue?", (Option("Yes", "yes!"), Option("No", "no!")))
ASKS_BACK: Script = [TextAdded("Well."), WorkflowPaused("userSelect", CHOICE, extends_record=True), Finished()]


async def fails_once(h: House, text: str) -> None:
    """The end of the next answer cannot be shown at first, and the message that led to it is handled again."""
    h.adapter.failures = [PlatformError("down", fault=PlatformFault.UNREACHABLE, permanent=False)]
    await h.hear(message(text))
    await later(h)


async def later(h: House) -> None:
    """What failed is handled again."""
    h.clock.elapsed += 5
    await h.work()


async def test_a_question_that_is_asked_back_about_is_not_taken_for_the_answer_to_that() -> None:
    async with house() as h:
        h.assistant.scripts = [ASKS_BACK]
        await fails_once(h, "start")
        assert phrases.ANSWER_FIRST not in h.adapter.texts
        assert h.adapter.texts.count("[Continue?]") == 1
        assert (await h.open_interaction()).is_open


class Killed(Exception):
    """Stands for the end of the process: nothing of what comes after is done."""


class DyingStore(MemoryStore):
    """The process ends right before its first answer is noted as finished."""

    deaths = 1

    async def finish(self, claim: Claim, follow_ups: Sequence[Update] = ()) -> None:
        if self.deaths and any(isinstance(update, AnswerFinished) for update in follow_ups):
            self.deaths -= 1
            raise Killed
        await super().finish(claim, follow_ups)


async def test_an_answer_that_was_shown_right_before_the_end_of_the_process_gets_its_quick_replies() -> None:
    # It was found delivered, and nothing followed: no quick replies, Regenerate stayed at the answer before.
    clock = FakeClock()
    async with house(store=DyingStore(clock), clock=clock) as h:
        h.assistant.opened, h.assistant.suggestions = Opening(suggests=True), ["And tea?"]
        await h.hear(message("start"))
        await later(h)
        assert h.adapter.texts == ["Hello!", phrases.SUGGESTIONS]


async def test_words_that_were_taken_for_an_answer_become_no_question() -> None:
    async with house() as h:
        h.assistant.scripts = [ASKS_BACK, [TextAdded("On it goes."), Finished()]]
        await h.hear(message("start"))
        await fails_once(h, "yes")
        assert [asked.question.answer for asked in h.assistant.asked] == [None, Chosen(0, CHOICE.options[0])]


class FreezingStore(MemoryStore):
    """The process is frozen right after its first leave to send was committed, and its lane is claimed by another."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self._frozen_clock = clock

    async def record_part(self, claim: Claim, turn: TurnId, part: Part) -> None:
        await super().record_part(claim, turn, part)
        if claim.epoch == 1:
            self._frozen_clock.elapsed += 120.0
            await self.claim("w2", timedelta(seconds=60))


async def test_a_leave_to_send_from_before_a_freeze_is_none_any_more() -> None:
    clock = FakeClock()
    async with house(store=FreezingStore(clock), clock=clock) as h:
        h.assistant.scripts = [[TextAdded("Late."), Finished()]]
        await h.hear(message("start"))
        assert h.adapter.texts == []


Press = InteractionCancelled | FormStepTaken | OptionChosen


def press(id: InteractionId, kind: type[Press] = InteractionCancelled, **changes: Any) -> Update:
    return kind(id="press", conversation=HERE, by=ANN, at=START, interaction=id, reply="r", **changes)


async def test_a_cancel_that_was_stored_right_before_the_end_of_the_process_is_shown_and_refused_to_nobody() -> None:
    # Handled again, it was told that the conversation had moved on, and the buttons stayed for good.
    async with house() as h:
        h.assistant.scripts = [ASKS_BACK]
        await h.hear(message("start"))
        h.adapter.stuck = [Killed()]  # type: ignore[list-item]
        await h.hear(press((await h.open_interaction()).id))
        await later(h)
        assert (h.adapter.private, h.adapter.texts[0]) == (
            [],
            phrases.cancelled_by("Continue?", "", shared=False, goes_on=True),
        )


async def test_the_command_to_cancel_takes_the_controls_away_though_it_is_handled_twice() -> None:
    async with house() as h:
        h.assistant.scripts = [ASKS_BACK]
        await h.hear(message("start"))
        h.adapter.stuck = [Killed()]  # type: ignore[list-item]
        await h.hear(command("cancel"))
        await later(h)
        assert h.adapter.texts == ["Continue?\n\n✖ Cancelled", "Well.", phrases.CANCELLED]


async def test_a_form_that_was_submitted_right_before_the_end_of_the_process_is_shown_as_submitted() -> None:
    # Its summary kept its buttons, and whoever had pressed was told to have answered already.
    fields = Field("Age", "Age", FieldType.NUMBER), Field("City", "City", FieldType.INPUT)
    async with house(native_forms=False) as h:
        asks: Script = [WorkflowPaused("userInput", Form("", fields), extends_record=True), Finished()]
        h.assistant.scripts = [asks, [TextAdded("On it goes."), Finished()]]
        await h.hear(message("start"), message("42"), message("Oslo"))
        asked = await h.open_interaction()
        h.adapter.stuck = [Killed()]  # type: ignore[list-item]
        await h.hear(press(asked.id, FormStepTaken, message=asked.draft.prompt, step=2, move=FormMove.SUBMIT))
        await later(h)
        assert (h.adapter.private, h.adapter.texts[-2:]) == ([], [phrases.FORM_DONE, "On it goes."])


def refusal() -> PlatformError:
    return PlatformError("never", fault=PlatformFault.REFUSED, permanent=True)


@pytest.mark.parametrize(("seen", "same_chat"), [(True, True), (False, False)])
async def test_an_answer_with_which_nothing_can_go_on_is_no_burden_to_what_is_written_next(
    seen: bool, same_chat: bool
) -> None:
    # It was tried again before every message from then on, and each of them set aside with it.
    async with house() as h:
        h.assistant.scripts = [ASKS_BACK, [TextAdded("On it goes."), Finished()]]
        await h.hear(message("start"))
        h.adapter.failures = [refusal()] if seen else []
        h.assistant.refusals = {} if seen else {"ask": [refusal()]}
        await h.hear(press((await h.open_interaction()).id, OptionChosen, index=0))
        await h.hear(message("next"))
        assert (h.questions[-1], h.adapter.texts[-2:]) == ("next", [phrases.ANSWER_LOST, "On it goes."])
        assert (h.assistant.asked[0].chat == h.assistant.asked[-1].chat) is same_chat
