from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.console.answer import PrintedAnswer, blocks, clean

LINES = st.lists(st.sampled_from(["word", "", "```", "- item", "  ", "| a |"]), max_size=30).map("\n".join)


def test_blocks_are_cut_at_blank_lines_but_not_inside_of_code() -> None:
    assert blocks("One.\n\n```py\na\n\nb\n```\n\nTwo.") == ["One.", "```py\na\n\nb\n```", "Two."]


@given(LINES, LINES)
def test_settled_blocks_stay_as_the_text_grows(text: str, more: str) -> None:
    settled = blocks(text)[:-1]
    assert blocks(text + more)[: len(settled)] == settled


@given(LINES)
def test_what_was_printed_is_the_whole_answer(text: str) -> None:
    answer, printed = PrintedAnswer(), list[str]()
    for end in range(len(text)):
        printed += answer.settled(text[:end])
    missing, departs = answer.finished(text)
    assert not departs
    assert printed + missing == blocks(text)


def test_an_ending_that_departs_is_printed_from_there_on() -> None:
    answer = PrintedAnswer()
    answer.settled("One.\n\nTwo.\n\nThree")
    assert answer.finished("One.\n\n2.\n\nThree.") == (["2.", "Three."], True)


def test_a_shorter_ending_departs_too() -> None:
    answer = PrintedAnswer()
    answer.settled("One.\n\nTwo.\n\nThree")
    assert answer.finished("One.") == ([], True)


def test_the_tail_is_fit_to_be_looked_at() -> None:
    answer = PrintedAnswer()
    text = "One.\n\n**Two and [a li"
    answer.settled(text)
    assert answer.tail(text) == "**Two and**"


def test_escape_sequences_never_reach_the_terminal() -> None:
    assert clean("a\x1b]0;title\x07b\x1b[2Jc\r\x9bd\te\n") == "a]0;titleb[2Jcd\te\n"
