"""One answer on its way to a terminal, where what was printed stays printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bridge.rendering.lines import PLAIN
from bridge.rendering.markdown import healed, held_back

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """Without escape sequences and other control characters: an answer cannot move the cursor or set the title."""
    return _CONTROLS.sub("", text)


def blocks(text: str) -> list[str]:
    """Markdown cut at blank lines outside of code blocks. All but the last stay as they are while the text grows."""
    found: list[list[str]] = [[]]
    state = PLAIN
    for line in text.split("\n"):
        if state.fence or line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
        state = state.after(line)
    return ["\n".join(lines) for lines in found if lines]


@dataclass(slots=True)
class PrintedAnswer:
    """Which blocks of an answer are printed already, and what stands below them."""

    printed: list[str] = field(default_factory=list)
    note: str = ""

    def settled(self, text: str) -> list[str]:
        """Blocks that are complete and not printed yet; from now on they count as printed."""
        return self._print(blocks(text)[:-1])

    def tail(self, text: str) -> str:
        """The block that is still being written, fit to be looked at."""
        found = blocks(text[: len(text) - held_back(text)])
        return healed(found[-1]) if len(found) > len(self.printed) else ""

    def finished(self, text: str) -> tuple[list[str], bool]:
        """What is missing for the whole text to be printed, and whether it departs from what is printed already."""
        whole = blocks(text)
        departs = whole[: len(self.printed)] != self.printed
        if departs:
            pairs = enumerate(zip(self.printed, whole, strict=False))
            same = next((i for i, (old, new) in pairs if old != new), min(len(self.printed), len(whole)))
            self.printed = whole[:same]
        return self._print(whole), departs

    def _print(self, found: list[str]) -> list[str]:
        new = found[len(self.printed) :]
        self.printed += new
        return new
