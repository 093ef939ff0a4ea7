"""Slack's events and slash commands as updates. Pure: no call, no clock.

An empty result is knowingly ignored; an `Unreadable` could not be read. Ids are built from what Slack repeats (channel
and ts), so that a mention, which Slack sends twice (`app_mention` and `message`), and every redelivery are one update.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.slack.addresses import Place, message_ref
from adapters.slack.mrkdwn import begins_by_mentioning, begins_by_mentioning_another, mentions, plain
from adapters.slack.payloads import File, Message, Reaction, SessionStopped, Slash
from adapters.slack.spelling import spelling
from bridge.domain.commands import NAMES, Command, command_in
from bridge.domain.ids import ConversationKey
from bridge.domain.interactions import Person
from bridge.domain.phrases import begins_outside_of_threads, only_in_a_thread
from bridge.domain.updates import (
    Attachment,
    CommandGiven,
    FeedbackGiven,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Rating,
    StopRequested,
    Unreadable,
    UnsupportedReceived,
    Update,
    VoteSource,
)
from bridge.ports.payloads import Unfit, what_is_wrong

_MESSAGE_SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message"})
_OF_ONE_CONVERSATION = frozenset({"new", "stop", "cancel"})
_VOTES = {"+1": Rating.GOOD, "thumbsup": Rating.GOOD, "-1": Rating.BAD, "thumbsdown": Rating.BAD}
_UNREACHABLE_FILES = frozenset({"external", "tombstone", "hidden_by_limit"})
_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in one workspace; `url` is the workspace's own, with a slash at its end."""

    team: str
    user: str
    bot_id: str = ""
    name: str = ""
    url: str = ""
    agent_view: bool = True

    def conversation(self, channel: str, ts: str = "", thread_ts: str = "") -> ConversationKey:
        """Where a message belongs: its thread; the thread it can begin; or the DM, where that is one conversation."""
        root = thread_ts or ts
        if channel.startswith("D") and not thread_ts and not self.agent_view:
            root = ""
        return Place(self.team, channel, root).key(self.user)


def moment(ts: str) -> datetime:
    """Slack's `seconds.microseconds`; raises ValueError for anything else."""
    return datetime.fromtimestamp(float(ts), UTC)


def updates_of_event(body: Mapping[str, Any], me: Me) -> list[Update]:
    """The updates in an `event_callback`."""
    event = body.get("event")
    kind = event.get("type") if isinstance(event, Mapping) else None
    try:
        match kind:
            case "message" | "app_mention":
                return _message(Message.model_validate(event), me)
            case "reaction_added" | "reaction_removed":
                return _reaction(Reaction.model_validate(event), me)
            case "agent_session_stopped":
                return [_stopped(SessionStopped.model_validate(event), me)]
            case None:
                return [unreadable(body, me, "an event without a type")]
            case _:
                return []
    except (ValueError, OverflowError, OSError) as error:
        return [unreadable(body, me, what_is_wrong(error))]


def updates_of_slash(body: Mapping[str, Any], me: Me, now: datetime) -> list[Update]:
    """A slash command: a question, or help. Slack shows nobody what was written, so a question has to be shown.

    Slack allows none in threads and names no thread. What is for one conversation is none where `answer_to_slash` has
    an answer. `now`: the payload carries no time.
    """
    if answer_to_slash(body, me):
        return []
    try:
        slash = Slash.model_validate(body)
    except ValueError as error:
        return [unreadable(body, me, what_is_wrong(error))]
    name, argument = _behind_slash(slash, me)
    id = f"slash:{slash.trigger_id}"
    conversation = Place(me.team, slash.channel_id).key(me.user)
    by = Person(slash.user_id, slash.user_name)
    reply = private_reply(slash.channel_id, "", slash.user_id)
    if name == "stop":
        return [StopRequested(id=id, conversation=conversation, by=by, at=now, reply=reply)]
    return [
        CommandGiven(
            id=id,
            conversation=conversation,
            by=by,
            at=now,
            message=None,
            name=name,
            argument=argument,
            private=slash.channel_id.startswith("D"),
            reply=reply,
        )
    ]


def answer_to_slash(body: Mapping[str, Any], me: Me) -> str:
    """What is said at once, to its giver alone: that it is meant for one thread, and how that is written there."""
    try:
        slash = Slash.model_validate(body)
    except ValueError:
        return ""  # as `updates_of_slash` will find
    name, _ = _behind_slash(slash, me)
    if name not in _OF_ONE_CONVERSATION or not me.conversation(slash.channel_id, "1").address.endswith("/1"):
        return ""
    written = spelling(me.name).of(name, private=slash.channel_id.startswith("D"))
    return begins_outside_of_threads(written) if name == "new" else only_in_a_thread(written)


