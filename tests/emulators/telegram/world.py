"""The state of the emulated Telegram, and the rules about who may reach which chat."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.emulators.telegram.clock import Bell, Clock
from tests.emulators.telegram.limits import FloodControl, Limits
from tests.emulators.telegram.records import Chat, Draft, Json, Message, Press, StoredFile, Topic, User
from tests.emulators.telegram.refusals import Refused, bad_request
from tests.emulators.telegram.update_queue import UpdateQueue

DRAFT_LIFE = 30.0  # seconds, restarted by every frame
GENERAL = 1  # the id of the General topic, which no call may name


@dataclass(slots=True)
class Settings:
    """What differs between bots and servers; may be changed at any time.

    `private_reactions`: reactions in private chats reach the bot (reports differ). `mentions_reach_bot`: so do plain
    mentions in groups with privacy mode on (documentation and field reports differ). `rich_messages`: the server
    knows the rich message methods. `conflict_delay`: real seconds before a 409 is answered (3 in production).
    `local_server`: it is not Telegram's own server but one that an operator runs, which also posts to http addresses on
    any port (Bot API, "Using a Local Bot API Server").
    """

    username: str = "fastgpt_test_bot"
    has_topics_enabled: bool = False
    can_read_all_group_messages: bool = False
    mentions_reach_bot: bool = True
    private_reactions: bool = True
    rich_messages: bool = True
    conflict_delay: float = 0.0
    local_server: bool = False


@dataclass(slots=True)
class World:
    clock: Clock
    settings: Settings
    bell: Bell
    flood: FloodControl
    updates: UpdateQueue
    bot: User
    chats: dict[int, Chat] = field(default_factory=dict)
    presses: dict[str, Press] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    profile: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)
    webhook: Json = field(default_factory=dict)
    silently_changed: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _private_ids: Iterator[int] = field(default_factory=lambda: itertools.count(101))
    _own_ids: dict[int, Iterator[int]] = field(default_factory=dict)

    def number(self) -> int:
        """A fresh number for anything that needs an id."""
        return next(self._numbers)

    def message_id(self, chat: Chat) -> int:
        """Supergroups count for themselves, after the message that made them; others share the bot's own counter."""
        if chat.type == "supergroup":
            return next(self._own_ids.setdefault(chat.id, itertools.count(GENERAL + 1)))
        return next(self._private_ids)

    def chat(self, chat_id: int | str) -> Chat:
        """The chat a call names, if the bot may write there. Raises Refused."""
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None or (chat.is_private and not chat.opened):
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        if chat.blocked:
            raise Refused(403, "bot was blocked by the user")
        if chat.bot in ("kicked", "left"):
            verb = "was kicked from" if chat.bot == "kicked" else "is not a member of"
            raise Refused(403, f"bot {verb} the {chat.type} chat")
        return chat

    def thread(self, chat: Chat, thread: int | None) -> Topic | None:
        """The topic a call names. Raises Refused for General, unknown, deleted and closed ones."""
        if not thread:
            return None
        topic = chat.topics.get(thread)
        if topic is None and chat.type == "supergroup" and not chat.is_forum and self._is_reply_chain(chat, thread):
            return None
        if thread == GENERAL or topic is None or topic.deleted:
            raise bad_request("message thread not found")
        if topic.closed and chat.bot != "administrator":
            raise bad_request("TOPIC_CLOSED")
        return topic

    def message(self, chat: Chat, message_id: int | None, missing: str) -> Message:
        """A message that is still there. Raises Refused with the sentence `missing`."""
        message = chat.messages.get(message_id or 0)
        if message is None or message.deleted_at is not None:
            raise bad_request(missing)
        return message

    def keep(self, message: Message) -> Message:
        message.chat.messages[message.id] = message
        self.bell.ring()
        return message

    def live_draft(self, chat: Chat, thread: int | None) -> Draft | None:
        """The preview the person sees now."""
        for draft in reversed(chat.drafts):
            if draft.thread == thread and draft.removed_at is None and draft.frames[-1][0] + DRAFT_LIFE > self.clock():
                return draft
        return None

    def changed(self, what: str) -> None:
        self.silently_changed.append(what)

    @staticmethod
    def _is_reply_chain(chat: Chat, thread: int) -> bool:
        return any(message.thread == thread or message.id == thread for message in chat.messages.values())


def new_world(clock: Clock, settings: Settings, bot: User, *, flood_control: bool, repoll_penalty: bool) -> World:
    bell = Bell()
    return World(
        clock=clock,
        settings=settings,
        bell=bell,
        flood=FloodControl(clock, Limits(), enforced=flood_control),
        updates=UpdateQueue(clock, bell, repoll_penalty),
        bot=bot,
    )
