"""What is printed stays printed; so what was typed amid an answer waits until that has ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType

from adapters.console import renderers
from adapters.console.keys import Key


class Paper:
    def __init__(self, console: Console) -> None:
        self.console = console
        self._amid_answer = 0
        self._ahead: list[RenderableType] = []

    @property
    def is_plain(self) -> bool:
        return not self.console.is_terminal

    @property
    def ahead(self) -> tuple[RenderableType, ...]:
        """What was typed and is not printed yet."""
        return tuple(self._ahead)

    def print(self, what: RenderableType) -> None:
        self.console.print(what, soft_wrap=self.is_plain, markup=False, highlight=False, emoji=False)

    def note(self, sentence: str) -> None:
        self.print(renderers.note(sentence))

    def trouble(self, sentence: str) -> None:
        self.print(renderers.trouble(sentence))

    def markdown(self, text: str) -> None:
        self.print(renderers.markdown(text, plain=self.is_plain))

    def keys(self, keys: Iterable[Key]) -> None:
        if (line := renderers.key_line(keys)) is not None:
            self.print(line)

    def echo(self, text: str, *, secret: bool) -> None:
        """A line as it was typed: now, or below the answer that is being printed."""
        line = renderers.echo(text, secret=secret)
        if self._amid_answer:
            self._ahead.append(line)
        else:
            self.print(line)

    @contextmanager
    def answering(self) -> Iterator[None]:
        self._amid_answer += 1
        try:
            yield
        finally:
            self._amid_answer -= 1
            if not self._amid_answer:
                ahead, self._ahead = self._ahead, []
                for line in ahead:
                    self.print(line)
