"""What a message holds: files, a citation, a link to itself, or something the bridge cannot read."""

from __future__ import annotations

from adapters.telegram.addressing import Me, replies_to, words
from adapters.telegram.flattening import plain_text
from adapters.telegram.payloads import File, Message
from bridge.domain.updates import Attachment

_UNSUPPORTED = {
    "sticker": "a sticker",
    "poll": "a poll",
    "venue": "a venue",
    "location": "a location",
    "contact": "a contact",
    "dice": "dice",
    "game": "a game",
    "story": "a story",
    "checklist": "a checklist",
    "paid_media": "paid media",
}


def unsupported(message: Message) -> str | None:
    """What it is instead, as a noun with its article; None if there is nothing of that kind in it."""
    return next((noun for name, noun in _UNSUPPORTED.items() if getattr(message, name) is not None), None)


def quotation(message: Message, me: Me) -> str:
    """What the person cites: a passage they picked, else the message they reply to, unless it is the bot's own."""
    if message.quote is not None and message.quote.text:
        return message.quote.text
    replied = message.reply_to_message
    if replied is None or replied.forum_topic_created is not None or replies_to(message, me):
        return ""
    return words(replied)[0] or (plain_text(replied.rich_message) if replied.rich_message else "")


def link_to(message: Message) -> str | None:
    """t.me links exist for supergroups only, whose ids begin with -100."""
    number = str(message.chat.id)
    topic = f"{message.topic}/" if message.topic is not None else ""
    if message.chat.username and not message.chat.is_private:
        return f"https://t.me/{message.chat.username}/{topic}{message.message_id}"
    if number.startswith("-100"):
        return f"https://t.me/c/{number.removeprefix('-100')}/{topic}{message.message_id}"
    return None


def attachments(message: Message) -> tuple[Attachment, ...]:
    """An animation also comes as a document, which would count it twice."""
    number = message.message_id
    named: tuple[tuple[File | None, str, str], ...] = (
        (message.photo[-1] if message.photo else None, f"photo_{number}.jpg", "image/jpeg"),
        (message.document if message.animation is None else None, f"file_{number}", "application/octet-stream"),
        (message.animation, f"animation_{number}.mp4", "video/mp4"),
        (message.voice, f"voice_{number}.ogg", "audio/ogg"),
        (message.audio, f"audio_{number}.mp3", "audio/mpeg"),
        (message.video, f"video_{number}.mp4", "video/mp4"),
        (message.video_note, f"video_{number}.mp4", "video/mp4"),
    )
    return tuple(
        Attachment(file.file_id, file.file_name or name, file.mime_type or media_type, file.file_size)
        for file, name, media_type in named
        if file is not None
    )
