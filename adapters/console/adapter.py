"""The terminal as a platform: one person, one conversation, nothing that outlives the process."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator
from typing import TextIO

from rich.console import Console, Group, RenderableType

from adapters.console import files, renderers
from adapters.console.activity import Activity, expected_after
from adapters.console.answer import PrintedAnswer
from adapters.console.board import Board
from adapters.console.form import FormTalk, Outcome
from adapters.console.inbound import REPLY, Local, Typed, meaning, press
from adapters.console.keyboard import Keyboard, PipedKeyboard, TerminalKeyboard, View
from adapters.console.keys import keys_of
from adapters.console.showing import Showing
from bridge.domain.controls import CancelInteraction, SendQuickReply
from bridge.domain.events import TurnEvent
from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.interactions import FieldType, Person
from bridge.domain.notices import Notice, Rebuttoned, Removed, Replaced
from bridge.domain.notices import Outcome as Settled
from bridge.domain.updates import (
    Attachment,
    CommandGiven,
    FormSubmitted,
    StopRequested,
    Update,
)
from bridge.ports import Capabilities, Clock, Delivery, Gateway

PLATFORM = "console"
YOU = Person("you", "You")
_HEARD_ANYWHERE = frozenset({"/new", "/help", "/quit", "/exit", "/bye"})
_LIVE_MARGIN = 8  # lines of a terminal that are kept for the prompt
_KEY_PATIENCE = 15.0  # seconds to wait for a suggested question, in a script


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
        self._console = console or Console()
        self._person = person
        self._session = session or secrets.token_hex(6)
        self._greet = greet
        self._numbers = itertools.count(1)
        self._board = Board()
        self._activity = Activity(patience=patience, pause=pause)
        self._showing: Showing | None = None
        self._answers: dict[str, PrintedAnswer] = {}
        self._expects = ""
        self._secret = False
        self._changed = asyncio.Event()
        self._updates: asyncio.Queue[Update] = asyncio.Queue()
        self.closed = asyncio.Event()
        self.failed = False

    @property
    def platform(self) -> str:
        return PLATFORM

    @property
    def bot(self) -> str:
        return "terminal"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(native_forms=True, single_listener=False)

    @property
    def conversation(self) -> ConversationKey:
        return ConversationKey(PLATFORM, self.bot, self._session)

    async def connect(self) -> None:
        """There is nothing to check."""

    async def close(self) -> None:
        self.closed.set()

    # --- what is typed ---

    async def listen(self, gateway: Gateway) -> None:
        gateway.heard(PLATFORM)
        try:
            async with asyncio.TaskGroup() as group:
                stopper = group.create_task(self._pass_on(gateway))
                with self._keyboard.open():
                    await self._converse(gateway)
                stopper.cancel()
        finally:
            self.closed.set()

    async def _converse(self, gateway: Gateway) -> None:
        if self._greet:
            line = self._typed("")
            await self._accept(
                gateway,
                CommandGiven(
                    id=line.id,
                    conversation=line.conversation,
                    by=line.by,
                    at=line.at,
                    message=None,
                    name="start",
                    private=True,
                ),
            )
        while True:
            try:
                text = await self._keyboard.read(self)
            except EOFError:
                return
            if not await self._hear(gateway, text):
                return

    async def _pass_on(self, gateway: Gateway) -> None:
        """Stops come from a key, where nothing can be awaited."""
        while True:
            await gateway.accept([await self._updates.get()])

    async def _hear(self, gateway: Gateway, text: str) -> bool:
        """False to leave."""
        form = self._board.form
        secret = self._secret or (form is not None and _asks_for_password(form))
        if self._keyboard.echoes and (text.strip() or form is not None):
            self._print(renderers.echo(text, secret=secret))
        if form is not None:
            return await self._hear_field(gateway, form, text)
        self._expects, self._secret = "", False
        line = self._typed(text, secret=secret)
        if (along := files.sent_along(text)) is not None:
            attachment = files.look(along[0])
            if attachment is None:
                self._print(renderers.trouble(f"There is no readable file at {along[0]}."))
                return True
            line = self._typed(along[1], attachment=attachment)
        return await self._do(gateway, meaning(line, self._board.screen))

    async def _do(self, gateway: Gateway, meant: Update | Local | None) -> bool:
        match meant:
            case None:
                pass
            case Local.LEAVE:
                return False
            case Local.HELP:
                self._print(renderers.markdown(renderers.KEYS_HELP, plain=self._plain))
                line = self._typed("")
                help = CommandGiven(
                    id=line.id,
                    conversation=line.conversation,
                    by=line.by,
                    at=line.at,
                    message=line.message,
                    name="help",
                )
                await self._accept(gateway, help)
            case Local.FILL_IN:
                self._fill_in()
            case Local.NOT_HERE:
                self._print(renderers.note("There is nothing on screen for that now."))
            case update:
                await self._accept(gateway, update)
        return True

    def _fill_in(self) -> None:
        if self._board.fill_in():
            self._show_field()
        else:
            self._print(renderers.note("There is no form to fill in."))

    async def _hear_field(self, gateway: Gateway, form: FormTalk, text: str) -> bool:
        if text.strip().casefold() in _HEARD_ANYWHERE:
            return await self._command_amid_form(gateway, text)
        outcome = form.hear(text)
        if outcome is Outcome.GOES_ON:
            self._show_field()
            return True
        self._board.form = None
        line = self._typed(text)
        if outcome is Outcome.CANCELLED:
            meant = press(CancelInteraction(form.interaction.id), line, form.interaction.message)
            return await self._do(gateway, meant)
        submitted = FormSubmitted(
            id=line.id,
            conversation=line.conversation,
            by=line.by,
            at=line.at,
            message=form.interaction.message,
            reply=REPLY,
            interaction=form.interaction.id,
            values=form.values,
            attachments=form.files,
        )
        await self._accept(gateway, submitted)
        return True

    async def _command_amid_form(self, gateway: Gateway, text: str) -> bool:
        goes_on = await self._do(gateway, meaning(self._typed(text), self._board.screen))
        if text.strip().casefold() == "/new":
            self._board.forget_question()
        else:
            self._show_field()
        return goes_on

    async def _accept(self, gateway: Gateway, update: Update) -> None:
        self._activity.expect(expected_after(update))
        await gateway.accept([update])

    def _typed(self, text: str, *, attachment: Attachment | None = None, secret: bool = False) -> Typed:
        return Typed(
            text=text,
            id=f"{self._session}-{next(self._numbers)}",
            conversation=self.conversation,
            by=self._person,
            at=self._clock.now(),
            message=self._new_message(),
            attachments=(attachment,) if attachment is not None else (),
            secret=secret,
        )

    # --- what the keyboard may know (Desk) ---

    def view(self) -> View:
        form = self._board.form
        return View(
            live=self._live(),
            options=self._board.options,
            placeholder=self._expects,
            secret=self._secret or (form is not None and _asks_for_password(form)),
        )

    def _live(self) -> str:
        """The end of the running answer and what it is doing."""
        showing = self._showing
        if showing is None:
            return ""
        parts: list[RenderableType] = []
        if tail := showing.tail:
            parts.append(renderers.markdown(tail, plain=False))
        parts.append(renderers.status(showing.status, self._clock.monotonic()))
        return renderers.ansi(self._console, Group(*parts), most_lines=self._console.height - _LIVE_MARGIN)

    def interrupt(self) -> bool:
        if self._board.running is None:
            return False
        line = self._typed("")
        self._updates.put_nowait(
            StopRequested(
                id=line.id,
                conversation=line.conversation,
                by=line.by,
                at=line.at,
                turn=self._board.running,
                reply=REPLY,
            )
        )
        return True

    @property
    def form(self) -> FormTalk | None:
        return self._board.form

    async def quiet(self) -> None:
        if not await self._activity.quiet():
            self.failed = True
            self._print(renderers.trouble("There was no answer."))

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
            self._print,
            self._new_message,
            self._answers.setdefault(turn.id, PrintedAnswer()),
            plain=self._plain,
            live=self._keyboard.is_terminal,
        )
        self._forget_answers_but(turn.id)
        with self._activity.answering():
            self._showing = showing
            self._board.begin(turn.id)
            try:
                await showing.run(events)
            finally:
                self._showing = self._board.running = None
            if self._board.form is not None:
                self._show_field()

    def _forget_answers_but(self, turn: str) -> None:
        """An attempt that failed may be repeated while the process lives: it goes on where the last one stopped."""
        self._answers = {turn: self._answers[turn]}

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        message = self._new_message()
        self._print(renderers.markdown(notice.text, plain=self._plain))
        keys = keys_of(notice.buttons)
        self._board.put(message, keys)
        if (line := renderers.key_line(keys)) is not None:
            self._print(line)
        if notice.expects is not None:
            self._expects, self._secret = notice.expects, notice.secret
        self._notice_change(spoken=not any(isinstance(key.control, SendQuickReply) for key in keys))
        return message

    async def settle(self, message: MessageRef, outcome: Settled) -> None:
        """A terminal cannot take back what it printed: a line says what became of it."""
        match outcome:
            case Replaced(text, buttons):
                if self._board.settled(message, text):
                    self._print(renderers.markdown(_last_line(text), plain=self._plain))
                self._board.close(message)
                self._board.put(message, keys_of(buttons))
            case Rebuttoned(buttons):
                keys = keys_of(buttons)
                if self._board.change(message, keys) and (line := renderers.key_line(keys)) is not None:
                    self._print(line)
            case Removed():
                self._board.close(message)
        self._notice_change(spoken=False)

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        return await files.read(attachment, limit)

    # --- how ---

    @property
    def _plain(self) -> bool:
        return not self._console.is_terminal

    def _print(self, what: RenderableType) -> None:
        self._console.print(what, soft_wrap=self._plain, markup=False, highlight=False, emoji=False)

    def _show_field(self) -> None:
        if (form := self._board.form) is not None:
            self._print(renderers.field(form))

    def _new_message(self) -> MessageRef:
        return MessageRef(PLATFORM, self.bot, f"{self._session}-{next(self._numbers)}")

    def _notice_change(self, *, spoken: bool) -> None:
        self._activity.reacted(spoken=spoken)
        self._changed.set()


def _asks_for_password(form: FormTalk) -> bool:
    return form.field is not None and form.field.type is FieldType.PASSWORD


def _last_line(text: str) -> str:
    """What was decided stands below the question, which is still on screen."""
    return text.strip().rsplit("\n\n", 1)[-1]
