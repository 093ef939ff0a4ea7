"""What the core relies on, of every adapter: `bridge.ports.Adapter`, promise by promise.

Inherit `AdapterContract`, or `RemoteAdapterContract` if the platform is somewhere else and can refuse, say what a
`stage` is, and a new platform is held to all of it against its own emulator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import pytest

from bridge.domain.controls import CancelInteraction, PickOption
from bridge.domain.errors import LeaseLost, PlatformError, PlatformFault
from bridge.domain.events import Button, Ending, InteractionRequested, TextAdded, TurnEnded
from bridge.domain.ids import InteractionId
from bridge.domain.interactions import Interaction
from bridge.domain.notices import Notice, Rebuttoned, Removed, Replaced
from bridge.domain.turns import PartState, Turn, TurnState
from bridge.ports import Adapter
from tests.builders import asking, choice
from tests.doubles import RecordingDelivery, stream

PARAGRAPHS = [f"Paragraph {number}. " + "Words are many. " * 40 for number in range(1, 21)]
LONG = "\n\n".join(PARAGRAPHS)
ASKED = InteractionId("interaction00001")
YES = ((Button("Yes", PickOption(ASKED, 0)),),)
LEAVE = ((Button("Leave", CancelInteraction(ASKED)),),)


class AdapterStage(Protocol):
    """An adapter that is connected, and a place in which a person can talk with it."""

    @property
    def adapter(self) -> Adapter: ...

    @property
    def turn(self) -> Turn:
        """What the person asked there just now, as it is before the first attempt to answer it."""

    @property
    def texts(self) -> Sequence[str]:
        """What the person reads of the bot, in reading order; of a preview that goes by itself, nothing."""

    @property
    def buttons(self) -> Sequence[str]:
        """The labels of all that can be pressed or picked now."""


class RemoteStage(AdapterStage, Protocol):
    async def shut_out(self) -> None:
        """The bot can write nothing there any more: it was removed, or blocked."""

    def stranger(self) -> tuple[Adapter, str]:
        """An adapter whose token is wrong, and that token."""


def done(text: str, note: str = "", ending: Ending = Ending.COMPLETE) -> TurnEnded:
    return TurnEnded(ending, text, note, YES if text else ())


def posed(stage: AdapterStage) -> Interaction:
    ask = choice("Red", "Blue", description="Which colour?")
    return asking(ask, ASKED, conversation=stage.turn.conversation, asked=stage.turn.asked, turn=stage.turn.id)


async def delivered(stage: AdapterStage, text: str) -> RecordingDelivery:
    delivery = RecordingDelivery(stage.turn)
    await stage.adapter.deliver(delivery, stream(TextAdded(text), done(text)))
    return delivery


async def asked(stage: AdapterStage, delivery: RecordingDelivery, interaction: Interaction) -> None:
    paused = TurnEnded(Ending.PAUSED, "Before that:")
    await stage.adapter.deliver(delivery, stream(TextAdded("Before that:"), InteractionRequested(interaction), paused))


def shown(stage: AdapterStage, words: str) -> int:
    """How many times the words are on screen."""
    return "\n".join(stage.texts).count(words)


class AdapterContract:
    async def test_its_names_can_stand_in_keys(self, stage: AdapterStage) -> None:
        assert ":" not in stage.adapter.platform + stage.adapter.bot
        assert stage.turn.conversation.platform == stage.adapter.platform

    async def test_connecting_again_is_harmless(self, stage: AdapterStage) -> None:
        before = stage.adapter.bot
        await stage.adapter.connect()
        assert stage.adapter.bot == before

    # --- answers

    async def test_a_short_answer_is_on_screen_once_with_its_buttons(self, stage: AdapterStage) -> None:
        await delivered(stage, "The answer.")
        assert (shown(stage, "The answer."), "Yes" in "".join(stage.buttons)) == (1, True)

    async def test_every_message_is_recorded_before_it_goes_out_and_is_final_in_the_end(
        self, stage: AdapterStage
    ) -> None:
        delivery = await delivered(stage, LONG)
        for part in delivery.turn.parts:
            assert (part.state, part.is_final) == (PartState.SENT, True)
            assert part.message is not None
            assert part.message.platform == stage.adapter.platform
            assert next(record for record in delivery.records if record.index == part.index).state is PartState.SENDING

    async def test_a_long_answer_is_whole_and_in_order(self, stage: AdapterStage) -> None:
        await delivered(stage, LONG)
        on_screen = "\n".join(stage.texts)
        places = [on_screen.find(f"Paragraph {number}.") for number in range(1, len(PARAGRAPHS) + 1)]
        assert places == sorted(places)
        assert on_screen.count("Words are many.") == LONG.count("Words are many.")

    async def test_the_end_is_shown_though_nothing_was_streamed(self, stage: AdapterStage) -> None:
        await stage.adapter.deliver(RecordingDelivery(stage.turn), stream(done("All at once.")))
        assert shown(stage, "All at once.") == 1

    async def test_a_failure_is_a_sentence(self, stage: AdapterStage) -> None:
        failed = done("", "That did not work. Please try again.", Ending.FAILED)
        await stage.adapter.deliver(RecordingDelivery(stage.turn), stream(failed))
        assert shown(stage, "That did not work. Please try again.") == 1

    async def test_what_broke_off_stays_and_says_so(self, stage: AdapterStage) -> None:
        broken = done("Half of it", "The rest is missing.", Ending.INCOMPLETE)
        await stage.adapter.deliver(RecordingDelivery(stage.turn), stream(TextAdded("Half of it"), broken))
        on_screen = "\n".join(stage.texts)
        assert 0 <= on_screen.find("Half of it") < on_screen.find("The rest is missing.")

    @pytest.mark.parametrize("text", ["The answer.", LONG], ids=["short", "long"])
    async def test_a_delivery_that_is_repeated_says_nothing_twice(self, stage: AdapterStage, text: str) -> None:
        first = await delivered(stage, text)
        before = list(stage.texts)
        answered = replace(first.turn, state=TurnState.ANSWERED, text=text)
        await stage.adapter.deliver(RecordingDelivery(answered), stream(done(text)))
        assert list(stage.texts) == before

    async def test_without_the_lease_nothing_is_sent(self, stage: AdapterStage) -> None:
        delivery = RecordingDelivery(stage.turn, lost_after=0)
        with pytest.raises(LeaseLost):
            await stage.adapter.deliver(delivery, stream(TextAdded("The answer."), done("The answer.")))
        assert list(stage.texts) == []

    async def test_events_without_an_end_are_not_taken_for_an_answer(self, stage: AdapterStage) -> None:
        delivery = RecordingDelivery(stage.turn)
        with pytest.raises(RuntimeError):
            await stage.adapter.deliver(delivery, stream(TextAdded("Half of")))
        assert not any(part.is_final for part in delivery.turn.parts)

    # --- questions

    async def test_a_question_stands_below_the_text_with_its_controls(self, stage: AdapterStage) -> None:
        delivery, interaction = RecordingDelivery(stage.turn), posed(stage)
        await asked(stage, delivery, interaction)
        on_screen = "\n".join(stage.texts)
        assert 0 <= on_screen.find("Before that:") < on_screen.find("Which colour?")
        assert {"Red", "Blue"} <= set(stage.buttons)
        assert delivery.shown_in[interaction.id].platform == stage.adapter.platform

    async def test_a_question_that_is_on_screen_is_not_asked_again(self, stage: AdapterStage) -> None:
        delivery, interaction = RecordingDelivery(stage.turn), posed(stage)
        await asked(stage, delivery, interaction)
        shown_there = replace(interaction, message=delivery.shown_in[interaction.id])
        await asked(stage, delivery.again(), shown_there)
        assert shown(stage, "Which colour?") == 1

    async def test_what_was_decided_takes_the_place_of_the_controls(self, stage: AdapterStage) -> None:
        delivery, interaction = RecordingDelivery(stage.turn), posed(stage)
        await asked(stage, delivery, interaction)
        await stage.adapter.settle(delivery.shown_in[interaction.id], Replaced("Which colour?\n\n✅ Blue"))
        assert (shown(stage, "✅ Blue"), set(stage.buttons) & {"Red", "Blue"}) == (1, set())

    async def test_however_long_a_question_was_what_was_decided_is_seen(self, stage: AdapterStage) -> None:
        delivery = RecordingDelivery(stage.turn)
        interaction = replace(posed(stage), ask=choice("Red", "Blue", description=LONG))
        await asked(stage, delivery, interaction)
        await stage.adapter.settle(delivery.shown_in[interaction.id], Replaced(f"{LONG}\n\n✅ Blue"))
        assert (shown(stage, "✅ Blue"), shown(stage, "Paragraph 1. ")) == (1, 1)

    # --- notices

    @pytest.mark.parametrize("text", ["A word.", LONG], ids=["short", "long"])
    async def test_a_notice_is_whole_with_its_buttons(self, stage: AdapterStage, text: str) -> None:
        message = await stage.adapter.say(stage.turn.conversation, Notice(text, YES))
        assert message is not None
        assert "\n".join(stage.texts).count("Words are many.") == text.count("Words are many.")
        assert list(stage.buttons) == ["Yes"]

    async def test_what_is_for_one_person_reaches_them(self, stage: AdapterStage) -> None:
        await stage.adapter.say(stage.turn.conversation, Notice("For your eyes.", to=stage.turn.asked))
        assert shown(stage, "For your eyes.") == 1

    async def test_settling_twice_is_settling_once(self, stage: AdapterStage) -> None:
        message = await stage.adapter.say(stage.turn.conversation, Notice("Sure?", YES))
        assert message is not None
        for _ in range(2):
            await stage.adapter.settle(message, Replaced("You are sure.", LEAVE))
        assert (shown(stage, "You are sure."), list(stage.buttons)) == (1, ["Leave"])

    async def test_other_buttons_leave_the_words(self, stage: AdapterStage) -> None:
        message = await stage.adapter.say(stage.turn.conversation, Notice("Sure?", YES))
        assert message is not None
        await stage.adapter.settle(message, Rebuttoned(LEAVE))
        assert (shown(stage, "Sure?"), list(stage.buttons)) == (1, ["Leave"])

    async def test_what_is_gone_is_settled(self, stage: AdapterStage) -> None:
        message = await stage.adapter.say(stage.turn.conversation, Notice("Sure?", YES))
        assert message is not None
        for outcome in (Removed(), Removed(), Rebuttoned(LEAVE), Replaced("You are sure.")):
            await stage.adapter.settle(message, outcome)
        assert list(stage.buttons) == []


class RemoteAdapterContract(AdapterContract):
    async def test_a_wrong_token_is_refused_for_good_and_not_shown(self, stage: RemoteStage) -> None:
        stranger, token = stage.stranger()
        with pytest.raises(PlatformError) as refused:
            await stranger.connect()
        await stranger.close()
        assert (refused.value.permanent, refused.value.fault) == (True, PlatformFault.UNAUTHORISED)
        assert token not in refused.value.sentence

    async def test_an_answer_to_nowhere_is_told_as_such(self, stage: RemoteStage) -> None:
        await stage.shut_out()
        with pytest.raises(PlatformError) as gone:
            await delivered(stage, "The answer.")
        assert (gone.value.permanent, gone.value.fault) == (True, PlatformFault.GONE)

    async def test_a_word_to_nowhere_is_told_as_such(self, stage: RemoteStage) -> None:
        await stage.shut_out()
        with pytest.raises(PlatformError) as gone:
            await stage.adapter.say(stage.turn.conversation, Notice("Hello?"))
        assert (gone.value.permanent, gone.value.fault) == (True, PlatformFault.GONE)

    @pytest.mark.parametrize(
        "outcome", [Removed(), Rebuttoned(), Replaced("It is over.")], ids=lambda o: type(o).__name__
    )
    async def test_controls_in_a_place_that_is_gone_are_settled(
        self, stage: RemoteStage, outcome: Removed | Rebuttoned | Replaced
    ) -> None:
        message = await stage.adapter.say(stage.turn.conversation, Notice("Sure?", YES))
        assert message is not None
        await stage.shut_out()
        await stage.adapter.settle(message, outcome)
