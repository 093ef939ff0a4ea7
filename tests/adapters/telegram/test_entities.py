"""Markdown as Telegram shows it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram.entities import Entity, joined, mention, rendered
from bridge.domain.interactions import Person
from bridge.rendering.chunks import utf16_length


def looks(markdown: str) -> str:
    """The text with every entity written around its words, innermost last."""
    result = rendered(markdown)
    units = result.text.encode("utf-16-le")
    marks: list[tuple[int, int, str]] = []
    for rank, entity in enumerate(result.entities):
        name = (
            entity.type + (f"={entity.url}" if entity.url else "") + (f":{entity.language}" if entity.language else "")
        )
        marks.append((entity.offset, rank, f"<{name}>"))
        marks.append((entity.end, -rank - 1, f"</{entity.type}>"))
    out, at = "", 0
    for position, _, mark in sorted(marks):
        out += units[at * 2 : position * 2].decode("utf-16-le") + mark
        at = position
    return out + units[at * 2 :].decode("utf-16-le")


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("plain", "plain"),
        ("**b** *i* ~~s~~ `c`", "<bold>b</bold> <italic>i</italic> <strikethrough>s</strikethrough> <code>c</code>"),
        ("***both***", "<bold><italic>both</italic></bold>"),
        ("# Title", "<bold>Title</bold>"),
        ("# A `b` c", "<bold>A </bold><code>b</code><bold> c</bold>"),
        ("```python\nx = 1\n```", "<pre:python>x = 1</pre>"),
        ("```\nx\n```", "<pre>x</pre>"),
        ("> wise\n> words", "<blockquote>wise\nwords</blockquote>"),
        ("> a\n> > b", "<blockquote>a\nb</blockquote>"),
        ("one\ntwo", "one\ntwo"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("---", "──────────"),
        ("- a\n- b", "• a\n• b"),
        ("- a\n  - b\n    1. c", "• a\n    • b\n        1. c"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("- [ ] open\n- [x] **done**", "☐ open\n☑ <bold>done</bold>"),
        ("1. a\n\n   more\n2. b", "1. a\n    more\n2. b"),
        ("👍 **b**", "👍 <bold>b</bold>"),
    ],
)
def test_markdown_becomes_formatting(markdown: str, expected: str) -> None:
    assert looks(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**重要：**请注意", "<bold>重要：</bold>请注意"),
        ("请看**“重点”**内容", "请看<bold>“重点”</bold>内容"),
        ("**Note:**next", "<bold>Note:</bold>next"),
        ("f(**a**)", "f(<bold>a</bold>)"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
        ("**a** and **b：**c", "<bold>a</bold> and <bold>b：</bold>c"),
    ],
)
def test_bold_beside_punctuation_is_bold(markdown: str, expected: str) -> None:
    assert looks(markdown) == expected


@pytest.mark.parametrize(
    "text", ["Use List<String> here", "<b>not bold</b>", "a < b > c", "<script>x</script>", "&nbsp"]
)
def test_what_looks_like_html_is_text(text: str) -> None:
    assert looks(text) == text


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("[a](https://b.cd/e)", "<text_link=https://b.cd/e>a</text_link>"),
        ("[`a`](https://b.cd)", "<text_link=https://b.cd>a</text_link>"),
        ("**[a](https://b.cd)**", "<bold><text_link=https://b.cd>a</text_link></bold>"),
        ("![cat](https://b.cd/cat.png)", "<text_link=https://b.cd/cat.png>cat</text_link>"),
        ("[![badge](https://b.cd/b.svg)](https://b.cd)", "<text_link=https://b.cd>badge</text_link>"),
        ("[1](CITE) [docs](/docs) [me](mailto:a@b.cd) [x](http://localhost:3000/x)", "1 docs me x"),
        ("[ping](tg://user?id=5)", "ping"),
        ("![chart](/api/chart.png)", "chart"),
    ],
)
def test_links_telegram_would_refuse_keep_their_words(markdown: str, expected: str) -> None:
    assert looks(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (r"so \(a_1*b*c\) is", "so <code>a_1*b*c</code> is"),
        (r"$x^2$ for $5 or $6", "<code>x^2</code> for $5 or $6"),
        ("$$\n\\frac{a}{b}\n= c\n$$", "<pre:latex>\\frac{a}{b}\n= c</pre>"),
        (r"\[ E = mc^2 \]", "<pre:latex>E = mc^2</pre>"),
        ("`$x$`", "<code>$x$</code>"),
        ("$$a$$ and $$b$$", "<code>a</code> and <code>b</code>"),
        ("$$x$$ is it\nand $$y$$", "<code>x</code> is it\nand <code>y</code>"),
    ],
)
def test_formulas_stay_readable(markdown: str, expected: str) -> None:
    assert looks(markdown) == expected


def test_a_narrow_table_is_aligned_by_what_the_eye_sees() -> None:
    assert looks("| Name | 数量 |\n|:--|--:|\n| 苹果 | 3 |\n| fig | 12 |") == (
        "<pre>Name │ 数量\n─────┼─────\n苹果 │    3\nfig  │   12</pre>"
    )


def test_a_wide_table_becomes_cards() -> None:
    long = "A long description that no phone can show beside others"
    assert looks(f"| City | About | |\n|--|--|--|\n| Rome | {long} | **!** |\n| Oslo | {long} | |") == (
        f"<bold>Rome</bold>\nAbout: {long}\n<bold>!</bold>\n\n<bold>Oslo</bold>\nAbout: {long}"
    )


def test_a_long_quote_is_folded() -> None:
    (entity,) = rendered("> " + "wise words " * 60).entities
    assert entity.type == "expandable_blockquote"


def test_joining_moves_the_entities_of_the_second() -> None:
    both = joined(rendered("👍"), rendered("**b**"), "\n")
    assert both.text == "👍\nb"
    assert both.entities == (Entity("bold", 3, 1),)


def test_a_person_is_mentioned_and_a_chat_is_only_named() -> None:
    assert mention(Person("5", "Ada")).entities[0].payload() == {
        "type": "text_mention",
        "offset": 0,
        "length": 3,
        "user": {"id": 5, "is_bot": False, "first_name": "Ada"},
    }
    assert mention(Person("-100", "Team")).entities[0].type == "bold"


PIECES = st.sampled_from(
    (
        *"#>-`*_~[]()|$\\!<&\n ",
        *("# ", "> ", "- ", "1. ", "\n\n", "```", "**", "~~", "$$", "---", "    ", "- [ ] ", "&amp;", "👍", "<b>"),
        *("word", "重要：", "$x^2$", "[a](https://b.cd)", "![x](/y)", "| a | b |\n|--|--|\n| 1 | 2 |\n"),
    )
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_a_model_writes_the_entities_are_legal(markdown: str) -> None:
    result = rendered(markdown)
    length = utf16_length(result.text)
    units = result.text.encode("utf-16-le")
    for entity in result.entities:
        assert entity.offset >= 0
        assert entity.length > 0
        assert entity.end <= length
        units[entity.offset * 2 : entity.end * 2].decode("utf-16-le")
    for one in result.entities:
        for other in result.entities:
            assert not one.offset < other.offset < one.end < other.end, (one, other)
            inside = one is not other and one.offset <= other.offset and other.end <= one.end
            is_code = one.type in ("code", "pre") and "quote" not in other.type
            assert not (inside and is_code), (one, other)
