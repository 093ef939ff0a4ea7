"""Which messages reach a bot, and how it learns that its standing in a chat has changed."""

from __future__ import annotations

from tests.emulators.telegram.entities import covered
from tests.emulators.telegram.records import Chat, Json, Message, User
from tests.emulators.telegram.world import World

_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_manage_topics",
    "can_pin_messages",
    "can_manage_tags",
)


def reaches_bot(world: World, message: Message) -> bool:
    """Privacy mode: in groups only commands for it, replies to it and (switchable) mentions, unless it is an admin.

    Source: core.telegram.org/bots/features, "Privacy mode".
    """
    chat, settings = message.chat, world.settings
    if chat.is_private:
        return True
    if chat.bot not in ("member", "administrator"):
        return False
    if settings.can_read_all_group_messages or chat.bot == "administrator":
        return True
    if message.reply_to is not None and message.reply_to.sender is world.bot:
        return True
    if message.text.startswith("/"):
        command = message.text.split(maxsplit=1)[0]
        return "@" not in command or command.lower().endswith(f"@{settings.username.lower()}")
    return settings.mentions_reach_bot and _mentions(world, message)


def tell_service(world: World, message: Message) -> None:
    """Service messages always reach a bot that is in the chat."""
    if message.chat.is_private or message.chat.bot in ("member", "administrator"):
        message.update_id = world.updates.add("message", message.json(), message.chat.id)


def tell_private(world: World, chat: Chat, person: User, *, old: str, new: str) -> None:
    world.updates.add("my_chat_member", _change(world, chat, person, old, new), chat.id)


def change_standing(world: World, chat: Chat, by: User, new: str) -> None:
    old, chat.bot = chat.bot, new
    world.updates.add("my_chat_member", _change(world, chat, by, old, new), chat.id)
    if old in ("left", "kicked") and new in ("member", "administrator"):
        joined = {**world.bot.json(), "username": world.settings.username}
        service(world, chat, by, {"new_chat_members": [joined]})
    world.bell.ring()


def migrate(world: World, chat: Chat, by: User) -> Chat:
    """A basic group becomes a supergroup with another id; both chats get a service message."""
    assert chat.type == "group", "only basic groups migrate"
    new = Chat(-1_000_000_000_000 - abs(chat.id), "supergroup", chat.title, bot=chat.bot)
    world.chats[new.id] = new
    service(world, chat, by, {"migrate_to_chat_id": new.id})
    chat.migrated_to = new.id
    service(world, new, by, {"migrate_from_chat_id": chat.id})
    return new


def service(world: World, chat: Chat, by: User, media: Json) -> Message:
    message = world.keep(Message(world.message_id(chat), chat, by, world.clock(), media=media))
    tell_service(world, message)
    return message


def _mentions(world: World, message: Message) -> bool:
    for entity in message.entities:
        if entity["type"] == "mention":
            if covered(message.text, entity).lower() == f"@{world.settings.username.lower()}":
                return True
        elif entity["type"] == "text_mention" and entity["user"]["id"] == world.bot.id:
            return True
    return False


def _change(world: World, chat: Chat, by: User, old: str, new: str) -> Json:
    return {
        "chat": chat.json(),
        "from": by.json(),
        "date": int(world.clock()),
        "old_chat_member": _member(world, old),
        "new_chat_member": _member(world, new),
    }


def _member(world: World, status: str) -> Json:
    member: Json = {"status": status, "user": world.bot.json()}
    if status == "kicked":
        member["until_date"] = 0
    if status == "administrator":
        member |= {name: name not in ("is_anonymous", "can_be_edited") for name in _ADMIN_RIGHTS}
    return member
