"""Buttons and cards."""

from __future__ import annotations

import pytest

from adapters.telegram.forms import card
from adapters.telegram.keyboards import MOST, keyboard, option_rows
from bridge.domain.controls import CancelInteraction, MoveForm, PickOption, Vote
from bridge.domain.events import Button
from bridge.domain.ids import ConversationKey, InteractionId, TurnId
from bridge.domain.interactions import Choice, Option
from bridge.domain.updates import FormMove, Rating
from tests.adapters.telegram.doubles import an_interaction
from tests.builders import choice

ID = InteractionId("interaction00001")
KEY = ConversationKey("telegram", "1", "5")


def layout(*labels: str) -> list[int]:
    return [len(row) for row in option_rows(ID, choice(*labels))]


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        (["1", "2", "3", "4", "5", "6", "7", "8", "9"], [8, 1]),
        (["Yes", "No"], [2]),
        (["Monday", "Tuesday", "Friday", "Sunday", "Never"], [4, 1]),
        (["Small breakfast", "Large breakfast", "None"], [2, 1]),
        (["A rather long label here", "Short"], [1, 1]),
        (["非常长的中文标签选项", "短"], [1, 1]),
    ],
)
def test_options_stand_side_by_side_as_far_as_a_phone_shows_them(labels: list[str], rows: list[int]) -> None:
    assert layout(*labels) == rows


def test_no_button_is_no_keyboard() -> None:
    assert keyboard(()) is None
    assert keyboard(((),)) is None


def test_a_row_that_would_be_unreadable_is_broken() -> None:
    row = tuple(Button(f"A label of some length {number}", PickOption(ID, number)) for number in range(3))
    markup = keyboard((row,))
    assert markup is not None
    assert [len(line) for line in markup["inline_keyboard"]] == [1, 1, 1]


def test_what_is_chosen_is_checked_and_what_is_dangerous_looks_so() -> None:
    row = (
        Button("Good", Vote(TurnId("t"), Rating.GOOD), chosen=True),
        Button("Leave", CancelInteraction(ID), danger=True),
    )
    markup = keyboard((row,))
    assert markup is not None
    assert markup["inline_keyboard"][0] == [
        {"text": "✓ 👍", "callback_data": "v:t:good"},
        {"text": "Leave", "callback_data": f"x:{ID}", "style": "danger"},
    ]


def test_callback_data_keeps_to_64_bytes_and_empty_labels_are_not_sent() -> None:
    longest = Button("", MoveForm(ID, 999, FormMove.TOGGLE, 9999))
    markup = keyboard(((longest,),))
    assert markup is not None
    (key,) = markup["inline_keyboard"][0]
    assert len(key["callback_data"].encode()) <= 64
    assert key["text"]


def test_more_options_than_fit_can_still_be_typed_from_the_list() -> None:
    asked = card(an_interaction(KEY, choice(*(f"City {number}" for number in range(1, 131)))), named=False)
    assert "130. City 130" in asked.texts[-1].text
    assert sum(len(row) for row in asked.buttons) == MOST


def test_long_labels_and_descriptions_are_written_out() -> None:
    described = Choice("Which?", (Option("A", "a", "the first letter"), Option("B", "b")))
    asked = card(an_interaction(KEY, described), named=False)
    assert asked.texts[0].text == "Which?\n\n1. A — the first letter\n2. B"
    assert [button.label for row in asked.buttons for button in row] == ["1. A", "2. B"]


def test_a_label_cannot_format_or_link_anything() -> None:
    described = Choice("Which?", (Option("**A** [x](https://evil.example)", "a", "d"),))
    asked = card(an_interaction(KEY, described), named=False)
    assert asked.texts[0].entities == ()


def test_a_question_without_words_still_has_some() -> None:
    assert card(an_interaction(KEY, choice("A", description="")), named=False).texts[0].text == "Choose…"
