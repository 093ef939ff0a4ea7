"""Only values FastGPT can use get past a form, whatever comes in, and people are told what is wrong with the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import phrases
from bridge.domain.forms import (
    FieldError,
    accept,
    check,
    described,
    filled_in,
    iso,
    match_option,
    parse_instant,
    unfinished,
)
from bridge.domain.interactions import Field, FieldType, Form, Json, Option, TimeGranularity

SIZES = (Option("Small", "s"), Option("Large", "l"), Option("Extra, large", "xl"))
DAY, HOUR, MINUTE = TimeGranularity.DAY, TimeGranularity.HOUR, TimeGranularity.MINUTE
NEW_YEAR = "2026-01-01T00:00:00.000Z"


def field(type: FieldType, **changes: Any) -> Field:
    options = SIZES if type in (FieldType.SELECT, FieldType.MULTIPLE_SELECT) else ()
    return replace(Field("key", "Label", type, options=options), **changes)


INPUT, AREA, FALLBACK = field(FieldType.INPUT), field(FieldType.TEXTAREA), field(FieldType.TEXT_FALLBACK)
PASSWORD, NUMBER, SWITCH = field(FieldType.PASSWORD), field(FieldType.NUMBER), field(FieldType.SWITCH)
ONE, SOME, FILES = field(FieldType.SELECT), field(FieldType.MULTIPLE_SELECT), field(FieldType.FILES)
TIME, RANGE = field(FieldType.TIME_POINT), field(FieldType.TIME_RANGE)
DAYS = replace(RANGE, granularity=TimeGranularity.DAY)
TWINS = replace(ONE, options=(Option("Blue", "b1"), Option("Red", "r"), Option("Blue", "b2")))
EVERY = (INPUT, AREA, FALLBACK, PASSWORD, NUMBER, SWITCH, ONE, SOME, FILES, TIME, RANGE)


@pytest.mark.parametrize(
    ("item", "raw", "value"),
    [
        (INPUT, " Ann ", "Ann"),
        (AREA, "two\nlines", "two\nlines"),
        (FALLBACK, '{"a": 1}', '{"a": 1}'),
        (PASSWORD, " hunter 2 ", " hunter 2 "),
        (PASSWORD, "  ", "  "),
        (NUMBER, 41, 41),
        (NUMBER, 41.0, 41),
        (NUMBER, "41", 41),
        (NUMBER, "0", 0),
        (NUMBER, 0, 0),
        (NUMBER, "-0.5", -0.5),
        (NUMBER, "1.234,5", 1234.5),
        (NUMBER, "٣٫٥", 3.5),
        (ONE, "l", "l"),
        (ONE, "large", "l"),
        (ONE, "  EXTRA,  large ", "xl"),
        (ONE, "3", "xl"),
        (ONE, "2.", "l"),
        (SOME, ["l", "s"], ["l", "s"]),
        (SOME, ["l", "l"], ["l"]),
        (SOME, "Small, large", ["s", "l"]),
        (SOME, "1；2", ["s", "l"]),
        (SOME, "small\nlarge", ["s", "l"]),
        (SOME, "Extra, large", ["xl"]),
        (SOME, "l", ["l"]),
        (SWITCH, True, True),
        (SWITCH, False, False),
        (SWITCH, "Yes", True),
        (SWITCH, "no", False),
        (SWITCH, "是", True),
        (SWITCH, "нет", False),
        (FILES, ["https://files.test/a"], ["https://files.test/a"]),
        (FILES, [{"key": "k", "name": "a.pdf"}], [{"key": "k", "name": "a.pdf"}]),
        (FILES, "https://files.test/a", ["https://files.test/a"]),
        (TIME, "2026-01-31", "2026-01-31T00:00:00.000Z"),
        (TIME, "2026-01-31 08:00", "2026-01-31T08:00:00.000Z"),
        (TIME, "2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00.250Z"),
        (TIME, "2026-01-31T08:00+02:00", "2026-01-31T06:00:00.000Z"),
        (TIME, "0999-01-01", "0999-01-01T00:00:00.000Z"),
        (RANGE, ["2026-01-01", "2026-01-02"], [NEW_YEAR, "2026-01-02T00:00:00.000Z"]),
        (RANGE, "2026-01-01 to 2026-01-02", [NEW_YEAR, "2026-01-02T00:00:00.000Z"]),
        (RANGE, "2026-01-01 - 2026-01-02", [NEW_YEAR, "2026-01-02T00:00:00.000Z"]),
        (RANGE, "2026-01-01～2026-01-02", [NEW_YEAR, "2026-01-02T00:00:00.000Z"]),
        (RANGE, "2026-01-01至2026-01-02", [NEW_YEAR, "2026-01-02T00:00:00.000Z"]),
        (RANGE, "2026-01-01, 2026-01-01", [NEW_YEAR, NEW_YEAR]),
    ],
)
def test_a_good_value_comes_out_in_the_type_fastgpt_expects(item: Field, raw: Json, value: Json) -> None:
    accepted = accept(item, raw)
    assert accepted == value
    assert type(accepted) is type(value)


@pytest.mark.parametrize(
    ("item", "raw", "sentence"),
    [
        (INPUT, 7, phrases.NO_TEXT),
        (AREA, ["a"], phrases.NO_TEXT),
        (FALLBACK, {"a": 1}, phrases.NO_TEXT),
        (replace(INPUT, max_length=3), "four", phrases.too_long(3, 4)),
        (replace(PASSWORD, min_length=8), "short", phrases.too_short(8)),
        (NUMBER, "many", phrases.NO_NUMBER),
        (NUMBER, True, phrases.NO_NUMBER),
        (NUMBER, [1], phrases.NO_NUMBER),
        (NUMBER, float("nan"), phrases.NO_NUMBER),
        (NUMBER, float("inf"), phrases.NO_NUMBER),
        (NUMBER, 10**400, phrases.NO_NUMBER),
        (NUMBER, "1,234", "Is that 1234 or 1.234? Please write it without a comma."),
        (replace(NUMBER, minimum=18), "17", phrases.too_small("18")),
        (replace(NUMBER, maximum=1_000_000), "1e7", phrases.too_large("1000000")),
        (ONE, "Medium", phrases.NO_OPTION),
        (ONE, "4", phrases.NO_OPTION),
        (ONE, "0", phrases.NO_OPTION),
        (ONE, "9" * 5000, phrases.NO_OPTION),
        (ONE, 1, phrases.NO_OPTION),
        (ONE, ["s"], phrases.NO_OPTION),
        (SOME, ["s", "m"], phrases.NO_OPTION),
        (SOME, [["s"]], phrases.NO_OPTION),
        (SOME, [None], phrases.NO_OPTION),
        (SOME, {"s": True}, phrases.NO_OPTION),
        (SOME, ",;", phrases.NO_OPTION),
        (SWITCH, "perhaps", phrases.NO_YES_OR_NO),
        (SWITCH, ["yes"], phrases.NO_YES_OR_NO),
        (FILES, [7], phrases.NO_FILE),
        (FILES, [""], phrases.NO_FILE),
        (FILES, ["a", "b"], phrases.too_many_files(1)),
        (TIME, "soon", phrases.NO_DATE),
        (TIME, 1767225600, phrases.NO_DATE),
        (TIME, "0001-01-01T00:00+05:00", phrases.NO_DATE),
        (RANGE, "next week", f"Please give the start and the end. {phrases.HINT_RANGE}"),
        (DAYS, "next week", f"Please give the start and the end. {phrases.HINT_DAYS}"),
        (RANGE, "2026-12-24 10:00", f"The end is missing. {phrases.HINT_RANGE}"),
        (RANGE, ["2026-01-01", ""], f"The end is missing. {phrases.HINT_RANGE}"),
        (DAYS, ["", "2026-01-01"], f"The start is missing. {phrases.HINT_DAYS}"),
        (TWINS, "blue", "Several options are called that. Please press one, or write its number: 1 or 3."),
        (RANGE, "2026-01-02 to 2026-01-01", phrases.ENDS_BEFORE),
    ],
)
def test_a_bad_value_is_told_in_a_sentence(item: Field, raw: Json, sentence: str) -> None:
    with pytest.raises(FieldError) as told:
        accept(item, raw)
    assert str(told.value) == sentence


@pytest.mark.parametrize("item", [item for item in EVERY if item.type is not FieldType.SWITCH], ids=lambda i: i.type)
@pytest.mark.parametrize("raw", [None, "", [], {}])
def test_a_required_field_is_needed(item: Field, raw: Json) -> None:
    with pytest.raises(FieldError, match="needed"):
        accept(replace(item, required=True), raw)


@pytest.mark.parametrize(
    ("item", "nothing"),
    [
        (INPUT, ""),
        (AREA, ""),
        (FALLBACK, ""),
        (PASSWORD, ""),
        (NUMBER, None),
        (SWITCH, False),
        (ONE, ""),
        (SOME, []),
        (FILES, []),
        (TIME, None),
        (RANGE, []),
    ],
)
def test_an_optional_field_left_empty_is_what_fastgpts_own_page_sends(item: Field, nothing: Json) -> None:
    assert check(Form("", (item,)), {}) == ({"key": nothing}, {})


def test_a_required_switch_may_be_off() -> None:
    assert accept(replace(SWITCH, required=True), False) is False


@pytest.mark.parametrize("item", [INPUT, AREA, FALLBACK, ONE, SOME, TIME], ids=lambda item: item.type)
def test_spaces_are_no_answer(item: Field) -> None:
    with pytest.raises(FieldError, match="needed"):
        accept(replace(item, required=True), "  \n")


@pytest.mark.parametrize(
    ("item", "default"),
    [(INPUT, "Ann"), (NUMBER, 18), (SWITCH, True), (ONE, "l"), (SOME, ["s"]), (TIME, NEW_YEAR), (FILES, ["https://f"])],
)
def test_a_default_stands_in_for_what_is_left_out(item: Field, default: Json) -> None:
    assert accept(replace(item, default=default, required=True), None) == default


def test_a_switch_turned_off_stays_off_though_it_is_on_by_default() -> None:
    assert accept(replace(SWITCH, default=True), False) is False


def test_options_that_were_all_unticked_are_not_ticked_again_by_the_default() -> None:
    assert accept(replace(SOME, default=["s"]), []) == []
    with pytest.raises(FieldError, match="needed"):
        accept(replace(SOME, default=["s"], required=True), [])


@pytest.mark.parametrize(
    "item",
    [replace(NUMBER, default=200, maximum=120), replace(TIME, default="soon"), replace(ONE, default="gone")],
    ids=lambda item: item.type,
)
def test_a_default_that_breaks_the_fields_own_rules_locks_nobody_out(item: Field) -> None:
    assert accept(item, None) in (None, "")


@pytest.mark.parametrize("raw", [18, "18", 120, "120.0"])
def test_a_number_may_be_its_bounds(raw: Json) -> None:
    assert accept(replace(NUMBER, minimum=18, maximum=120), raw) in (18, 120)


def test_what_was_accepted_is_accepted_again_unchanged() -> None:
    padded = replace(ONE, options=(Option("Small", " s "),))
    for item, raw in ((padded, " s "), (RANGE, "2026-01-01 to 2026-01-02"), (SOME, "1,2"), (NUMBER, "1.234,5")):
        once = accept(item, raw)
        assert accept(item, once) == once


@pytest.mark.parametrize(
    ("granularity", "raw", "value"),
    [
        (DAY, "2026-01-31", "2026-01-31T00:00:00.000Z"),
        (DAY, "2026-01-31 08:30", "2026-01-31T00:00:00.000Z"),
        (DAY, "2026-01-30T16:00:00.000Z", "2026-01-30T16:00:00.000Z"),
        (HOUR, "2026-01-31 08:30", "2026-01-31T08:00:00.000Z"),
        (MINUTE, "2026-01-31 08:30:15", "2026-01-31T08:30:00.000Z"),
    ],
)
def test_a_moment_is_as_coarse_as_its_field(granularity: TimeGranularity, raw: str, value: str) -> None:
    assert accept(replace(TIME, granularity=granularity), raw) == value


@pytest.mark.parametrize(
    ("granularity", "bounds", "raw", "is_within"),
    [
        (DAY, ("2026-01-10", "2026-01-20"), "2026-01-10", True),
        (DAY, ("2026-01-10", "2026-01-20"), "2026-01-20 23:00", True),
        (DAY, ("2026-01-10", "2026-01-20"), "2026-01-21", False),
        (DAY, ("2026-01-10", "2026-01-20"), "2026-01-09 23:59", False),
        (DAY, (None, "2026-01-20T23:59:59.999Z"), "2026-01-21", False),
        (DAY, (None, "2026-01-19T16:00:00.000Z"), "2026-01-20", True),
        (DAY, (None, "2026-01-19T16:00:00.000Z"), "2026-01-21", False),
        (HOUR, ("2026-01-10T08:30Z", None), "2026-01-10 08:00", True),
        (HOUR, ("2026-01-10T08:30Z", None), "2026-01-10 07:59", False),
        (MINUTE, (None, "2026-01-10T08:30Z"), "2026-01-10 08:30:59", True),
        (MINUTE, (None, "2026-01-10T08:30Z"), "2026-01-10 08:31", False),
        (DAY, ("soon", "later"), "2026-01-10", True),
    ],
)
def test_a_moment_keeps_within_its_bounds(
    granularity: TimeGranularity, bounds: tuple[str | None, str | None], raw: str, is_within: bool
) -> None:
    item = replace(TIME, granularity=granularity, not_before=bounds[0], not_after=bounds[1])
    _, errors = check(Form("", (item,)), {"key": raw})
    assert (not errors) is is_within


def test_both_ends_of_a_range_keep_within_the_bounds() -> None:
    item = replace(RANGE, granularity=DAY, not_after="2026-01-20")
    with pytest.raises(FieldError) as told:
        accept(item, "2026-01-10 to 2026-01-21")
    assert str(told.value) == "Not after 2026-01-20, please."


def test_a_form_tells_everything_that_is_wrong_and_drops_what_it_did_not_ask_for() -> None:
    fields = (replace(INPUT, key="name", required=True), replace(NUMBER, key="age"), replace(ONE, key="size"))
    values, errors = check(Form("", fields), {"age": "old", "size": "1", "admin": True})
    assert values == {"size": "s"}
    assert errors == {"name": phrases.NEEDED, "age": phrases.NO_NUMBER}


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400) | st.just("9" * 5000),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
DATES = st.from_regex(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d([+-]\d\d:\d\d)?)?", fullmatch=True)


@given(
    st.sampled_from(EVERY),
    JSON | DATES | st.lists(DATES, min_size=2, max_size=2),
    JSON | DATES,
    st.sampled_from(tuple(TimeGranularity)),
    st.none() | DATES | st.text(),
    st.booleans(),
)
def test_whatever_json_comes_it_is_a_value_or_a_sentence(
    item: Field, raw: Json, default: Json, granularity: TimeGranularity, bound: str | None, required: bool
) -> None:
    asked = replace(
        item,
        default=default,
        granularity=granularity,
        not_before=bound,
        not_after=bound,
        required=required,
        minimum=-9.5,
    )
    values, errors = check(Form("", (asked,)), {"key": raw})
    assert len(values) + len(errors) == 1
    assert all(described(asked, value) for value in values.values())


@given(st.sampled_from(EVERY), JSON | DATES)
def test_a_value_that_passed_passes_again(item: Field, raw: Json) -> None:
    values, _ = check(Form("", (item,)), {"key": raw})
    for value in values.values():
        assert accept(item, value) == value


# --- options by words and numbers ---


@pytest.mark.parametrize(
    ("labels", "typed", "position"),
    [
        (("Yes", "No"), "no", 1),
        (("Yes", "No"), "  NO ", 1),
        (("Yes", "No"), "2", 1),
        (("Yes", "No"), "2)", 1),
        (("Yes", "No"), "２．", 1),
        (("Yes", "No"), "٢", 1),
        (("Yes", "No"), "3", None),
        (("Yes", "No"), "0", None),
        (("Yes", "No"), "-1", None),
        (("Yes", "No"), "maybe", None),
        (("Yes", "No"), "", None),
        (("Yes", "No"), "9" * 5000, None),
        (("2", "1"), "1", 1),
        (("1", "1", "x"), "1", None),
        (("Same", "Same"), "same", None),
        (("Same", "Same"), "2", 1),
        (("US", "us"), "us", 1),
        (("US", "us"), "Us", None),
        (("Ｆｕｌｌ", "half"), "full", 0),
        (("New  York", "x"), "new york", 0),
        ((), "1", None),
    ],
)
def test_an_option_is_picked_by_its_label_or_number_if_that_is_clear(
    labels: tuple[str, ...], typed: str, position: int | None
) -> None:
    assert match_option(labels, typed) == position


def test_a_value_goes_before_a_label_since_buttons_send_values() -> None:
    crossed = replace(ONE, options=(Option("b", "a"), Option("a", "b")))
    assert accept(crossed, "a") == "a"


# --- what people see of it ---


@pytest.mark.parametrize(
    ("item", "value", "shown"),
    [
        (INPUT, "Ann", "Ann"),
        (INPUT, "", "—"),
        (NUMBER, 0, "0"),
        (SWITCH, False, "No"),
        (SWITCH, True, "Yes"),
        (ONE, "l", "Large"),
        (SOME, ["s", "l"], "Small, Large"),
        (FILES, ["https://secret.test/?token=1"], "file"),
        (FILES, [{"key": "k", "name": "a.pdf"}], "a.pdf"),
        (TIME, "2026-01-31T08:00:00.000Z", "2026-01-31 08:00 UTC"),
        (replace(TIME, granularity=DAY), "2026-01-31T00:00:00.000Z", "2026-01-31"),
        (RANGE, [NEW_YEAR, NEW_YEAR], "2026-01-01 00:00 UTC – 2026-01-01 00:00 UTC"),
    ],
)
def test_a_value_is_described_as_people_gave_it(item: Field, value: Json, shown: str) -> None:
    assert described(item, value) == shown


@given(st.text(min_size=1))
def test_a_password_is_never_described(secret: str) -> None:
    assert described(PASSWORD, secret) == "••••"


def test_a_filled_in_form_knows_which_of_its_values_are_passwords() -> None:
    form = Form("", (replace(PASSWORD, key="pin"), replace(INPUT, key="name")))
    assert filled_in(form, {"pin": "1", "name": "Ann"}).passwords == ("pin",)


def test_moments_are_written_as_javascript_writes_them() -> None:
    assert iso(parse_instant("2026-01-31T08:00:00.1234+01:00")) == "2026-01-31T07:00:00.123Z"


def test_what_was_typed_so_far_is_kept_as_it_is_and_a_password_not_at_all() -> None:
    fields = {"name": INPUT, "cups": NUMBER, "brewers": SOME, "code": PASSWORD}
    form = Form("", tuple(replace(item, key=key) for key, item in fields.items()))
    raw: dict[str, Json] = {"name": "Ann", "cups": "7", "brewers": [], "code": "s3cr3t"}
    assert unfinished(form, raw) == {"name": "Ann", "cups": 7, "brewers": []}
    assert unfinished(form, {"cups": "seven", "name": ""}) == {"cups": "seven"}
