"""Telegram as one of the bridge's platforms: control flow only."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence

import httpx

from adapters.telegram.addressing import Me
from adapters.telegram.answering import Answering, Stage
from adapters.telegram.api import TelegramApi
from adapters.telegram.config import TelegramConfig
from adapters.telegram.entities import Rendered
from adapters.telegram.inbound import read
from adapters.telegram.intake import Intake
from adapters.telegram.keyboards import keyboard
from adapters.telegram.notices import ALERT_LIMIT, as_messages, markup_for, toast
from adapters.telegram.parts import parts
from adapters.telegram.places import PLATFORM, Place, Spot
from adapters.telegram.polling import Polling
from adapters.telegram.presses import opened_handle
from adapters.telegram.sender import Sender
from adapters.telegram.webhook import Posting, knows_secret
from bridge.domain.commands import Spelling
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.events import TurnEvent
from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.notices import Notice, Outcome, Rebuttoned, Removed, Replaced
from bridge.domain.phrases import HEARD_BY_MENTION_OR_REPLY
from bridge.domain.updates import Attachment, Unreadable, Update
from bridge.ports import Capabilities, Clock, Delivery, Gateway, HttpAnswer, HttpRequest
from bridge.rendering.leisure import Leisure
from bridge.rendering.pacing import Priority

logger = logging.getLogger(__name__)

COMMANDS = {
    "new": "Start a new conversation",
    "stop": "Stop the answer",
    "cancel": "Leave what is being asked",
    "help": "What I can do",
}
GROUP_COMMANDS = {"ask": "Ask a question", **COMMANDS}

_ANSWERABLE = 13.0  # seconds; Telegram takes the answer to a press for about 15
_HARMLESS = (PlatformFault.GONE, PlatformFault.REFUSED)


class TelegramAdapter:
    """Adapter, FileSource, SecretEraser, PressAcknowledger, Rereader and Webhook in one.

    `transport` is shared and stays open; None opens one of its own.
    """

    def __init__(self, config: TelegramConfig, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._config = config
        self._clock = clock
        self._api = TelegramApi(config, transport)
        self._sender = Sender(self._api, clock, config.patience)
        self._stage = Stage(self._sender, clock)
        self._me: Me | None = None
        self._id = config.bot_token.partition(":")[0]
        self._leisure = Leisure()
        self._pending: set[str] = set()  # presses of this process that nobody has answered yet
        self._posting: Posting | None = None

    @property
    def platform(self) -> str:
        return PLATFORM

    @property
    def bot(self) -> str:
        return self._id

    @property
    def capabilities(self) -> Capabilities:
        """A token has one poller; what Telegram posts, any process may take."""
        return Capabilities(
            native_forms=False,
            single_listener=self.webhook_path is None,
            spelling=Spelling(among_others=HEARD_BY_MENTION_OR_REPLY),
        )

    async def connect(self) -> None:
        me = await self._api.me()
        if me != self._me:
            logger.info("signed_in", extra={"platform": PLATFORM, "bot": me.username})
        self._me, self._id = me, str(me.id)
        try:
            await self._api.set_commands(COMMANDS, "all_private_chats")
            await self._api.set_commands(GROUP_COMMANDS, "all_group_chats")
        except PlatformError as error:
            logger.warning("commands_not_set", extra={"error": error.sentence})

    async def listen(self, gateway: Gateway) -> None:
        me = self._me or await self._api.me()
        refused: PlatformError | None = None
        async with asyncio.TaskGroup() as presses:
            intake = Intake(self._api, me, gateway, self._clock, self._pending, presses)
            try:
                if self.webhook_path is None:
                    await Polling(self._api, intake, gateway, self._clock).run()
                else:
                    self._posting = Posting(self._api, self._config, intake, gateway, self._clock)
                    await self._posting.run()
            except PlatformError as error:  # outside of the group, which would wrap it
                refused = error
            finally:
                self._posting = None
        if refused is not None:
            raise refused

    @property
    def webhook_path(self) -> str | None:
        return self._config.webhook_path

    def admits(self, headers: Mapping[str, str]) -> bool:
        return knows_secret(headers, self._config.webhook_secret)

    async def receive(self, request: HttpRequest) -> HttpAnswer:
        return HttpAnswer(503) if self._posting is None else await self._posting.receive(request)

    def read_again(self, update: Unreadable) -> Sequence[Update]:
        """Raises RuntimeError before `connect`."""
        if self._me is None:
            raise RuntimeError("connect first")
        found = read(json.loads(update.raw), self._me, update.at)
        return [] if found is None else [found]

    async def deliver(self, delivery: Delivery, events: AsyncIterator[TurnEvent]) -> None:
        await Answering(self._stage, delivery).run(events)

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        if await self._answered_privately(notice):
            return None
        place = Place.of(conversation)
        texts = as_messages(notice, in_group=not place.is_private)
        reply_to = Spot.of(notice.reply_to).message if notice.reply_to is not None else None
        said: Spot | None = None
        for text in texts:
            markup = markup_for(notice, in_group=not place.is_private) if text is texts[-1] else None
            said = await self._sender.send(place, text, markup=markup, reply_to=reply_to)
            reply_to = None
        return said.ref(self._id) if said is not None else None

    async def _answered_privately(self, notice: Notice) -> bool:
        """As a toast or an alert over the button, if it fits there and the press is young enough."""
        if notice.reply is None:
            return False
        callback, pressed_at = opened_handle(notice.reply)
        text = toast(notice)
        is_young = (self._clock.now() - pressed_at).total_seconds() < _ANSWERABLE
        if not text or not is_young:
            return False
        self._pending.discard(callback)
        return await self._api.answer(callback, text, alert=len(text) > ALERT_LIMIT)

    async def acknowledge(self, reply: str) -> None:
        """The button stops spinning. A press that another process received is let go there."""
        callback, _ = opened_handle(reply)
        if callback not in self._pending:
            return
        self._pending.discard(callback)
        try:
            await self._api.answer(callback)
        except PlatformError as error:
            logger.info("press_unanswered", extra={"error": error.sentence})

    async def settle(self, message: MessageRef, outcome: Outcome, *, at_leisure: bool = False) -> None:
        """A removal costs nothing of what messages may, so it has no need of leisure."""
        self._leisure.forget(message)
        if at_leisure and not isinstance(outcome, Removed):
            self._leisure.later(message, lambda: self._settled(message, outcome, Priority.COSMETIC))
        else:
            await self._settled(message, outcome, Priority.CONTROL)

    async def _settled(self, message: MessageRef, outcome: Outcome, priority: Priority) -> None:
        spot = Spot.of(message)
        try:
            match outcome:
                case Replaced(text, buttons):
                    await self._sender.edit(spot, _last(text), markup=keyboard(buttons), priority=priority)
                case Rebuttoned(buttons):
                    await self._sender.rebutton(spot, keyboard(buttons), priority=priority)
                case Removed():
                    await self._remove(spot)
        except PlatformError as error:
            if error.fault not in _HARMLESS:
                raise
            logger.info("not_settled", extra={"message_ref": str(message), "error": error.sentence})

    async def _remove(self, spot: Spot) -> None:
        """What is older than 48 hours cannot be deleted, but its buttons can go."""
        try:
            await self._sender.delete(spot)
        except PlatformError as error:
            if error.fault not in _HARMLESS:
                raise
            await self._sender.rebutton(spot, None)

    async def erase(self, message: MessageRef) -> None:
        try:
            await self._sender.delete(Spot.of(message))
        except PlatformError as error:
            logger.warning("not_erased", extra={"message_ref": str(message), "error": error.sentence})

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        return await self._api.download(attachment.id, limit)

    async def close(self) -> None:
        await self._leisure.close()
        await self._api.close()


def _last(text: str) -> Rendered:
    """One message cannot become two. What it took several to say ends in the one with the controls, and what was
    decided stands at its end."""
    texts = parts(text)
    return texts[-1] if texts else Rendered("…")
