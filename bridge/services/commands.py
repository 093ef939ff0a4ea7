"""Commands: start, new, help, stop, cancel; and ask, where that is no message by itself."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.domain import phrases
from bridge.domain.commands import Spelling
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.ids import TurnId, new_chat_id
from bridge.domain.notices import Notice, Removed
from bridge.domain.turns import TurnState
from bridge.domain.updates import CommandGiven, MessageReceived, StopRequested, Update
from bridge.ports import Adapter, Claim, Store, ThreadOpener
from bridge.services.answers import Answers
from bridge.services.apps import Apps
from bridge.services.guides import Guides
from bridge.services.runs import Running
from bridge.services.turns import Turns


class Commands:
    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        apps: Apps,
        answers: Answers,
        guides: Guides,
        turns: Turns,
        running: Running,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._apps = apps
        self._answers = answers
        self._guides = guides
        self._turns = turns
        self._running = running

    async def given(self, claim: Claim, update: CommandGiven) -> list[Update]:
        match update.name:
            case "start":
                return await self._start(claim, update)
            case "new":
                return await self._new(claim, update)
            case "cancel":
                return await self._answers.cancel_open(claim, update)
            case "help":
                await self._say(update, phrases.help_for(self._spelling(update), private=update.private))
            case "ask" if update.argument:
                return await self._ask(update)
            case "ask":
                await self._say(update, phrases.ask_what(self._spelled(update, "ask")))
            case name:
                await self._say(update, phrases.unknown_command(name[:32], self._spelled(update, "help")))
        return []

    async def stop(self, update: StopRequested) -> None:
        """Stop what runs, in whatever process it does; say so if nothing does."""
        stopped = await self._running.stop_anywhere(self._store, update.conversation, update.turn)
        if stopped is None and update.turn is not None:
            await self._take_away(update, update.turn)
        elif stopped is None:
            adapter = self._adapters[update.conversation.platform]
            notice = Notice(phrases.NOTHING_RUNS, to=update.by, reply=update.reply)
            await adapter.say(update.conversation, notice)

    async def _take_away(self, update: StopRequested, id: TurnId) -> None:
        """A message that was sent by a process which died before it could note that: what it announced is elsewhere."""
        turn, message = await self._store.turn(id), update.message
        if turn is None or message is None or turn.conversation != update.conversation:
            return
        is_over = turn.state in (TurnState.DELIVERED, TurnState.FAILED)
        if is_over and message not in [part.message for part in turn.parts]:
            await self._adapters[message.platform].settle(message, Removed())

    async def _ask(self, update: CommandGiven) -> list[Update]:
        """Nobody sees what was written behind such a command: it is shown as its author's question, and asked there."""
        adapter = self._adapters[update.conversation.platform]
        id = f"{update.id}/asked"
        try:
            echo = Notice(phrases.asked_by(update.by.name, update.argument), once=id)
            shown = await adapter.say(update.conversation, echo)
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise
            await self._say(update, phrases.CANNOT_WRITE_HERE)
            return []
        if shown is None:
            return []
        question = MessageReceived(
            id=id,
            conversation=adapter.below(shown) if isinstance(adapter, ThreadOpener) else update.conversation,
            by=update.by,
            at=update.at,
            message=shown,
            text=update.argument,
            private=update.private,
            pressed=update.argument,
        )
        return [question]

    async def _start(self, claim: Claim, update: CommandGiven) -> list[Update]:
        key = update.conversation
        conversation = await self._store.ensure(key, self._apps.for_new(key), new_chat_id())
        return await self._guides.greet(claim, update, conversation, "")

    async def _new(self, claim: Claim, update: CommandGiven) -> list[Update]:
        """A new chat, never an emptied one: FastGPT goes on loading the records of a deleted chat."""
        key = update.conversation
        await self._answers.abandon(update)
        await self._turns.moved_on_from(await self._store.latest_turn(key))
        known = await self._store.conversation(key)
        app = known.app if known is not None else self._apps.for_new(key)
        conversation = await self._store.bind(key, app, new_chat_id())
        return await self._guides.greet(claim, update, conversation, phrases.NEW)

    def _spelling(self, update: CommandGiven) -> Spelling:
        return self._adapters[update.conversation.platform].capabilities.spelling

    def _spelled(self, update: CommandGiven, name: str) -> str:
        return self._spelling(update).of(name, private=update.private)

    async def _say(self, update: CommandGiven, text: str) -> None:
        adapter = self._adapters[update.conversation.platform]
        await adapter.say(update.conversation, Notice(text, reply=update.reply, to=update.by if update.reply else None))
