"""A raw update → what it means. Pure: no network, no clock, no state.

Facts about the fields: Bot API, sections "Getting updates" and "Available types".
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from adapters.telegram.addressing import (
    Me,
    command_of,
    mentions,
    replies_to,
    without_mention,
)
from adapters.telegram.content import attachments, link_to, quotation, unsupported
from adapters.telegram.flattening import plain_text
from adapters.telegram.payloads import (
    CallbackQuery,
    Incoming,
    MemberUpdate,
    Message,
    MessageReaction,
    StoppedGeneration,
    User,
)
from adapters.telegram.places import Place, Spot
from adapters.telegram.presses import pressed
from bridge.domain.commands import NAMES, Command
from bridge.domain.interactions import Person
from bridge.domain.updates import (
    CommandGiven,
    ConversationMoved,
    FeedbackGiven,
    MessageEdited,
    MessageReceived,
    Rating,
    ReachabilityChanged,
    StopRequested,
    Unreadable,
    UnsupportedReceived,
    Update,
    VoteSource,
)
from bridge.ports.payloads import what_is_wrong

ANONYMOUS_ADMIN = 1087968824  # the user GroupAnonymousBot, in whose name anonymous admins write
POSTED_AS_CHANNEL = 136817688  # the user Channel_Bot, in whose name people write as one of their channels
_FACELESS = (ANONYMOUS_ADMIN, POSTED_AS_CHANNEL)


_GOOD = frozenset(
    ["👍", "❤", "❤️", "❤\u200d🔥", "🔥", "🥰", "👏", "🎉", "🤩", "🙏", "👌", "😍", "💯", "🏆", "⚡", "🆒", "🤗", "🫡"]
)
_BAD = frozenset(["👎", "💩", "🤮", "😡", "🤬", "🖕"])


def read(raw: dict[str, Any], me: Me, now: datetime) -> Update | None:
    """None for what is knowingly ignored; `Unreadable` for what does not have the documented shape."""
    try:
        return _meaning(Incoming.model_validate(raw), me, now)
    except (ValidationError, ValueError, OverflowError, OSError) as error:  # OSError: a time no calendar has
        return unreadable(raw, me, now, error)


def unreadable(raw: dict[str, Any], me: Me, now: datetime, error: Exception) -> Unreadable:
    """Its id is the update's own number, as nothing better is known; redelivery repeats it."""
    body = json.dumps(raw, ensure_ascii=False, sort_keys=True)
    number = raw.get("update_id", hashlib.sha256(body.encode()).hexdigest()[:24])
    return Unreadable(
        id=f"update:{number}",
        conversation=Place(0).key(str(me.id)),
        by=Person(""),
        at=now,
        raw=body,
        error=what_is_wrong(error),
    )


def _meaning(update: Incoming, me: Me, now: datetime) -> Update | None:
    if update.message is not None:
        return _message(update.message, me)
    if update.edited_message is not None:
        return _edited(update.edited_message, me)
    if update.callback_query is not None:
        return _pressed(update.callback_query, me, now)
    if update.message_reaction is not None:
        return _reaction(update.message_reaction, me)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, me)
    if update.stopped_message_generation is not None:
        return _stopped(update.stopped_message_generation, me, now)
    return None


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _person(user: User) -> Person:
    return Person(str(user.id), user.name, user.language_code)


def _author(message: Message, me: Me) -> Person | None:
    """Who wrote it; None for bots, the bot's own inline results, automatic forwards and channels."""
    user = message.from_user
    if user is None or message.chat.type == "channel" or message.is_automatic_forward:
        return None
    if message.via_bot is not None and message.via_bot.id == me.id:
        return None
    if user.id in _FACELESS and message.sender_chat is not None:
        return Person(str(message.sender_chat.id), message.sender_chat.name)
    return None if user.is_bot else _person(user)


def _message(message: Message, me: Me) -> Update | None:
    moved = _moved(message, me)
    if moved is not None:
        return moved
    by = _author(message, me)
    if by is None:
        return None
    command = command_of(message)
    if command is not None:
        return _command(command, message, by, me)
    return _content(message, by, me)


def _moved(message: Message, me: Me) -> Update | None:
    """A group became a supergroup. Both chats say so, with one id for both, as it is one fact."""
    old, new = message.chat.id, message.migrate_to_chat_id
    if message.migrate_from_chat_id is not None:
        old, new = message.migrate_from_chat_id, message.chat.id
    if new is None:
        return None
    bot = str(me.id)
    return ConversationMoved(
        id=f"moved:{old}/{new}",
        conversation=Place(old).key(bot),
        by=Person(""),
        at=_time(message.date),
        old=Place(old).key(bot),
        new=Place(new).key(bot),
    )


def _id(message: Message) -> str:
    return f"message:{message.chat.id}/{message.message_id}"


