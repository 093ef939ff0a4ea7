"""What is a command, wherever it is written, and how people write one where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMES = frozenset({"start", "new", "help", "stop", "cancel", "ask"})
_COMMAND = re.compile(
    r"/(?P<name>[A-Za-z][A-Za-z0-9_]{0,31})(?:@(?P<addressee>\w+))?[.,:;!?]*(?:\s+(?P<argument>.*))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Command:
    """`name` is in lower case, and not always one of `NAMES`; `addressee` is whom it names, as in `/new@bot`."""

    name: str
    argument: str = ""
    addressee: str = ""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How people write to the bot on one platform, so that it names nothing that cannot be typed there.

    `private` is a command where nobody else writes and `shared` one among others, as Markdown with `{}` for its name.
    `ask` is what a question stands behind; empty where it is of no use. `among_others` is the sentence of
    `bridge.domain.phrases` that says how to be heard where others write too; empty if nobody else ever does.
    """

    private: str = "/{}"
    shared: str = "/{}"
    ask: str = "/ask"
    among_others: str = ""

    def of(self, name: str, *, private: bool) -> str:
        """The command, to be typed in a place like this."""
        if name == "ask" and self.ask:
            return self.ask
        return (self.private if private else self.shared).format(name)


SLASHED = Spelling()


def command_in(text: str) -> Command | None:
    """A slash at the very beginning, and one word of letters behind it that ends with a blank, a sign or the text.

    So paths are none, since a path goes on without a blank (`/usr/bin/python`, `/etc/hosts`, `/run.sh`), nor are
    numbers (`/2`), and nor is a word that people write in letters without blanks between words. One word is a command
    even if nobody knows it: a misspelt `/cancle` must not reach a workflow that waits for an answer. The price is that
    a question which begins with a folder right below the root (`/tmp is full`) is not understood; its author is told.
    """
    match = _COMMAND.fullmatch(text.strip())
    if match is None:
        return None
    return Command(match["name"].lower(), (match["argument"] or "").strip(), match["addressee"] or "")
