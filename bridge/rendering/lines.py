"""What a line of Markdown is inside of: a code block, a table, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"\s*(`{3,}(?=[^`]*$)|~{3,})(.*)$")
_DELIMITER_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")


@dataclass(frozen=True, slots=True)
class State:
    """Where the next line begins. `fence` closes the open code block (CommonMark 4.5), `language` is its first word.

    `table` is the header and the delimiter row of the open table, `rows` how many of its rows there were. `header` is
    a line that becomes a table's header if a delimiter row follows. Only tables with a leading pipe are seen.
    """

    fence: str = ""
    language: str = ""
    table: str = ""
    rows: int = 0
    header: str = ""

    def after(self, line: str) -> State:
        if self.fence:
            bare = line.strip()
            closes = len(bare) >= len(self.fence) and not bare.strip(self.fence[0])
            return PLAIN if closes else self
        if match := _FENCE.match(line):
            words = match[2].split()
            return State(fence=match[1], language=words[0] if words else "")
        return self._table_after(line.strip())

    def _table_after(self, line: str) -> State:
        if not line.startswith("|"):
            return PLAIN
        if self.table:
            return State(table=self.table, rows=self.rows + 1)
        if self.header and _DELIMITER_ROW.match(line):
            return State(table=f"{self.header}\n{line}")
        return State(header=line)


PLAIN = State()
