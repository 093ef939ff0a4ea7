"""What a paused workflow asks, as a message with buttons.

There are no native forms: a form shows as a card without buttons, for the core asks for its fields one by one below
it, each with a Cancel of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from adapters.telegram.entities import Rendered, joined, mention
from adapters.telegram.keyboards import Rows, is_listed, option_rows
from adapters.telegram.parts import parts, plain, with_note
from bridge.domain import phrases
from bridge.domain.controls import PickOption
from bridge.domain.events import Button
from bridge.domain.interactions import Choice, Form, Interaction, Option, Pause


@dataclass(frozen=True, slots=True)
class Card:
    """Several texts only if the first is too long for one message; the buttons belong under the last."""

    texts: tuple[Rendered, ...]
    buttons: Rows


def card(interaction: Interaction, *, named: bool) -> Card:
    """`named`: others can read it too, so it says whom it is for."""
    ask = interaction.ask
    match ask:
        case Choice():
            texts, buttons = _choice(ask), option_rows(interaction.id, ask)
        case Form():
            texts, buttons = parts(_form(ask)), ()
        case Pause(description):
            texts = parts(description) or [Rendered(phrases.CONTINUE)]
            buttons = ((Button(phrases.CONTINUE, PickOption(interaction.id, 0), primary=True),),)
        case _:
            assert_never(ask)
    if named:
        texts[0] = joined(mention(interaction.asked), texts[0], "\n")
    return Card(tuple(texts), buttons)


def _choice(choice: Choice) -> list[Rendered]:
    """The labels are somebody's words, not Markdown."""
    question = parts(choice.description) or [Rendered(phrases.CHOOSE)]
    if not is_listed(choice):
        return question
    options = plain("\n".join(_line(number, option) for number, option in enumerate(choice.options, 1)))
    both = with_note(question, options[0])
    return [*both, *options[1:]]


def _line(number: int, option: Option) -> str:
    words = f"{option.label} — {option.description}" if option.description else option.label
    return f"{number}. {' '.join(words.split())}"


def _form(form: Form) -> str:
    count = f"📝 {phrases.questions(len(form.fields))}"
    return f"{form.description}\n\n{count}" if form.description.strip() else count
