"""What a paused workflow asks, as Slack messages with controls. Pure.

Limits: docs.slack.dev, Block Kit reference: 75 characters of an option, 10 radio buttons, 100 options of a select.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from adapters.slack.blocks import (
    CONTROLS,
    LABEL,
    NOTE,
    Block,
    Content,
    Rows,
    answer,
    button_of,
    controls,
    markdown_blocks,
    plain_button,
    plain_text,
    plainly,
)
from adapters.slack.markdown import SAFE_LENGTH, fallback, mrkdwn, shown, size
from adapters.slack.presses import SUBMIT_CHOICE
from bridge.domain.controls import CancelInteraction, OpenForm, PickOption, encode
from bridge.domain.events import Button
from bridge.domain.interactions import Choice, Form, Interaction, Option, Pause
from bridge.domain.phrases import CANCEL, CHOOSE, CONTINUE, FILL_IN, SUBMIT, questions
from bridge.rendering.chunks import chunks

SEARCH = "search"
"""The action id of a select whose options are looked up while somebody types: this, the interaction, and the field."""

_FEW, _SOME, _MANY = 5, 10, 100  # options: as buttons, as radio buttons, as a select
_SHORT = 30  # characters a client shows of a button on a phone
_LISTED = 8_000  # characters of long options that are written out above their select


def asked(interaction: Interaction) -> list[tuple[Content, Content]]:
    """The messages of a question, the last of which has its controls; each also in words alone, for what Slack refuses
    to show."""
    *above, last = chunks(shown(_question(interaction)), SAFE_LENGTH, size) or [""]
    return [
        *((answer(piece), plainly(piece)) for piece in above),
        (_posed(interaction, last), _said(interaction, last)),
    ]


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


def _question(interaction: Interaction) -> str:
    match interaction.ask:
        case Choice() as choice if _is_listed(choice):
            return "\n".join([choice.description or CHOOSE, "", *_lines(choice)])
        case Choice(description):
            return description or CHOOSE
        case Form(description):
            return description
        case Pause(description):
            return description or CONTINUE
        case _:
            assert_never(interaction.ask)


def _posed(interaction: Interaction, text: str) -> Content:
    """`text` is the end of the question; its controls stand below it."""
    match interaction.ask:
        case Choice() as choice:
            below = _choice_controls(interaction, choice)
        case Form() as form:
            below = [_about(form), *controls(_form_buttons(interaction))]
        case Pause():
            below = controls(((Button(CONTINUE, PickOption(interaction.id, 0), primary=True),),))
        case _:
            assert_never(interaction.ask)
    return Content(fallback(text) or CHOOSE, [*markdown_blocks(text), *below])


def _said(interaction: Interaction, text: str) -> Content:
    """Without controls that Slack may refuse: a choice can be answered by its number or words."""
    match interaction.ask:
        case Choice() as choice if not _is_listed(choice):
            return plainly("\n".join([text, "", *_lines(choice)])[:SAFE_LENGTH])
        case Form() as form:
            return plainly(text or questions(len(form.fields)), "", _form_buttons(interaction))
        case _:
            return plainly(text)


def _is_listed(choice: Choice) -> bool:
    """Are the options written out above their controls, which would not show them whole?"""
    labels = [option.label for option in choice.options]
    return any(len(label) > LABEL for label in labels) and sum(map(len, labels)) <= _LISTED


def _lines(choice: Choice) -> list[str]:
    return [f"{number}. {' '.join(option.label.split())}" for number, option in enumerate(choice.options, 1)]


def _choice_controls(interaction: Interaction, choice: Choice) -> list[Block]:
    labels = [option.label for option in choice.options]
    if _is_listed(choice):
        labels = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
    elements = _choice_elements(interaction, choice.options, labels)
    return [{"type": "actions", "block_id": f"{CONTROLS}:{interaction.id}", "elements": elements}] if elements else []


def _choice_elements(interaction: Interaction, options: Sequence[Option], labels: Sequence[str]) -> list[Block]:
    """By how many there are and how long: buttons, radio buttons with Submit, a select, a select that is searched."""
    described = any(option.description for option in options)
    if len(options) <= _FEW and not described and all(len(label) <= _SHORT for label in labels):
        buttons = (Button(label, PickOption(interaction.id, index)) for index, label in enumerate(labels))
        return [button_of(button, f"pick.{index}") for index, button in enumerate(buttons)]
    if len(options) <= _MANY:
        choices = [
            _option(label, _pick(interaction, index), option.description)
            for index, (label, option) in enumerate(zip(labels, options, strict=True))
        ]
        if len(options) > _SOME:
            return [_select("static_select", "pick", {"options": choices})]
        radio = {"type": "radio_buttons", "action_id": "pick", "options": choices}
        return [radio, plain_button(SUBMIT, SUBMIT_CHOICE, str(interaction.id), primary=True)]
    return [_select("external_select", f"{SEARCH}:{interaction.id}", {"min_query_length": 0})]


def _about(form: Form) -> Block:
    names = ", ".join(field.label for field in form.fields if field.label)
    count = questions(len(form.fields))
    note = {"type": "mrkdwn", "text": mrkdwn(f"{count}: {names}" if names else count)[:500], "verbatim": True}
    return {"type": "context", "block_id": NOTE, "elements": [note]}


def _form_buttons(interaction: Interaction) -> Rows:
    return (
        (
            Button(FILL_IN, OpenForm(interaction.id), primary=True),
            Button(CANCEL, CancelInteraction(interaction.id)),
        ),
    )


def _select(kind: str, action_id: str, more: Block) -> Block:
    return {"type": kind, "action_id": action_id, "placeholder": plain_text(CHOOSE, 150), **more}


def _option(label: str, value: str, description: str = "") -> Block:
    option: Block = {"text": plain_text(label, LABEL), "value": value}
    if description:
        option["description"] = plain_text(description, LABEL)
    return option


def _pick(interaction: Interaction, index: int) -> str:
    return encode(PickOption(interaction.id, index))
