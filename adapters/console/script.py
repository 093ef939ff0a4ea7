"""What somebody would do in the terminal, written down: a tour that plays itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Say:
    """A message or a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Choose:
    """The option with this label, or number, of the open choice."""

    label: str


@dataclass(frozen=True, slots=True)
class Fill:
    """The open form: what to type by field key or label; fields that are not named are left as they are."""

    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rate:
    good: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QuickReply:
    """The suggested question with this number, counted from 1, once it is there."""

    number: int = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """For this many seconds, so that a reader can follow."""

    seconds: float


Step: TypeAlias = Say | Choose | Fill | Rate | QuickReply | Wait
