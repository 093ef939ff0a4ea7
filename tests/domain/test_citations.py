"""Citation markers become numbers or go, however the stream was cut, and no piece of one is ever shown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.citations import CitationMarks

A, B = "65f0c0ffee65f0c0ffee65f0", "0123456789abcdef01234567"
MARKERS = (
    f"[{A}](CITE)",
    f"[{A}](QUOTE1)",
    f"[{A}]",
    f"[{A}]()",
    f"[quote:{A}]",
    f"【{A}】(CITE)",
    f"【{B}】",
    f"[{B}](CITE)",
    "[id](CITE)",
    "【id】(CITE)",
)
WORDS = ("Hello ", "[", "]", "(", ")", "[x](http://a.b)", "[id]", "[quote", "q", "\n", "[1] ", "【", "abc", A[:9], "。")
ANSWERS = st.lists(st.sampled_from(MARKERS + WORDS), max_size=12).map("".join)


def shown(pieces: list[str], *, numbered: bool = False) -> str:
    marks = CitationMarks(numbered=numbered)
    return "".join(marks.feed(piece) for piece in pieces) + marks.flush()


@given(ANSWERS, st.lists(st.integers(1, 9), max_size=60), st.booleans())
def test_the_answer_is_the_same_however_the_stream_was_cut(answer: str, lengths: list[int], numbered: bool) -> None:
    pieces, rest = [], answer
    for length in lengths:
        pieces.append(rest[:length])
        rest = rest[length:]
    assert shown([*pieces, rest], numbered=numbered) == shown([answer], numbered=numbered)


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_vanishes_sign_by_sign(marker: str) -> None:
    marks = CitationMarks(numbered=False)
    assert [marks.feed(sign) for sign in f"a{marker}"][1:] == [""] * len(marker)
    assert marks.feed(" b") + marks.flush() == " b"


@given(st.sampled_from(MARKERS[:-2]), st.data())
def test_of_a_marker_that_was_cut_off_nothing_is_left_once_its_id_was_there(marker: str, data: st.DataObject) -> None:
    id_ends = re.search(r"[0-9a-f]{24}", marker)
    assert id_ends is not None
    cut = data.draw(st.integers(id_ends.end(), len(marker)))
    assert shown(["See ", marker[:cut]]) == "See "


@pytest.mark.parametrize("text", ["[", "a [q", "[quote", "[quote:", "[65f0c0", "【", "[i", "[id", "[id]", "[id](CI"])
def test_what_only_began_like_a_marker_is_shown_at_the_end(text: str) -> None:
    assert shown([text]) == text
    assert shown(list(text)) == text


@pytest.mark.parametrize("text", ["[x]", "[link](http://a.b)", "a[0]", "[ ] todo", f"[{A[:23]}g]", "[id](x)", f"{A}"])
def test_what_is_no_marker_is_left_alone(text: str) -> None:
    assert shown([text]) == text


def test_text_before_a_bracket_is_not_held_back() -> None:
    marks = CitationMarks(numbered=False)
    assert marks.feed("The answer [") == "The answer "
    assert marks.feed("sic] is") == "[sic] is"


def test_sources_are_numbered_as_they_are_first_cited() -> None:
    marks = CitationMarks(numbered=True)
    assert marks.feed(f"x[{B}](CITE) y[{A}](CITE) z【{B}】.") == "x[1] y[2] z[1]."
    assert marks.cited == [B, A]


def test_an_invented_marker_has_no_number() -> None:
    marks = CitationMarks(numbered=True)
    assert marks.feed("x[id](CITE).") == "x."
    assert marks.cited == []


@pytest.mark.parametrize("piece", ["word ", "[", "[a](", f"[{A[:23]}"])
def test_never_more_than_one_marker_is_held_back_so_a_long_answer_costs_no_more_per_piece(piece: str) -> None:
    marks = CitationMarks(numbered=True)
    behind = 0
    for _ in range(2000):
        behind += len(piece) - len(marks.feed(piece))
        assert behind < 50
    assert len(marks.flush()) == behind


@pytest.mark.parametrize("text", ["word " * 400_000, "[" * 1_000_000, "[0123" * 200_000])
def test_a_very_long_answer_without_markers_is_read_in_one_go(text: str) -> None:
    assert shown([text]) == text
