"""Buttons as Telegram's inline keyboards.

`callback_data` is 1 to 64 bytes; 8 buttons in a row and 100 in all are what clients show well. Labels have no
documented limit, but a phone cuts them at about 40 characters in a row of one, and at 18 in a row of two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.telegram.tables import width
from bridge.domain import phrases
from bridge.domain.controls import TOKEN_LIMIT, PickOption, Vote, encode
from bridge.domain.events import Button
from bridge.domain.ids import InteractionId
from bridge.domain.interactions import Choice
from bridge.domain.updates import Rating

PER_ROW = 8
MOST = 100
LONGEST_LABEL = 60
_READABLE = 38  # columns of a label that a phone shows whole in a row of its own
_MANY = 24  # options beyond which a list with numbers reads better than a wall of buttons

_THUMBS = {Rating.GOOD: "👍", Rating.BAD: "👎", phrases.GOOD: "👍", phrases.BAD: "👎"}
"""By what a press means, or for the one that takes a vote back by its label."""

Rows = tuple[tuple[Button, ...], ...]


def keyboard(rows: Rows) -> dict[str, Any] | None:
    """None if there is no button, which is also how a keyboard is taken away by an edit."""
    lines = [[_key(button) for button in line] for row in rows for line in _split(row)]
    return {"inline_keyboard": list(_first(lines, MOST))} if any(lines) else None


def _split(row: Sequence[Button]) -> Iterator[Sequence[Button]]:
    """A row as it was asked for, or broken where its labels would not be readable side by side."""
    limit = min(PER_ROW, per_row(max((width(_label(button)) for button in row), default=1)))
    for start in range(0, len(row), limit):
        yield row[start : start + limit]


def _first(lines: list[list[dict[str, Any]]], most: int) -> Iterator[list[dict[str, Any]]]:
    for line in lines:
        if line and most >= len(line):
            most -= len(line)
            yield line


def per_row(widest: int) -> int:
    """How many labels of this width (in columns) a phone shows whole beside each other."""
    if widest <= 3:
        return PER_ROW
    if widest <= 8:
        return 4
    if widest <= 12:
        return 3
    return 2 if widest <= 18 else 1


def _label(button: Button) -> str:
    """Votes are thumbs here, in a row under every answer."""
    thumb = _THUMBS.get(button.control.rating, _THUMBS.get(button.label)) if isinstance(button.control, Vote) else None
    label = thumb or " ".join(button.label.split()) or "…"
    label = f"✓ {label}" if button.chosen else label
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"


def _key(button: Button) -> dict[str, Any]:
    token = encode(button.control)
    if len(token.encode()) > TOKEN_LIMIT:
        raise ValueError(f"callback data of {len(token.encode())} bytes: {token}")
    key: dict[str, Any] = {"text": _label(button), "callback_data": token}
    if button.danger or button.primary:
        key["style"] = "danger" if button.danger else "primary"
    return key


def option_rows(interaction: InteractionId, choice: Choice) -> Rows:
    """One button per option; of very many only numbers, which the message spells out. Beyond 100, they are typed."""
    options = choice.options[:MOST]
    buttons = [Button(_option_label(choice, index), PickOption(interaction, index)) for index in range(len(options))]
    size = per_row(max((width(button.label) for button in buttons), default=1))
    return tuple(tuple(buttons[start : start + size]) for start in range(0, len(buttons), size))


def is_listed(choice: Choice) -> bool:
    """Are the options written out in the message, numbered, because buttons alone would not show them whole?"""
    many = len(choice.options) > _MANY
    return many or any(width(option.label) > _READABLE or option.description for option in choice.options)


def _option_label(choice: Choice, index: int) -> str:
    label = choice.options[index].label
    if len(choice.options) > _MANY:
        return str(index + 1)
    return f"{index + 1}. {label}" if is_listed(choice) else label
