"""Answers to show in an emulated chat."""

from __future__ import annotations

from adapters.telegram.adapter import TelegramAdapter
from bridge.domain.controls import Vote
from bridge.domain.events import Button, Ending, TurnEnded
from bridge.domain.turns import Part, Turn
from bridge.domain.updates import Rating
from tests.adapters.telegram.doubles import TURN, a_turn, key
from tests.doubles import RecordingDelivery, stream
from tests.emulators.telegram import Place as EmulatedPlace
from tests.emulators.telegram import TelegramEmulator

THUMBS = ((Button("👍", Vote(TURN, Rating.GOOD)),),)
PARAGRAPHS = [f"Paragraph {number}. " + "Words are many. " * 30 for number in range(20)]


def turn_in(place: EmulatedPlace, tg: TelegramEmulator, *parts: Part) -> Turn:
    return a_turn(key(place, tg), parts=parts)


def done(text: str, note: str = "") -> TurnEnded:
    return TurnEnded(Ending.COMPLETE, text, note, THUMBS if text else ())


async def answered(
    adapter: TelegramAdapter, tg: TelegramEmulator, place: EmulatedPlace, text: str
) -> RecordingDelivery:
    delivery = RecordingDelivery(turn_in(place, tg))
    await adapter.deliver(delivery, stream(done(text)))
    return delivery
