"""Long Markdown as several messages, each of which is whole Markdown by itself.

Cuts fall, in this order of preference, at a blank line, at the end of a line, of a table row or a line of code, of a
sentence, at a space, and only then anywhere. A code block that is cut is closed and opened again in its language, a
table repeats its header.

Whatever is appended to the text later, every chunk but the last stays as it is: a cut is decided by nothing but the
text before the first character that did not fit. So a message that is no longer the last one is never edited again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from bridge.rendering.lines import PLAIN, State

Measure = Callable[[str], int]

SMALLEST_LIMIT = 16
"""Less could not even hold the fences of a code block."""

_BLANK_LINES = re.compile(r"(?:[ \t\r]*\n)+")
_NOT_SPACE = re.compile(r"\S")
_INDENT = re.compile(r"[ \t\r]+")
_SENTENCE_END = re.compile(r"[.!?…](?=[ \t])|[。！？；]")
_WORD_END = re.compile(r"(?<=\S)(?=[ \t])|[，、]")
_SPANS = re.compile(r"(`+)[^`].*?(?:\1|$)|!?\[[^\]]*(?:\](?:\([^)]*\)?)?|$)|(\*\*|__|~~)(?=\S).*?(?:\2|$)")


def utf16_length(text: str) -> int:
    """The length as Telegram and JavaScript count it, in UTF-16 code units."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def chunks(markdown: str, limit: int, measure: Measure = len) -> list[str]:
    """Parts of at most `limit`, in the unit of `measure`; none is empty, and no character but white space is lost.

    `measure` must not shrink when text is appended by more than the appended text is worth. Takes time linear in the
    text. Raises ValueError for a limit below `SMALLEST_LIMIT`.
    """
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"a limit of {limit} is too small to split Markdown by; {SMALLEST_LIMIT} is the least")
    return [chunk for chunk in _Splitter(markdown, limit, measure).split() if chunk.strip()]


class _Rank(IntEnum):
    """How good a place to cut is; the lowest wins."""

    BLANK_LINE = 0
    LINE = 1
    ROW_OR_CODE_BLANK = 2
    CODE_LINE = 3
    SENTENCE = 4
    SPACE = 5
    AFTER_HEADING = 6
    """Or after a table's header, or after an opening fence: what follows belongs to it."""
    INSIDE_SPAN = 7


@dataclass(frozen=True, slots=True)
class _Cut:
    """The chunk ends before `at`; `state` is what the text is inside of there."""

    at: int
    rank: _Rank
    state: State


