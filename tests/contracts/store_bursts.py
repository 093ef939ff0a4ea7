"""What every store promises about how many questions a person may begin within a while."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.domain.ids import ConversationKey
from bridge.domain.interactions import Person
from bridge.ports import Excess
from tests.builders import ANN, BOB, HERE
from tests.contracts.store_world import StoreCase, World
from tests.fakes import START

MINUTE = timedelta(minutes=1)


async def asked(
    world: World, update: str, seconds: float = 0.0, *, by: Person = ANN, place: ConversationKey = HERE
) -> Excess | None:
    """A question that was written so many seconds after the first; two a minute are allowed."""
    at = START + timedelta(seconds=seconds)
    return await world.store.admit(place, by, update, at, 2, MINUTE)


class BurstsContract(StoreCase):
    async def test_what_is_too_many_within_a_minute_is_told_once_and_however_often_it_asks(self, world: World) -> None:
        assert [await asked(world, "1"), await asked(world, "2", 10)] == [None, None]
        until = START + MINUTE
        assert await asked(world, "3", 20) == Excess(until, tells=True)
        assert await world.other.admit(HERE, ANN, "4", START, 2, MINUTE) == Excess(until, tells=False)
        assert await asked(world, "3", 20) == Excess(until, tells=True)

    async def test_a_burst_over_several_places_is_one_and_told_once_in_each(self, world: World) -> None:
        there = replace(HERE, address="elsewhere")
        assert [await asked(world, "1"), await asked(world, "2", place=there)] == [None, None]
        told = [await asked(world, str(number), place=place) for number in (3, 4) for place in (HERE, there)]
        assert [excess and excess.tells for excess in told] == [True, True, False, False]

    async def test_after_a_minute_there_is_a_new_one(self, world: World) -> None:
        for update in ("1", "2", "3"):
            await asked(world, update)
        assert await asked(world, "4", 60) is None
        assert await asked(world, "5", 61) is None
        assert await asked(world, "6", 62) == Excess(START + 2 * MINUTE, tells=True)

    async def test_other_people_and_platforms_have_a_count_of_their_own(self, world: World) -> None:
        for update in ("1", "2", "3"):
            await asked(world, update)
        assert await asked(world, "4", by=BOB) is None
        assert await asked(world, "5", place=ConversationKey("other", "bot", "there")) is None

    async def test_what_was_written_over_hours_is_no_burst_in_whatever_order_it_is_handled(self, world: World) -> None:
        assert [await asked(world, str(hour), hour * 3600) for hour in (5, 1, 4, 2, 3)] == [None] * 5

    async def test_a_question_that_another_one_has_overtaken_belongs_to_the_same_minute(self, world: World) -> None:
        assert [await asked(world, "2", 30), await asked(world, "1", 0)] == [None, None]
        assert await asked(world, "3", 40) == Excess(START + timedelta(seconds=90), tells=True)

    async def test_bursts_are_forgotten_in_time(self, world: World) -> None:
        for update in ("1", "2", "3"):
            await asked(world, update, -8 * 86_400)
        await world.store.prune(timedelta(days=7))
        assert await asked(world, "4", -8 * 86_400) is None
