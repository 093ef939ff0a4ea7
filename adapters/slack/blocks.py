"""What the bridge says, as Slack messages. Pure. What people or models wrote is cut to Slack's limits, never refused.

Limits: docs.slack.dev, Block Kit reference: 50 blocks, 75 characters on a button, 3,000 characters in a section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from adapters.slack.markdown import fallback, mrkdwn, shown
from bridge.domain.controls import Vote, encode
from bridge.domain.events import Button
from bridge.rendering.chunks import chunks, utf16_length

Block: TypeAlias = dict[str, Any]
Rows: TypeAlias = tuple[tuple[Button, ...], ...]

CONTROLS = "controls"
"""Block ids of everything that can be pressed begin with this, so that it can be found and replaced."""
NOTE = "note"

LABEL = 75  # characters on a button or of an option
_SECTION = 3_000
_NOTE = 1_000
_ROWS = 10


@dataclass(frozen=True, slots=True)
class Content:
    """One message. `text` is what notifications and screen readers get; `blocks` is what is seen."""

    text: str
    blocks: list[Block] = field(default_factory=list)


def answer(text: str, note: str = "", rows: Rows = ()) -> Content:
    """A share of an answer; `text` has been through `shown` already. A note without a text is the message."""
    if not text.strip():
        text, note = shown(note), ""
    blocks = [*markdown_blocks(text), *below(note, rows)]
    return Content(fallback(text or note) or "…", blocks)


def plainly(text: str, note: str = "", rows: Rows = ()) -> Content:
    """The same without any formatting, for what Slack refused to show as it is."""
    if not text.strip():
        text, note = note, ""
    pieces = chunks(text, _SECTION, utf16_length)
    sections: list[Block] = [{"type": "section", "text": plain_text(piece)} for piece in pieces]
    return Content(fallback(text or note) or "…", [*sections, *below(note, rows)])


def below(note: str, rows: Rows) -> list[Block]:
    """What stands under a text: a note, set apart, and the controls."""
    notes: list[Block] = []
    if note:
        element = {"type": "mrkdwn", "text": mrkdwn(note)[:_NOTE], "verbatim": True}
        notes.append({"type": "context", "block_id": NOTE, "elements": [element]})
    return [*notes, *controls(rows)]


def message(text: str, rows: Rows = ()) -> Content:
    """Something the bridge itself says, in Markdown; at most one message long."""
    return answer(shown(text), "", rows)


def markdown_blocks(text: str) -> list[Block]:
    return [{"type": "markdown", "text": text}] if text.strip() else []


def controls(rows: Rows) -> list[Block]:
    """Votes as Slack's feedback buttons, below everything else; the rest as rows of buttons."""
    votes = [button for row in rows for button in row if isinstance(button.control, Vote)]
    feedback = _feedback(votes)
    blocks: list[Block] = []
    for row in rows:
        shown_here = [button for button in row if not (feedback and button in votes)]
        if shown_here:
            number = len(blocks)
            elements = [button_of(button, f"{number}.{place}") for place, button in enumerate(shown_here[:25])]
            blocks.append({"type": "actions", "block_id": f"{CONTROLS}:{number}", "elements": elements})
    # The last row is the one that leads on.
    return [*blocks[: _ROWS - 1], *blocks[max(len(blocks) - 1, _ROWS - 1) :], *feedback]


def plain_text(text: str, limit: int = _SECTION) -> Block:
    return {"type": "plain_text", "text": _cut(text, limit), "emoji": True}


def replaced_controls(blocks: Sequence[Block], rows: Rows) -> list[Block]:
    """A message's blocks, as Slack gives them, with other controls."""
    kept = [block for block in blocks if not str(block.get("block_id", "")).startswith(CONTROLS)]
    return [*(_sendable(block) for block in kept), *controls(rows)]


def _feedback(votes: Sequence[Button]) -> list[Block]:
    """Both thumbs, good before bad, or nothing: Slack has them in pairs only.

    What the thumb that was chosen means now is to take the vote back, so thumbs are told apart by their order.
    """
    if len(votes) != 2:
        return []
    good, bad = votes
    element = {
        "type": "feedback_buttons",
        "action_id": "vote",
        "positive_button": _thumb(good),
        "negative_button": _thumb(bad),
    }
    return [{"type": "context_actions", "block_id": f"{CONTROLS}:votes", "elements": [element]}]


def _thumb(button: Button) -> Block:
    return {
        "text": plain_text(_marked(button), LABEL),
        "value": encode(button.control),
        "accessibility_label": _cut(_marked(button), LABEL),
    }


def button_of(button: Button, action_id: str) -> Block:
    return plain_button(
        _marked(button), action_id, encode(button.control), primary=button.primary, danger=button.danger
    )


def plain_button(label: str, action_id: str, value: str, *, primary: bool = False, danger: bool = False) -> Block:
    block: Block = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(label, LABEL),
        "value": value,
    }
    if primary or danger:
        block["style"] = "primary" if primary else "danger"
    return block


def _marked(button: Button) -> str:
    return f"✓ {button.label}" if button.chosen else button.label


def _cut(text: str, limit: int) -> str:
    """Slack counts UTF-16 units in places and refuses empty texts."""
    text = text.strip() or "—"
    if utf16_length(text) <= limit:
        return text
    while utf16_length(text) > limit - 1:
        text = text[: min(len(text) - 1, limit - 1)]
    return text.rstrip() + "…"


def _sendable(block: Block) -> Block:
    """Slack gives every block an id, and keeps none for Markdown; ids of texts are not worth a conflict."""
    return {key: value for key, value in block.items() if key != "block_id" or value == NOTE}
