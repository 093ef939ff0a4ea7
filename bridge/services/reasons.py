"""Asking why an answer was bad, where a platform has no dialog of its own: reasons to tap, or words of one's own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import TypeVar

from bridge.domain import phrases
from bridge.domain.controls import GiveReason
from bridge.domain.errors import BridgeError
from bridge.domain.events import Button
from bridge.domain.ids import MessageRef
from bridge.domain.notices import Notice, Outcome, Rebuttoned, Removed, Replaced
from bridge.domain.turns import Turn
from bridge.domain.updates import FeedbackGiven, MessageReceived
from bridge.ports import Adapter, ReasonAsked, Store

logger = logging.getLogger(__name__)

T = TypeVar("T")

_WORDS_WITHIN = timedelta(minutes=10)
"""Later the next message is more likely a question than the reason that was asked for."""


class Reasons:
    """One card per person and conversation asks; that it cannot be shown never keeps a vote from counting."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter]) -> None:
        self._store = store
        self._adapters = adapters

    async def ask(self, turn: Turn, update: FeedbackGiven) -> None:
        """Offer the ready-made reasons, unless that was done for this answer already."""
        before = await self._store.reason_asked(update.conversation, update.by)
        if before is not None and before.turn == turn.id:
            return
        await self.withdraw(update)
        other = (Button(phrases.OTHER_REASON, GiveReason(turn.id)),)
        notice = Notice(phrases.REASON_TITLE, buttons=(*_ready_made(turn), other), to=update.by)
        card = await self._quietly(self._adapter(update).say(update.conversation, notice))
        await self._store.ask_reason(update.conversation, update.by, ReasonAsked(turn.id, card))

    async def ask_in_words(self, turn: Turn, update: FeedbackGiven) -> None:
        """The card asks for words now. Among others only a new message can open the person's reply field."""
        before = await self._store.reason_asked(update.conversation, update.by)
        if before is not None and before.turn == turn.id and before.in_words:
            return
        card: MessageRef | None
        if turn.private and update.message is not None:
            card = update.message
            await self._settle(card, Replaced(phrases.REASON_ASKED, _ready_made(turn)))
        else:
            await self._settle(update.message, Removed())
            notice = Notice(phrases.REASON_ASKED, to=update.by, expects=phrases.REASON_TITLE)
            card = await self._quietly(self._adapter(update).say(update.conversation, notice))
        await self._store.ask_reason(update.conversation, update.by, ReasonAsked(turn.id, card, in_words=True))

    async def thank(self, update: FeedbackGiven) -> None:
        """A reason was tapped: the card says thanks."""
        asked = await self._store.reason_asked(update.conversation, update.by)
        card = update.message or (asked.card if asked is not None else None)
        await self._settle(card, Replaced(phrases.reason_given(update.reason)))
        await self._store.forget_reason(update.conversation, update.by)

    async def withdraw(self, update: FeedbackGiven) -> None:
        """Nobody is asked any more: the vote changed, or another answer is voted on."""
        asked = await self._store.reason_asked(update.conversation, update.by)
        if asked is None:
            return
        await self._settle(asked.card, Removed())
        await self._store.forget_reason(update.conversation, update.by)

    async def withdraw_all(self, turn: Turn) -> None:
        """The answer is given again: nobody is asked about the old one any more."""
        for card in await self._store.forget_reasons_for(turn.id):
            await self._settle(card, Removed())

    async def taken_from(self, message: MessageReceived) -> ReasonAsked | None:
        """What the message gives the reason for; None if its author was not asked for words, or wrote none."""
        if not message.text.strip():
            return None
        return await self._store.take_reason(message.conversation, message.by, message.id, _WORDS_WITHIN)

    async def thank_for_words(self, message: MessageReceived, asked: ReasonAsked) -> None:
        await self._settle(asked.card, Rebuttoned())
        notice = Notice(phrases.VOTE_THANKS, to=message.by, reply_to=message.message)
        await self._quietly(self._adapters[message.conversation.platform].say(message.conversation, notice))

    async def _settle(self, message: MessageRef | None, outcome: Outcome) -> None:
        if message is not None:
            await self._quietly(self._adapters[message.platform].settle(message, outcome))

    async def _quietly(self, showing: Awaitable[T]) -> T | None:
        try:
            return await showing
        except BridgeError as error:
            logger.info("reason_not_shown", extra={"error": error.sentence})
            return None

    def _adapter(self, update: FeedbackGiven) -> Adapter:
        return self._adapters[update.conversation.platform]


def _ready_made(turn: Turn) -> tuple[tuple[Button, ...], ...]:
    buttons = [Button(reason, GiveReason(turn.id, index)) for index, reason in enumerate(phrases.REASONS)]
    return tuple(buttons[:2]), tuple(buttons[2:])