def _command(command: Command, message: Message, by: Person, me: Me) -> Update | None:
    """In a group, a command for another bot is not ours, and an unknown one that names nobody may be anyone's."""
    ours = command.addressee.casefold() == me.username.casefold()
    if command.addressee and not ours:
        return None
    if not message.chat.is_private and not ours and command.name not in NAMES:
        return None
    place = Place(message.chat.id, message.topic)
    bot = str(me.id)
    if command.name == "stop":
        return StopRequested(id=_id(message), conversation=place.key(bot), by=by, at=_time(message.date))
    question = command.argument or (quotation(message, me) if command.name == "ask" else "")
    if command.name == "ask" and (question or attachments(message)):
        return _received(message, by, me, text=question, addressed=True, quoted=quotation(message, me))
    return CommandGiven(
        id=_id(message),
        conversation=place.key(bot),
        by=by,
        at=_time(message.date),
        message=Spot(message.chat.id, message.message_id).ref(bot),
        name=command.name,
        argument=command.argument,
        private=message.chat.is_private,
    )


def _content(message: Message, by: Person, me: Me) -> Update | None:
    addressed = message.chat.is_private or mentions(message, me) or replies_to(message, me)
    text = without_mention(message, me)
    if not text and message.rich_message is not None:
        text = plain_text(message.rich_message)
    if text or attachments(message) or (addressed and mentions(message, me)):
        return _received(message, by, me, text=text, addressed=addressed, quoted=quotation(message, me))
    kind = unsupported(message)
    if kind is None or not addressed:
        return None
    bot = str(me.id)
    return UnsupportedReceived(
        id=_id(message),
        conversation=Place(message.chat.id, message.topic).key(bot),
        by=by,
        at=_time(message.date),
        message=Spot(message.chat.id, message.message_id).ref(bot),
        kind=kind,
    )


def _received(message: Message, by: Person, me: Me, *, text: str, addressed: bool, quoted: str) -> MessageReceived:
    bot = str(me.id)
    return MessageReceived(
        id=_id(message),
        conversation=Place(message.chat.id, message.topic).key(bot),
        by=by,
        at=_time(message.date),
        message=Spot(message.chat.id, message.message_id).ref(bot),
        text=text or (quoted if addressed else ""),
        attachments=attachments(message),
        addressed=addressed,
        private=message.chat.is_private,
        batch=f"album:{message.media_group_id}" if message.media_group_id else None,
        channel="" if message.chat.is_private else message.chat.name,
        link=link_to(message),
        quoted=quoted if text and text != quoted else "",
    )


def _edited(message: Message, me: Me) -> Update | None:
    """Telegram also reports edits nobody sees; without words there is nothing to ask anew."""
    by = _author(message, me)
    command = command_of(message)
    text = command.argument if command is not None and command.name == "ask" else without_mention(message, me)
    if by is None or not text or message.edit_date is None:
        return None
    bot = str(me.id)
    return MessageEdited(
        id=f"edit:{message.chat.id}/{message.message_id}/{message.edit_date}",
        conversation=Place(message.chat.id, message.topic).key(bot),
        by=by,
        at=_time(message.edit_date),
        message=Spot(message.chat.id, message.message_id).ref(bot),
        text=text,
    )


def _pressed(query: CallbackQuery, me: Me, now: datetime) -> Update | None:
    return pressed(query, str(me.id), _person(query.from_user), now)


def _reaction(reaction: MessageReaction, me: Me) -> Update | None:
    if reaction.user is not None:
        by = _person(reaction.user)
    elif reaction.actor_chat is not None:
        by = Person(str(reaction.actor_chat.id), reaction.actor_chat.name)
    else:
        return None
    new = [item.emoji for item in reaction.new_reaction]
    old = [item.emoji for item in reaction.old_reaction]
    rating, before = _rating(new), _rating(old)
    if rating is Rating.NONE and before is Rating.NONE:
        return None
    bot = str(me.id)
    return FeedbackGiven(
        id=f"reaction:{reaction.chat.id}/{reaction.message_id}/{by.id}/{reaction.date}/{''.join(new)}",
        conversation=Place(reaction.chat.id).key(bot),
        by=by,
        at=_time(reaction.date),
        message=Spot(reaction.chat.id, reaction.message_id).ref(bot),
        turn=None,
        rating=rating,
        source=VoteSource.REACTION,
        takes_back=before if rating is Rating.NONE else None,
    )


def _rating(emojis: list[str]) -> Rating:
    if any(emoji in _BAD for emoji in emojis):
        return Rating.BAD
    return Rating.GOOD if any(emoji in _GOOD for emoji in emojis) else Rating.NONE


def _membership(change: MemberUpdate, me: Me) -> Update:
    member = change.new_chat_member
    gone = member.status in ("left", "kicked") or (member.status == "restricted" and not member.is_member)
    return ReachabilityChanged(
        id=f"member:{change.chat.id}/{change.date}/{member.status}",
        conversation=Place(change.chat.id).key(str(me.id)),
        by=_person(change.from_user),
        at=_time(change.date),
        reachable=not gone,
    )


def _stopped(stopped: StoppedGeneration, me: Me, now: datetime) -> Update:
    """The Stop button on a draft, which exists in private chats only, where the chat is the person."""
    return StopRequested(
        id=f"stopped:{stopped.chat.id}/{stopped.draft_id}",
        conversation=Place(stopped.chat.id, stopped.message_thread_id).key(str(me.id)),
        by=Person(str(stopped.chat.id), stopped.chat.name),
        at=now,
    )