class _Splitter:
    def __init__(self, text: str, limit: int, measure: Measure) -> None:
        self._text = text
        self._limit = limit
        self._measure = measure

    def split(self) -> Iterator[str]:
        start, state = 0, PLAIN
        while True:
            start, state = self._settled(start, state)
            if start >= len(self._text):
                return
            head = self._head(start, state)
            end = self._fit(start, self._limit - self._measure(head))
            if end == len(self._text):
                last = head + self._closed(self._text[start:], state)
                if self._measure(last) <= self._limit:
                    yield last
                    return
            cut = self._cut(start, end, state, self._limit - self._measure(head))
            yield head + self._text[start : cut.at].rstrip() + self._foot(cut.state)
            start, state = cut.at, cut.state
            if state.fence and not self._opening(state):
                state = PLAIN  # too long a fence for so small a limit: the rest is plain text

    def _settled(self, start: int, state: State) -> tuple[int, State]:
        """Past the white space at a cut, and past a closing fence that would close an empty block."""
        text = self._text
        if not _NOT_SPACE.search(text, start):
            return len(text), PLAIN
        if match := _BLANK_LINES.match(text, start):
            start = match.end()
        if state.fence:
            line = text[start : _line_end(text, start)]
            if not state.after(line).fence or state.fence.startswith(line.strip() or "\0"):
                return self._settled(start + len(line), PLAIN)
        elif start > 0 and (match := _INDENT.match(text, start)):
            start = match.end()
        return start, state

    def _head(self, start: int, state: State) -> str:
        """What opens again at the top of a chunk."""
        if state.fence:
            return self._opening(state)
        if state.table and self._text.startswith("|", start):
            head = state.table + "\n"
            return head if self._measure(head) * 2 <= self._limit else ""
        return ""

    def _opening(self, state: State) -> str:
        for opening in (f"{state.fence}{state.language}\n", f"{state.fence}\n"):
            if (self._measure(opening) + self._measure(f"\n{state.fence}")) * 2 <= self._limit:
                return opening
        return ""

    def _foot(self, state: State) -> str:
        return f"\n{state.fence}" if state.fence and self._opening(state) else ""

    def _closed(self, rest: str, state: State) -> str:
        """The end of the text, with the code block it is inside of closed; a fence that is just coming is completed."""
        *whole, last = rest.split("\n")
        for line in whole:
            state = state.after(line)
        coming = last.strip()
        if coming and state.fence.startswith(coming) and self._foot(state):
            return "\n".join([*whole, state.fence])
        # An opening fence in the last line has nothing to close, and may still become another one.
        return rest.rstrip() + (self._foot(state.after(last)) if state.fence else "")

    def _fit(self, start: int, budget: int) -> int:
        """The end of the longest piece from `start` that measures at most `budget`; at least one character."""
        text, measure = self._text, self._measure
        low, step = start + 1, max(budget, 1)
        high = min(start + step, len(text))
        while high < len(text) and measure(text[start:high]) <= budget:
            low, step = high, step * 2
            high = min(start + step, len(text))
        if measure(text[start:high]) <= budget:
            return high
        while low + 1 < high:
            middle = (low + high) // 2
            if measure(text[start:middle]) <= budget:
                low = middle
            else:
                high = middle
        return min(low, len(text))

    def _cut(self, start: int, end: int, state: State, budget: int) -> _Cut:
        early = self._fit(start, budget * 2 // 5)
        ends: dict[str, int] = {}

        def fits(cut: _Cut) -> bool:
            foot = self._foot(cut.state)
            if foot not in ends:
                ends[foot] = self._fit(start, budget - self._measure(foot)) if foot else end
            return start < cut.at <= ends[foot]

        lines = [cut for cut in _line_cuts(self._text, start, end, state) if fits(cut)]
        best = _best([cut for cut in lines if cut.at >= early and cut.rank < _Rank.AFTER_HEADING])
        if best is not None:
            return best
        every = lines + [cut for cut in _inline_cuts(self._text, start, end, state) if fits(cut)]
        good = [cut for cut in every if cut.rank < _Rank.AFTER_HEADING]
        best = _best([cut for cut in good if cut.at >= early]) or _best(good) or _best(every)
        if best is not None:
            return best
        # A line longer than a message: nothing was found in it, so it starts the chunk and its state is the chunk's.
        hard = State(fence=state.fence, language=state.language)
        at = self._fit(start, budget - self._measure(self._foot(hard)))
        return _Cut(_between_characters(self._text, start, at), _Rank.INSIDE_SPAN, hard)


def _best(cuts: list[_Cut]) -> _Cut | None:
    """The last of those with the lowest rank."""
    return min(reversed(cuts), key=lambda cut: cut.rank, default=None)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _lines(text: str, start: int, end: int, state: State) -> Iterator[tuple[int, int, State, State]]:
    """Begin, end, state before and state after of the lines up to `end`, the last of which may be unfinished."""
    while start <= end:
        newline = text.find("\n", start, end + 1)
        stop = end if newline < 0 else newline
        after = state if newline < 0 else state.after(text[start:stop])
        yield start, stop, state, after
        start, state = stop + 1, after


def _line_cuts(text: str, start: int, end: int, state: State) -> Iterator[_Cut]:
    for begin, stop, before, after in _lines(text, start, end, state):
        if stop < len(text) and text[stop] == "\n" and text[begin:stop].strip():
            # Nothing behind `end` may decide, since while the text grows it was not there yet.
            blank_follows = _BLANK_LINES.match(text, stop + 1, end + 1) is not None
            yield _Cut(stop, _line_rank(text[begin:stop], before, after, blank_follows), after)


def _line_rank(line: str, before: State, after: State, blank_follows: bool) -> _Rank:
    if after.fence:
        if not before.fence:
            return _Rank.AFTER_HEADING
        return _Rank.ROW_OR_CODE_BLANK if blank_follows else _Rank.CODE_LINE
    if after.header or (after.table and after.rows == 0) or (line.startswith("#") and not before.fence):
        return _Rank.AFTER_HEADING
    if blank_follows:
        return _Rank.BLANK_LINE
    return _Rank.ROW_OR_CODE_BLANK if after.table else _Rank.LINE


def _inline_cuts(text: str, start: int, end: int, state: State) -> Iterator[_Cut]:
    for begin, stop, before, _ in _lines(text, start, end, state):
        line = text[begin:stop]
        if not before.fence and before.after(line).fence:
            continue
        within = before if before.fence else PLAIN
        spans = [] if before.fence else [match.span() for match in _SPANS.finditer(line)]
        for pattern, rank in ((_SENTENCE_END, _Rank.SENTENCE), (_WORD_END, _Rank.SPACE)):
            for match in pattern.finditer(line):
                inside = before.fence or any(left < match.end() < right for left, right in spans)
                yield _Cut(begin + match.end(), _Rank.INSIDE_SPAN if inside else rank, within)


def _between_characters(text: str, start: int, at: int) -> int:
    """`at`, or a little before it where that would cut an emoji, a flag or a letter from its accents."""
    for candidate in range(at, max(start, at - 32), -1):
        if candidate >= len(text) or not _joined(text, start, candidate):
            return candidate
    return at


def _joined(text: str, start: int, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if after in "\u200d\ufe0f\ufe0e" or before == "\u200d" or unicodedata.combining(after):
        return True
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f" or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"):
        return True
    if not _is_flag_half(before) or not _is_flag_half(after):
        return False
    halves = 0
    while at - 1 - halves >= start and _is_flag_half(text[at - 1 - halves]):
        halves += 1
    return halves % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
