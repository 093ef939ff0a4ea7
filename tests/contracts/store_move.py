"""What every store promises when a conversation gets another address."""

from __future__ import annotations

from dataclasses import replace

from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import InteractionState
from bridge.domain.turns import Part, PartState
from tests.builders import ANN, asking, message
from tests.contracts.store_world import LEASE, StoreCase, World, claimed, told, turn_of

OLD, NEW = ConversationKey("fake", "bot", "-1%_"), ConversationKey("fake", "bot", "-1002")
OLD_TOPIC, NEW_TOPIC = replace(OLD, address="-1%_/7"), replace(NEW, address="-1002/7")
NEIGHBOUR = replace(OLD, address="-1%_2")
APP, CHAT = AppName("default"), ChatId("chat1")


class MoveContract(StoreCase):
    async def test_a_moved_conversation_takes_everything_along(self, world: World) -> None:
        claim = await told(world.store, message(conversation=OLD_TOPIC))
        await world.store.ensure(OLD_TOPIC, APP, CHAT)
        turn = await world.store.begin_turn(claim, turn_of(claim))
        await world.store.open_interaction(claim, asking(conversation=OLD_TOPIC))
        await world.store.finish(claim)
        await world.store.move(OLD, NEW)
        bound = await world.other.conversation(NEW_TOPIC)
        latest = await world.other.latest_turn(NEW_TOPIC)
        open_one = await world.other.open_interaction_of(NEW_TOPIC)
        assert bound is not None
        assert latest is not None
        assert open_one is not None
        assert (bound.key, bound.chat, bound.turns) == (NEW_TOPIC, CHAT, 1)
        assert (latest.id, latest.conversation) == (turn.id, NEW_TOPIC)
        assert (open_one.id, open_one.conversation) == (InteractionId("asked1"), NEW_TOPIC)
        assert await world.store.conversation(OLD_TOPIC) is None

    async def test_what_only_looks_alike_stays(self, world: World) -> None:
        others = (NEIGHBOUR, replace(OLD, bot="other"), replace(OLD, address="-1ab"))
        for key in others:
            await world.store.ensure(key, APP, CHAT)
        await world.store.move(OLD, NEW)
        assert [await world.store.conversation(key) is not None for key in others] == [True] * 3

    async def test_waiting_updates_are_answered_at_the_new_address_in_order(self, world: World) -> None:
        before = message(conversation=OLD)
        await world.store.put([before])
        await world.store.move(OLD, NEW)
        after = message(conversation=NEW)
        await world.store.put([after])
        first = await claimed(world.store)
        assert first.updates == (replace(before, conversation=NEW),)
        assert await world.store.claim("w2", LEASE) is None
        await world.store.finish(first)
        assert (await claimed(world.store)).updates == (after,)

    async def test_updates_that_wait_at_both_addresses_become_one_line(self, world: World) -> None:
        await world.store.put([message(conversation=OLD), message(conversation=NEW), message(conversation=OLD)])
        await world.store.move(OLD, NEW)
        for _ in range(3):
            claim = await claimed(world.store)
            assert claim.updates[0].conversation == NEW
            assert await world.other.claim("w2", LEASE) is None
            await world.store.finish(claim)
        assert await world.store.claim("w1", LEASE) is None

    async def test_whoever_holds_the_old_address_can_finish_its_work(self, world: World) -> None:
        moving = message(conversation=OLD)
        await world.store.put([moving, message(conversation=OLD)])
        claim = await claimed(world.store)
        await world.store.move(OLD, NEW)
        turn = await world.store.begin_turn(claim, turn_of(claim, conversation=NEW))
        await world.store.record_part(claim, turn.id, Part(0, PartState.SENT, MessageRef("fake", "bot", "m")))
        await world.store.finish(claim)
        assert (await claimed(world.store)).updates[0].conversation == NEW

    async def test_a_stop_at_the_new_address_reaches_an_answer_begun_at_the_old(self, world: World) -> None:
        claim = await told(world.store, message(conversation=OLD))
        await world.store.begin_turn(claim, turn_of(claim))
        await world.store.move(OLD, NEW)
        assert await world.store.request_stop(NEW, None) == TurnId("turn1")

    async def test_what_began_at_the_new_address_gives_way(self, world: World) -> None:
        claim = await told(world.store, message(conversation=OLD))
        await world.store.ensure(OLD, APP, CHAT)
        await world.store.ensure(NEW, APP, ChatId("chat2"))
        await world.store.open_interaction(claim, asking(id="new", conversation=NEW))
        await world.store.open_interaction(claim, asking(id="old", conversation=OLD))
        await world.store.move(OLD, NEW)
        bound, open_one = await world.store.conversation(NEW), await world.store.open_interaction_of(NEW)
        overtaken = await world.store.interaction(InteractionId("new"))
        assert bound is not None
        assert bound.chat == CHAT
        assert open_one is not None
        assert open_one.id == "old"
        assert overtaken is not None
        assert overtaken.state is InteractionState.CANCELLED

    async def test_moving_twice_or_nowhere_changes_nothing_more(self, world: World) -> None:
        await world.store.ensure(OLD, APP, CHAT)
        await world.store.move(OLD, OLD)
        await world.store.move(OLD, NEW)
        await world.store.move(OLD, NEW)
        bound = await world.store.conversation(NEW)
        assert bound is not None
        assert bound.chat == CHAT

    async def test_a_vote_and_an_old_message_still_find_a_moved_turn(self, world: World) -> None:
        claim = await told(world.store, message(conversation=OLD, by=ANN))
        turn = await world.store.begin_turn(claim, turn_of(claim))
        shown = MessageRef("fake", "bot", "-1%_/55")
        await world.store.record_part(claim, turn.id, Part(0, PartState.SENT, shown))
        await world.store.move(OLD, NEW)
        found = await world.store.turn_shown_in(shown)
        assert found is not None
        assert found.conversation == NEW
