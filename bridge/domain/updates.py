"""Updates: inbound facts, verified, not yet handled.

`Update.id` is unique per (platform, bot) and the same on every redelivery; adapters build it from what the platform
repeats (a message's address and time, a callback's id), never from an event's or an envelope's own number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bridge.domain.ids import ConversationKey, InteractionId, MessageRef, TurnId
from bridge.domain.interactions import Json, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class _Update:
    id: str
    conversation: ConversationKey
    by: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file somebody sent. `id` is opaque; the adapter that minted it can download it. `size` is in bytes."""

    id: str
    name: str
    media_type: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(_Update):
    """Somebody wrote.

    `addressed`: a DM, a mention, a command or a reply to the bot. What is not addressed is only heard in a
    conversation the bot already takes part in. `batch`: consecutive messages with the same batch (an album, a paste
    the client split) are one question. `private`: only this person and the bot can read the conversation.
    `quoted`: text the person replied to or cited, unless it was the bot's own latest answer.
    """

    message: MessageRef
    text: str
    attachments: tuple[Attachment, ...] = ()
    addressed: bool = True
    private: bool = False
    batch: str | None = None
    channel: str = ""
    link: str | None = None
    quoted: str = ""
    pressed: str | None = None
    """Set when the text came from a button (a quick reply), which leaves no message of the person's own: its echo."""
    secret: bool = False
    """The text answers a request for a secret: it is encrypted in the store, and removed from it once handled."""
    kept: bool = False
    """It waits in the store for as long as something is open in its conversation, and its author was told so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedReceived(_Update):
    """Something the bridge cannot read (a sticker, a poll). `kind` is a plain English noun with its article."""

    message: MessageRef
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven(_Update):
    """`name` without slash, in lower case: start, new, help, cancel. `reply` reaches only the giver, if set."""

    message: MessageRef | None
    name: str
    argument: str = ""
    private: bool = False
    reply: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(_Update):
    """`turn` is the answer to stop; None is whatever runs in the conversation. `message`: where that was pressed."""

    turn: TurnId | None = None
    message: MessageRef | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pressed(_Update):
    """A control was used. `reply` is an opaque handle by which the adapter can answer privately."""

    message: MessageRef | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionChosen(_Pressed):
    interaction: InteractionId
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSubmitted(_Pressed):
    """A native form came back; `values` are raw, by field key, and not yet checked."""

    interaction: InteractionId
    values: Mapping[str, Json]
    attachments: Mapping[str, tuple[Attachment, ...]]


class FormMove(StrEnum):
    START = "start"
    PICK = "pick"
    TOGGLE = "toggle"
    DONE = "done"
    BACK = "back"
    SKIP = "skip"
    CLEAR = "clear"
    """Take back what the field holds, and ask for it anew."""
    EDIT = "edit"
    PAGE = "page"
    SUBMIT = "submit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStepTaken(_Pressed):
    """A button of a form that goes field by field. `step` is the field the button was shown for, counted from 0."""

    interaction: InteractionId
    step: int
    move: FormMove
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionCancelled(_Pressed):
    interaction: InteractionId


class Rating(StrEnum):
    GOOD = "good"
    BAD = "bad"
    NONE = "none"
    """The vote is taken back."""


class VoteSource(StrEnum):
    BUTTON = "button"
    REACTION = "reaction"
    REASON = "reason"
    """A reason given after the vote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(_Pressed):
    """A vote. `turn` is None for a reaction, which names only a message; `conversation` is then the channel's.

    `takes_back` comes with Rating.NONE where the platform says which vote was withdrawn: then only that one goes, and a
    newer opposite one stays.
    """

    turn: TurnId | None
    rating: Rating
    source: VoteSource
    reason: str = ""
    takes_back: Rating | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickReplyChosen(_Pressed):
    turn: TurnId
    index: int


class AnswerAction(StrEnum):
    REGENERATE = "regenerate"
    RETRY = "retry"
    SOURCES = "sources"
    DETAILS = "details"
    REASK = "reask"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerActionChosen(_Pressed):
    """A control under an answer. `index` names one of several (a source); -1 is none of them."""

    turn: TurnId
    action: AnswerAction
    index: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(_Update):
    """`in_line`: it has waited until what was asked before is answered, its own question included. `kept`: it goes on
    waiting, as of MessageReceived, for its question may be one that does.
    """

    message: MessageRef
    text: str
    in_line: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(_Update):
    """`in_line` as of MessageEdited."""

    message: MessageRef
    in_line: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationMoved(_Update):
    """Everything addressed below `old` now lives below the same address in `new` (a group became a supergroup)."""

    old: ConversationKey
    new: ConversationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachabilityChanged(_Update):
    """The bot was blocked, removed, or let in (again)."""

    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(_Update):
    """A payload the adapter could not read: stored as it came, set aside as dead at once."""

    raw: str
    error: str


# --- what the bridge tells itself, through the same durable queue ---


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAccepted(_Update):
    """An interaction was answered (the answer is stored with it): resume the workflow."""

    interaction: InteractionId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFinished(_Update):
    """An answer has ended, however: time to tidy up the one before, and for quick replies."""

    turn: TurnId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRejected(_Update):
    """An answer is to be given again: its record goes, the question (or `text`, if set) is asked anew."""

    turn: TurnId
    text: str | None = None


Update: TypeAlias = (
    MessageReceived
    | UnsupportedReceived
    | CommandGiven
    | StopRequested
    | OptionChosen
    | FormSubmitted
    | FormStepTaken
    | InteractionCancelled
    | FeedbackGiven
    | QuickReplyChosen
    | AnswerActionChosen
    | MessageEdited
    | MessageDeleted
    | ConversationMoved
    | ReachabilityChanged
    | Unreadable
    | AnswerAccepted
    | AnswerFinished
    | AnswerRejected
)


def is_from_a_person(update: Update) -> bool:
    """Somebody did something just now, so they and the place can be reached."""
    return not isinstance(
        update,
        AnswerAccepted
        | AnswerFinished
        | AnswerRejected
        | ConversationMoved
        | ReachabilityChanged
        | MessageDeleted
        | Unreadable,
    )


class Lane(StrEnum):
    """Which line of a conversation an update waits in."""

    TURN = "turn"
    """One at a time, first in first out: whatever may run FastGPT."""
    SIDE = "side"
    """Quick: controls, stop. Never waits behind a running answer, nor for FastGPT."""
    VOTE = "vote"
    """One after the other; they wait for a FastGPT that is away, and keep nothing else waiting."""
    AFTER = "after"
    """May be slow and delays nobody: quick replies."""


_TURN_COMMANDS = frozenset({"new", "cancel"})


def lane_of(update: Update) -> Lane:
    match update:
        case MessageReceived() | AnswerAccepted() | AnswerRejected() | ConversationMoved():
            return Lane.TURN
        case CommandGiven(name=name) if name in _TURN_COMMANDS:
            return Lane.TURN
        case MessageEdited(in_line=True) | MessageDeleted(in_line=True):
            return Lane.TURN
        case FeedbackGiven():
            return Lane.VOTE
        case AnswerFinished():
            return Lane.AFTER
        case _:
            return Lane.SIDE


def lane_key(update: Update) -> str:
    return f"{update.conversation}#{lane_of(update)}"
