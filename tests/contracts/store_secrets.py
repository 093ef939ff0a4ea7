"""What every store promises of passwords: kept only where they can be encrypted, and only as long as needed."""

from __future__ import annotations

import pytest

from bridge.domain.errors import NoSecretKey
from bridge.domain.ids import InteractionId, TurnId
from bridge.domain.interactions import Draft, Field, FieldType, Filled, Form
from bridge.domain.turns import Question
from bridge.domain.updates import AnswerAccepted, FormSubmitted
from bridge.ports import Store
from tests.builders import ANN, HERE, asking, message
from tests.contracts.store_world import StoreCase, World, claimed, told, turn_of
from tests.fakes import START

LOGIN = Form("Log in", (Field("user", "User", FieldType.INPUT), Field("pass", "Password", FieldType.PASSWORD)))
ASKED = InteractionId("asked1")
SECRET = {"user": "ann", "pass": "hunter2"}


def submitted(values: dict[str, object] | None = None) -> FormSubmitted:
    return FormSubmitted(
        id="submitted",
        conversation=HERE,
        by=ANN,
        at=START,
        interaction=ASKED,
        values=values or SECRET,  # type: ignore[arg-type]
        attachments={},
    )


def accepted() -> AnswerAccepted:
    return AnswerAccepted(id="accepted", conversation=HERE, by=ANN, at=START, interaction=ASKED)


class SecretsContract(StoreCase):
    @pytest.fixture
    async def keyless(self, world: World) -> Store:
        """A store like `world.store`, but without a key."""
        raise NotImplementedError

    async def test_a_secret_message_is_kept_until_it_is_handled(self, world: World) -> None:
        hidden = message("hunter2", secret=True)
        claim = await told(world.store, hidden)
        assert claim.updates == (hidden,)
        assert await world.store.payload("fake", hidden.id) == '{"secret": "encrypted"}'
        await world.store.finish(claim)
        assert await world.store.payload("fake", hidden.id) == '{"secret": "removed"}'
        assert await world.store.update("fake", "bot", hidden.id) is None

    async def test_a_submitted_form_is_kept_until_it_is_handled(self, world: World) -> None:
        await world.store.put([submitted()])
        claim = await claimed(world.other)
        assert claim.updates == (submitted(),)
        await world.store.finish(claim)
        assert await world.store.update("fake", "bot", "submitted") is None

    async def test_a_dropped_secret_is_gone_too(self, world: World) -> None:
        await world.store.put([submitted()])
        await world.store.bury(await claimed(world.store), "no")
        assert await world.store.payload("fake", "submitted") == '{"secret": "encrypted"}'
        await world.store.drop("fake", "submitted")
        assert await world.store.payload("fake", "submitted") == '{"secret": "removed"}'

    async def test_a_password_goes_from_draft_to_answer_to_question_and_is_forgotten(self, world: World) -> None:
        claim = await told(world.store)
        await world.store.open_interaction(claim, asking(ask=LOGIN))
        await world.store.finish(claim)
        await world.store.save_draft(ASKED, 0, Draft(2, SECRET))
        kept = await world.other.interaction(ASKED)
        assert kept is not None
        assert kept.draft.values == SECRET
        answer = Filled(SECRET, ("pass",))
        await world.store.answer_interaction(ASKED, "press1", ANN, answer, accepted())
        claim = await claimed(world.other)
        turn = turn_of(claim, question=Question(answer=answer, variables=SECRET))
        assert (await world.other.begin_turn(claim, turn)).question == turn.question
        await world.store.forget_answer(ASKED)
        kept, handed_over = await world.store.interaction(ASKED), await world.store.turn(TurnId("turn1"))
        assert kept is not None
        assert (kept.answer, kept.draft.values) == (Filled({}, ("pass",)), {})
        assert handed_over is not None
        assert handed_over.question == Question(answer=Filled({"user": "ann"}, ("pass",)), variables={"user": "ann"})

    async def test_without_a_key_no_secret_is_stored_anywhere(self, keyless: Store) -> None:
        assert not keyless.can_keep_secrets
        with pytest.raises(NoSecretKey):
            await keyless.put([message(), message("hunter2", secret=True)])
        claim = await told(keyless)
        await keyless.open_interaction(claim, asking(ask=LOGIN))
        for refused in (
            keyless.put([submitted()]),
            keyless.save_draft(ASKED, 0, Draft(2, SECRET)),
            keyless.answer_interaction(ASKED, "press1", ANN, Filled(SECRET), accepted()),
            keyless.begin_turn(claim, turn_of(claim, question=Question(answer=Filled(SECRET, ("pass",))))),
            keyless.finish(claim, [submitted()]),
        ):
            with pytest.raises(NoSecretKey, match="BRIDGE_SECRET_KEY"):
                await refused
        assert await keyless.depth() == {"new": 1, "done": 0, "dead": 0}
        asked = await keyless.interaction(ASKED)
        assert asked is not None
        assert (asked.is_open, asked.draft.values) == (True, {})

    async def test_without_a_key_forms_without_passwords_work(self, keyless: Store) -> None:
        claim = await told(keyless)
        form = Form("Who?", (Field("user", "User", FieldType.INPUT),))
        await keyless.open_interaction(claim, asking(ask=form))
        await keyless.finish(claim)
        await keyless.put([submitted({"user": "ann"})])
        assert await keyless.save_draft(ASKED, 0, Draft(1, {"user": "ann"}))
        assert await keyless.answer_interaction(ASKED, "press1", ANN, Filled({"user": "ann"}), accepted())
        claim = await claimed(keyless)
        turn = turn_of(claim, question=Question(answer=Filled({"user": "ann"}), variables={"user": "ann"}))
        assert (await keyless.begin_turn(claim, turn)).question == turn.question

    async def test_an_empty_password_field_needs_no_key(self, keyless: Store) -> None:
        claim = await told(keyless)
        await keyless.open_interaction(claim, asking(ask=LOGIN))
        assert await keyless.save_draft(ASKED, 0, Draft(2, {"user": "ann", "pass": ""}))