def _behind_slash(slash: Slash, me: Me) -> tuple[str, str]:
    text = plain(slash.text, without=me.user, name=me.name).strip()
    word, _, rest = text.partition(" ")
    if not text or text.lower() in _OF_ONE_CONVERSATION | {"help"}:
        return text.lower() or "help", ""
    return "ask", rest.strip() if word.lower() == "ask" else text


def private_reply(channel: str, root: str, user: str) -> str:
    """The handle by which somebody is answered privately: where, and who."""
    return f"{channel}/{root}/{user}"


def unreadable(body: Mapping[str, Any], me: Me, error: str) -> Unreadable:
    """The payload as it came, but for what gives access: the verification token and the response URL."""
    kept = {key: value for key, value in body.items() if key not in {"token", "response_url", "response_urls"}}
    raw = json.dumps(kept, ensure_ascii=False, sort_keys=True, default=str)
    digest = hashlib.sha256(raw.encode()).hexdigest()[:32]
    when = body.get("event_time")
    return Unreadable(
        id=f"unreadable:{digest}",
        conversation=Place(me.team, "unreadable").key(me.user),
        by=Person(""),
        at=datetime.fromtimestamp(when if isinstance(when, int | float) else 0, UTC),
        raw=raw,
        error=error,
    )


def attachment(file: File) -> Attachment | None:
    """None for a file that is not with Slack, or not any more. The id carries its address for `download`."""
    if file.mode in _UNREACHABLE_FILES:
        return None
    name, media_type = file.name or file.title or file.id, file.mimetype
    if file.subtype == "slack_audio":  # a voice clip: audio, whatever its name and type say
        name, media_type = name.removesuffix(".mp4").removesuffix(".m4a") + ".m4a", "audio/mp4"
    url = file.url_private_download or file.url_private
    return Attachment(id=f"{file.id} {url}".strip(), name=name, media_type=media_type, size=file.size)


def _message(event: Message, me: Me) -> list[Update]:
    if event.subtype == "message_changed":
        return _changed(event, me)
    if event.subtype == "message_deleted":
        return _deleted(event, me)
    if event.subtype not in _MESSAGE_SUBTYPES or _is_from_a_bot(event, me):
        return []
    direct = event.channel_type == "im" or event.channel.startswith("D")
    addressed = direct or mentions(event.text, me.user)
    if not addressed and (not event.thread_ts or begins_by_mentioning_another(event.text, me.user)):
        return []
    return _heard(event, me, direct=direct, addressed=addressed)


def _heard(event: Message, me: Me, *, direct: bool, addressed: bool) -> list[Update]:
    id = f"message:{me.team}:{event.channel}:{event.ts}"
    conversation = me.conversation(event.channel, event.ts, event.thread_ts)
    by, at, message = _person(event), moment(event.ts), message_ref(me.user, event.channel, event.ts)
    text = plain(event.text, without=me.user, name=me.name)
    files = tuple(found for file in event.files if (found := attachment(file)) is not None)
    command = _command(event.text, text, me, direct=direct) if addressed else None
    if command is not None and command.name == "ask" and (command.argument or files):
        text = command.argument
    elif command is not None and not files:
        if command.name == "stop":
            return [StopRequested(id=id, conversation=conversation, by=by, at=at)]
        return [
            CommandGiven(
                id=id,
                conversation=conversation,
                by=by,
                at=at,
                message=message,
                name=command.name,
                argument=command.argument,
                private=direct,
            )
        ]
    if not text and not files:
        kind = "this kind of file" if event.files else "a message without text"
        heard = UnsupportedReceived(id=id, conversation=conversation, by=by, at=at, message=message, kind=kind)
        return [heard] if addressed else []
    return [
        MessageReceived(
            id=id,
            conversation=conversation,
            by=by,
            at=at,
            message=message,
            text=text,
            attachments=files,
            addressed=addressed,
            private=direct,
            channel=event.channel,
            link=_link(event, me),
            quoted=_quoted(event),
        )
    ]


def _command(raw: str, text: str, me: Me, *, direct: bool) -> Command | None:
    """In channels the word alone right after the mention is enough, since Slack keeps what begins with a slash to
    itself there; in a DM it needs a `/` or `!`, since there every word is for the assistant. A mention and nothing else
    asks for a start."""
    mentioned = begins_by_mentioning(raw, me.user)
    if mentioned and not text:
        return Command("start")
    if (command := command_in(text)) is not None:
        return command
    word = text.casefold()
    if word.startswith("!"):
        word = word[1:]
    elif direct or not mentioned:
        return None
    return Command(word) if word in NAMES else None


