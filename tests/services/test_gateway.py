"""What is accepted, and what is nobody's business."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bridge.domain.errors import StoreUnavailable
from bridge.domain.updates import Update
from bridge.store.memory import MemoryStore
from tests.builders import BOB, HERE, message
from tests.fakes import FakeClock
from tests.services.house import House, house


class AwayStore(MemoryStore):
    """Cannot be written to while `away`."""

    away = False

    async def put(self, updates: Sequence[Update], *, delay: float = 0.0) -> int:
        if self.away:
            raise StoreUnavailable("the database is away")
        return await super().put(updates, delay=delay)


def overheard(text: str = "by the way") -> Update:
    return message(text, addressed=False, private=False, by=BOB)


async def test_what_is_not_said_to_the_bot_leaves_no_trace_where_it_takes_no_part() -> None:
    async with house() as h:
        assert await h.bridge.gateway.accept([overheard()]) == ()
        assert sum((await h.store.depth()).values()) == 0
        assert await h.store.conversation(HERE) is None


async def test_the_adapter_is_told_once_that_a_conversation_begins() -> None:
    async with house() as h:
        assert await h.bridge.gateway.accept([message("first"), overheard()]) == (HERE,)
        assert await h.bridge.gateway.accept([message("second"), overheard()]) == ()
        assert (await h.store.depth())["new"] == 4


async def test_a_beginning_that_was_not_committed_begins_when_it_comes_again() -> None:
    store = AwayStore(FakeClock())
    h = House(store=store)
    first = message("first")
    store.away = True
    with pytest.raises(StoreUnavailable):
        await h.bridge.gateway.accept([first])
    store.away = False
    assert await h.bridge.gateway.accept([first]) == (HERE,)
