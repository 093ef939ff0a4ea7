"""A paused workflow: what FastGPT asks, and what a person answers.

One schema for every interactive node, nested ones already unwrapped, for plugin inputs and for global variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from bridge.domain.ids import ConversationKey, InteractionId, MessageRef, TurnId

Json: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something. `id` is the platform's own user id."""

    id: str
    name: str = ""
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """`label` is shown, `value` is sent. Values may repeat, so options are told apart by position."""

    label: str
    value: str
    description: str = ""


class FieldType(StrEnum):
    """FastGPT's own names. A type that is not here is shown as TEXT_FALLBACK: typed freely, sent as text."""

    INPUT = "input"
    TEXTAREA = "textarea"
    NUMBER = "numberInput"
    SELECT = "select"
    MULTIPLE_SELECT = "multipleSelect"
    SWITCH = "switch"
    PASSWORD = "password"  # noqa: S105 - the name of a field type
    FILES = "fileSelect"
    TIME_POINT = "timePointSelect"
    TIME_RANGE = "timeRangeSelect"
    TEXT_FALLBACK = "text"


class TimeGranularity(StrEnum):
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form. Lengths are characters, `minimum` and `maximum` are for numbers, `max_files` counts files.

    `default` is already in the JSON type FastGPT expects. `not_before` and `not_after` are ISO-8601 instants.
    """

    key: str
    label: str
    type: FieldType
    description: str = ""
    required: bool = False
    default: Json = None
    options: tuple[Option, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    max_files: int = 1
    file_extensions: tuple[str, ...] = ()
    granularity: TimeGranularity = TimeGranularity.SECOND
    not_before: str | None = None
    not_after: str | None = None
    value_type: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options. `free_text` says that any other text is a legal answer too."""

    description: str
    options: tuple[Option, ...]
    free_text: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to choose: any non-empty message goes on (points ran out, or a node type not known yet)."""

    description: str


Ask: TypeAlias = Choice | Form | Pause


class Purpose(StrEnum):
    """Where the answer goes."""

    RESUME = "resume"
    """Back into the paused workflow."""
    VARIABLES = "variables"
    """Global variables, asked before the first turn of a conversation."""
    PLUGIN = "plugin"
    """The inputs of a plugin (tool) app, which has no question of its own."""


@dataclass(frozen=True, slots=True)
class Chosen:
    index: int
    option: Option


@dataclass(frozen=True, slots=True)
class Filled:
    """Values by field key, in the JSON types FastGPT expects. Only what `domain.forms.check` let through gets here.

    `passwords` are the keys of password fields, which FastGPT wants wrapped.
    """

    values: Mapping[str, Json]
    passwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    text: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The person left the question. FastGPT has no such answer: the bridge takes the paused round out of the chat."""


Answer: TypeAlias = Chosen | Filled | Said | Cancelled


class InteractionState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Draft:
    """A form filled field by field. `step` counts fields from 0; `step == len(fields)` is the summary card.

    `prompt` is the message that asks for the current field. `editing` says that the step was reached from the summary;
    at the summary, that `prompt` is a reminder below it.
    `moved_by` is the inbox id of what led here: handled once more after a crash, it leads no further.
    """

    step: int = 0
    values: Mapping[str, Json] = field(default_factory=dict)
    prompt: MessageRef | None = None
    editing: bool = False
    moved_by: str = ""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One stored question of a workflow.

    `kind` is FastGPT's own type name of the deepest node. `extends_record` says that FastGPT appends the continuation
    to the record of the turn that asked, so votes on it belong there. `message` is where the controls are shown.
    `doubtful`: an earlier answer to the same question failed, and FastGPT may have taken it all the same.
    `asked` is the person whose message led here. `pending_update` is the inbox id of the message that waits for
    variables or plugin inputs.
    """

    id: InteractionId
    turn: TurnId
    conversation: ConversationKey
    kind: str
    ask: Ask
    asked: Person
    purpose: Purpose
    extends_record: bool
    created_at: datetime
    expires_at: datetime
    state: InteractionState = InteractionState.OPEN
    message: MessageRef | None = None
    draft: Draft = field(default_factory=Draft)
    answered_by: Person | None = None
    answer: Answer | None = None
    pending_update: str | None = None
    doubtful: bool = False

    @property
    def is_open(self) -> bool:
        return self.state is InteractionState.OPEN
