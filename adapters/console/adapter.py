"""The terminal as a platform: one person, one conversation, nothing that outlives the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TextIO

from rich.console import Console, Group, RenderableType

from adapters.console import files, renderers
from adapters.console.activity import Activity
from adapters.console.answer import PrintedAnswer
from adapters.console.board import Board
from adapters.console.form import FormTalk
from adapters.console.hearing import Hearing
from adapters.console.keyboard import Keyboard, PipedKeyboard, TerminalKeyboard, View
from adapters.console.keys import keys_of
from adapters.console.paper import Paper
from adapters.console.session import BOT, PLATFORM, YOU, Session
from adapters.console.showing import Showing
from bridge.domain.commands import Spelling
from bridge.domain.controls import SendQuickReply
from bridge.domain.events import TurnEvent
from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.interactions import Person
from bridge.domain.notices import Notice, Outcome, Rebuttoned, Removed, Replaced
from bridge.domain.updates import Attachment
from bridge.ports import Capabilities, Clock, Delivery, Gateway

_LIVE_MARGIN = 8  # lines of a terminal that are kept for the prompt
_KEY_PATIENCE = 15.0  # seconds to wait for a suggested question, in a script
_IN_A_FORM = "/cancel leaves this form, Ctrl-D the terminal."
_AT_REST = "Nothing is being answered. Ctrl-D leaves."


def keyboard_on(stream: TextIO) -> Keyboard:
    """Line editing if it is a terminal, else lines as they come."""
    return TerminalKeyboard() if stream.isatty() else PipedKeyboard(stream)


class ConsoleAdapter:
    """`closed` is set when the person has left, or the pipe or the script has ended; `listen` returns then.

    `session` makes ids unique among processes. `greet`: begin with the app's welcome. `patience` (seconds) is how long
    a pipe or a script waits for the first sign of an answer.
    """

    def __init__(
        self,
        keyboard: Keyboard,
        clock: Clock,
        *,
        console: Console | None = None,
        person: Person = YOU,
        session: str | None = None,
        greet: bool = True,
        patience: float = 120.0,
        pause: float = 0.5,
    ) -> None:
        self._keyboard = keyboard
        self._clock = clock
        self._greet = greet
        self._session = Session(clock, person, session)
        self._board = Board()
        self._paper = Paper(console or Console())
        self._activity = Activity(patience=patience, pause=pause)
        self._hearing = Hearing(keyboard, self._session, self._board, self._paper, self._activity)
        self._showing: Showing | None = None
        self._answers: dict[str, PrintedAnswer] = {}
        self._changed = asyncio.Event()
        self.closed = asyncio.Event()
        self.failed = False

    @property
    def platform(self) -> str:
        return PLATFORM

    @property
    def bot(self) -> str:
        return BOT

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(native_forms=True, single_listener=False, spelling=Spelling(ask=""))

    @property
    def conversation(self) -> ConversationKey:
        return self._session.conversation

    async def connect(self) -> None:
        """There is nothing to check."""

    async def close(self) -> None:
        self.closed.set()

    async def listen(self, gateway: Gateway) -> None:
        gateway.heard(PLATFORM)
        try:
            await self._hearing.run(gateway, self, greet=self._greet)
        finally:
            self.closed.set()

    # --- what the keyboard may know (Desk) ---

    def view(self) -> View:
        return View(
            live=self._live(),
            options=self._board.options,
            placeholder=self._board.expects,
            secret=self._board.hides_what_is_typed,
        )

    def _live(self) -> str:
        """The end of the running answer, what it is doing, and what was typed in the meantime."""
        showing = self._showing
        if showing is None:
            return ""
        parts: list[RenderableType] = []
        if tail := showing.tail:
            parts.append(renderers.markdown(tail, plain=False))
        parts.append(renderers.status(showing.status, self._clock.monotonic()))
        parts += self._paper.ahead
        console = self._paper.console
        return renderers.ansi(console, Group(*parts), most_lines=console.height - _LIVE_MARGIN)

    def interrupt(self) -> bool:
        return self._hearing.stop()

    def hint(self) -> None:
        self._paper.note(_IN_A_FORM if self._board.form is not None else _AT_REST)

    @property
    def form(self) -> FormTalk | None:
        return self._board.form

    async def quiet(self) -> None:
        if not await self._activity.quiet():
            self.failed = True
            self._paper.trouble("There was no answer.")

    async def shown(self, typed: str) -> bool:
        try:
            async with asyncio.timeout(_KEY_PATIENCE):
                while typed not in self._board.screen.keys:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def rest(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    # --- what is shown ---

    async def deliver(self, delivery: Delivery, events: AsyncIterator[TurnEvent]) -> None:
        turn = delivery.turn
        showing = Showing(
            delivery,
            self._board,
            self._paper.print,
            self._session.new_message,
            self._answers.setdefault(turn.id, PrintedAnswer()),
            plain=self._paper.is_plain,
            live=self._keyboard.is_terminal,
        )
        self._forget_answers_but(turn.id)
        with self._activity.answering(), self._paper.answering():
            self._showing = showing
            self._board.begin(turn.id)
            try:
                await showing.run(events)
            finally:
                self._showing = self._board.running = None
        self._hearing.show_field()

    def _forget_answers_but(self, turn: str) -> None:
        """An attempt that failed may be repeated while the process lives: it goes on where the last one stopped."""
        self._answers = {turn: self._answers[turn]}

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        message = self._session.new_message()
        keys = keys_of(notice.buttons)
        self._paper.markdown(notice.text)
        self._paper.keys(keys)
        self._board.put(message, keys)
        if notice.expects is not None:
            self._board.expects, self._board.secret = notice.expects, notice.secret
        self._notice_change(spoken=not any(isinstance(key.control, SendQuickReply) for key in keys))
        return message

    async def settle(self, message: MessageRef, outcome: Outcome, *, at_leisure: bool = False) -> None:
        """A terminal cannot take back what it printed: a line says what became of it."""
        match outcome:
            case Replaced(text, buttons, is_news):
                if is_news and self._board.settled(message, text):
                    self._paper.markdown(_last_line(text))
                self._board.close(message)
                self._board.put(message, keys_of(buttons))
            case Rebuttoned(buttons):
                keys = keys_of(buttons)
                if self._board.change(message, keys):
                    self._paper.keys(keys)
            case Removed():
                self._board.close(message)
        self._notice_change(spoken=False)

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        return await files.read(attachment, limit)

    def _notice_change(self, *, spoken: bool) -> None:
        self._activity.reacted(spoken=spoken)
        self._changed.set()


def _last_line(text: str) -> str:
    """What was decided stands below the question, which is still on screen."""
    return text.strip().rsplit("\n\n", 1)[-1]
