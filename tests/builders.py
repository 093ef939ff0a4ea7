"""Things to test with, each complete, each changeable by keyword."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from bridge.domain.ids import AppName, ConversationKey, MessageRef
from bridge.domain.interactions import Person
from bridge.domain.turns import App
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
