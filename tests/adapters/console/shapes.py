"""Interactions to ask in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.domain.ids import ConversationKey, InteractionId, TurnId
from bridge.domain.interactions import (
    Ask,
    Choice,
    Field,
    FieldType,
    Form,
    Interaction,
    Option,
    Pause,
    Person,
    Purpose,
)


def asked(ask: Ask, id: str = "i" * 16) -> Interaction:
    return Interaction(
        id=InteractionId(id),
        turn=TurnId("t" * 24),
        conversation=ConversationKey("console", "terminal", "s"),
        kind="userSelect",
        ask=ask,
        asked=Person("you"),
        purpose=Purpose.RESUME,
        extends_record=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )


CHOICE = asked(Choice("Which colour?", (Option("Red", "r"), Option("Blue", "b"))))
PAUSE = asked(Pause("Points ran out."))
COLOURS = (Option("Red", "r"), Option("Blue", "b"))
FORM = asked(
    Form(
        "A few details.",
        (
            Field("name", "Name", FieldType.INPUT, required=True, max_length=5),
            Field("age", "Age", FieldType.NUMBER, default=30, minimum=1, maximum=99),
            Field("colour", "Colour", FieldType.SELECT, options=COLOURS),
            Field("news", "Newsletter", FieldType.SWITCH),
        ),
    )
)


def form_of(*fields: Field) -> Interaction:
    return asked(Form("", fields))
