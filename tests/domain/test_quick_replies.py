"""Ready-made replies become buttons; code, images and real links stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.quick_replies import MOST, taken_from_answer

FENCE = "```quick-replies\nTell me more\nThank you\n```"


def test_a_fence_becomes_replies_and_goes() -> None:
    assert taken_from_answer(f"An answer.\n\n{FENCE}\n") == ("An answer.", ("Tell me more", "Thank you"))


def test_a_fence_in_the_middle_leaves_both_sides() -> None:
    text, replies = taken_from_answer(f"Before.\n{FENCE}\nAfter.")
    assert (text, replies) == ("Before.\nAfter.", ("Tell me more", "Thank you"))


def test_an_empty_link_becomes_a_reply_and_leaves_its_words() -> None:
    assert taken_from_answer("Try [the weather]() or [news]( ).") == (
        "Try the weather or news.",
        ("the weather", "news"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plain words  \n",
        "[link](https://a.b)",
        "![image]()",
        "![image](a.png) and ![]()",
        r"\[escaped]()",
        "`[code]()`",
        "``a ` [code]()``",
        "```\n[code]()\n```",
        "```md\n[code]()\n```\nafter",
        "~~~\n```quick-replies\nx\n```\n~~~",
        "````md\n```quick-replies\nx\n```\n````",
        "````\n```\n[code]()\n````",
        "~~~\n```\n[code]()\n~~~",
        "```\n[never closed]()",
        "- item\n  ```\n  [code]()\n  ```",
        "```quick-replies\nnever closed",
        "```quick-replies\n" + "x" * 301 + "\n```",
        "[]()",
        "[two\nlines]()",
    ],
)
def test_what_is_no_reply_is_left_exactly_as_it_is(text: str) -> None:
    assert taken_from_answer(text) == (text, ())


def test_replies_around_code_are_found_and_the_code_is_kept() -> None:
    text, replies = taken_from_answer("[a]()\n```\n[x]()\n```\n[b]() `[y]()` [c]()")
    assert text == "a\n```\n[x]()\n```\nb `[y]()` c"
    assert replies == ("a", "b", "c")


def test_a_lone_backtick_in_another_paragraph_hides_nothing() -> None:
    assert taken_from_answer("a ` b\n\n[reply]()\n\nc ` d")[1] == ("reply",)


def test_replies_are_distinct_and_few() -> None:
    text = " ".join(f"[reply {number % 12}]()" for number in range(30))
    assert taken_from_answer(text)[1] == tuple(f"reply {number}" for number in range(MOST))


@given(
    st.lists(st.sampled_from(["```", "~~~", "`", "[a]()", "quick-replies", "\n", "x", " ", "!", "````"]), max_size=25)
)
def test_taking_the_replies_out_loses_no_other_words(pieces: list[str]) -> None:
    text = "".join(pieces)
    rest, replies = taken_from_answer(text)
    assert rest.count("x") + sum(reply.count("x") for reply in replies) >= (1 if "x" in text else 0)
    assert rest == text or replies
