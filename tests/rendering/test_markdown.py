from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rendering.chunks import chunks
from bridge.rendering.markdown import HEALING_MARGIN, absolute_links, healed, held_back, outside_code

FRAGMENTS = st.lists(
    st.sampled_from(
        ["**", "*", "_", "~~", "`", "``", "```\n", "word", " ", "\n", "\n\n", "[a](b)", "[a](", "- ", "\\*"]
    )
).map("".join)


@pytest.mark.parametrize(
    ("open_text", "closed"),
    [
        ("**bold", "**bold**"),
        ("**bold te*", "**bold te**"),
        ("a **", "a"),
        ("`code", "`code`"),
        ("``a ` b", "``a ` b``"),
        ("*it", "*it*"),
        ("**a *b", "**a *b***"),
        ("- **item** and *x", "- **item** and *x*"),
        ("1. **One**: do\n2. **Tw", "1. **One**: do\n2. **Tw**"),
        ("see [docs](http://a", "see docs"),
        ("![alt](http", "alt"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```py\nx\n``", "```py\nx\n```"),
        ("~~st", "~~st~~"),
        ("***both", "***both***"),
        ("**粗体", "**粗体**"),
    ],
)
def test_what_a_stream_left_open_is_closed(open_text: str, closed: str) -> None:
    assert healed(open_text) == closed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "**a** `b` *c* ~~d~~",
        "2*3 and 4 * 5",
        "snake_case_name",
        "* item",
        "`**`",
        "x\n\n**y\n\nz",
        "```\n**x\n```\n",
        "\\*x",
        "[a](b)",
    ],
)
def test_text_in_which_nothing_is_open_stays_as_it_is(text: str) -> None:
    assert healed(text) == text


@given(FRAGMENTS)
def test_healing_takes_no_word_away_and_adds_none(text: str) -> None:
    prose = text.replace("[a](", "")  # a half link loses its target
    assert re.findall("[a-z]+", healed(prose)) == re.findall("[a-z]+", prose)


@given(FRAGMENTS)
def test_a_healed_chunk_fits_where_the_margin_was_left(text: str) -> None:
    for chunk in chunks(text, 40):
        assert len(healed(chunk)) <= 40 + HEALING_MARGIN


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see [", "see "),
        ("see [docs", "see "),
        ("see [docs](http://a/b(c", "see "),
        ("text [x]", "text "),
        ("text [x] more", "text [x] more"),
        ("ok [a](b) x", "ok [a](b) x"),
        ("[abc](CI", ""),
        ("x!", "x"),
        ("[![b](/a.png)](h", ""),
        ("a < b", "a < b"),
        ("a <b", "a "),
        ("<https://x", ""),
        ("`a [", "`a ["),
        ("`a` [", "`a` "),
        ("text\n``", "text\n"),
        ("text\n```py", "text\n"),
        ("```\na\n``", "```\na\n"),
        ("```\n[a", "```\n[a"),
        ("| a | b |", ""),
        ("| a | b |\n|--", ""),
        ("| a | b |\n|--|--|\n| 1", "| a | b |\n|--|--|\n| 1"),
        ("", ""),
    ],
)
def test_a_tail_that_may_become_something_else_is_held_back(text: str, shown: str) -> None:
    assert text[: len(text) - held_back(text)] == shown


def test_a_bracket_that_goes_on_for_long_is_shown() -> None:
    assert held_back("[" + "x" * 500) == 0


def test_relative_links_and_images_are_made_whole() -> None:
    text = '![a](/i.png) [b]( /x "t") [c](//h/x) [d](http://q/) [e](#x) [f](y)\n\n[1]: /ref'
    assert absolute_links(text, "https://w.io/chat?x") == (
        '![a](https://w.io/i.png) [b]( https://w.io/x "t") [c](https://h/x) [d](http://q/) [e](#x) [f](y)'
        "\n\n[1]: https://w.io/ref"
    )


def test_links_in_code_are_left_alone() -> None:
    text = "`[a](/b)` and\n```\n[a](/b)\n```\n[a](/b)"
    assert absolute_links(text, "https://w.io") == "`[a](/b)` and\n```\n[a](/b)\n```\n[a](https://w.io/b)"


def test_without_an_origin_links_stay_as_they_are() -> None:
    assert absolute_links("[a](/b)", "") == "[a](/b)"


@given(FRAGMENTS)
def test_changing_nothing_outside_of_code_is_the_identity(text: str) -> None:
    assert outside_code(text, lambda piece: piece) == text
