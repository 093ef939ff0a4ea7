"""Things to test with, each complete, each changeable by keyword."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.domain.ids import AppName, ChatId, ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Ask, Choice, Interaction, Option, Person, Purpose
from bridge.domain.turns import App, Turn
from bridge.domain.updates import CommandGiven, MessageReceived
from tests.fakes import START

ANN = Person("U1", "Ann")
BOB = Person("U2", "Bob")
HERE = ConversationKey("fake", "bot", "C1/1")
APP = App(AppName("default"), "http://fastgpt.test/api", "a" * 24, "fastgpt-key")

_numbers = itertools.count(1)


def message(text: str = "hello", **changes: Any) -> MessageReceived:
    """A private message of Ann's with an id of its own."""
    number = next(_numbers)
    ref = MessageRef("fake", "bot", f"q{number}")
    made = MessageReceived(
        id=f"message:{number}", conversation=HERE, by=ANN, at=START, message=ref, text=text, private=True
    )
    return replace(made, **changes)


def command(name: str, **changes: Any) -> CommandGiven:
    number = next(_numbers)
    made = CommandGiven(
        id=f"command:{number}", conversation=HERE, by=ANN, at=START, message=None, name=name, private=True
    )
    return replace(made, **changes)


def turn(id: str = "turn1", **changes: Any) -> Turn:
    """A question of Ann's that was not asked yet."""
    made = Turn(
        id=TurnId(id),
        conversation=HERE,
        app=APP.name,
        chat=ChatId("chat1"),
        update="message:1",
        asked=ANN,
        record=TurnId(id),
    )
    return replace(made, **changes)


def choice(*labels: str, description: str = "Which one?") -> Choice:
    """Red or blue, or what is asked for; the values are not the labels."""
    return Choice(description, tuple(Option(label, label.lower()) for label in labels or ("Red", "Blue")))


def asking(ask: Ask | None = None, id: str = "asked1", **changes: Any) -> Interaction:
    """An interaction that asks Ann something, for the next hundred years."""
    made = Interaction(
        id=InteractionId(id),
        turn=TurnId("turn1"),
        conversation=HERE,
        kind="userSelect",
        ask=ask or choice(),
        asked=ANN,
        purpose=Purpose.RESUME,
        extends_record=True,
        created_at=START,
        expires_at=START + timedelta(days=36525),
    )
    return replace(made, **changes)
