"""What nobody waits for is done in the background, once, and the newest wish counts."""

from __future__ import annotations

import asyncio

from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.ids import MessageRef
from bridge.rendering.leisure import Leisure

MESSAGE = MessageRef("telegram", "1", "5/6")


class Changes:
    """Each waits for `room`."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.made: list[str] = []

    async def make(self, name: str) -> None:
        await self.room.wait()
        self.made.append(name)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_newest_wish_for_a_message_takes_the_place_of_the_one_before() -> None:
    leisure, changes = Leisure(), Changes()
    for name in ("first", "second"):
        leisure.later(MESSAGE, lambda name=name: changes.make(name))  # type: ignore[misc]
        await settle()
    changes.room.set()
    await settle()
    assert changes.made == ["second"]


async def test_a_change_that_is_refused_ends_quietly() -> None:
    async def refused() -> None:
        raise PlatformError("no", fault=PlatformFault.REFUSED, permanent=True)

    leisure, changes = Leisure(), Changes()
    leisure.later(MESSAGE, refused)
    await settle()
    changes.room.set()
    leisure.later(MESSAGE, lambda: changes.make("after"))
    await settle()
    assert changes.made == ["after"]


async def test_nothing_runs_on_once_it_is_closed() -> None:
    leisure, changes = Leisure(), Changes()
    leisure.later(MESSAGE, lambda: changes.make("late"))
    await settle()
    await leisure.close()
    changes.room.set()
    await settle()
    assert changes.made == []
