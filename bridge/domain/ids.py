"""Identities. Everything but `ConversationKey` and `MessageRef` is a plain string with a name."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import NewType

TurnId = NewType("TurnId", str)
"""Also the FastGPT `responseChatItemId` of the turn, chosen before anything is sent."""

ChatId = NewType("ChatId", str)
"""A FastGPT `chatId`. At most 200 ASCII characters; never reused after a reset."""

InteractionId = NewType("InteractionId", str)
"""Unguessable (95 bits), short enough for Telegram's 64-byte callback data."""

AppName = NewType("AppName", str)
"""The operator's name for a FastGPT app; the default one is `default`."""

DEFAULT_APP = AppName("default")

_ALPHABET = string.ascii_letters + string.digits


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_turn_id() -> TurnId:
    """24 characters of `[A-Za-z0-9]`, the length FastGPT itself gives its record ids."""
    return TurnId(_random(24))


def new_chat_id() -> ChatId:
    return ChatId(_random(24))


def new_interaction_id() -> InteractionId:
    return InteractionId(_random(16))


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """One thread, topic, DM or channel.

    `platform` and `bot` contain no colon. `address` is opaque to everyone but the adapter that minted it.
    """

    platform: str
    bot: str
    address: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.bot}:{self.address}"

    def contains(self, other: ConversationKey) -> bool:
        """Whether the other one is somewhere in this one: a thread in a channel, a topic in a group."""
        is_here = (self.platform, self.bot) == (other.platform, other.bot)
        return is_here and other.address.startswith(f"{self.address}/")

    @classmethod
    def parse(cls, text: str) -> ConversationKey:
        """The inverse of `str`. Raises ValueError for anything `str` cannot have produced."""
        platform, bot, address = text.split(":", 2)
        return cls(platform, bot, address)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One message on a platform; `id` holds whatever the adapter needs to edit or delete it, and is opaque elsewhere.

    A reaction names a message but not its thread, so a reference must not depend on the conversation.
    """

    platform: str
    bot: str
    id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.bot}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> MessageRef:
        """The inverse of `str`. Raises ValueError for anything `str` cannot have produced."""
        platform, bot, id = text.split(":", 2)
        return cls(platform, bot, id)
