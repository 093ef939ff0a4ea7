"""sendMessage and its relatives: what is refused, and what becomes a message."""

from __future__ import annotations

from typing import Any

from tests.emulators.telegram.entities import CAPTION_LIMIT, TEXT_LIMIT, Formatted, formatted, within
from tests.emulators.telegram.keyboards import check_markup
from tests.emulators.telegram.parse_modes import parsed_text
from tests.emulators.telegram.records import Chat, Json, Message, StoredFile
from tests.emulators.telegram.refusals import Refused, bad_request
from tests.emulators.telegram.rich import checked_rich
from tests.emulators.telegram.world import World

PHOTO_LIMIT = 10 * 1024 * 1024  # bytes of an upload
UPLOAD_LIMIT = 50 * 1024 * 1024


def send_message(world: World, params: Json) -> Json:
    chat = world.chat(params["chat_id"])
    text = content(world, params)
    return _sent(world, chat, params, text=text.text, entities=text.entities)


def send_rich_message(world: World, params: Json) -> Json:
    chat = world.chat(params["chat_id"])
    rich = checked_rich(params["rich_message"], draft=False)
    return _sent(world, chat, params, rich=rich)


def send_photo(world: World, params: Json) -> Json:
    return _send_media(world, params, "photo", PHOTO_LIMIT)


def send_document(world: World, params: Json) -> Json:
    return _send_media(world, params, "document", UPLOAD_LIMIT)


def content(world: World, params: Json, field: str = "text", limit: int = TEXT_LIMIT) -> Formatted:
    """Text or caption with its entities. Raises Refused."""
    caption = field == "caption"
    text, entities = params.get(field, ""), params.get("caption_entities" if caption else "entities", [])
    if params.get("parse_mode"):
        text, entities = parsed_text(text, params["parse_mode"], world.changed)
    result = formatted(text, entities, world.changed)
    if not result.text and not caption:
        raise bad_request("message text is empty")
    within(result.text, limit, caption=caption)
    return result


def replied_to(world: World, chat: Chat, params: Json) -> tuple[Message | None, str]:
    """The message a call replies to, and the quoted part. Raises Refused if it is not there."""
    reply = params.get("reply_parameters") or {}
    target = reply.get("message_id") or params.get("reply_to_message_id")
    if not target:
        return None, ""
    if reply.get("chat_id", chat.id) != chat.id:
        raise bad_request("message to be replied not found")
    try:
        message = world.message(chat, target, "message to be replied not found")
    except Refused:
        if reply.get("allow_sending_without_reply") or params.get("allow_sending_without_reply"):
            return None, ""
        raise
    quote = reply.get("quote", "")
    if quote and quote not in message.text:
        raise bad_request("message to be replied not found: quote not found")
    return message, quote


def _sent(world: World, chat: Chat, params: Json, **fields: Any) -> Json:
    reply_to, quote = replied_to(world, chat, params)
    topic = world.thread(chat, params.get("message_thread_id") or _topic_of(reply_to))
    markup = check_markup(params.get("reply_markup"), private=chat.is_private)
    world.flood.message(chat.id, group=not chat.is_private)
    message = Message(
        world.message_id(chat),
        chat,
        world.bot,
        world.clock(),
        thread=topic.id if topic else chain(chat, reply_to),
        in_topic=topic is not None,
        reply_to=reply_to,
        quote=quote,
        markup=markup,
        call=params,
        **fields,
    )
    _end_draft(world, message)
    return world.keep(message).json()


def _topic_of(reply_to: Message | None) -> int | None:
    """A reply that names no topic lands in the topic of what it answers."""
    return reply_to.thread if reply_to is not None and reply_to.in_topic else None


def chain(chat: Chat, reply_to: Message | None) -> int | None:
    """Outside of forums a reply belongs to the thread of what it answers, in supergroups only."""
    if chat.type != "supergroup" or chat.is_forum or reply_to is None:
        return None
    return reply_to.thread or reply_to.id


def _end_draft(world: World, message: Message) -> None:
    draft = world.live_draft(message.chat, message.thread)
    if draft is None:
        return
    draft.removed_at = message.date
    shown, final = draft.text, message.text or str((message.rich or {}).get("markdown", ""))
    if shown[:1] == final[:1]:
        message.adopted_draft = draft


def _send_media(world: World, params: Json, kind: str, limit: int) -> Json:
    chat = world.chat(params["chat_id"])
    caption = content(world, params, "caption", CAPTION_LIMIT)
    file, name = _file(world, params, kind, limit)
    media = {kind: described(file, kind, name)}
    return _sent(world, chat, params, text=caption.text, entities=caption.entities, media=media)


def _file(world: World, params: Json, kind: str, limit: int) -> tuple[StoredFile, str]:
    given = params[kind]
    upload = params.get("_files", {}).get(given.removeprefix("attach://") if given.startswith("attach://") else kind)
    if upload is not None:
        name, body = upload
        if not body:
            raise bad_request("file must be non-empty")
        if len(body) > limit:
            raise Refused(413, "Request Entity Too Large")
        return store_file(world, body, name), name
    if given in world.files:
        return world.files[given], ""
    if given.startswith(("http://", "https://")):
        name = given.rsplit("/", 1)[-1]
        return store_file(world, given.encode(), name), name
    raise bad_request("wrong remote file identifier specified: Wrong string length")


def store_file(world: World, body: bytes, name: str, size: int | None = None) -> StoredFile:
    number = world.number()
    path = f"files/file_{number}{'.' + name.rsplit('.', 1)[1] if '.' in name else ''}"
    file = StoredFile(f"BQACAgI{number:06}", f"AgAD{number:06}", path, body, len(body) if size is None else size)
    world.files[file.id] = file
    return file


def described(file: StoredFile, kind: str, name: str = "", media_type: str = "") -> Any:
    """The Document, Voice, … object of a file, or the list of PhotoSizes of a photo."""
    out: Json = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": file.size}
    if kind == "photo":
        small = {**out, "width": 90, "height": 60, "file_size": max(1, file.size // 10)}
        return [small, {**out, "width": 1280, "height": 853}]
    if kind in ("voice", "audio", "video", "video_note"):
        out["duration"] = 3
    if kind == "video":
        out |= {"width": 640, "height": 480}
    if name:
        out["file_name"] = name
    if media_type:
        out["mime_type"] = media_type
    return out
