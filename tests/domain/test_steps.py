"""A form gone through field by field: every field can be filled in, left, corrected and cleared, with what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.domain import phrases
from bridge.domain.controls import CancelInteraction, MoveForm
from bridge.domain.events import Button
from bridge.domain.forms import FieldError
from bridge.domain.ids import InteractionId
from bridge.domain.interactions import Draft, Field, FieldType, Form, Json, Option, TimeGranularity
from bridge.domain.notices import Notice
from bridge.domain.steps import PAGE, current, filled, hint, moved, prompt, summary
from bridge.domain.updates import FormMove

ID = InteractionId("abcdefghijklmnop")
FRESH = Draft()
THREE = (Option("Small", "s"), Option("Medium", "m"), Option("Large", "l"))
THIRTY = tuple(Option(f"Option {number}", f"v{number}") for number in range(1, 31))


def field(type: FieldType, key: str = "Name", **changes: Any) -> Field:
    options = THREE if type in (FieldType.SELECT, FieldType.MULTIPLE_SELECT) else ()
    return replace(Field(key, key, type, options=options), **changes)


def form(*fields: Field) -> Form:
    return Form("", fields)


def pressed(asked: Form, draft: Draft, *moves: tuple[FormMove, int] | FormMove) -> Draft:
    for each in moves:
        move, index = each if isinstance(each, tuple) else (each, 0)
        draft = moved(asked, draft, move, index)
    return draft


def buttons(notice: Notice) -> list[Button]:
    return [button for row in notice.buttons for button in row]


def labels(asked: Form, draft: Draft = FRESH, page: int = 0) -> list[str]:
    return [button.label for button in buttons(prompt(ID, asked, draft, page=page))]


TYPED = (
    FieldType.INPUT,
    FieldType.TEXTAREA,
    FieldType.NUMBER,
    FieldType.PASSWORD,
    FieldType.FILES,
    FieldType.TIME_POINT,
    FieldType.TIME_RANGE,
    FieldType.TEXT_FALLBACK,
)


@pytest.mark.parametrize("type", TYPED)
def test_what_has_to_be_typed_or_sent_opens_a_reply_field_and_offers_a_way_out(type: FieldType) -> None:
    notice = prompt(ID, form(field(type, required=True)), Draft())
    assert notice.expects == "Name"
    assert notice.secret is (type is FieldType.PASSWORD)
    assert [button.label for button in buttons(notice)] == [phrases.CANCEL]


@pytest.mark.parametrize(
    ("type", "shown"),
    [
        (FieldType.SWITCH, ["Yes", "No", "Cancel"]),
        (FieldType.SELECT, ["Small", "Medium", "Large", "Cancel"]),
        (FieldType.MULTIPLE_SELECT, ["☐ Small", "☐ Medium", "☐ Large", "Done", "Cancel"]),
    ],
)
def test_what_can_be_pressed_is_offered_as_buttons(type: FieldType, shown: list[str]) -> None:
    asked = form(field(type, required=True))
    assert labels(asked) == shown
    assert prompt(ID, asked, Draft()).expects is None


def test_a_prompt_tells_progress_need_description_and_problem() -> None:
    asked = form(
        field(FieldType.NUMBER, required=True, description="In years", minimum=18), field(FieldType.INPUT, "B")
    )
    notice = prompt(ID, asked, Draft(), problem="Please give a number.")
    assert notice.text == "⚠ Please give a number.\n\n**1/2 · Name** (needed)\nIn years\n≥ 18"


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (field(FieldType.INPUT), ""),
        (field(FieldType.NUMBER), ""),
        (field(FieldType.NUMBER, minimum=1, maximum=1_000_000), "1 – 1000000"),
        (field(FieldType.NUMBER, maximum=0.5), "≤ 0.5"),
        (field(FieldType.NUMBER, minimum=0), "≥ 0"),
        (field(FieldType.FILES, max_files=3), "Send up to 3 files."),
        (field(FieldType.FILES, max_files=1), "Send one file."),
        (field(FieldType.TIME_POINT), phrases.HINT_TIME),
        (field(FieldType.TIME_POINT, granularity=TimeGranularity.DAY), phrases.HINT_DAY),
        (field(FieldType.TIME_RANGE), phrases.HINT_RANGE),
        (field(FieldType.TIME_RANGE, granularity=TimeGranularity.DAY), phrases.HINT_DAYS),
    ],
)
def test_how_to_type_it_is_told_where_that_is_not_obvious(item: Field, shown: str) -> None:
    assert hint(item) == shown


def test_what_the_field_holds_is_shown_but_never_a_password() -> None:
    plain = prompt(ID, form(field(FieldType.INPUT)), Draft(values={"Name": "Ann"}))
    secret = prompt(ID, form(field(FieldType.PASSWORD)), Draft(values={"Name": "hunter2"}))
    assert plain.text.endswith("Now: Ann")
    assert secret.text.endswith("Now: ••••")


def test_a_default_is_shown_before_it_is_taken() -> None:
    asked = form(field(FieldType.SELECT, default="m", required=True))
    assert prompt(ID, asked, Draft()).text.endswith("If you skip it: Medium")
    assert pressed(asked, Draft(), FormMove.SKIP).values == {"Name": "m"}


# --- options ---


@pytest.mark.parametrize("type", [FieldType.SELECT, FieldType.MULTIPLE_SELECT])
@pytest.mark.parametrize(
    ("page", "first", "last", "turns"),
    [
        (0, 1, 8, [phrases.MORE]),
        (1, 9, 16, [phrases.LESS, phrases.MORE]),
        (3, 25, 30, [phrases.LESS]),
        (99, 25, 30, [phrases.LESS]),
        (-1, 1, 8, [phrases.MORE]),
    ],
)
def test_thirty_options_come_in_pages(type: FieldType, page: int, first: int, last: int, turns: list[str]) -> None:
    shown = labels(form(field(type, options=THIRTY, required=True)), page=page)
    names = [label.removeprefix("☐ ") for label in shown if "Option" in label]
    assert names == [f"Option {number}" for number in range(first, last + 1)]
    assert [label for label in shown if label in (phrases.LESS, phrases.MORE)] == turns


def test_every_option_can_be_reached_by_turning_pages_and_means_itself() -> None:
    asked, page, seen = form(field(FieldType.SELECT, options=THIRTY)), 0, list[Json]()
    while True:
        shown = buttons(prompt(ID, asked, Draft(), page=page))
        for button in shown:
            if isinstance(button.control, MoveForm) and button.control.move is FormMove.PICK:
                seen.append(moved(asked, Draft(), FormMove.PICK, button.control.index).values["Name"])
        further = [button.control for button in shown if button.label == phrases.MORE]
        if not further:
            break
        assert isinstance(further[0], MoveForm)
        page = further[0].index
    assert seen == [option.value for option in THIRTY]


def test_pages_that_end_evenly_offer_no_empty_one() -> None:
    assert phrases.MORE not in labels(form(field(FieldType.SELECT, options=THIRTY[:PAGE])))


def test_ticks_come_out_in_the_order_of_the_options_whatever_order_they_were_pressed_in() -> None:
    asked = form(field(FieldType.MULTIPLE_SELECT))
    draft = pressed(asked, Draft(), (FormMove.TOGGLE, 2), (FormMove.TOGGLE, 0))
    assert draft.values == {"Name": ["s", "l"]}
    assert labels(asked, draft)[:3] == ["☑ Small", "☐ Medium", "☑ Large"]
    assert pressed(asked, draft, (FormMove.TOGGLE, 2)).values == {"Name": ["s"]}


def test_a_default_is_ticked_before_anything_was_pressed_and_can_be_unticked() -> None:
    asked = form(field(FieldType.MULTIPLE_SELECT, default=["m"]))
    assert labels(asked)[:3] == ["☐ Small", "☑ Medium", "☐ Large"]
    assert pressed(asked, Draft(), FormMove.DONE).values == {"Name": ["m"]}
    assert pressed(asked, Draft(), (FormMove.TOGGLE, 1), FormMove.DONE).values == {"Name": []}


def test_done_without_a_tick_is_refused_where_one_is_needed() -> None:
    with pytest.raises(FieldError, match="needed"):
        moved(form(field(FieldType.MULTIPLE_SELECT, required=True)), Draft(), FormMove.DONE, 0)


@pytest.mark.parametrize(("index", "value"), [(0, True), (1, False)])
def test_a_switch_is_answered_by_yes_or_no(index: int, value: bool) -> None:
    assert pressed(form(field(FieldType.SWITCH)), Draft(), (FormMove.PICK, index)).values == {"Name": value}


@pytest.mark.parametrize(
    ("item", "move", "index"),
    [
        (field(FieldType.SELECT), FormMove.PICK, 3),
        (field(FieldType.SELECT), FormMove.PICK, -1),
        (field(FieldType.SELECT), FormMove.TOGGLE, 0),
        (field(FieldType.SWITCH), FormMove.PICK, 2),
        (field(FieldType.INPUT), FormMove.PICK, 0),
        (field(FieldType.MULTIPLE_SELECT), FormMove.TOGGLE, 3),
        (field(FieldType.INPUT), FormMove.BACK, 0),
        (field(FieldType.INPUT), FormMove.EDIT, 1),
        (field(FieldType.INPUT), FormMove.SUBMIT, 0),
    ],
)
def test_a_button_that_leads_nowhere_is_refused(item: Field, move: FormMove, index: int) -> None:
    with pytest.raises(FieldError):
        moved(form(item), Draft(), move, index)


@pytest.mark.parametrize("move", [FormMove.PICK, FormMove.TOGGLE, FormMove.DONE, FormMove.SKIP, FormMove.CLEAR])
def test_at_the_summary_there_is_no_field_to_answer(move: FormMove) -> None:
    with pytest.raises(FieldError):
        moved(form(field(FieldType.SELECT)), Draft(step=1), move, 0)


# --- from field to field ---

TWO = form(field(FieldType.INPUT, "A", required=True), field(FieldType.NUMBER, "B"))


def test_a_value_leads_to_the_next_field_and_the_last_one_to_the_summary() -> None:
    draft = filled(TWO, Draft(), " Ann ")
    assert (draft.step, draft.values) == (1, {"A": "Ann"})
    assert current(TWO, filled(TWO, draft, "3,5")) is None


def test_a_wrong_value_leads_nowhere() -> None:
    with pytest.raises(FieldError):
        filled(TWO, Draft(step=1), "many")


def test_an_optional_field_can_be_skipped_and_a_needed_one_cannot() -> None:
    assert phrases.SKIP not in labels(TWO)
    assert phrases.SKIP in labels(TWO, Draft(step=1))
    assert pressed(TWO, Draft(step=1), FormMove.SKIP) == Draft(step=2, values={"B": None})
    with pytest.raises(FieldError):
        moved(TWO, Draft(), FormMove.SKIP, 0)


def test_going_back_loses_nothing_and_the_way_on_keeps_it() -> None:
    back = pressed(TWO, filled(TWO, Draft(), "Ann"), FormMove.BACK)
    assert (back.step, back.values) == (0, {"A": "Ann"})
    assert phrases.KEEP in labels(TWO, back)
    assert pressed(TWO, back, FormMove.SKIP) == Draft(step=1, values={"A": "Ann"})


def test_an_optional_value_can_be_taken_back() -> None:
    draft = Draft(step=1, values={"A": "Ann", "B": 3})
    assert phrases.CLEAR in labels(TWO, draft)
    assert pressed(TWO, draft, FormMove.CLEAR) == Draft(step=1, values={"A": "Ann"})


def test_files_can_be_finished_early_or_begun_anew() -> None:
    asked = form(field(FieldType.FILES, max_files=3, required=True))
    draft = Draft(values={"Name": ["https://files.test/wrong"]})
    assert labels(asked, draft) == [phrases.DONE, phrases.CLEAR, phrases.CANCEL]
    assert pressed(asked, draft, FormMove.DONE) == Draft(step=1, values=draft.values)
    assert pressed(asked, draft, FormMove.CLEAR) == Draft()


@pytest.mark.parametrize("move", [FormMove.PAGE, FormMove.START])
def test_turning_a_page_or_opening_the_form_again_changes_nothing(move: FormMove) -> None:
    draft = Draft(step=1, values={"A": "Ann"})
    assert moved(TWO, draft, move, 3) == draft


# --- the summary ---

DONE = Draft(step=2, values={"A": "Ann", "B": 3})


def test_the_summary_shows_everything_and_leads_everywhere() -> None:
    notice = prompt(ID, TWO, DONE)
    assert notice.text == "**Is this right?**\n\n**A**: Ann\n**B**: 3"
    assert [button.control for button in buttons(notice)] == [
        MoveForm(ID, 2, FormMove.EDIT, 0),
        MoveForm(ID, 2, FormMove.EDIT, 1),
        MoveForm(ID, 2, FormMove.SUBMIT),
        CancelInteraction(ID),
    ]


def test_an_edited_field_leads_straight_back_to_the_summary() -> None:
    edited = pressed(TWO, DONE, (FormMove.EDIT, 0))
    assert filled(TWO, edited, "Eve") == replace(DONE, values={"A": "Eve", "B": 3})


@pytest.mark.parametrize("move", [FormMove.BACK, FormMove.SKIP])
def test_an_edit_can_be_left_as_it_was(move: FormMove) -> None:
    edited = pressed(TWO, DONE, (FormMove.EDIT, 0))
    assert labels(TWO, edited) == [phrases.BACK, phrases.KEEP, phrases.CANCEL]
    assert pressed(TWO, edited, move) == DONE


def test_passwords_are_not_in_the_summary() -> None:
    asked = form(field(FieldType.PASSWORD, "Pin"), field(FieldType.INPUT, "A"))
    assert summary(asked, {"Pin": "hunter2"}) == "**Pin**: ••••\n**A**: —"


def test_labels_of_any_length_fit_their_buttons() -> None:
    long = form(field(FieldType.INPUT, "L" * 300))
    assert all(len(button.label) <= 75 for button in buttons(prompt(ID, long, Draft(step=1))))
    assert len(prompt(ID, long, Draft()).expects or "") <= 64


def test_a_form_without_fields_is_its_summary() -> None:
    assert labels(form()) == [phrases.SUBMIT, phrases.CANCEL]
