"""What the emulated Telegram remembers: people, chats, topics, messages, drafts and presses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(slots=True, eq=False, repr=False)
class User:
    id: int
    first_name: str
    username: str = ""
    language_code: str = ""
    is_bot: bool = False

    def __repr__(self) -> str:
        return f"<user {self.id} {self.first_name}>"

    def json(self) -> Json:
        out: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            out["username"] = self.username
        if self.language_code:
            out["language_code"] = self.language_code
        return out


@dataclass(slots=True, eq=False, repr=False)
class Topic:
    id: int
    name: str
    creator: User
    implicit: bool = False
    closed: bool = False
    deleted: bool = False

    def __repr__(self) -> str:
        return f"<topic {self.id} {self.name!r}>"


@dataclass(slots=True, eq=False, repr=False)
class Chat:
    """`bot` is the bot's standing in a group: member, administrator, left or kicked; `blocked` is for private chats."""

    id: int
    type: str
    title: str = ""
    person: User | None = None
    is_forum: bool = False
    bot: str = "member"
    blocked: bool = False
    opened: bool = True
    migrated_to: int | None = None
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    actions: list[ChatAction] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.type} chat {self.id} {self.title}>"

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    def json(self) -> Json:
        out: Json = {"id": self.id, "type": self.type}
        if self.person is not None:
            out["first_name"] = self.person.first_name
            if self.person.username:
                out["username"] = self.person.username
        else:
            out["title"] = self.title
        if self.is_forum:
            out["is_forum"] = True
        return out


@dataclass(frozen=True, slots=True)
class Version:
    """How a message looked from `at` (unix seconds) on."""

    at: float
    text: str
    entities: tuple[Json, ...]
    keyboard: Json | None


@dataclass(slots=True, eq=False, repr=False)
class Message:
    """`markup` is any reply markup; `media` are the content fields other than text, service messages included."""

    id: int
    chat: Chat
    sender: User
    date: float
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    media: Json = field(default_factory=dict)
    rich: Json | None = None
    thread: int | None = None
    in_topic: bool = False
    reply_to: Message | None = None
    quote: str = ""
    markup: Json | None = None
    media_group: str = ""
    sender_chat: Chat | None = None
    call: Json = field(default_factory=dict)
    edited_at: float | None = None
    deleted_at: float | None = None
    versions: list[Version] = field(default_factory=list)
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    adopted_draft: Draft | None = None
    update_id: int = 0

    def __post_init__(self) -> None:
        self.versions.append(self._version(self.date))

    def __repr__(self) -> str:
        gone = " deleted" if self.deleted_at is not None else ""
        return f"<message {self.id} of {self.sender.first_name}{gone}: {self.text!r} {self.labels or ''}>"

    @property
    def edits(self) -> list[Version]:
        """What it was changed to, oldest first, with the times."""
        return self.versions[1:]

    @property
    def keyboard(self) -> Json | None:
        """The inline keyboard, None if it has none."""
        return self.markup if self.markup and "inline_keyboard" in self.markup else None

    @property
    def buttons(self) -> list[Json]:
        return [] if self.keyboard is None else [button for row in self.keyboard["inline_keyboard"] for button in row]

    @property
    def labels(self) -> list[str]:
        return [button["text"] for button in self.buttons]

    @property
    def forces_reply(self) -> bool:
        return bool(self.markup and self.markup.get("force_reply"))

    def change(self, at: float, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
        self.edited_at = at
        self.versions.append(self._version(at))

    def json(self, *, with_reply: bool = True) -> Json:
        out: Json = {
            "message_id": self.id,
            "date": int(self.date),
            "chat": self.chat.json(),
            "from": self.sender.json(),
        }
        if self.sender_chat is not None:
            out["sender_chat"] = self.sender_chat.json()
        if self.thread is not None:
            out["message_thread_id"] = self.thread
        if self.in_topic:
            out["is_topic_message"] = True
        out.update(self._content())
        if with_reply and self.reply_to is not None:
            out["reply_to_message"] = self.reply_to.json(with_reply=False)
            if self.quote:
                out["quote"] = {"text": self.quote, "position": max(self.reply_to.text.find(self.quote), 0)}
        if self.media_group:
            out["media_group_id"] = self.media_group
        if self.edited_at is not None:
            out["edit_date"] = int(self.edited_at)
        if self.keyboard is not None:
            out["reply_markup"] = self.keyboard
        return out

    def _content(self) -> Json:
        if self.rich is not None:
            return {"rich_message": self.rich}
        names = ("caption", "caption_entities") if self.media else ("text", "entities")
        out = dict(self.media)
        if self.text:
            out[names[0]] = self.text
        if self.entities:
            out[names[1]] = self.entities
        return out

    def _version(self, at: float) -> Version:
        return Version(at, self.text, tuple(self.entities), self.keyboard)


@dataclass(slots=True, eq=False, repr=False)
class Draft:
    """A streamed preview. `frames` are the texts it has shown, with their times; an empty text shows as Thinking…"""

    id: int
    chat: Chat
    thread: int | None
    can_stop: bool = False
    keep_on_stop: bool = False
    frames: list[tuple[float, str]] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)
    rich: Json | None = None
    stopped_at: float | None = None
    removed_at: float | None = None

    def __repr__(self) -> str:
        return f"<draft {self.id}: {self.texts}>"

    @property
    def text(self) -> str:
        return self.frames[-1][1]

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.frames]


@dataclass(frozen=True, slots=True)
class ChatAction:
    at: float
    action: str
    thread: int | None


@dataclass(frozen=True, slots=True)
class PressAnswer:
    at: float
    text: str
    alert: bool
    url: str


@dataclass(slots=True, eq=False, repr=False)
class Press:
    """A pressed button: what was sent, and what the bot answered (the person sees the first answer only)."""

    id: str
    person: User
    message: Message
    data: str
    at: float
    update_id: int = 0
    answers: list[PressAnswer] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<press {self.id} of {self.data!r}, answers: {self.answers}>"

    @property
    def answer(self) -> PressAnswer | None:
        return self.answers[0] if self.answers else None


@dataclass(frozen=True, slots=True)
class StoredFile:
    id: str
    unique_id: str
    path: str
    content: bytes
    size: int
    """Bytes; may be declared larger than `content` to try the download limit."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a Bot API method as it arrived (unix seconds), and how it was answered (status 0: never)."""

    at: float
    method: str
    params: Json
    status: int
    description: str = ""
