"""What every store promises about messages that wait until what is asked of somebody else is answered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.domain.interactions import Chosen, Interaction, Option
from bridge.domain.updates import AnswerAccepted, MessageEdited, MessageReceived
from tests.builders import ANN, BOB, HERE, asking, message
from tests.contracts.store_world import LEASE, StoreCase, World, claimed, ids, told, turn_of
from tests.fakes import START

YES = Chosen(0, Option("Red", "r"))


def accepted(asked: Interaction) -> AnswerAccepted:
    id = f"{asked.id}/accepted"
    return AnswerAccepted(id=id, conversation=HERE, by=ANN, at=START, interaction=asked.id)


async def asked_and_kept(world: World, **changes: Any) -> tuple[Interaction, MessageReceived]:
    """Something is asked of Ann, and Bob has written meanwhile."""
    claim = await told(world.store)
    await world.store.begin_turn(claim, turn_of(claim))
    asked = asking(**changes)
    await world.store.open_interaction(claim, asked)
    kept = message("me too", by=BOB, kept=True)
    await world.store.finish(claim, [kept])
    return asked, kept


class KeptContract(StoreCase):
    async def test_a_kept_message_waits_while_something_is_open(self, world: World) -> None:
        _, kept = await asked_and_kept(world)
        assert await world.store.claim("w1", LEASE) is None
        assert [entry.id for entry in await world.other.inbox("waiting", 10)] == [kept.id]
        assert (await world.store.depth())["waiting"] == 1

    async def test_a_kept_edit_waits_behind_its_message(self, world: World) -> None:
        asked, kept = await asked_and_kept(world)
        edit = MessageEdited(
            id="edit", conversation=HERE, by=BOB, at=START, message=kept.message, text="us too", in_line=True
        )
        await world.store.put([replace(edit, kept=True)])
        await world.other.cancel_interaction(asked.id, "new", ANN)
        claim = await claimed(world.store)
        await world.store.finish(claim)
        assert ids(claim) + ids(await claimed(world.store)) == [kept.id, edit.id]

    async def test_an_answer_puts_it_in_line_before_what_came_later(self, world: World) -> None:
        asked, kept = await asked_and_kept(world)
        await world.store.put([later := message("later")])
        assert await world.other.answer_interaction(asked.id, "press", ANN, YES, accepted(asked))
        in_line = []
        for _ in range(3):
            claim = await claimed(world.store)
            in_line += ids(claim)
            await world.store.finish(claim)
        assert in_line == [kept.id, later.id, f"{asked.id}/accepted"]

    async def test_a_cancelled_question_puts_it_in_line(self, world: World) -> None:
        asked, kept = await asked_and_kept(world)
        await world.other.cancel_interaction(asked.id, "new", ANN)
        assert ids(await claimed(world.store)) == [kept.id]

    async def test_an_expired_question_puts_it_in_line(self, world: World) -> None:
        _, kept = await asked_and_kept(world, expires_at=datetime(2026, 1, 1, tzinfo=UTC) - timedelta(days=1))
        await world.store.expire_interactions()
        assert ids(await claimed(world.store)) == [kept.id]

    async def test_what_is_kept_while_nothing_is_open_is_in_line_at_once(self, world: World) -> None:
        await world.store.put([kept := message("me too", kept=True)])
        assert ids(await claimed(world.store)) == [kept.id]

    async def test_a_question_that_follows_another_one_keeps_it_waiting(self, world: World) -> None:
        asked, kept = await asked_and_kept(world)
        claim = await told(world.store)
        await world.store.open_interaction(claim, replace(asking(id="asked2"), turn=asked.turn))
        await world.store.finish(claim)
        assert await world.store.claim("w1", LEASE) is None
        await world.store.cancel_interaction(asking(id="asked2").id, "new", ANN)
        assert ids(await claimed(world.store)) == [kept.id]

    async def test_it_moves_with_its_conversation(self, world: World) -> None:
        asked, kept = await asked_and_kept(world)
        there = replace(HERE, address="C2/1")
        await world.store.move(HERE, there)
        await world.store.cancel_interaction(asked.id, "new", ANN)
        claim = await claimed(world.other)
        assert (ids(claim), claim.updates[0].conversation) == ([kept.id], there)

    async def test_what_is_kept_while_the_question_is_being_answered_does_not_wait_for_ever(self, world: World) -> None:
        for number in range(5):
            claim = await told(world.store)
            await world.store.begin_turn(claim, turn_of(claim, f"turn{number}"))
            asked = asking(id=f"asked{number}", turn=f"turn{number}")
            await world.store.open_interaction(claim, asked)
            kept = message("me too", by=BOB, kept=True)
            await asyncio.gather(
                world.store.finish(claim, [kept]),
                world.other.answer_interaction(asked.id, f"press{number}", ANN, YES, accepted(asked)),
            )
            in_line = []
            while (next := await world.store.claim("w1", LEASE)) is not None:
                in_line += ids(next)
                await world.store.finish(next)
            assert sorted(in_line) == sorted([kept.id, f"{asked.id}/accepted"])
