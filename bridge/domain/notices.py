"""What the bridge itself says, outside of answers, and what becomes of controls that were used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bridge.domain.events import Button
from bridge.domain.ids import MessageRef
from bridge.domain.interactions import Person


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of the bridge. `text` is Markdown.

    `to`: only this person is to see it, where the platform can do that. `reply` is the handle of the press it answers
    (`_Pressed.reply`). `expects`: the next message of `to` is awaited, with this placeholder in the input field.
    `secret`: what is awaited must not stay on screen. `once`: an id; where the platform can tell that a process which
    died since has said something under it, it is not said again.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    to: Person | None = None
    reply: str | None = None
    reply_to: MessageRef | None = None
    expects: str | None = None
    secret: bool = False
    once: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """The message now says this. An empty `buttons` removes the controls.

    `is_news`: somebody decided or did something. If not, it need not be said where a message cannot be changed.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class Rebuttoned:
    """The text stays, the controls become these."""

    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """The message goes."""


Outcome: TypeAlias = Replaced | Rebuttoned | Removed
