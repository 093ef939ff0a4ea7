"""What every store promises of conversations, turns, interactions and votes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.domain.events import Citation, Ending, NodeFinished
from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import (
    Cancelled,
    Chosen,
    Draft,
    Field,
    FieldType,
    Filled,
    Form,
    Interaction,
    InteractionState,
    Option,
    Pause,
    Said,
)
from bridge.domain.turns import Part, PartState, Question, Turn, TurnState, UploadedFile
from bridge.domain.updates import AnswerAccepted, Rating
from bridge.ports import Claim
from tests.builders import ANN, BOB, HERE, asking, message
from tests.contracts.store_world import LEASE, StoreCase, World, claimed, ids, told, turn_of
from tests.fakes import START

APP, CHAT, NEXT = AppName("default"), ChatId("chat1"), ChatId("chat2")
ELSEWHERE = ConversationKey("fake", "bot", "C2")
RED = Chosen(0, Option("Red", "r"))
ASKED = InteractionId("asked1")
FORM = Form("Who?", (Field("name", "Name", FieldType.INPUT), Field("age", "Age", FieldType.NUMBER)))


def ref(id: str) -> MessageRef:
    return MessageRef("fake", "bot", id)


def accepted(id: str = "accepted") -> AnswerAccepted:
    return AnswerAccepted(id=id, conversation=HERE, by=ANN, at=START, interaction=ASKED)


async def begun(world: World, **changes: Any) -> tuple[Claim, Turn]:
    claim = await told(world.store)
    return claim, await world.store.begin_turn(claim, turn_of(claim, **changes))


async def asked(world: World, interaction: Interaction | None = None) -> Claim:
    claim = await told(world.store)
    await world.store.open_interaction(claim, interaction or asking())
    return claim


class DialogueContract(StoreCase):
    # --- conversations ---

    async def test_a_conversation_keeps_the_chat_it_was_first_bound_to(self, world: World) -> None:
        assert await world.store.conversation(HERE) is None
        assert (await world.store.ensure(HERE, APP, CHAT)).chat == CHAT
        assert (await world.other.ensure(HERE, AppName("other"), NEXT)).chat == CHAT
        known = await world.other.conversation(HERE)
        assert known is not None
        assert (known.app, known.chat, known.turns, known.reachable) == (APP, CHAT, 0, True)

    async def test_turns_are_counted_and_a_new_chat_begins_at_nought(self, world: World) -> None:
        await world.store.ensure(HERE, APP, CHAT)
        await begun(world)
        assert (await world.store.ensure(HERE, APP, CHAT)).turns == 1
        assert (await world.store.bind(HERE, APP, NEXT)).turns == 0

    async def test_a_turn_that_is_begun_again_is_counted_once(self, world: World) -> None:
        await world.store.ensure(HERE, APP, CHAT)
        claim, turn = await begun(world)
        await world.store.begin_turn(claim, replace(turn, id=TurnId("turn2")))
        assert (await world.store.ensure(HERE, APP, CHAT)).turns == 1

    async def test_a_greeting_which_asks_nothing_is_not_counted(self, world: World) -> None:
        await world.store.ensure(HERE, APP, CHAT)
        await begun(world, state=TurnState.DELIVERED)
        assert (await world.store.ensure(HERE, APP, CHAT)).turns == 0

    async def test_a_conversation_that_cannot_be_reached_is_remembered_as_such(self, world: World) -> None:
        await world.store.ensure(HERE, APP, CHAT)
        await world.store.set_reachable(HERE, False)
        assert not (await world.store.bind(HERE, APP, NEXT)).reachable
        await world.store.set_reachable(ELSEWHERE, False)
        assert await world.store.conversation(ELSEWHERE) is None

    async def test_a_place_that_cannot_be_reached_takes_everything_in_it_along(self, world: World) -> None:
        place = replace(HERE, address="C_%")
        for address in ("C_%/1", "C_%/2", "C_%9/1", "Cxy/1"):
            await world.store.ensure(replace(HERE, address=address), APP, CHAT)
        await world.store.set_reachable(place, False)
        known = [
            await world.store.conversation(replace(HERE, address=each))
            for each in ("C_%/1", "C_%/2", "C_%9/1", "Cxy/1")
        ]
        assert [each.reachable for each in known if each] == [False, False, True, True]

    # --- turns ---

    async def test_a_turn_that_is_begun_again_is_the_one_begun_before(self, world: World) -> None:
        claim, first = await begun(world)
        await world.store.save_turn(claim, replace(first, state=TurnState.ASKED))
        await world.advance(61)
        again = await claimed(world.other, "w2")
        second = await world.other.begin_turn(again, turn_of(again, "turn2"))
        assert second == replace(first, state=TurnState.ASKED)
        assert await world.store.turn(TurnId("turn2")) is None

    async def test_a_turn_comes_back_whole(self, world: World) -> None:
        question = Question(
            text="what \x00?",
            files=(UploadedFile("a.txt", "http://files/a", "text/plain", "key"),),
            answer=Filled({"n": 1, "f": 1.0, "b": True, "t": "1", "l": [1, "2"], "d": {"x": None}, "z": None}),
            kind="userInput",
            variables={"a": 1},
        )
        claim, turn = await begun(world, question=question, reply_to=ref("q"), private=True, channel="C1")
        full = replace(
            turn,
            state=TurnState.ANSWERED,
            text="answer \u2028",
            note="but",
            ending=Ending.PAUSED,
            interaction=ASKED,
            citations=(Citation("c", "name", "https://x", 0.5, "text", "col", "set"),),
            nodes=(NodeFinished("n", "node", "kind", 1.5, "model", 1, 2, 0.1, "error", (Citation("c", "name"),)),),
            edited="what else?",
        )
        await world.store.save_turn(claim, full)
        assert await world.other.turn(turn.id) == full

    async def test_a_turn_knows_when_it_was_begun(self, world: World) -> None:
        _, turn = await begun(world)
        now = await world.store.now()
        assert turn.begun_at is not None
        assert timedelta(0) <= now - turn.begun_at < timedelta(seconds=30)

    async def test_a_turn_can_be_begun_with_its_parts(self, world: World) -> None:
        parts = (Part(0, PartState.SENT, ref("m0")), Part(1, PartState.SENT, ref("m1"), is_final=True))
        _, turn = await begun(world, parts=parts)
        assert turn.parts == parts
        assert await world.other.turn(turn.id) == turn

    async def test_parts_are_kept_in_order_and_the_latest_word_on_each_counts(self, world: World) -> None:
        claim, turn = await begun(world)
        for part in (
            Part(1, PartState.SENDING),
            Part(0, PartState.SENT, ref("m0")),
            Part(1, PartState.UNKNOWN),
            Part(0, PartState.SENT, ref("m0"), is_final=True),
        ):
            await world.store.record_part(claim, turn.id, part)
        kept = await world.other.turn(turn.id)
        assert kept is not None
        assert kept.parts == (Part(0, PartState.SENT, ref("m0"), is_final=True), Part(1, PartState.UNKNOWN))

    async def test_saving_a_turn_leaves_its_parts_and_suggestions_alone(self, world: World) -> None:
        claim, turn = await begun(world)
        await world.store.record_part(claim, turn.id, Part(0, PartState.SENT, ref("m0")))
        await world.store.set_suggestions(turn.id, ["a", "b"], ref("s"))
        await world.store.save_turn(claim, replace(turn, text="done"))
        kept = await world.store.turn(turn.id)
        assert kept is not None
        assert (kept.text, len(kept.parts)) == ("done", 1)
        assert (kept.suggestions, kept.suggestions_shown) == (("a", "b"), ref("s"))

    async def test_a_turn_is_found_by_what_shows_it_and_by_what_asked_it(self, world: World) -> None:
        claim, turn = await begun(world, reply_to=ref("question"))
        await world.store.record_part(claim, turn.id, Part(0, PartState.SENT, ref("answer")))
        for found in (
            await world.store.turn_shown_in(ref("answer")),
            await world.store.turn_asked_by(ref("question")),
            await world.store.latest_turn(HERE),
        ):
            assert found is not None
            assert found.id == turn.id
        assert await world.store.turn_shown_in(ref("question")) is None
        assert await world.store.turn_asked_by(ref("answer")) is None
        assert await world.store.latest_turn(ELSEWHERE) is None

    async def test_of_several_turns_the_latest_is_found(self, world: World) -> None:
        for id in ("turn1", "turn2"):
            claim, turn = await begun(world, id=TurnId(id), reply_to=ref("question"))
            await world.store.record_part(claim, turn.id, Part(0, PartState.SENT, ref("answer")))
            await world.store.finish(claim)
        found = [
            await world.store.turn_shown_in(ref("answer")),
            await world.store.turn_asked_by(ref("question")),
            await world.store.latest_turn(HERE),
        ]
        assert [turn.id for turn in found if turn] == ["turn2"] * 3

    async def test_the_turn_before_is_that_of_the_same_conversation(self, world: World) -> None:
        for id, place in (("turn1", HERE), ("turn2", ELSEWHERE), ("turn3", HERE)):
            claim = await told(world.store, message(conversation=place))
            await world.store.begin_turn(claim, turn_of(claim, id))
            await world.store.finish(claim)
        before = await world.other.turn_before(TurnId("turn3"))
        assert before is not None
        assert before.id == "turn1"
        assert await world.other.turn_before(TurnId("turn1")) is None
        assert await world.other.turn_before(TurnId("unknown")) is None

    async def test_a_turn_that_was_never_begun_cannot_be_saved(self, world: World) -> None:
        claim = await told(world.store)
        with pytest.raises(LookupError):
            await world.store.save_turn(claim, turn_of(claim))
        with pytest.raises(LookupError):
            await world.store.record_part(claim, TurnId("turn1"), Part(0, PartState.SENDING))

    # --- interactions ---

    @pytest.mark.parametrize(
        "interaction",
        [
            asking(pending_update="u1", message=ref("m")),
            asking(ask=FORM, draft=Draft(1, {"name": "Ann"}, ref("prompt"), True, "message:1"), doubtful=True),
            asking(ask=Pause("No points left.")),
        ],
    )
    async def test_an_interaction_comes_back_whole(self, world: World, interaction: Interaction) -> None:
        await asked(world, interaction)
        assert await world.other.interaction(ASKED) == interaction
        assert await world.other.open_interaction_of(HERE) == interaction
        assert await world.other.open_interaction_of(ELSEWHERE) is None

    async def test_an_interaction_opened_again_is_left_as_it_is(self, world: World) -> None:
        claim = await asked(world)
        await world.store.set_interaction_message(ASKED, ref("m"))
        await world.store.cancel_interaction(ASKED, "u1", ANN)
        await world.store.open_interaction(claim, asking())
        kept = await world.store.interaction(ASKED)
        assert kept is not None
        assert (kept.state, kept.message) == (InteractionState.CANCELLED, ref("m"))

    async def test_a_new_interaction_cancels_the_one_that_is_open_in_its_conversation(self, world: World) -> None:
        claim = await asked(world)
        await world.store.open_interaction(claim, asking(id="elsewhere", conversation=ELSEWHERE))
        await world.store.open_interaction(claim, asking(id="asked2"))
        states = [await world.store.interaction(InteractionId(id)) for id in ("asked1", "elsewhere", "asked2")]
        assert [asked.state.value for asked in states if asked] == ["cancelled", "open", "open"]

    async def test_an_answer_wins_once_and_whoever_repeats_it_has_won(self, world: World) -> None:
        await asked(world)
        assert await world.store.answer_interaction(ASKED, "press1", ANN, RED, accepted())
        assert not await world.other.answer_interaction(ASKED, "press2", BOB, RED, accepted("other"))
        assert await world.other.answer_interaction(ASKED, "press1", ANN, RED, accepted())
        kept = await world.store.interaction(ASKED)
        assert kept is not None
        assert (kept.state, kept.answered_by, kept.answer) == (InteractionState.ANSWERED, ANN, RED)

    async def test_what_an_update_decided_is_known_for_good(self, world: World) -> None:
        await asked(world)
        assert await world.store.interaction_decided_by(HERE, "press1") is None
        await world.store.answer_interaction(ASKED, "press1", ANN, RED, accepted())
        await world.store.forget_answer(ASKED)
        decided = await world.other.interaction_decided_by(HERE, "press1")
        assert decided is not None
        assert decided.id == ASKED
        assert await world.other.interaction_decided_by(ELSEWHERE, "press1") is None

    async def test_an_answer_is_followed_up_once(self, world: World) -> None:
        await world.store.finish(await asked(world))
        for _ in range(2):
            await world.store.answer_interaction(ASKED, "press1", ANN, RED, accepted())
        await world.store.answer_interaction(ASKED, "press2", BOB, RED, accepted("other"))
        claim = await claimed(world.other)
        assert ids(claim) == ["accepted"]
        await world.store.finish(claim)
        assert await world.store.claim("w1", LEASE) is None

    async def test_of_two_people_who_answer_at_once_one_wins(self, world: World) -> None:
        await asked(world)
        won = await asyncio.gather(
            *(
                store.answer_interaction(ASKED, f"press{n}", ANN, RED, accepted(f"accepted{n}"))
                for n, store in enumerate((world.store, world.other) * 3)
            )
        )
        assert won.count(True) == 1
        assert (await world.store.depth())["new"] == 2  # the message that led here, and one follow-up

    @pytest.mark.parametrize("answer", [RED, Said("green"), Filled({"name": "Ann", "age": 7}), Cancelled()])
    async def test_every_kind_of_answer_comes_back(self, world: World, answer: Chosen | Said | Filled) -> None:
        await asked(world)
        await world.store.answer_interaction(ASKED, "press1", ANN, answer, accepted())
        waiting = await world.other.answered_interaction_of(HERE)
        assert waiting is not None
        assert waiting.answer == answer

    async def test_a_cancelled_question_waits_for_its_end_like_an_answered_one(self, world: World) -> None:
        await asked(world)
        await world.store.answer_interaction(ASKED, "press1", ANN, Cancelled(), accepted())
        waiting = await world.store.answered_interaction_of(HERE)
        assert waiting is not None
        assert waiting.state is InteractionState.CANCELLED
        await world.store.forget_answer(ASKED)
        assert await world.store.answered_interaction_of(HERE) is None

    async def test_a_cancelled_interaction_takes_no_answer(self, world: World) -> None:
        await asked(world)
        assert await world.store.cancel_interaction(ASKED, "press1", ANN)
        assert await world.store.cancel_interaction(ASKED, "press1", ANN)
        assert not await world.store.cancel_interaction(ASKED, "press2", BOB)
        assert not await world.store.answer_interaction(ASKED, "press3", BOB, RED, accepted())
        kept = await world.store.interaction(ASKED)
        assert kept is not None
        assert (kept.state, kept.answered_by, kept.answer) == (InteractionState.CANCELLED, ANN, None)
        assert await world.store.answered_interaction_of(HERE) is None

    async def test_what_does_not_exist_cannot_be_answered(self, world: World) -> None:
        assert not await world.store.answer_interaction(ASKED, "press1", ANN, RED, accepted())
        assert not await world.store.cancel_interaction(ASKED, "press1", ANN)
        assert not await world.store.save_draft(ASKED, 0, Draft(1))
        await world.store.forget_answer(ASKED)
        assert await world.store.interaction(ASKED) is None
        assert await world.store.depth() == {"new": 0, "done": 0, "dead": 0}

    async def test_a_draft_moves_on_only_from_the_step_it_is_at(self, world: World) -> None:
        await asked(world, asking(ask=FORM))
        first = Draft(1, {"name": "Ann"}, ref("prompt"))
        assert await world.store.save_draft(ASKED, 0, first)
        assert not await world.other.save_draft(ASKED, 0, Draft(1, {"name": "Bob"}))
        kept = await world.other.interaction(ASKED)
        assert kept is not None
        assert kept.draft == first

    async def test_a_draft_of_what_is_decided_is_not_saved(self, world: World) -> None:
        await asked(world, asking(ask=FORM))
        await world.store.cancel_interaction(ASKED, "press1", ANN)
        assert not await world.store.save_draft(ASKED, 0, Draft(1, {"name": "Ann"}))

    async def test_a_forgotten_answer_keeps_no_values(self, world: World) -> None:
        await asked(world, asking(ask=FORM))
        await world.store.save_draft(ASKED, 0, Draft(1, {"name": "Ann"}, ref("prompt")))
        await world.store.answer_interaction(ASKED, "press1", ANN, Filled({"name": "Ann", "age": 7}), accepted())
        await world.store.forget_answer(ASKED)
        kept = await world.store.interaction(ASKED)
        assert kept is not None
        assert (kept.answer, kept.draft.values) == (Filled({}), {})
        assert (kept.state, kept.draft.prompt) == (InteractionState.ANSWERED, ref("prompt"))
        assert await world.store.answered_interaction_of(HERE) is None

    async def test_a_forgotten_choice_still_says_what_was_chosen(self, world: World) -> None:
        await asked(world)
        await world.store.answer_interaction(ASKED, "press1", ANN, RED, accepted())
        await world.store.forget_answer(ASKED)
        kept = await world.store.interaction(ASKED)
        assert kept is not None
        assert kept.answer == RED

    async def test_what_is_due_expires_once(self, world: World) -> None:
        now: datetime = await world.store.now()
        claim = await asked(world, asking(expires_at=now + timedelta(hours=1), draft=Draft(0, {"name": "Ann"})))
        await world.store.open_interaction(claim, asking(id="late", conversation=ELSEWHERE))
        assert await world.store.expire_interactions() == []
        await world.advance(3601)
        (expired,) = await world.store.expire_interactions()
        assert (expired.id, expired.state, expired.draft.values) == (ASKED, InteractionState.EXPIRED, {})
        assert await world.other.expire_interactions() == []
        assert not await world.store.answer_interaction(ASKED, "press1", ANN, RED, accepted())

    async def test_the_update_an_open_interaction_waits_with_is_not_pruned(self, world: World) -> None:
        hello = message()
        claim = await told(world.store, hello)
        await world.store.open_interaction(claim, asking(pending_update=hello.id))
        await world.store.finish(claim)
        await world.advance(40 * 86_400)
        assert await world.store.prune(timedelta(days=7)) == 0
        assert await world.store.update("fake", "bot", hello.id) == hello
        await world.store.cancel_interaction(ASKED, "press1", ANN)
        await world.advance(8 * 86_400)
        assert await world.store.prune(timedelta(days=7)) == 1

    # --- votes ---

    async def test_everybody_has_one_vote_on_a_turn_and_the_latest_counts(self, world: World) -> None:
        turn = TurnId("turn1")
        await world.store.cast_vote(turn, ANN, Rating.GOOD, "", "press1")
        await world.advance(1)
        await world.store.cast_vote(turn, BOB, Rating.BAD, "wrong", "press2")
        await world.advance(1)
        await world.store.cast_vote(turn, ANN, Rating.BAD, "too long \x00", "press3")
        votes = await world.other.votes(turn)
        assert [(vote.person, vote.rating, vote.update) for vote in votes] == [
            (BOB, Rating.BAD, "press2"),
            (ANN, Rating.BAD, "press3"),
        ]
        assert votes[1].reason.startswith("too long")
        assert votes[0].at < votes[1].at

    async def test_a_vote_can_be_taken_back(self, world: World) -> None:
        turn = TurnId("turn1")
        await world.store.cast_vote(turn, ANN, Rating.NONE, "", "press1")
        await world.store.cast_vote(turn, ANN, Rating.GOOD, "", "press2")
        await world.store.cast_vote(turn, ANN, Rating.NONE, "", "press3")
        assert await world.store.votes(turn) == []

    async def test_a_reason_survives_a_repeated_vote_but_not_another(self, world: World) -> None:
        turn = TurnId("turn1")
        await world.store.cast_vote(turn, ANN, Rating.BAD, "wrong", "press1")
        await world.store.cast_vote(turn, ANN, Rating.BAD, "", "press2")
        assert [vote.reason for vote in await world.store.votes(turn)] == ["wrong"]
        await world.store.cast_vote(turn, ANN, Rating.GOOD, "", "press3")
        assert [vote.reason for vote in await world.store.votes(turn)] == [""]
