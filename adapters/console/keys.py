"""What to type for a control, since a terminal has no buttons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from bridge.domain.controls import (
    ActOnAnswer,
    CancelInteraction,
    Control,
    GiveReason,
    MoveForm,
    OpenForm,
    PickOption,
    SendQuickReply,
    StopAnswer,
    Vote,
)
from bridge.domain.events import Button
from bridge.domain.updates import AnswerAction, Rating

_VOTES = {Rating.GOOD: "/good", Rating.BAD: "/bad", Rating.NONE: "/unvote"}
_ACTIONS = {
    AnswerAction.REGENERATE: "/again",
    AnswerAction.RETRY: "/retry",
    AnswerAction.SOURCES: "/sources",
    AnswerAction.DETAILS: "/details",
    AnswerAction.REASK: "/reask",
}


@dataclass(frozen=True, slots=True)
class Key:
    """`typed` at the prompt is a press of the button."""

    typed: str
    label: str
    control: Control
    chosen: bool = False


def keys_of(rows: Iterable[Iterable[Button]]) -> tuple[Key, ...]:
    """In reading order. Buttons that make no sense in a terminal have no key."""
    keys = []
    for row in rows:
        for button in row:
            typed = _typed(button.control)
            if typed is not None:
                keys.append(Key(typed, button.label, button.control, button.chosen))
    return tuple(keys)


def _typed(control: Control) -> str | None:
    match control:
        case Vote(_, rating):
            return _VOTES[rating]
        case GiveReason(_, index):
            return f"/reason {index + 1}" if index >= 0 else None
        case SendQuickReply(_, index):
            return f"?{index + 1}"
        case StopAnswer():
            return "/stop"
        case ActOnAnswer(_, action, index):
            return _ACTIONS[action] if index < 0 else f"{_ACTIONS[action]} {index + 1}"
        case PickOption(_, index):
            return f"{index + 1}"
        case OpenForm():
            return "/fill"
        case CancelInteraction():
            return "/cancel"
        case MoveForm():
            return None  # a form is filled in natively, never step by step
        case _:
            assert_never(control)
