"""What the app suggests to say: its opening, and follow-up questions once an answer is complete."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from bridge.domain import phrases
from bridge.domain.controls import SendQuickReply
from bridge.domain.errors import AssistantError
from bridge.domain.events import Button, Ending
from bridge.domain.ids import MessageRef, new_turn_id
from bridge.domain.notices import Notice, Replaced
from bridge.domain.turns import Conversation, Opening, Turn, TurnState
from bridge.domain.updates import CommandGiven, MessageReceived, QuickReplyChosen, Update
from bridge.ports import Adapter, Assistant, Claim, Store
from bridge.services.apps import Apps, Openings
from bridge.services.sequence import is_latest
from bridge.services.turns import Turns

logger = logging.getLogger(__name__)

_MOST = 6
_STILL_LATEST = 1.0  # seconds between looks at whether anybody still wants to know
_LABEL = 75  # characters; Slack's limit for a button, and more than a phone shows


class Guides:
    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        adapters: Mapping[str, Adapter],
        apps: Apps,
        openings: Openings,
        turns: Turns,
        *,
        enabled: bool,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._adapters = adapters
        self._apps = apps
        self._openings = openings
        self._turns = turns
        self._enabled = enabled

    async def greet(self, claim: Claim, update: CommandGiven, conversation: Conversation, lead: str) -> list[Update]:
        """The app's welcome with its questions as buttons, and its first question asked by itself if it has one."""
        opening = await self._opening(conversation)
        text = "\n\n".join(piece for piece in (lead, opening.welcome, opening.instruction) if piece) or phrases.WELCOME
        turn = await self._store.begin_turn(claim, _greeting(update, conversation, text))
        buttons = _buttons(turn, opening.questions)
        await self._store.set_suggestions(turn.id, opening.questions, None)
        message = await self._adapter(turn).say(update.conversation, Notice(text, buttons=buttons))
        await self._store.set_suggestions(turn.id, opening.questions, message if buttons else None)
        if not opening.auto_execute or conversation.turns:
            return []
        ref = update.message or message
        return [self._asked(update, f"{update.id}/auto", opening.auto_execute, ref, update.private)] if ref else []

    async def finished(self, turn: Turn) -> None:
        """Quick replies below a complete answer, unless the conversation has moved on by then."""
        if not self._enabled or turn.ending is not Ending.COMPLETE or not turn.text:
            return
        if turn.suggestions_shown:
            return
        suggestions = turn.suggestions or await self._suggested_in_time(turn)
        if not suggestions or not await is_latest(self._store, turn):
            return
        await self._store.set_suggestions(turn.id, suggestions, None)
        notice = Notice(phrases.SUGGESTIONS, buttons=_buttons(turn, suggestions))
        message = await self._adapter(turn).say(turn.conversation, notice)
        await self._store.set_suggestions(turn.id, suggestions, message)
        if message is not None and not await is_latest(self._store, turn):
            await self._turns.clear_suggestions(await self._store.turn(turn.id))  # unless the next question has

    async def chosen(self, update: QuickReplyChosen) -> list[Update]:
        """Send the question as the person who tapped it, for all to see. One tap counts, and only on the latest."""
        turn = await self._store.turn(update.turn)
        if turn is None or turn.conversation != update.conversation or not 0 <= update.index < len(turn.suggestions):
            return await self._refuse(update, phrases.NOT_THERE)
        id = f"{turn.id}/tapped"
        if await self._store.update(turn.conversation.platform, turn.conversation.bot, id) is not None:
            return []
        if not await is_latest(self._store, turn):
            return await self._refuse(update, phrases.TAPPED_LATE)
        text = turn.suggestions[update.index]
        echo = await self._echoed(turn, update, text)
        return [self._asked(update, id, text, echo, turn.private)] if echo is not None else []

    async def _echoed(self, turn: Turn, update: QuickReplyChosen, text: str) -> MessageRef | None:
        """The suggestions become what was asked. A greeting stays, without its buttons, and the echo comes below."""
        adapter, shown = self._adapter(turn), update.message or turn.suggestions_shown
        echo = phrases.asked_by(update.by.name, text)
        if shown is not None and not turn.is_greeting:
            await adapter.settle(shown, Replaced(echo))
        else:
            await self._turns.clear_suggestions(turn)
            shown = await adapter.say(update.conversation, Notice(echo)) or update.message
        await self._store.set_suggestions(turn.id, turn.suggestions, None)
        return shown

    async def _refuse(self, update: QuickReplyChosen, sentence: str) -> list[Update]:
        notice = Notice(sentence, to=update.by, reply=update.reply)
        await self._adapters[update.conversation.platform].say(update.conversation, notice)
        return []

    async def _opening(self, conversation: Conversation) -> Opening:
        try:
            return await self._openings.of(self._apps.named(conversation.app))
        except AssistantError as error:
            logger.warning("opening_unknown", extra={"app": conversation.app, "error": error.sentence})
            return Opening()

    async def _suggested_in_time(self, turn: Turn) -> tuple[str, ...]:
        """None once the conversation has moved on: a slow guide must not hold up the one of the next answer."""
        asking = asyncio.create_task(self._suggested(turn))
        try:
            while not (await asyncio.wait({asking}, timeout=_STILL_LATEST))[0]:
                if not await is_latest(self._store, turn):
                    return ()
            return asking.result()
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _suggested(self, turn: Turn) -> tuple[str, ...]:
        """A guide that fails leaves the answer as it is."""
        app = self._apps.named(turn.app)
        try:
            if not (await self._openings.of(app)).suggests:
                return ()
            suggestions = await self._assistant.suggest(app, turn.chat)
        except AssistantError as error:
            logger.info("no_suggestions", extra={"turn": turn.id, "error": error.sentence})
            return ()
        return tuple(dict.fromkeys(text.strip() for text in suggestions if text.strip()))[:_MOST]

    def _adapter(self, turn: Turn) -> Adapter:
        return self._adapters[turn.conversation.platform]

    @staticmethod
    def _asked(update: Update, id: str, text: str, message: MessageRef, private: bool) -> MessageReceived:
        return MessageReceived(
            id=id,
            conversation=update.conversation,
            by=update.by,
            at=update.at,
            message=message,
            text=text,
            private=private,
            pressed=text,
        )


def _greeting(update: CommandGiven, conversation: Conversation, text: str) -> Turn:
    id = new_turn_id()
    return Turn(
        id=id,
        conversation=update.conversation,
        app=conversation.app,
        chat=conversation.chat,
        update=update.id,
        asked=update.by,
        record=id,
        state=TurnState.DELIVERED,
        private=update.private,
        text=text,
        begun_at=update.at,
    )


def _buttons(turn: Turn, questions: Sequence[str]) -> tuple[tuple[Button, ...], ...]:
    return tuple(
        (Button(question[:_LABEL], SendQuickReply(turn.id, index)),) for index, question in enumerate(questions)
    )
