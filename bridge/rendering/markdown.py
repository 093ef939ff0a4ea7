"""Markdown that is still being written, and Markdown that was written for another page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from bridge.rendering.lines import PLAIN, State

LONGEST_LINK = 1500  # characters; signed download links are long
LONGEST_BRACKET = 120  # characters of `[text` before it is taken as plain text
HEALING_MARGIN = 16
"""`healed` makes a chunk longer by at most this many characters, if its code block is closed already."""

_BACKTICKS = re.compile(r"`+")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_MARKS = re.compile(r"\\.|`+|\*{4,}|_{4,}|\*\*\*|\*\*|\*|___|__|_|~~")
_BLOCK_START = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6}|>)\s|\|)")
_OPEN_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*(?:\s[^()\n]*)?$")
_HELD_LINK = re.compile(
    rf"(?:!?\[(?:[^\[\]\n]{{0,{LONGEST_BRACKET}}}|!\[[^\[\]\n]*\]\([^()\n]*\))"
    rf"(?:\](?:\((?:[^()\n]|\([^()\n]*\)){{0,{LONGEST_LINK}}}(?:\([^()\n]*)?)?)?|!)$"
)
_HELD_TAG = re.compile(r"<[A-Za-z/!][^<>\n]{0,300}$|<$")
_RELATIVE_TARGET = re.compile(r"(\]\([ \t]*<?)(//?)(?=[^\s)>])|^( {0,3}\[[^\]\n]+\]:[ \t]*<?)(//?)(?=\S)", re.MULTILINE)


def healed(text: str) -> str:
    """The text with what a stream left open closed: code blocks, inline code, emphasis; a half link becomes its words.

    The identity for text in which nothing is open. What is closed is a guess by CommonMark's simpler rules.
    """
    state, last, prose = _end_of(text)
    if state.fence:
        return _with_fence_closed(text, last, state)
    if state.after(last).fence:
        return f"{text}\n{state.after(last).fence}"
    start = prose + _last_paragraph(text[prose:])
    tail = text[start:]
    while match := _OPEN_LINK.search(tail):
        tail = tail[: match.start()] + match[1]
    closers = _open_marks(tail)
    return text[:start] + (_closed(tail, closers) if closers else tail)


def _end_of(text: str) -> tuple[State, str, int]:
    """What the last line is inside of, the last line, and where the text behind the last code block begins."""
    *whole, last = text.split("\n")
    state, at, prose = PLAIN, 0, 0
    for line in whole:
        following = state.after(line)
        at += len(line) + 1
        if state.fence and not following.fence:
            prose = at
        state = following
    return state, last, prose


def _with_fence_closed(text: str, last: str, state: State) -> str:
    if not state.after(last).fence:
        return text
    if last.strip() and state.fence.startswith(last.strip()):
        return text[: len(text) - len(last)] + state.fence
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}{state.fence}"


def _last_paragraph(prose: str) -> int:
    """Where it begins. Inline marks do not reach across blank lines, list items, headings, quotes or table rows."""
    at = 0
    for line in with_newlines(prose):
        if not line.strip():
            start = at + len(line)
        elif _BLOCK_START.match(line) or at == 0:
            start = at
        at += len(line)
    return start if prose else 0


def _open_marks(text: str) -> list[str]:
    """Inline marks without a partner, in the order they were opened."""
    stack: list[str] = []
    at = 0
    while match := _MARKS.search(text, at):
        mark, at = match[0], match.end()
        if mark[0] == "\\" or (len(mark) > 3 and mark[0] != "`"):
            continue
        if mark[0] == "`":
            closing = _matching_backticks(text, at, len(mark))
            if closing is None:
                return [*stack, mark]
            at = closing
            continue
        _push_or_pop(stack, mark, text[match.start() - 1 : match.start()] if match.start() else "", text[at : at + 1])
    return stack


def _matching_backticks(text: str, at: int, length: int) -> int | None:
    return next((run.end() for run in _BACKTICKS.finditer(text, at) if len(run[0]) == length), None)


def _push_or_pop(stack: list[str], mark: str, before: str, after: str) -> None:
    """CommonMark's flanking rules, simplified: a mark opens before a word and closes after one."""
    if mark in stack and before and not before.isspace():
        del stack[stack.index(mark) :]
    elif mark == "***" and {"*", "**"} <= set(stack):
        del stack[min(stack.index("*"), stack.index("**")) :]
    elif not after.isspace() and not (before.isalnum() and mark in ("*", "_", "__", "___")):
        stack.append(mark)


