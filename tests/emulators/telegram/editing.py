"""Edits and deletions, by the bot."""

from __future__ import annotations

from tests.emulators.telegram.entities import CAPTION_LIMIT, Formatted
from tests.emulators.telegram.keyboards import check_markup
from tests.emulators.telegram.records import Json, Message
from tests.emulators.telegram.refusals import bad_request
from tests.emulators.telegram.rich import checked_rich
from tests.emulators.telegram.sending import content
from tests.emulators.telegram.world import World

DELETABLE = 48 * 3600.0  # seconds after which a message cannot be deleted any more
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def edit_message_text(world: World, params: Json) -> Json:
    message = _editable(world, params)
    if message.media:
        raise bad_request("there is no text in the message to edit")
    rich = checked_rich(params["rich_message"], draft=False) if "rich_message" in params else None
    text = Formatted("", []) if rich is not None else content(world, params)
    return _edited(world, message, params, text=text.text, entities=text.entities, rich=rich)


def edit_message_caption(world: World, params: Json) -> Json:
    message = _editable(world, params)
    if not message.media:
        raise bad_request("there is no caption in the message to edit")
    caption = content(world, params, "caption", CAPTION_LIMIT)
    return _edited(world, message, params, text=caption.text, entities=caption.entities)


def edit_message_reply_markup(world: World, params: Json) -> Json:
    return _edited(world, _editable(world, params), params)


def delete_message(world: World, params: Json) -> bool:
    chat = world.chat(params["chat_id"])
    message = world.message(chat, params["message_id"], "message to delete not found")
    if not _may_delete(world, message):
        raise bad_request("message can't be deleted")
    _delete(world, message)
    return True


def delete_messages(world: World, params: Json) -> bool:
    """Those that cannot be found or deleted are skipped silently."""
    chat = world.chat(params["chat_id"])
    if not 1 <= len(params["message_ids"]) <= 100:
        raise bad_request("too many message identifiers specified")
    for message in (chat.messages.get(id) for id in params["message_ids"]):
        if message is not None and message.deleted_at is None and _may_delete(world, message):
            _delete(world, message)
    return True


def _editable(world: World, params: Json) -> Message:
    if "inline_message_id" in params:
        raise bad_request("MESSAGE_ID_INVALID")
    chat = world.chat(_required(params, "chat_id", "chat_id is empty"))
    message = world.message(chat, params.get("message_id"), "message to edit not found")
    replaced = message.markup is not None and message.keyboard is None
    if message.sender is not world.bot or replaced:
        # TDLib: a message sent with a reply keyboard or a forced reply is not editable either
        raise bad_request("message can't be edited")
    return message


def _edited(world: World, message: Message, params: Json, **fields: object) -> Json:
    markup = check_markup(params.get("reply_markup"), private=message.chat.is_private, inline_only=True)
    world.flood.message(message.chat.id, group=not message.chat.is_private)
    fields["markup"] = markup
    if all(getattr(message, name) == value for name, value in fields.items()):
        raise bad_request(NOT_MODIFIED)
    message.change(world.clock(), **fields)
    world.bell.ring()
    return message.json()


def _may_delete(world: World, message: Message) -> bool:
    if world.clock() - message.date > DELETABLE:
        return False
    return message.sender is world.bot or message.chat.is_private or message.chat.bot == "administrator"


def _delete(world: World, message: Message) -> None:
    message.deleted_at = world.clock()
    world.bell.ring()


def _required(params: Json, name: str, missing: str) -> int | str:
    if name not in params:
        raise bad_request(missing)
    value: int | str = params[name]
    return value
