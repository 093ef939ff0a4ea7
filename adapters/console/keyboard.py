"""Where lines come from: a person at a terminal, a pipe, or a script."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI, AnyFormattedText, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout

from adapters.console.form import FormTalk
from adapters.console.script import Choose, Fill, QuickReply, Rate, Say, Step, Wait

_REFRESH = 0.12  # seconds between two looks at what is going on


@dataclass(frozen=True, slots=True)
class View:
    """What stands around the line that is typed. `live` is ANSI text above it; `options` can be picked with arrows."""

    live: str = ""
    options: tuple[str, ...] = ()
    placeholder: str = ""
    secret: bool = False


class Desk(Protocol):
    """What a keyboard may know of the conversation."""

    def view(self) -> View: ...

    def interrupt(self) -> bool:
        """Stop the running answer; False if there is none."""

    def hint(self) -> None:
        """Say how to get away from here."""

    async def quiet(self) -> None:
        """Until the bridge has reacted to everything that was typed."""

    @property
    def form(self) -> FormTalk | None:
        """The form that the next line goes to."""

    async def shown(self, typed: str) -> bool:
        """Until this key is on screen; False if it does not come."""

    async def rest(self, seconds: float) -> None: ...


class Keyboard(Protocol):
    @property
    def is_terminal(self) -> bool:
        """Somebody sits there: the prompt shows what goes on, and there is no need to print it."""

    @property
    def echoes(self) -> bool:
        """What was typed has to be printed to be seen."""

    @contextmanager
    def open(self) -> Iterator[None]: ...

    async def read(self, desk: Desk) -> str:
        """The next line. Raises EOFError when there is none any more."""


class TerminalKeyboard:
    """Line editing by prompt_toolkit; the answer grows above the line, so one can type ahead."""

    is_terminal = True
    echoes = True

    def __init__(self, *, input: Input | None = None, output: Output | None = None) -> None:
        self._desk: Desk | None = None
        self._highlight: int | None = None
        self._history = _History()
        self._session: PromptSession[str] = PromptSession(
            message=self._message,
            multiline=True,
            erase_when_done=True,
            is_password=Condition(lambda: self._view.secret),
            placeholder=lambda: [("class:placeholder fg:ansibrightblack", self._view.placeholder)],
            prompt_continuation="     ",
            history=self._history,
            key_bindings=self._bindings(),
            refresh_interval=_REFRESH,
            input=input or _raw_input(),
            output=output,
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        # Raw all the time: what is typed between two lines would else be echoed, and a Ctrl-C or Ctrl-D there lost.
        with self._session.app.input.raw_mode(), patch_stdout(raw=True):
            yield

    async def read(self, desk: Desk) -> str:
        self._desk, self._highlight = desk, None
        try:
            return await self._session.prompt_async(handle_sigint=False)
        finally:
            self._history.keeps = True

    @property
    def _view(self) -> View:
        return self._desk.view() if self._desk is not None else View()

    def _message(self) -> AnyFormattedText:
        view = self._view
        parts: StyleAndTextTuples = list(to_formatted_text(ANSI(view.live + "\n"))) if view.live else []
        # All of them are printed above already: here stands the one that the arrow keys have come to.
        if self._highlight is not None and self._highlight < len(view.options):
            parts.append(("bold fg:ansigreen", f"❯ {self._highlight + 1}. {view.options[self._highlight]}\n"))
        return [*parts, ("bold fg:ansicyan", "you> ")]

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        picking = Condition(lambda: bool(self._view.options) and not self._session.default_buffer.text)

        @bindings.add("enter")
        def _send(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            if not buffer.text and self._highlight is not None and self._highlight < len(self._view.options):
                buffer.text = str(self._highlight + 1)
            self._history.keeps = not self._view.secret
            buffer.validate_and_handle()

        @bindings.add("escape", "enter")
        def _new_line(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        @bindings.add("c-c")
        def _interrupt(event: KeyPressEvent) -> None:
            if self._desk is None or self._desk.interrupt():
                return
            if event.current_buffer.text:
                event.current_buffer.reset()
            else:
                self._desk.hint()

        @bindings.add("c-d", filter=Condition(lambda: not self._session.default_buffer.text))
        def _leave(event: KeyPressEvent) -> None:
            event.app.exit(exception=EOFError)

        @bindings.add("up", filter=picking)
        def _up(_: KeyPressEvent) -> None:
            self._move(-1)

        @bindings.add("down", filter=picking)
        def _down(_: KeyPressEvent) -> None:
            self._move(1)

        return bindings

    def _move(self, by: int) -> None:
        count = len(self._view.options)
        start = -1 if by > 0 else count
        self._highlight = ((start if self._highlight is None else self._highlight) + by) % count


def _raw_input() -> Input:
    """Input that is raw while something is printed, too: prompt_toolkit would switch to cooked mode for that moment, in
    which the terminal itself takes a Ctrl-D for the end of a file, and a Ctrl-C for the end of the program."""
    found = create_input()
    found.cooked_mode = nullcontext  # type: ignore[method-assign]
    return found


class _History(InMemoryHistory):
    """In memory only, and without passwords."""

    keeps = True

    def append_string(self, string: str) -> None:
        if self.keeps:
            super().append_string(string)


class PipedKeyboard:
    """Line by line; each waits until the one before is answered."""

    is_terminal = False
    echoes = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def open(self) -> Iterator[None]:
        yield

    async def read(self, desk: Desk) -> str:
        await desk.quiet()
        line = await self._line()
        if not line:
            raise EOFError
        return line.rstrip("\r\n")

    async def _line(self) -> str:
        """In a daemon thread, for nothing can interrupt a blocked read, and it must not keep the process alive."""
        loop = asyncio.get_running_loop()
        line: asyncio.Future[str] = loop.create_future()

        def settle(text: str) -> None:
            if not line.done():
                line.set_result(text)

        def read() -> None:
            try:
                text = self._stream.readline()
            except (OSError, ValueError):  # closed under us: as good as its end
                text = ""
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, text)

        threading.Thread(target=read, name="stdin", daemon=True).start()
        return await line


class ScriptedKeyboard:
    """Plays steps as if somebody typed them."""

    is_terminal = False
    echoes = True

    def __init__(self, steps: Sequence[Step] | Iterable[Step]) -> None:
        self._steps = list(steps)

    @contextmanager
    def open(self) -> Iterator[None]:
        yield

    async def read(self, desk: Desk) -> str:
        await desk.quiet()
        while self._steps and isinstance(step := self._steps[0], Wait):
            self._steps.pop(0)
            await desk.rest(step.seconds)
        if not self._steps:
            raise EOFError
        if desk.form is not None and isinstance(step := self._steps[0], Fill):
            return self._typed_into(desk.form, step)
        return await self._typed(desk, self._steps.pop(0))

    def _typed_into(self, form: FormTalk, step: Fill) -> str:
        if form.field is None:
            self._steps.pop(0)
            return "submit"
        if form.problem:  # the script would only say the same again
            self._steps.pop(0)
            return "/cancel"
        return step.values.get(form.field.key, step.values.get(form.field.label, ""))

    async def _typed(self, desk: Desk, step: Step) -> str:
        match step:
            case Say(text) | Choose(text):
                return text
            case Rate(good, reason):
                return "/good" if good else f"/bad {reason}".strip()
            case QuickReply(number):
                await desk.shown(f"?{number}")
                return f"?{number}"
            case Fill():
                return "/fill"  # there is no form: says so
            case Wait():
                return ""
