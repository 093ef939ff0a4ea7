"""What every store tells of where people wrote lately."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.domain.ids import ConversationKey
from bridge.domain.updates import StopRequested
from bridge.ports import RecentConversation
from tests.builders import ANN, HERE, message
from tests.contracts.store_world import StoreCase, World, claimed
from tests.fakes import START

THERE = ConversationKey("fake", "bot", "C2")
DAY = timedelta(days=1)
EARLY, LATE = START - timedelta(hours=2), START - timedelta(hours=1)


class RecentContract(StoreCase):
    async def test_a_recent_conversation_is_told_with_its_first_and_last_message(self, world: World) -> None:
        await world.store.put([message(at=EARLY), message(at=LATE), message(at=START)])
        assert await world.other.recent("fake", "bot", DAY, 10) == [RecentConversation(HERE, EARLY, START)]

    async def test_what_was_handled_counts_as_well(self, world: World) -> None:
        await world.store.put([message(at=EARLY)])
        await world.store.finish(await claimed(world.store))
        assert await world.store.recent("fake", "bot", DAY, 10) == [RecentConversation(HERE, EARLY, EARLY)]

    async def test_the_conversation_that_was_written_in_last_comes_first(self, world: World) -> None:
        await world.store.put([message(), message(conversation=THERE)])
        await world.store.put([message()])
        assert [known.key for known in await world.store.recent("fake", "bot", DAY, 10)] == [HERE, THERE]
        assert [known.key for known in await world.store.recent("fake", "bot", DAY, 1)] == [HERE]

    async def test_a_conversation_that_is_silent_for_longer_is_not_recent(self, world: World) -> None:
        await world.store.put([message(conversation=THERE)])
        await world.advance(DAY.total_seconds() + 60)
        await world.store.put([message()])
        assert [known.key for known in await world.store.recent("fake", "bot", DAY, 10)] == [HERE]

    async def test_other_bots_and_platforms_are_none_of_its_conversations(self, world: World) -> None:
        elsewhere = [message(conversation=replace(HERE, bot="b2")), message(conversation=replace(HERE, platform="p2"))]
        await world.store.put(elsewhere)
        assert await world.store.recent("fake", "bot", DAY, 10) == []

    async def test_only_messages_make_a_conversation_recent(self, world: World) -> None:
        await world.store.put([StopRequested(id="stop", conversation=HERE, by=ANN, at=START)])
        assert await world.store.recent("fake", "bot", DAY, 10) == []

    async def test_a_secret_that_is_removed_still_counts_as_written(self, world: World) -> None:
        await world.store.put([message(at=EARLY), message("hunter2", secret=True, at=START)])
        for _ in range(2):
            await world.store.finish(await claimed(world.store))
        (known,) = await world.store.recent("fake", "bot", DAY, 10)
        assert (known.key, known.first_at) == (HERE, EARLY)
        assert known.last_at >= START
