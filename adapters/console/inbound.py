"""What a typed line means: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import TypedDict

from adapters.console.keys import Key
from bridge.domain import presses
from bridge.domain.commands import command_in
from bridge.domain.controls import CancelInteraction, Control, OpenForm, PickOption, Vote
from bridge.domain.forms import match_option
from bridge.domain.ids import ConversationKey, MessageRef, TurnId
from bridge.domain.interactions import Choice, Interaction, Person
from bridge.domain.updates import (
    Attachment,
    CommandGiven,
    FeedbackGiven,
    MessageReceived,
    Rating,
    StopRequested,
    Update,
    VoteSource,
)

_LEAVING = frozenset({"quit", "exit", "bye"})
_KEYS = frozenset({"good", "bad", "unvote", "reason", "again", "retry", "sources", "details", "reask", "fill"})
_QUICK_REPLY = re.compile(r"\?\d{1,2}")
REPLY = "terminal"
"""The handle by which a press is answered: the terminal shows everything to the one person there is."""


class Local(Enum):
    """What concerns nobody but the terminal."""

    LEAVE = auto()
    FILL_IN = auto()
    HELP = auto()
    NOT_HERE = auto()
    """A key that is not on screen now."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key that is on screen, and the message it is shown in."""

    key: Key
    message: MessageRef


@dataclass(frozen=True, slots=True)
class Typed:
    """A line, with who wrote it where; `id` is the update's and `message` the line's own."""

    text: str
    id: str
    conversation: ConversationKey
    by: Person
    at: datetime
    message: MessageRef
    attachments: tuple[Attachment, ...] = ()
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """What a line can refer to: keys by what is typed for them, the open question, the running answer."""

    keys: Mapping[str, Pressed]
    asked: Interaction | None = None
    running: TurnId | None = None


class _Common(TypedDict):
    id: str
    conversation: ConversationKey
    by: Person
    at: datetime


def meaning(line: Typed, screen: Screen) -> Update | Local | None:
    """None for an empty line."""
    text = line.text.strip()
    if line.secret:
        return _message(line, text)
    if not text and not line.attachments:
        return None
    if (pressed := screen.keys.get(" ".join(text.split()))) is not None:
        return press(pressed.key.control, line, pressed.message)
    if _QUICK_REPLY.fullmatch(text):
        return Local.NOT_HERE
    if (command := command_in(text)) is not None:
        return _command(line, command.name, command.argument, screen)
    if screen.asked is not None and isinstance(screen.asked.ask, Choice):
        index = match_option(tuple(option.label for option in screen.asked.ask.options), text)
        if index is not None:
            return press(PickOption(screen.asked.id, index), line, screen.asked.message)
    return _message(line, text)


def press(control: Control, line: Typed, message: MessageRef | None) -> Update | Local:
    if isinstance(control, OpenForm):
        return Local.FILL_IN
    return presses.Pressed(line.id, line.conversation, line.by, line.at, message, REPLY).says(control)


def _command(line: Typed, name: str, argument: str, screen: Screen) -> Update | Local:
    common = _common(line)
    if name in _LEAVING:
        return Local.LEAVE
    if name == "help":
        return Local.HELP
    if name == "stop":
        return StopRequested(**common, turn=screen.running, reply=REPLY)
    if name == "cancel" and screen.asked is not None:
        return press(CancelInteraction(screen.asked.id), line, screen.asked.message)
    bad = screen.keys.get("/bad")
    if name == "bad" and argument and bad is not None and isinstance(bad.key.control, Vote):
        return _reason(line, bad.key.control.turn, argument, bad.message)
    if name == "ask" and (argument or line.attachments):
        return _message(line, argument)
    if name in _KEYS:
        return Local.NOT_HERE
    return CommandGiven(**common, message=line.message, name=name, argument=argument, private=True, reply=REPLY)


def _reason(line: Typed, turn: TurnId, reason: str, message: MessageRef | None) -> FeedbackGiven:
    return FeedbackGiven(
        **_common(line),
        message=message,
        reply=REPLY,
        turn=turn,
        rating=Rating.BAD,
        source=VoteSource.REASON,
        reason=reason,
    )


def _message(line: Typed, text: str) -> MessageReceived:
    return MessageReceived(
        **_common(line),
        message=line.message,
        text=text,
        attachments=line.attachments,
        private=True,
        secret=line.secret,
    )


def _common(line: Typed) -> _Common:
    return _Common(id=line.id, conversation=line.conversation, by=line.by, at=line.at)
