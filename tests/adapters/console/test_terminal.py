"""Somebody at a real terminal: keys go in, the screen comes out."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.output.vt100 import Vt100_Output

from adapters.console.keyboard import TerminalKeyboard, View

_ROOT = Path(__file__).parents[3]
_UP, _DOWN, _ALT_ENTER = "\x1b[A", "\x1b[B", "\x1b\r"


class FakeDesk:
    def __init__(self, *, runs: bool = False, **view: object) -> None:
        self.runs, self.stopped, self.hints = runs, 0, 0
        self._view = View(**view)  # type: ignore[arg-type]

    form = None

    def view(self) -> View:
        return self._view

    def interrupt(self) -> bool:
        self.stopped += self.runs
        return self.runs

    def hint(self) -> None:
        self.hints += 1

    async def quiet(self) -> None: ...

    async def shown(self, typed: str) -> bool:
        return True

    async def rest(self, seconds: float) -> None: ...


Typing = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def typing() -> Iterator[Typing]:
    """Type keys, and get as many lines as are asked for."""
    with create_pipe_input() as keys:
        keyboard = TerminalKeyboard(input=keys, output=DummyOutput())

        async def type_keys(text: str, desk: FakeDesk, lines: int = 1) -> list[str]:
            keys.send_text(text)
            async with asyncio.timeout(10):
                return [await keyboard.read(desk) for _ in range(lines)]

        yield type_keys


async def shows(text: str, screen: StringIO) -> None:
    for _ in range(500):
        if text in screen.getvalue():
            return
        await asyncio.sleep(0.01)


async def test_enter_sends_and_alt_enter_begins_a_new_line(typing: Typing) -> None:
    assert await typing(f"one{_ALT_ENTER}two\r", FakeDesk()) == ["one\ntwo"]


async def test_a_paste_of_several_lines_is_one_message(typing: Typing) -> None:
    assert await typing("\x1b[200~one\ntwo\x1b[201~\r", FakeDesk()) == ["one\ntwo"]


async def test_ctrl_c_clears_what_was_typed(typing: Typing) -> None:
    assert await typing("oops\x03fine\r", FakeDesk()) == ["fine"]


async def test_ctrl_c_while_an_answer_runs_stops_it_and_keeps_what_was_typed(typing: Typing) -> None:
    desk = FakeDesk(runs=True)
    assert await typing("next\x03\r", desk) == ["next"]
    assert desk.stopped == 1


async def test_ctrl_c_with_nothing_to_clear_or_stop_says_how_to_leave(typing: Typing) -> None:
    desk = FakeDesk()
    await typing("oops\x03\x03\r", desk)
    assert desk.hints == 1


async def test_ctrl_d_leaves(typing: Typing) -> None:
    with pytest.raises(EOFError):
        await typing("\x04", FakeDesk())


async def test_the_arrow_keys_go_through_the_options(typing: Typing) -> None:
    desk = FakeDesk(options=("Red", "Blue", "Green"))
    assert await typing(f"{_DOWN}{_DOWN}\r{_UP}\r{_DOWN}\r", desk, 3) == ["2", "3", "1"]


async def test_of_options_that_are_on_screen_only_the_picked_one_is_shown_again() -> None:
    screen = StringIO()
    with create_pipe_input() as keys:
        keyboard = TerminalKeyboard(input=keys, output=Vt100_Output(screen, lambda: Size(rows=40, columns=80)))
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            tasks.create_task(keyboard.read(FakeDesk(options=("Red", "Blue", "Green"))))
            keys.send_text(_DOWN + _DOWN)
            await shows("Blue", screen)
            keys.send_text("\r")
    assert "Green" not in screen.getvalue()


async def test_enter_alone_picks_nothing(typing: Typing) -> None:
    assert await typing("\r", FakeDesk(options=("Red", "Blue"))) == [""]


async def test_the_last_line_comes_back_with_an_arrow_but_a_password_does_not(typing: Typing) -> None:
    await typing("hello\r", FakeDesk())
    await typing("hunter2\r", FakeDesk(secret=True))
    assert await typing(f"{_UP}\r", FakeDesk()) == ["hello"]


class Screen:
    """A program in a pseudo-terminal of 100 by 30."""

    def __init__(self, file: int) -> None:
        self._file = file
        self.text = ""

    def press(self, keys: str) -> None:
        os.write(self._file, keys.encode())

    def wait_for(self, pattern: str, seconds: float = 20.0) -> None:
        """Until what came since the last match shows it."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.text)):
            left = deadline - time.monotonic()
            assert left > 0, f"no {pattern!r} in {self.text[-2000:]!r}"
            if select.select([self._file], [], [], left)[0]:
                self.text += _visible(os.read(self._file, 65536).decode(errors="replace"))
        self.text = self.text[match.end() :]

    def wait_for_end(self, seconds: float = 20.0) -> None:
        """Read on until the program has closed its side: a terminal that nobody reads holds its program up."""
        deadline = time.monotonic() + seconds
        with suppress(OSError):  # EIO: that is how Linux says that the other side is closed
            while select.select([self._file], [], [], max(deadline - time.monotonic(), 0))[0]:
                self.text += _visible(os.read(self._file, 65536).decode(errors="replace"))
            pytest.fail(f"still running, after {self.text[-500:]!r}")


def _visible(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>].?|\r", "", text)


@contextmanager
def program(token_delay: float) -> Iterator[tuple[Screen, subprocess.Popen[bytes]]]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = [sys.executable, "-m", "tests.adapters.console.program", str(token_delay)]
    environment = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=_ROOT, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        yield Screen(ours), process
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_conversation_in_a_terminal_from_the_welcome_to_ctrl_d() -> None:
    with program(0.02) as (screen, process):
        screen.wait_for("Harbour Coffee")
        screen.press("long story\r")
        screen.wait_for(r"Ctrl-C stops")
        screen.press("\x03")
        screen.wait_for("Stopped")
        screen.press("order\r")
        screen.wait_for(r"4\. Nothing today")
        screen.press(f"{_DOWN}{_DOWN}")
        screen.wait_for(r"❯ 2\. Low Tide")
        screen.press("\r")
        screen.wait_for(r"1/5 · Name")
        screen.press("/cancel\r")
        screen.wait_for("Cancelled")
        screen.press("\x04")
        screen.wait_for_end()
        assert process.wait(15) == 0
