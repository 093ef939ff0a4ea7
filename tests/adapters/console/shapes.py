"""Interactions to ask in a terminal."""

from __future__ import annotations

from bridge.domain.ids import ConversationKey, TurnId
from bridge.domain.interactions import Ask, Choice, Field, FieldType, Form, Interaction, Option, Pause, Person
from tests.builders import asking


def asked(ask: Ask) -> Interaction:
    here = ConversationKey("console", "terminal", "s")
    return asking(ask, "i" * 16, conversation=here, asked=Person("you"), turn=TurnId("t" * 24))


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
