"""Long answers over several messages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram.entities import italic, rendered
from adapters.telegram.growing import rendered_so_far
from adapters.telegram.parts import LONGEST, MOST_ENTITIES, parts, plain, preview, with_note
from bridge.domain.phrases import as_typed
from bridge.rendering.chunks import utf16_length
from tests.odd_words import ODD_WORDS

WORDS = st.sampled_from(
    ["word ", "重要：", "👍", "**bold** ", "`code` ", "\n", "\n\n", "- item\n", "[a](https://b.cd) ", "x" * 500]
)


def test_an_empty_answer_has_no_parts() -> None:
    assert parts("") == []
    assert parts(" \n\n ") == []


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(1, 60))
def test_every_part_fits_and_no_word_is_lost(words: list[str], times: int) -> None:
    markdown = "".join(words) * times
    shown = parts(markdown)
    assert all(0 < part.length <= LONGEST and len(part.entities) <= MOST_ENTITIES for part in shown)

    def letters(text: str) -> str:
        return "".join(char for char in text if char.isalnum() or char == "👍")

    assert letters("".join(part.text for part in shown)) == letters(rendered(markdown).text)


def test_a_code_block_goes_on_in_its_language() -> None:
    shown = parts("```python\n" + "print('a line of code')\n" * 400 + "```")
    assert len(shown) > 1
    assert {part.entities[0].language for part in shown} == {"python"}
    assert all(part.entities[0].length == part.length for part in shown)


def test_many_entities_are_spread_over_messages() -> None:
    assert len(parts("`a` " * 300)) >= 4


def test_lengths_count_as_telegram_counts() -> None:
    assert all(utf16_length(part.text) <= LONGEST for part in parts("👍" * 5000))


def test_full_parts_stay_as_they_are_while_the_text_grows() -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "Some words. " * 40 for number in range(30))
    full = parts(text)
    for end in range(6000, len(text), 700):
        assert preview(text[:end])[:1] == full[:1]


PARAGRAPHS = st.sampled_from(
    [
        "A paragraph with **bold** words.",
        "# Heading",
        "- one\n- two\n\n- three",
        "1. one\n\n   more\n\n2. two",
        "> quoted\n\n> twice",
        "```python\nx = 1\n\ny = 2\n```",
        "| a | b |\n|--|--|\n| 1 | 2 |",
        "**Bold start** and 👍",
        "    indented",
        "---",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PARAGRAPHS, max_size=8).map("\n\n".join))
def test_rendering_piece_by_piece_shows_the_same(markdown: str) -> None:
    assert rendered_so_far(markdown) == rendered(markdown)


def test_half_written_markdown_is_shown_closed() -> None:
    (part,) = preview("This is **bol")
    assert part.text == "This is bol"
    assert [entity.type for entity in part.entities] == ["bold"]


def test_a_half_written_link_is_not_shown_yet() -> None:
    assert preview("See [the docs](https://exam")[0].text == "See"


def test_a_note_that_does_not_fit_is_a_message_of_its_own() -> None:
    full = rendered("x" * 4090)
    assert [part.text for part in with_note([full], italic("Stopped here."))] == [full.text, "Stopped here."]
    assert [part.text for part in with_note([], italic("Nothing."))] == ["Nothing."]


def test_a_line_that_is_cut_says_so() -> None:
    short, long = plain("1. short\n2. " + "x" * 9_000)[0].text.split("\n")
    assert (short, long[-1]) == ("1. short", "…")


def test_html_is_read_and_not_shown() -> None:
    assert [part.text for part in parts("one<br>two <b>three</b>")] == ["one\ntwo three"]
    assert [part.text for part in preview("one<br>two <b>thr")] == ["one\ntwo thr"]


@pytest.mark.parametrize("typed", ODD_WORDS)
def test_what_was_typed_into_a_form_stands_on_screen_letter_by_letter(typed: str) -> None:
    text = "".join(part.text for part in parts(f"**Note**: {as_typed(typed)}\n\n✅ Submitted"))
    assert "".join(text.split()) == "".join(f"Note: {typed} ✅ Submitted".split())
    assert typed.strip("\n") in text
