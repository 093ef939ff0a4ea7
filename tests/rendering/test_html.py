"""HTML in answers, by table and by time."""

from __future__ import annotations

import time

import pytest

from bridge.rendering.html import without_html


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("one<br>two<BR />three", "one\ntwo\nthree"),
        ("| a<br>b | c |\n|---|---|\n| x<br/> y | z |", "| a · b | c |\n|---|---|\n| x · y | z |"),
        ("<b>bold</b> <em>it</em> <u>under</u> H<sub>2</sub>O", "**bold** _it_ under H2O"),
        ("<details><summary>More</summary>\nhidden\n</details>", "**More**\nhidden\n"),
        ('<a href="https://a.example/?x=1&y=2" target="_blank">there</a>', "[there](https://a.example/?x=1&y=2)"),
        ('<img src="https://a.example/b.png"> <img src="data:a;base64,A">', "[image](https://a.example/b.png) image"),
        ("a <!-- not for you --> b", "a  b"),
        ("List<String> if a < b and c > d", "List<String> if a < b and c > d"),
        ("`<br>` and\n```html\n<b>x</b>\n```", "`<br>` and\n```html\n<b>x</b>\n```"),
    ],
)  # fmt: skip
def test_html_is_read_as_markdown_and_no_word_is_lost(written: str, read: str) -> None:
    assert without_html(written) == read
    assert without_html(read) == read


@pytest.mark.parametrize("piece", ["<a href='x'>", "<!--", "<img ", "<div ", "| <br", "<"])
def test_nothing_a_model_can_write_takes_long(piece: str) -> None:
    began = time.perf_counter()
    without_html(piece * (40_000 // len(piece)))
    assert time.perf_counter() - began < 2.0