def _changed(event: Message, me: Me) -> list[Update]:
    """Slack also reports unfurled links and new replies as changes; only a person's new text is one here."""
    now, before = event.message, event.previous_message
    if now is None:
        raise Unfit("message_changed without a message")
    if now.subtype == "tombstone":  # a thread's root was deleted while it has replies
        return _gone(event, before or now, me)
    if _is_from_a_bot(now, me) or now.edited is None or (before is not None and before.text == now.text):
        return []
    if not _concerns(event.channel, now, me) and not (before is not None and _concerns(event.channel, before, me)):
        return []
    text = plain(now.text, without=me.user, name=me.name)
    command = command_in(text)
    return [
        MessageEdited(
            id=f"edited:{me.team}:{event.channel}:{now.ts}:{now.edited.get('ts', event.ts)}",
            conversation=me.conversation(event.channel, now.ts, now.thread_ts),
            by=_person(now),
            at=moment(str(now.edited.get("ts") or now.ts)),
            message=message_ref(me.user, event.channel, now.ts),
            text=command.argument if command is not None and command.name == "ask" else text,
        )
    ]


def _deleted(event: Message, me: Me) -> list[Update]:
    before = event.previous_message
    if before is None:
        return []  # nothing says whose it was or where it stood
    return _gone(event, before, me)


def _gone(event: Message, before: Message, me: Me) -> list[Update]:
    if _is_from_a_bot(before, me) or not _concerns(event.channel, before, me):
        return []
    ts = event.deleted_ts or before.ts
    return [
        MessageDeleted(
            id=f"deleted:{me.team}:{event.channel}:{ts}",
            conversation=me.conversation(event.channel, ts, before.thread_ts),
            by=_person(before),
            at=moment(event.event_ts or event.ts or ts),
            message=message_ref(me.user, event.channel, ts),
        )
    ]


def _reaction(event: Reaction, me: Me) -> list[Update]:
    rating = _VOTES.get(event.reaction.partition("::")[0])
    if rating is None or event.item.type != "message" or event.item_user != me.user or event.user == me.user:
        return []
    added = event.type == "reaction_added"
    change = "added" if added else "removed"
    return [
        FeedbackGiven(
            id=f"reaction:{change}:{event.item.channel}:{event.item.ts}:{event.user}:{event.reaction}:{event.event_ts}",
            conversation=Place(me.team, event.item.channel).key(me.user),
            by=Person(event.user),
            at=moment(event.event_ts),
            message=message_ref(me.user, event.item.channel, event.item.ts),
            turn=None,
            rating=rating if added else Rating.NONE,
            source=VoteSource.REACTION,
            takes_back=None if added else rating,
        )
    ]


def _stopped(event: SessionStopped, me: Me) -> StopRequested:
    return StopRequested(
        id=f"stop:{me.team}:{event.channel}:{event.thread_ts}:{event.event_ts}",
        conversation=me.conversation(event.channel, thread_ts=event.thread_ts),
        by=Person(event.user),
        at=moment(event.event_ts),
        reply=private_reply(event.channel, event.thread_ts, event.user),
    )


def _is_from_a_bot(event: Message, me: Me) -> bool:
    """Answering bots is how loops begin; it includes the bridge itself."""
    return (
        bool(event.bot_id)
        or event.bot_profile is not None
        or event.subtype == "bot_message"
        or event.user in ("", me.user, _SLACKBOT)
    )


def _concerns(channel: str, message: Message, me: Me) -> bool:
    return channel.startswith("D") or bool(message.thread_ts) or mentions(message.text, me.user)


def _person(event: Message) -> Person:
    profile = event.user_profile
    name = (profile.display_name or profile.real_name or profile.name) if profile else ""
    return Person(event.user, name)


def _quoted(event: Message) -> str:
    shared = (plain(item.text) for item in event.attachments if item.is_share or item.is_msg_unfurl)
    return "\n\n".join(text for text in shared if text)


def _link(event: Message, me: Me) -> str | None:
    """The permalink, as chat.getPermalink would make it, without asking."""
    if not me.url:
        return None
    link = f"{me.url}archives/{event.channel}/p{event.ts.replace('.', '')}"
    return f"{link}?thread_ts={event.thread_ts}&cid={event.channel}" if event.thread_ts else link