def _closed(text: str, open_marks: list[str]) -> str:
    text = text.rstrip()
    if open_marks[-1] == "**" and text.endswith("*") and not text.endswith("**"):
        text += "*"  # half of what closes it was there
        open_marks = open_marks[:-1]
    for mark in reversed(open_marks):
        if text.endswith(mark):  # opened, and nothing behind it yet
            text = text[: -len(mark)].rstrip()
        else:
            text += mark
    return text


def held_back(text: str) -> int:
    """How many characters at the end should not be shown yet, since the next ones decide what they are.

    A link or a citation that is not complete, half a tag, the line that opens a code block, a table's header without
    its delimiter row. Never more than about `LONGEST_LINK`, and nothing inside of code.
    """
    state, last, _ = _end_of(text)
    if state.fence:
        return len(last) if last.strip() and state.fence.startswith(last.strip()) else 0
    if re.fullmatch(r"\s*(?:`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^`\n]{0,40})", last):
        return len(last)
    if last.startswith("|") or state.header:
        return _held_table(state, last)
    start = _code_free_start(last)
    if start is None:
        return 0
    for pattern in (_HELD_LINK, _HELD_TAG):
        if match := pattern.search(last, start):
            return len(last) - match.start()
    return 0


def _held_table(state: State, last: str) -> int:
    if state.table:
        return 0
    if not state.header:
        return len(last) if len(last) <= 300 else 0
    coming = not last.strip(" |:-")
    return len(last) + 1 + len(state.header) if coming and len(state.header) <= 300 else 0


def _code_free_start(line: str) -> int | None:
    """Where the text behind the last inline code of a line begins; None inside of one."""
    at = 0
    while match := _BACKTICKS.search(line, at):
        closing = _matching_backticks(line, match.end(), len(match[0]))
        if closing is None:
            return None
        at = closing
    return at


def absolute_links(text: str, web_url: str) -> str:
    """The text with links and images that begin with a slash made whole by the origin of `web_url`."""
    parts = urlsplit(web_url)
    if not parts.netloc or ("](" not in text and "]:" not in text):
        return text
    origin = f"{parts.scheme}://{parts.netloc}"

    def whole(match: re.Match[str]) -> str:
        before, slashes = (match[1], match[2]) if match[1] is not None else (match[3], match[4])
        return f"{before}{f'{parts.scheme}://' if slashes == '//' else f'{origin}/'}"

    return outside_code(text, lambda piece: _RELATIVE_TARGET.sub(whole, piece))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with everything that is neither in a code block nor inline code passed through `change`."""
    return "".join(piece if is_code else change(piece) for is_code, piece in pieces(text))


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The text in order, each piece with whether it is code; a code block that nothing closes lasts until the end."""
    state, prose = PLAIN, ""
    for line in with_newlines(text):
        following = state.after(line.rstrip("\r\n"))
        if state.fence or following.fence:
            yield from _inline_pieces(prose)
            prose = ""
            yield True, line
        else:
            prose += line
        state = following
    yield from _inline_pieces(prose)


def with_newlines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _inline_pieces(prose: str) -> Iterator[tuple[bool, str]]:
    at, start = 0, 0
    while match := _BACKTICKS.search(prose, at):
        closing = _matching_backticks(prose, match.end(), len(match[0]))
        if closing is None or _BLANK_LINE.search(prose, match.end(), closing):  # inline code ends with its paragraph
            at = match.end()
            continue
        yield False, prose[start : match.start()]
        yield True, prose[match.start() : closing]
        start = at = closing
    if start < len(prose):
        yield False, prose[start:]
