"""The HTML that models mix into Markdown, as Markdown. What only looks like a tag (`List<String>`) stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from bridge.rendering.markdown import outside_code

# All of these are bounded, or stop where they could begin again: a model can write ten thousand brackets in a row.
_BREAK_IN_A_ROW = re.compile(r"^([ \t>]*\|.*)$", re.MULTILINE)
_BREAK = re.compile(r"[ \t]*<br\s{0,5}/?>[ \t]*", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^<>]{0,300}?\bsrc=[\"']([^\"'<>]{1,2000})[\"'][^<>]{0,300}>", re.IGNORECASE)
_LINK = re.compile(
    r"<a\b[^<>]{0,300}?\bhref=[\"']([^\"'<>]{1,2000})[\"'][^<>]{0,300}>((?:(?!<a\b).){0,500}?)</a>",
    re.IGNORECASE | re.DOTALL,
)
_STRONG = re.compile(r"</?(?:b|strong|summary)>", re.IGNORECASE)
_EMPHASIS = re.compile(r"</?(?:i|em)>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(?:(?!<!--).){0,2000}?-->", re.DOTALL)
_DROPPED = re.compile(
    r"</?(?:details|u|p|div|span|font|center|sub|sup|small|big|mark|kbd|section|article|think)(?:\s[^<>]{0,300})?>",
    re.IGNORECASE,
)


def without_html(text: str) -> str:
    """The whole text; code keeps what stands in it."""
    return outside_code(text, prose_without_html) if "<" in text else text


def prose_without_html(prose: str) -> str:
    """A piece of text that is no code."""
    if "<" not in prose:
        return prose
    prose = _BREAK_IN_A_ROW.sub(lambda row: _BREAK.sub(" · ", row[1]), prose)  # a row of a table is one line
    for pattern, replacement in _REPLACED:
        prose = pattern.sub(replacement, prose)
    return prose


def _image(match: re.Match[str]) -> str:
    return "image" if match[1].startswith("data:") else f"[image]({match[1]})"


_REPLACED: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_COMMENT, ""),
    (_BREAK, "\n"),
    (_IMAGE, _image),
    (_LINK, r"[\2](\1)"),
    (_STRONG, "**"),
    (_EMPHASIS, "_"),
    (_DROPPED, ""),
)
