"""What the bridge says, as Slack messages. Pure. What people or models wrote is cut to Slack's limits, never refused.

Limits: docs.slack.dev, Block Kit reference: 50 blocks, 75 characters on a button, 10 radio buttons, 100 options of a
select, 3,000 characters in a section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from adapters.slack.markdown import SAFE_LENGTH, fallback, mrkdwn, shown
from adapters.slack.presses import SUBMIT_CHOICE
from bridge.domain.controls import CancelInteraction, OpenForm, PickOption, Vote, encode
from bridge.domain.events import Button
from bridge.domain.interactions import Choice, Form, Interaction, Option, Pause
from bridge.domain.phrases import CANCEL, CHOOSE, CONTINUE, FILL_IN, SUBMIT

Block: TypeAlias = dict[str, Any]
Rows: TypeAlias = tuple[tuple[Button, ...], ...]

CONTROLS = "controls"
"""Block ids of everything that can be pressed begin with this, so that it can be found and replaced."""
NOTE = "note"
SEARCH = "search"
"""The action id of a select whose options are looked up while somebody types: this, the interaction, and the field."""

_LABEL = 75  # characters on a button or of an option
_SECTION = 3_000
_NOTE = 1_000
_ROWS = 10
_FEW, _SOME, _MANY = 5, 10, 100  # options: as buttons, as radio buttons, as a select
_SHORT = 30  # characters a client shows of a button on a phone
_LISTED = 8_000  # characters of long options that are written out above their select


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
    pieces = [text[start : start + _SECTION] for start in range(0, len(text), _SECTION)]
    sections: list[Block] = [{"type": "section", "text": plain_text(piece)} for piece in pieces if piece.strip()]
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
            elements = [_button(button, f"{number}.{place}") for place, button in enumerate(shown_here[:25])]
            blocks.append({"type": "actions", "block_id": f"{CONTROLS}:{number}", "elements": elements})
    # The last row is the one that leads on.
    return [*blocks[: _ROWS - 1], *blocks[max(len(blocks) - 1, _ROWS - 1) :], *feedback]


def plain_text(text: str, limit: int = _SECTION) -> Block:
    return {"type": "plain_text", "text": _cut(text, limit), "emoji": True}


def asked(interaction: Interaction) -> Content:
    """The controls of a paused workflow."""
    match interaction.ask:
        case Choice() as choice:
            return _choice(interaction, choice)
        case Form() as form:
            return _form_card(interaction, form)
        case Pause(description):
            button = Button(CONTINUE, PickOption(interaction.id, 0), primary=True)
            return message(description or CONTINUE, ((button,),))
        case _:
            assert_never(interaction.ask)


def asked_in_words(interaction: Interaction) -> Content:
    """The same without controls that Slack may refuse: a choice can be answered by its number or words."""
    match interaction.ask:
        case Choice(description, options):
            lines = [f"{number}. {option.label}" for number, option in enumerate(options, 1)]
            return plainly("\n".join([description or CHOOSE, "", *lines])[:SAFE_LENGTH])
        case Form(description):
            return plainly(description[:SAFE_LENGTH], "", _form_buttons(interaction))
        case Pause(description):
            return plainly(description[:SAFE_LENGTH] or CONTINUE)
        case _:
            assert_never(interaction.ask)


def matching_options(interaction: Interaction, typed: str) -> list[Block]:
    """What a searchable select offers for what somebody typed: at most 100, those that begin with it first."""
    if not isinstance(interaction.ask, Choice):
        return []
    found = options_like(interaction.ask.options, typed)
    return [_option(option.label, _pick(interaction, index)) for index, option in found]


def options_like(options: Sequence[Option], typed: str) -> list[tuple[int, Option]]:
    wanted = typed.strip().casefold()
    hits = [(index, option) for index, option in enumerate(options) if wanted in option.label.casefold()]
    hits.sort(key=lambda hit: not hit[1].label.casefold().startswith(wanted))
    return hits[:_MANY]


def replaced_controls(blocks: Sequence[Block], rows: Rows) -> list[Block]:
    """A message's blocks, as Slack gives them, with other controls."""
    kept = [block for block in blocks if not str(block.get("block_id", "")).startswith(CONTROLS)]
    return [*(_sendable(block) for block in kept), *controls(rows)]


