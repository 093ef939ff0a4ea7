"""Where things are on Telegram, and how that is written into the bridge's opaque ids.

An address is `<chat>` or `<chat>/<topic>`; a message is `<chat>/<message>`, whatever topic it is in, because a reaction
names only those two. The General topic of a forum has no id: a message sent with thread id 1 is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.domain.ids import ConversationKey, MessageRef

PLATFORM = "telegram"


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, or a topic in it. Ids of private chats are positive, those of groups negative (Bot API, Chat.id)."""

    chat: int
    topic: int | None = None

    @property
    def is_private(self) -> bool:
        return self.chat > 0

    @property
    def address(self) -> str:
        return str(self.chat) if self.topic is None else f"{self.chat}/{self.topic}"

    def key(self, bot: str) -> ConversationKey:
        return ConversationKey(PLATFORM, bot, self.address)

    def moved(self, chat: int) -> Place:
        return replace(self, chat=chat)

    @classmethod
    def of(cls, key: ConversationKey) -> Place:
        """Raises ValueError for an address this adapter cannot have minted."""
        chat, _, topic = key.address.partition("/")
        return cls(int(chat), int(topic) if topic else None)


@dataclass(frozen=True, slots=True)
class Spot:
    """One message."""

    chat: int
    message: int

    def ref(self, bot: str) -> MessageRef:
        return MessageRef(PLATFORM, bot, f"{self.chat}/{self.message}")

    @classmethod
    def of(cls, ref: MessageRef) -> Spot:
        """Raises ValueError for a reference this adapter cannot have minted."""
        chat, _, message = ref.id.partition("/")
        return cls(int(chat), int(message))
