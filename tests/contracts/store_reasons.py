"""What every store promises about asking why an answer was bad."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.domain.ids import MessageRef, TurnId
from bridge.ports import ReasonAsked
from tests.builders import ANN, BOB, HERE
from tests.contracts.store_world import StoreCase, World

CARD = MessageRef("fake", "bot", "card")
ASKED = ReasonAsked(TurnId("turn1"), CARD)
IN_WORDS = ReasonAsked(TurnId("turn1"), CARD, in_words=True)
SOON = timedelta(minutes=10)


class ReasonsContract(StoreCase):
    async def test_each_person_is_asked_for_a_reason_of_their_own_and_the_latest_question_counts(
        self, world: World
    ) -> None:
        later = ReasonAsked(TurnId("turn2"), None)
        await world.store.ask_reason(HERE, ANN, ASKED)
        await world.store.ask_reason(HERE, ANN, later)
        assert await world.other.reason_asked(HERE, ANN) == later
        assert await world.other.reason_asked(HERE, BOB) is None
        assert await world.other.reason_asked(replace(HERE, address="C2"), ANN) is None

    async def test_one_message_gives_the_reason_however_often_it_asks(self, world: World) -> None:
        await world.store.ask_reason(HERE, ANN, IN_WORDS)
        assert await world.store.take_reason(HERE, ANN, "message:1", SOON) == IN_WORDS
        assert await world.other.take_reason(HERE, ANN, "message:2", SOON) is None
        await world.store.forget_reason(HERE, ANN)
        assert await world.other.take_reason(HERE, ANN, "message:1", SOON) == IN_WORDS
        assert await world.other.reason_asked(HERE, ANN) is None

    async def test_words_that_were_not_asked_for_are_no_reason(self, world: World) -> None:
        await world.store.ask_reason(HERE, ANN, ASKED)
        assert await world.store.take_reason(HERE, ANN, "message:1", SOON) is None
        assert await world.store.take_reason(HERE, BOB, "message:1", SOON) is None
        assert await world.store.reason_asked(HERE, ANN) == ASKED

    async def test_words_that_come_late_are_no_reason(self, world: World) -> None:
        await world.store.ask_reason(HERE, ANN, IN_WORDS)
        await world.advance(601)
        assert await world.store.take_reason(HERE, ANN, "message:1", SOON) is None

    async def test_what_is_forgotten_is_not_asked_any_more(self, world: World) -> None:
        await world.store.ask_reason(HERE, ANN, IN_WORDS)
        await world.store.forget_reason(HERE, ANN)
        assert await world.other.reason_asked(HERE, ANN) is None
        assert await world.other.take_reason(HERE, ANN, "message:1", SOON) is None

    async def test_nobody_is_asked_about_an_answer_that_is_given_again(self, world: World) -> None:
        about_another = ReasonAsked(TurnId("turn2"), CARD)
        await world.store.ask_reason(HERE, ANN, IN_WORDS)
        await world.store.ask_reason(HERE, BOB, about_another)
        assert await world.other.forget_reasons_for(TurnId("turn1")) == [CARD]
        assert await world.other.reason_asked(HERE, ANN) is None
        assert await world.other.take_reason(HERE, ANN, "message:1", SOON) is None
        assert await world.other.reason_asked(HERE, BOB) == about_another

    async def test_who_was_asked_stays_asked_when_the_conversation_moves(self, world: World) -> None:
        await world.store.ask_reason(HERE, ANN, ASKED)
        there = replace(HERE, address="C2/1")
        await world.store.move(HERE, there)
        assert await world.other.reason_asked(there, ANN) == ASKED
