"""What Slack is given to show, by table and by property."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.markdown import SAFE_LENGTH, mrkdwn, settled, shown, size
from bridge.domain.phrases import as_typed
from bridge.rendering.markdown import pieces
from tests.odd_words import ODD_WORDS

Z = "\u200b"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("<!channel> <!here|x> <!subteam^S1>", f"<{Z}!channel> <{Z}!here|x> <{Z}!subteam^S1>"),
        ("<@U123> <#C1>", f"<{Z}@U123> <{Z}#C1>"),
        ("< !channel>", f"<{Z} !channel>"),
        ("@here, @Channel, @everyone; me@here.example", f"@{Z}here, @{Z}Channel, @{Z}everyone; me@here.example"),
        ("`<!channel>` but `<!DOCTYPE html>` and `@here`", f"`<{Z}!channel>` but `<!DOCTYPE html>` and `@here`"),
        ("```\n<@U1>\n```", f"```\n<{Z}@U1>\n```"),
        ("costs $5, or $6", "costs $5, or $6"),
        ("so $x^2$ and \\(y_1\\)", "so `x^2` and `y_1`"),
        ("$$\na = b\n$$", "`a = b`"),
        ("$$\na\nb\n$$", "```\na\nb\n```"),
        ("`$x^2$`", "`$x^2$`"),
        ("![a cat](https://a.example/cat.png)", "[a cat](https://a.example/cat.png)"),
        ("![](data:image/png;base64,AAAA)", "image"),
        ('<img src="https://a.example/b.png"> line<br/>two', "[image](https://a.example/b.png) line\ntwo"),
        ("<details><summary>More</summary>text</details>", "**More**text"),
        ('<a href="https://a.example">there</a>', "[there](https://a.example)"),
        ("if a < b and c > d", "if a < b and c > d"),
        ("List<String> x", "List<String> x"),
        ("```html\n<br>\n```", "```html\n<br>\n```"),
        ("- a\n\n    ```html\n    <u>\n\n    <br>\n    ```", "- a\n\n    ```html\n    <u>\n\n    <br>\n    ```"),
        ("one ` tick\n\n<u>two</u> ` ticks", "one ` tick\n\ntwo ` ticks"),
    ],
)  # fmt: skip
def test_markdown_is_what_slack_understands_and_pings_nobody(written: str, seen: str) -> None:
    assert shown(written) == seen
    assert shown(seen) == seen


@pytest.mark.parametrize(
    ("so_far", "ready"),
    [
        ("Hello wor", "Hello wor"),
        ("Hello **wor", "Hello"),
        ("Hello `wor", "Hello"),
        ("see [the pa", "see"),
        ("see [the page](https://a.ex", "see"),
        ("call <@U1", "call"),
        ("it is $x^", "it is"),
        ("| a | b |", ""),
        ("| a | b |\n|---|---|\n| 1 |", "| a | b |\n|---|---|\n| 1 |"),
        ("```py\nx = 1\n``", "```py\nx = 1"),
        ("```py\nx = **1", "```py\nx = **1"),
        ("done\n\n", "done"),
    ],
)
def test_what_may_still_change_is_held_back(so_far: str, ready: str) -> None:
    assert settled(so_far) == ready


def test_an_unfinished_formula_does_not_hold_back_a_whole_answer() -> None:
    text = "It costs $5 and " + "then it goes on and on " * 20
    assert len(settled(text)) > len(text) - 40


SAMPLES = (
    "# Title\n\nSome **bold** and *soft* words, `code` and [a link](https://a.example/b?c=d).\n\n- one\n- two\n\nEnd.",
    "Before\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter <@U123> and <!channel> @here!",
    "So $x^2 + y_1$ costs $5.\n\n$$\na = b\n$$\n\n\\(z_2\\) and \\[\nq\n\\] end",
    "```python\nprint('<!here>')\n```\n\nand ~~gone~~ ![i](https://a.example/i.png) <br> <b>x</b> done",
    "1. first\n2. second `a` and ``b ` c``\n\n> quoted **text**\n\nText with 5 < 6 and $ alone",
)


@pytest.mark.parametrize("text", SAMPLES)
def test_a_growing_text_only_ever_gets_longer_on_screen(text: str) -> None:
    before = ""
    for end in range(len(text) + 1):
        now = shown(settled(text[:end]))
        assert now.startswith(before), (before, now)
        before = now
    assert shown(text).startswith(before)


@given(st.text(alphabet="ab <>!@#`*_~$\\|[]()\n-{}^", max_size=120))
@settings(max_examples=300, deadline=None)
def test_no_text_whatsoever_pings(noise: str) -> None:
    seen = shown(f"{noise}<!channel>{noise}<@U1>")
    assert "<!channel>" not in seen
    assert "<@U1>" not in seen


def test_a_text_made_to_be_slow_is_not() -> None:
    """Twelve texts of 20,000 characters; the first version, whose patterns were unbounded, took 44 seconds."""
    began = time.process_time()
    for piece in ("`", "$", "<", "[a](", "![", "**", "\\(", "\\[", "| a |\n", "<a href='", "<a href='x'>", "<img "):
        text = piece * (20_000 // len(piece))
        shown(text)
        settled(text)
        mrkdwn(text)
    assert time.process_time() - began < 4


def test_many_small_blocks_weigh_as_much_as_a_long_text() -> None:
    assert size("word " * 100) == 500
    assert size("# h\n" * 23) > SAFE_LENGTH
    assert size("| a |\n" * 96) > SAFE_LENGTH


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("**a** and *b* and ~~c~~", "*a* and _b_ and ~c~"),
        ("[x & y](https://a.example)", "<https://a.example|x &amp; y>"),
        ("<!channel> @here", f"&lt;!channel&gt; @{Z}here"),
    ],
)
def test_small_print_is_in_slacks_older_notation(written: str, seen: str) -> None:
    assert mrkdwn(written) == seen


@pytest.mark.parametrize("typed", ODD_WORDS)
def test_what_was_typed_into_a_form_is_sent_letter_by_letter_and_as_code(typed: str) -> None:
    """But for what would call people together, which an invisible character takes its power from."""
    sent = shown(f"**Note**: {as_typed(typed)}\n\n✅ Submitted").replace("\u200b", "")
    assert sent == f"**Note**: {as_typed(typed)}\n\n✅ Submitted"
    inside = "".join(code for is_code, code in pieces(sent) if is_code)
    assert typed in inside
