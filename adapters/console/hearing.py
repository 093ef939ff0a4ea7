"""From the keyboard to the bridge: what becomes of a typed line."""

from __future__ import annotations

import asyncio

from adapters.console import files, renderers
from adapters.console.activity import Activity, expected_after
from adapters.console.board import Board
from adapters.console.form import FormTalk, Outcome
from adapters.console.inbound import REPLY, Local, Typed, meaning, press
from adapters.console.keyboard import Desk, Keyboard
from adapters.console.paper import Paper
from adapters.console.session import Session
from bridge.domain.controls import CancelInteraction
from bridge.domain.updates import CommandGiven, FormSubmitted, StopRequested, Update
from bridge.ports import Gateway

_HEARD_ANYWHERE = frozenset({"/new", "/help", "/quit", "/exit", "/bye"})


class Hearing:
    """`run` reads until the person leaves, or the pipe or the script ends."""

    def __init__(self, keyboard: Keyboard, session: Session, board: Board, paper: Paper, activity: Activity) -> None:
        self._keyboard = keyboard
        self._session = session
        self._board = board
        self._paper = paper
        self._activity = activity
        self._stops: asyncio.Queue[Update] = asyncio.Queue()

    async def run(self, gateway: Gateway, desk: Desk, *, greet: bool) -> None:
        async with asyncio.TaskGroup() as group:
            stopper = group.create_task(self._pass_on(gateway))
            with self._keyboard.open():
                if greet:
                    await self._accept(gateway, _command(self._session.typed(""), "start"))
                await self._read(gateway, desk)
            stopper.cancel()

    def stop(self) -> bool:
        """Stop the running answer; False if there is none. By a key, where nothing can be awaited."""
        if self._board.running is None:
            return False
        line = self._session.typed("")
        stop = StopRequested(
            id=line.id, conversation=line.conversation, by=line.by, at=line.at, turn=self._board.running, reply=REPLY
        )
        self._stops.put_nowait(stop)
        return True

    async def _pass_on(self, gateway: Gateway) -> None:
        while True:
            await gateway.accept([await self._stops.get()])

    async def _read(self, gateway: Gateway, desk: Desk) -> None:
        while True:
            try:
                text = await self._keyboard.read(desk)
            except EOFError:
                return
            if not await self._hear(gateway, text):
                return

    async def _hear(self, gateway: Gateway, text: str) -> bool:
        """False to leave."""
        form, secret = self._board.form, self._board.hides_what_is_typed
        if self._keyboard.echoes and (text.strip() or form is not None):
            self._paper.echo(text, secret=secret)
        if form is not None:
            return await self._hear_field(gateway, form, text)
        self._board.expects_nothing()
        line = self._session.typed(text, secret=secret)
        if (along := files.sent_along(text)) is not None:
            attachment = files.look(along[0])
            if attachment is None:
                self._paper.trouble(f"There is no readable file at {along[0]}.")
                return True
            line = self._session.typed(along[1], attachment=attachment)
        return await self._do(gateway, meaning(line, self._board.screen))

    async def _do(self, gateway: Gateway, meant: Update | Local | None) -> bool:
        match meant:
            case None:
                pass
            case Local.LEAVE:
                return False
            case Local.HELP:
                self._paper.markdown(renderers.KEYS_HELP)
                await self._accept(gateway, _command(self._session.typed(""), "help"))
            case Local.FILL_IN:
                self._fill_in()
            case Local.NOT_HERE:
                self._paper.note("There is nothing on screen for that now.")
            case update:
                await self._accept(gateway, update)
        return True

    def _fill_in(self) -> None:
        if self._board.fill_in():
            self.show_field()
        else:
            self._paper.note("There is no form to fill in.")

    def show_field(self) -> None:
        if (form := self._board.form) is not None:
            self._paper.print(renderers.field(form))

    async def _hear_field(self, gateway: Gateway, form: FormTalk, text: str) -> bool:
        if text.strip().casefold() in _HEARD_ANYWHERE:
            return await self._command_amid_form(gateway, text)
        outcome = form.hear(text)
        if outcome is Outcome.GOES_ON:
            self.show_field()
            return True
        self._board.form = None
        line = self._session.typed(text)
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
        goes_on = await self._do(gateway, meaning(self._session.typed(text), self._board.screen))
        if text.strip().casefold() == "/new":
            self._board.forget_question()
        else:
            self.show_field()
        return goes_on

    async def _accept(self, gateway: Gateway, update: Update) -> None:
        self._activity.expect(expected_after(update))
        await gateway.accept([update])


def _command(line: Typed, name: str) -> CommandGiven:
    return CommandGiven(
        id=line.id,
        conversation=line.conversation,
        by=line.by,
        at=line.at,
        message=None if name == "start" else line.message,
        name=name,
        private=True,
    )
