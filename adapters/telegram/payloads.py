"""What Telegram sends, as far as the bridge reads it (Bot API 10.3). Whatever else is in there is ignored.

Telegram adds fields and update types several times a year, so these models name only what is used, and a raw dict that
does not fit raises `pydantic.ValidationError` for that one update alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from bridge.ports.payloads import Payload


class User(Payload):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str | None = None
    language_code: str | None = None

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.username or str(self.id)


class Chat(Payload):
    id: int
    type: str
    title: str = ""
    username: str | None = None
    first_name: str = ""

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    @property
    def name(self) -> str:
        return self.title or self.username or self.first_name or str(self.id)


class Entity(Payload):
    """`offset` and `length` count UTF-16 code units."""

    type: str
    offset: int
    length: int
    user: User | None = None


class File(Payload):
    """A document, photo size, voice, audio, video, video note or animation."""

    file_id: str
    file_name: str | None = None
    mime_type: str | None = None
    file_size: int | None = None


class Quote(Payload):
    text: str = ""


class Message(Payload):
    message_id: int
    date: int = 0
    edit_date: int | None = None
    chat: Chat
    from_user: User | None = Field(default=None, alias="from")
    sender_chat: Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    via_bot: User | None = None
    media_group_id: str | None = None
    text: str | None = None
    caption: str | None = None
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    reply_to_message: Message | None = None
    quote: Quote | None = None
    rich_message: dict[str, Any] | None = None
    photo: tuple[File, ...] = ()
    document: File | None = None
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None
    forum_topic_created: dict[str, Any] | None = None
    # what the bridge cannot read, and says so
    sticker: Any = None
    poll: Any = None
    location: Any = None
    venue: Any = None
    contact: Any = None
    dice: Any = None
    game: Any = None
    story: Any = None
    checklist: Any = None
    paid_media: Any = None

    @property
    def topic(self) -> int | None:
        """`message_thread_id` also stands on plain reply chains of ordinary groups, which are no topics."""
        return self.message_thread_id if self.is_topic_message else None


class CallbackQuery(Payload):
    id: str
    from_user: User = Field(alias="from")
    message: Message | None = None
    data: str | None = None


class Reaction(Payload):
    type: str
    emoji: str = ""


class MessageReaction(Payload):
    chat: Chat
    message_id: int
    date: int
    user: User | None = None
    actor_chat: Chat | None = None
    old_reaction: tuple[Reaction, ...] = ()
    new_reaction: tuple[Reaction, ...] = ()


class Member(Payload):
    status: str
    is_member: bool = True


class MemberUpdate(Payload):
    chat: Chat
    from_user: User = Field(alias="from")
    date: int
    old_chat_member: Member | None = None
    new_chat_member: Member


class StoppedGeneration(Payload):
    """`draft_id` arrives as a JSON string."""

    chat: Chat
    draft_id: int
    message_thread_id: int | None = None


class Incoming(Payload):
    """Exactly one of the optional fields is present (Bot API, Update)."""

    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: CallbackQuery | None = None
    message_reaction: MessageReaction | None = None
    my_chat_member: MemberUpdate | None = None
    stopped_message_generation: StoppedGeneration | None = None


ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
    "stopped_message_generation",
)
