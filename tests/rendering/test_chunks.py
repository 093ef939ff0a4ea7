from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.rendering.chunks import SMALLEST_LIMIT, chunks, utf16_length

BLOCKS = [
    "\n",
    "\n\n",
    "```py\n",
    "\n```\n",
    "````\n",
    "~~~\n",
    "|a|b|\n",
    "|-|-|\n",
    "|1|2|\n",
    "# Head\n",
    "- item\n",
    "    - nested\n",
]
INLINE = [
    "word ",
    "a sentence. ",
    "长中文。",
    "👨‍👩‍👧",
    "🇩🇪",
    "e\u0301",
    "[li nk](http://a.b/c)",
    "**bold it** ",
    "`code x` ",
    "x" * 35,
]
STRAY = ["   ", "`", "``", "|", "\t", "\r\n", "&<>"]
PIECES = st.sampled_from(BLOCKS + INLINE + STRAY)
MARKDOWN = st.lists(PIECES, max_size=40).map("".join)
LIMITS = st.integers(SMALLEST_LIMIT, 120)


def escaped_length(text: str) -> int:
    return len(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


MEASURES = st.sampled_from([len, utf16_length, escaped_length])


@settings(max_examples=300, deadline=None)
@given(MARKDOWN, LIMITS, MEASURES)
def test_every_chunk_is_within_the_limit_and_says_something(markdown, limit, measure):  # type: ignore[no-untyped-def]
    for chunk in chunks(markdown, limit, measure):
        assert chunk.strip()
        assert measure(chunk) <= limit


@settings(max_examples=200, deadline=None)
@given(MARKDOWN, MARKDOWN, LIMITS, MEASURES)
def test_chunks_that_are_not_the_last_never_change_as_the_text_grows(markdown, more, limit, measure):  # type: ignore[no-untyped-def]
    before = chunks(markdown, limit, measure)
    for end in range(len(more) + 1):
        after = chunks(markdown + more[:end], limit, measure)
        assert after[: max(len(before) - 1, 0)] == before[:-1]
        before = after


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab.。 \n\t-#*é字👍[]()", max_size=400), LIMITS)
def test_no_character_of_the_text_is_lost_or_added(markdown: str, limit: int) -> None:
    assert "".join("".join(chunks(markdown, limit)).split()) == "".join(markdown.split())


@given(st.lists(st.text(alphabet="abc =()", min_size=1, max_size=30), min_size=1, max_size=40), st.integers(60, 200))
def test_the_lines_of_a_code_block_come_through_unchanged(lines: list[str], limit: int) -> None:
    code = [f"{line}." for line in lines]
    shown = "\n".join(chunks("```py\n" + "\n".join(code) + "\n```", limit)).split("\n")
    assert [line for line in shown if not line.startswith("```")] == code


def test_a_short_text_is_one_chunk_as_it_is() -> None:
    assert chunks("Hello\n\n- a\n- b", 100) == ["Hello\n\n- a\n- b"]


def test_nothing_but_white_space_is_no_chunk() -> None:
    assert chunks(" \n\n\t ", 100) == []


def test_a_cut_is_made_between_paragraphs_before_anywhere_else() -> None:
    assert chunks("One. Two three.\nfour\n\nfive six seven eight", 30) == [
        "One. Two three.\nfour",
        "five six seven eight",
    ]


def test_a_cut_is_made_between_sentences_before_words() -> None:
    assert chunks("One two three four. Five six seven", 30) == ["One two three four.", "Five six seven"]


def test_chinese_is_cut_behind_its_full_stop() -> None:
    assert chunks("今天天气很好我们去公园。" + "明天下雨" * 4, 20)[0] == "今天天气很好我们去公园。"


def test_a_code_block_is_closed_and_reopened_in_its_language() -> None:
    parts = chunks("```python\nprint(1)\nprint(2)\nprint(3)\nprint(4)\n```\ndone", 44)
    assert parts == ["```python\nprint(1)\nprint(2)\nprint(3)\n```", "```python\nprint(4)\n```\ndone"]


def test_a_code_block_still_being_written_is_closed() -> None:
    assert chunks("```py\nx = 1", 100) == ["```py\nx = 1\n```"]


def test_a_closing_fence_alone_opens_no_empty_block() -> None:
    assert chunks("```\n" + "x" * 20 + "\n" + "y" * 20 + "\n```", 49) == [
        "```\n" + "x" * 20 + "\n" + "y" * 20 + "\n```"
    ]
    assert chunks("```\n" + "x" * 32 + "\n```\nand after", 40) == ["```\n" + "x" * 32 + "\n```", "and after"]


def test_a_table_repeats_its_header() -> None:
    parts = chunks("| a | b |\n|---|---|\n" + "".join(f"| {n} | {n} |\n" for n in range(1, 5)), 42)
    assert parts == [
        "| a | b |\n|---|---|\n| 1 | 1 |\n| 2 | 2 |",
        "| a | b |\n|---|---|\n| 3 | 3 |\n| 4 | 4 |",
    ]


def test_a_heading_moves_along_with_what_it_heads() -> None:
    assert chunks("Some introduction\n\n## Next\n\ntext of the section", 30) == [
        "Some introduction",
        "## Next\n\ntext of the section",
    ]


def test_a_link_is_not_torn_apart() -> None:
    assert chunks("please see [the whole manual](https://x.y/z) now", 40)[0] == "please see"


@pytest.mark.parametrize("emoji", ["👨‍👩‍👧", "🇩🇪", "👍🏽", "e\u0301", "1\ufe0f\u20e3"])
def test_an_emoji_is_never_cut(emoji: str) -> None:
    for chunk in chunks(emoji * 40, 17):
        assert not chunk.replace(emoji, "")


def test_half_of_a_surrogate_pair_is_not_left_behind() -> None:
    for chunk in chunks("\ud83d\ude00" * 20, 17):
        assert len(chunk) % 2 == 0


def test_limits_are_counted_as_utf_16_where_asked() -> None:
    assert utf16_length("a👍") == 3
    assert all(utf16_length(chunk) <= 20 for chunk in chunks("👍" * 100, 20, utf16_length))


def test_a_measure_may_count_less_than_the_characters() -> None:
    assert chunks("****" * 50 + "x", 20, lambda text: len(text.replace("*", ""))) == ["****" * 50 + "x"]


def test_a_limit_too_small_for_any_markdown_is_refused() -> None:
    with pytest.raises(ValueError):
        chunks("text", SMALLEST_LIMIT - 1)


def test_a_megabyte_is_split_in_linear_time() -> None:
    begun = time.perf_counter()
    parts = chunks("word " * 200_000, 4000, utf16_length)
    assert sum(map(len, parts)) > 990_000
    assert time.perf_counter() - begun < 10
