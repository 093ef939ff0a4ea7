"""Is a message meant for the bot, and what does it say once the mention is taken out?

Entity offsets count UTF-16 code units, so texts are cut as UTF-16.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.telegram.payloads import Entity, Message
from bridge.domain.commands import Command, command_in


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself; `username` without the @."""

    id: int
    username: str


def words(message: Message) -> tuple[str, tuple[Entity, ...]]:
    """Text or caption, with the entities that belong to it."""
    if message.text is not None:
        return message.text, message.entities
    return message.caption or "", message.caption_entities


def cut(text: str, offset: int, length: int) -> str:
    return text.encode("utf-16-le")[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")


def _without(text: str, entity: Entity) -> str:
    raw = text.encode("utf-16-le")
    kept = raw[: entity.offset * 2] + raw[(entity.offset + entity.length) * 2 :]
    return kept.decode("utf-16-le", "replace")


def _names(entity: Entity, text: str, me: Me) -> bool:
    if entity.type == "mention":
        return cut(text, entity.offset, entity.length).casefold() == f"@{me.username}".casefold()
    return entity.type == "text_mention" and entity.user is not None and entity.user.id == me.id


def command_of(message: Message) -> Command | None:
    """The command a message begins with. Telegram marks them, outside of code; and `/etc.conf` as `/etc`, too."""
    text, entities = words(message)
    is_marked = any(entity.type == "bot_command" and entity.offset == 0 for entity in entities)
    return command_in(text) if is_marked else None


def mentions(message: Message, me: Me) -> bool:
    text, entities = words(message)
    return any(_names(entity, text, me) for entity in entities)


def without_mention(message: Message, me: Me) -> str:
    """The text without the bot's name, and without the comma people put after it."""
    text, entities = words(message)
    named = [entity for entity in entities if _names(entity, text, me)]
    for entity in reversed(named):
        text = _without(text, entity)
    text = text.strip()
    return text.lstrip(",:，：").lstrip() if named else text


def replies_to(message: Message, me: Me) -> bool:
    """A reply to the bot. A topic's first message 'replies' to the note that opened the topic, which is none."""
    replied = message.reply_to_message
    return (
        replied is not None
        and replied.forum_topic_created is None
        and replied.from_user is not None
        and replied.from_user.id == me.id
    )
