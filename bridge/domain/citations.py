"""Citation markers in answers, as FastGPT has written them through its versions, made into numbers or taken out.

`[<24 hex>](CITE)`, `[<24 hex>](QUOTE1)`, `[quote:<24 hex>]`, the bare `[<24 hex>]`, the same in full-width
brackets, and the placeholder `[id](CITE)` that models invent. In a stream a marker
may arrive in pieces: none is ever shown.
"""

from __future__ import annotations

import re

_MARKER = re.compile(r"[\[【](?:(?:quote:)?([0-9a-f]{24})[\]】](?:\([A-Za-z0-9]{0,12}\))?|id[\]】]\(CITE\))")
_BEGUN = re.compile(
    r"[\[【](?:q|qu|quo|quot|quote|(?:quote:)?[0-9a-f]{0,24}|i|id)"
    r"(?:(?<=[0-9a-f]{24})[\]】](?:\([A-Za-z0-9]{0,12})?|(?<=[\[【]id)[\]】](?:\([A-Z]{0,4})?)?\Z"
)
_CUT_OFF = re.compile(r"[\[【](?:quote:)?([0-9a-f]{24})(?:[\]】](?:\([A-Za-z0-9]{0,12})?)?\Z")
"""What cannot be anything but a marker, though its end never came."""
_LONGEST = 64  # characters; more than any marker


class CitationMarks:
    """Feed it the answer piece by piece. With `numbered` a marker becomes `[n]`, n counting sources from 1 as they are
    first cited; else it vanishes."""

    def __init__(self, *, numbered: bool) -> None:
        self._numbered = numbered
        self._held = ""
        self.cited: list[str] = []

    def feed(self, text: str) -> str:
        """What can be shown now; the beginning of what may be a marker is held back."""
        text = self._held + text
        if "[" not in text and "【" not in text:
            self._held = ""
            return text
        start = max(0, len(text) - _LONGEST)
        begun = _BEGUN.search(text, start)
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return _MARKER.sub(self._shown, text[:cut])

    def flush(self) -> str:
        """What was held back, once nothing more comes: text that only looked like a marker, or a marker cut off."""
        rest, self._held = self._held, ""
        return _CUT_OFF.sub(self._shown, rest)

    def _shown(self, marker: re.Match[str]) -> str:
        id = marker[1]
        if not id or not self._numbered:
            return ""
        if id not in self.cited:
            self.cited.append(id)
        return f"[{self.cited.index(id) + 1}]"
