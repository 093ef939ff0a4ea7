"""Telegram's own way to say what the builders build, and a clock that runs fast."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from adapters.telegram.places import Place
from bridge.domain.ids import ConversationKey, TurnId
from bridge.domain.interactions import Ask, Interaction, Person
from bridge.domain.turns import Turn
from tests.builders import asking, turn
from tests.emulators.telegram import Clock as EmulatorClock
from tests.emulators.telegram import Place as EmulatedPlace
from tests.emulators.telegram import TelegramEmulator

SPEED = 20
ADA = Person("5001", "Ada")
TURN = TurnId("turn0000000000000000001")


class FastClock(EmulatorClock):
    """Both worlds' clock: a second of theirs takes a twentieth of ours, so limits and life times stay in proportion."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.time()

    def __call__(self) -> float:
        return self._began + (time.time() - self._began) * SPEED + self._ahead

    def monotonic(self) -> float:
        return self()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self(), UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


def key(place: EmulatedPlace, tg: TelegramEmulator) -> ConversationKey:
    return Place(place.id, place.topic_id).key(str(tg.world.bot.id))


def a_turn(key: ConversationKey, id: str = TURN, **changes: Any) -> Turn:
    return turn(id, conversation=key, asked=ADA, private=not key.address.startswith("-"), **changes)


def an_interaction(key: ConversationKey, ask: Ask) -> Interaction:
    return asking(ask, "interaction00001", conversation=key, asked=ADA, turn=TURN)
