"""Turn events: what happens while an answer is being given, in the order it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bridge.domain.controls import Control
from bridge.domain.interactions import Ask, Interaction, Json


@dataclass(frozen=True, slots=True)
class TextAdded:
    """More answer text: Markdown, to be appended to what came before."""

    text: str


@dataclass(frozen=True, slots=True)
class TextRestarted:
    """The answer begins anew: the text so far is void (the connection broke, and the question was asked again)."""


@dataclass(frozen=True, slots=True)
class ReasoningAdded:
    """More of the model's reasoning; shown apart from the answer or not at all."""

    text: str


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """A workflow node began. `name` is the operator's name of the node, never an i18n key."""

    name: str


class ToolState(StrEnum):
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """A tool call began or ended. `id` is the same for both."""

    id: str
    name: str
    state: ToolState


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing has come for a while; `sentence` tells the person why. A later one replaces an earlier one."""

    sentence: str


@dataclass(frozen=True, slots=True)
class InteractionRequested:
    """The workflow paused. The interaction is stored before this is yielded."""

    interaction: Interaction


class Ending(StrEnum):
    COMPLETE = "complete"
    PAUSED = "paused"
    """The workflow waits for an answer; an interaction came before."""
    STOPPED = "stopped"
    """Somebody stopped it; what there is stays."""
    INCOMPLETE = "incomplete"
    """It broke off; what there is stays, marked."""
    FAILED = "failed"
    """There is no answer; `note` says so."""


@dataclass(frozen=True, slots=True)
class Button:
    """`label` is at most 75 characters by agreement; renderers cut what their platform cannot show."""

    label: str
    control: Control
    chosen: bool = False
    primary: bool = False
    danger: bool = False


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The last event, always. The whole text is committed before it is yielded.

    `text` is authoritative: Markdown, complete, citations resolved; what was streamed is a preview of it.
    `note` is a sentence to show below (or instead of) the text. `buttons` go under the last part, in rows.
    """

    ending: Ending
    text: str
    note: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()


TurnEvent: TypeAlias = (
    TextAdded | TextRestarted | ReasoningAdded | StatusChanged | ToolUsed | Waiting | InteractionRequested | TurnEnded
)


# --- what the assistant says, before the bridge has stored, numbered and worded it ---


@dataclass(frozen=True, slots=True)
class WorkflowPaused:
    """FastGPT asks something. `kind` is its own name of the deepest node's type."""

    kind: str
    ask: Ask
    extends_record: bool


@dataclass(frozen=True, slots=True)
class Citation:
    """One quoted passage. `id` is what the markers in the text name. `url` only if the source is a web page.

    `score` is the best of FastGPT's scores, 0 to 1, None where it gave none. `text` is empty where FastGPT kept none.
    `collection` and `dataset` are FastGPT's ids, needed to fetch the text later.
    """

    id: str
    name: str
    url: str | None = None
    score: float | None = None
    text: str = ""
    collection: str = ""
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """One workflow node ran. `seconds`, `tokens` and `points` are FastGPT's own figures, None where absent.

    `error` is set if it failed; `name` is the operator's name of the node or, for a built-in one, its type.
    """

    id: str
    name: str
    kind: str
    seconds: float | None = None
    model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    points: float | None = None
    error: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginFinished:
    """The outputs of a plugin app, by name."""

    outputs: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Titled:
    title: str


@dataclass(frozen=True, slots=True)
class Finished:
    """FastGPT said that the answer is complete. Without it, the stream broke off."""


AssistantEvent: TypeAlias = (
    TextAdded
    | ReasoningAdded
    | StatusChanged
    | ToolUsed
    | WorkflowPaused
    | NodeFinished
    | PluginFinished
    | Titled
    | Finished
)
