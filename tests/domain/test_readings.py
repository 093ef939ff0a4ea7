"""What people type is read as they mean it, or asked about."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.readings import Ambiguous, moment_in, number_in, plain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("42", 42),
        (" 42 ", 42),
        ("+42", 42),
        ("-0.5", -0.5),
        ("−5", -5),
        (".5", 0.5),
        (",5", 0.5),
        ("1e3", 1000),
        ("3,5", 3.5),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        ("1.234", 1.234),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("1 234,567", 1234.567),
        ("1\u00a0234", 1234),
        ("1\u202f234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("1’234.5", 1234.5),
        ("٣٫٥", 3.5),
        ("١٬٢٣٤", 1234),
        ("۱۲۳", 123),
        ("\u200f٤٢", 42),
        ("１２．５", 12.5),
        ("१२", 12),
    ],
)
def test_a_number_is_read_whatever_the_keyboard(typed: str, meant: float) -> None:
    assert number_in(typed) == meant


@pytest.mark.parametrize("typed", ["1,234", "12,345", "-123,456"])
def test_a_comma_that_may_stand_before_thousands_or_thousandths_is_asked_about(typed: str) -> None:
    with pytest.raises(Ambiguous):
        number_in(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "x", "12 34", "1,2,3", "1,23,4", "1.2.3", "5.", "nan", "inf", "1_000", "0x10", "5%", "1 2", "--1", "½ x"],
)
def test_what_is_no_number_is_not_taken_for_one(typed: str) -> None:
    with pytest.raises(ValueError):
        number_in(typed)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_programs_write_it_is_itself(number: float) -> None:
    assert number_in(repr(number)) == number


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(number_in(text), float)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-1-3", datetime(2026, 1, 3, tzinfo=UTC)),
        ("2026/01/31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026年1月31日", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026年1月31日 8:05", datetime(2026, 1, 31, 8, 5, tzinfo=UTC)),
        ("٢٠٢٦-٠١-٣١", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31 08:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31 8:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00:00.000Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00+02:00", datetime(2026, 1, 31, 6, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_iso_or_as_people_write_it(typed: str, meant: datetime) -> None:
    assert moment_in(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "tomorrow", "2026-02-30", "2026-13-01", "01/02/2026", "0001-01-01T00:00+05:00", "2026-01-31 25:00"]
)
def test_what_is_no_moment_is_not_taken_for_one(typed: str) -> None:
    with pytest.raises(ValueError):
        moment_in(typed)


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d([+-]\d\d:\d\d)?", fullmatch=True))
def test_any_text_is_a_moment_in_utc_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert moment_in(text).tzinfo is UTC


def test_digits_and_signs_of_other_scripts_become_plain_ones() -> None:
    assert plain("（１）\u200f ٢") == "(1) 2"
