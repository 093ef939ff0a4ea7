"""A turn: one question and its answer; and what it is asked in and shown by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bridge.domain import files
from bridge.domain.events import Citation, Ending, NodeFinished, WorkflowPaused
from bridge.domain.ids import (
    AppName,
    ChatId,
    ConversationKey,
    InteractionId,
    MessageRef,
    TurnId,
)
from bridge.domain.interactions import Answer, Field, Json, Person


@dataclass(frozen=True, slots=True)
class App:
    """A FastGPT application. `base_url` ends in `/api`; `key` never appears in a repr.

    `web_url` is the server's origin, by which relative links in answers are made whole.
    """

    name: AppName
    base_url: str
    app_id: str
    key: str = field(repr=False)
    api_version: str = "auto"
    web_url: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread, topic, DM or channel, bound to one FastGPT chat at a time.

    `turns` counts those begun in this chat; a greeting, which asks FastGPT nothing, is none.
    """

    key: ConversationKey
    app: AppName
    chat: ChatId
    turns: int = 0
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that FastGPT can read. `key` is its object-storage key, where the server has one."""

    name: str
    url: str
    media_type: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: new text, or the answer to an interaction (then `kind` says of which type)."""

    text: str = ""
    files: tuple[UploadedFile, ...] = ()
    answer: Answer | None = None
    kind: str = ""
    variables: Mapping[str, Json] = field(default_factory=dict)


class TurnState(StrEnum):
    RECEIVED = "received"
    ASKED = "asked"
    """FastGPT may have seen the question."""
    ANSWERED = "answered"
    """The whole text is in the store; what is missing is on the platform only."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up; the person was told."""


class PartState(StrEnum):
    PLANNED = "planned"
    """Certainly not on screen: sending it was refused, and may be tried again."""
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    """The send timed out: it may be on screen or not."""


@dataclass(frozen=True, slots=True)
class Part:
    """One platform message of a delivery. `index` counts from 0 in reading order.

    `is_final`: it shows its share of the finished text and needs no further edit.
    """

    index: int
    state: PartState
    message: MessageRef | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """`update` is the inbox id of what began it. `record` is the FastGPT record that holds the answer: `id`, or for the
    continuation of a paused workflow the record of the turn that asked. `abandoned` are records that FastGPT may still
    store for runs which were given up. `text` is the answer as it will be shown.
    """

    id: TurnId
    conversation: ConversationKey
    app: AppName
    chat: ChatId
    update: str
    asked: Person
    record: TurnId
    state: TurnState = TurnState.RECEIVED
    question: Question = field(default_factory=Question)
    reply_to: MessageRef | None = None
    private: bool = False
    channel: str = ""
    text: str = ""
    note: str = ""
    ending: Ending | None = None
    interaction: InteractionId | None = None
    citations: tuple[Citation, ...] = ()
    nodes: tuple[NodeFinished, ...] = ()
    suggestions: tuple[str, ...] = ()
    suggestions_shown: MessageRef | None = None
    parts: tuple[Part, ...] = ()
    begun_at: datetime | None = None
    abandoned: tuple[TurnId, ...] = ()
    edited: str = ""
    """What the person has changed the question to since."""
    offer: MessageRef | None = None
    """Where it is offered to answer that instead."""

    @property
    def is_greeting(self) -> bool:
        """It asks FastGPT nothing; its questions stand in the very message that greets."""
        return self.state is TurnState.DELIVERED and self.ending is None


@dataclass(frozen=True, slots=True)
class Opening:
    """What an app's configuration says about the start of a chat.

    `questions` are ready-made first questions. `auto_execute` is a first question to ask by itself.
    `plugin_inputs` are present only for a plugin (tool) app, which takes them instead of text. `max_files` counts
    those that one question may have.
    """

    app_title: str = ""
    welcome: str = ""
    questions: tuple[str, ...] = ()
    instruction: str = ""
    auto_execute: str | None = None
    variables: tuple[Field, ...] = ()
    plugin_inputs: tuple[Field, ...] = ()
    suggests: bool = False
    accepts_files: bool = False
    max_files: int = files.MOST


class ChatStatus(StrEnum):
    GENERATING = "generating"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The server is too old to say."""


@dataclass(frozen=True, slots=True)
class Record:
    """One half of a round in FastGPT's history. `paused` is its last value, if that is an unanswered interaction.

    A resumed workflow extends its record: `rounds` is the text cut at the interactions, so that `rounds[1]` is what
    followed the first answer; `text` is all of it.
    """

    id: str
    from_person: bool
    text: str
    paused: WorkflowPaused | None = None
    error: str = ""
    rounds: tuple[str, ...] = ()