def _choice(interaction: Interaction, choice: Choice) -> Content:
    labels = [option.label for option in choice.options]
    text = choice.description or CHOOSE
    listed = any(len(label) > _LABEL for label in labels) and sum(map(len, labels)) <= _LISTED
    if listed:
        lines = (f"{number}. {' '.join(label.split())}" for number, label in enumerate(labels, 1))
        text = "\n".join([text, "", *lines])
        labels = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
    elements = _choice_elements(interaction, choice.options, labels)
    block = {"type": "actions", "block_id": f"{CONTROLS}:{interaction.id}", "elements": elements}
    text = shown(text)[:SAFE_LENGTH]
    return Content(fallback(text) or CHOOSE, [*markdown_blocks(text), *([block] if elements else [])])


def _choice_elements(interaction: Interaction, options: Sequence[Option], labels: Sequence[str]) -> list[Block]:
    """By how many there are and how long: buttons, radio buttons with Submit, a select, a select that is searched."""
    described = any(option.description for option in options)
    if len(options) <= _FEW and not described and all(len(label) <= _SHORT for label in labels):
        buttons = (Button(label, PickOption(interaction.id, index)) for index, label in enumerate(labels))
        return [_button(button, f"pick.{index}") for index, button in enumerate(buttons)]
    if len(options) <= _MANY:
        choices = [
            _option(label, _pick(interaction, index), option.description)
            for index, (label, option) in enumerate(zip(labels, options, strict=True))
        ]
        if len(options) > _SOME:
            return [_select("static_select", "pick", {"options": choices})]
        radio = {"type": "radio_buttons", "action_id": "pick", "options": choices}
        return [radio, _plain_button(SUBMIT, SUBMIT_CHOICE, str(interaction.id), primary=True)]
    return [_select("external_select", f"{SEARCH}:{interaction.id}", {"min_query_length": 0})]


def _form_card(interaction: Interaction, form: Form) -> Content:
    count = len(form.fields)
    questions = f"{count} question{'s' if count != 1 else ''}"
    text = shown(form.description)[:SAFE_LENGTH]
    names = ", ".join(f.label for f in form.fields if f.label)
    note = {"type": "mrkdwn", "text": mrkdwn(f"{questions}: {names}" if names else questions)[:500], "verbatim": True}
    context = {"type": "context", "block_id": NOTE, "elements": [note]}
    blocks = [*markdown_blocks(text), context, *controls(_form_buttons(interaction))]
    return Content(fallback(text) or questions, blocks)


def _form_buttons(interaction: Interaction) -> Rows:
    return (
        (
            Button(FILL_IN, OpenForm(interaction.id), primary=True),
            Button(CANCEL, CancelInteraction(interaction.id)),
        ),
    )


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
        "text": plain_text(_marked(button), _LABEL),
        "value": encode(button.control),
        "accessibility_label": _cut(_marked(button), _LABEL),
    }


def _button(button: Button, action_id: str) -> Block:
    return _plain_button(
        _marked(button), action_id, encode(button.control), primary=button.primary, danger=button.danger
    )


def _plain_button(label: str, action_id: str, value: str, *, primary: bool = False, danger: bool = False) -> Block:
    block: Block = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(label, _LABEL),
        "value": value,
    }
    if primary or danger:
        block["style"] = "primary" if primary else "danger"
    return block


def _marked(button: Button) -> str:
    return f"✓ {button.label}" if button.chosen else button.label


def _select(kind: str, action_id: str, more: Block) -> Block:
    return {"type": kind, "action_id": action_id, "placeholder": plain_text(CHOOSE, 150), **more}


def _option(label: str, value: str, description: str = "") -> Block:
    option: Block = {"text": plain_text(label, _LABEL), "value": value}
    if description:
        option["description"] = plain_text(description, _LABEL)
    return option


def _pick(interaction: Interaction, index: int) -> str:
    return encode(PickOption(interaction.id, index))


def _cut(text: str, limit: int) -> str:
    """Slack counts UTF-16 units in places and refuses empty texts."""
    text = text.strip() or "—"
    if len(text.encode("utf-16-le")) // 2 <= limit:
        return text
    while len(text.encode("utf-16-le")) // 2 > limit - 1:
        text = text[: min(len(text) - 1, limit - 1)]
    return text.rstrip() + "…"


def _sendable(block: Block) -> Block:
    """Slack gives every block an id, and keeps none for Markdown; ids of texts are not worth a conflict."""
    return {key: value for key, value in block.items() if key != "block_id" or value == NOTE}
