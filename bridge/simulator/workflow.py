"""Workflows as data: what an app does with a message, as a tuple of steps.

A text is a string, or a function of the `Scope` that returns one. Steps that hold flows (branches, tools, loops,
sub-apps) nest freely.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bridge.simulator.ids import stable_id

Json: TypeAlias = Any  # what json.loads returns; this is the wire side, and wire payloads are built as plain dicts


@dataclass(slots=True)
class Scope:
    """What a step can see. `history` is (Human or AI or System, text), oldest first, without the present question."""

    question: str
    files: tuple[str, ...] = ()
    variables: dict[str, Json] = field(default_factory=dict)
    system: Mapping[str, str] = field(default_factory=dict)
    history: Sequence[tuple[str, str]] = ()
    outputs: dict[tuple[str, str], Json] = field(default_factory=dict)
    item: Json = None
    """The present element of the innermost loop."""

    def choice(self, node: str) -> str:
        return str(self.outputs.get((node, "selectResult"), ""))

    def form(self, node: str) -> dict[str, Json]:
        result = self.outputs.get((node, "formInputResult"))
        return result if isinstance(result, dict) else {}


Text: TypeAlias = str | Callable[[Scope], str]


def rendered(text: Text, scope: Scope) -> str:
    return text if isinstance(text, str) else text(scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    id: str = ""
    name: str = ""
    status: bool = True
    """Whether the node announces itself (`flowNodeStatus`), where its kind can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat(Step):
    """A model answers. `delay` is in seconds, before the first token."""

    text: Text
    reasoning: Text = ""
    system: str = ""
    model: str = "demo-model"
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Step):
    """A fixed reply: one `fastAnswer`, with a line break before it."""

    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(Step):
    """A node that fails. FastGPT streams what there was, stores nothing of it, and goes on to no other node."""

    error: str
    text: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash(Step):
    """The handler itself throws: `event: error`, no `[DONE]`, nothing saved."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Step):
    """Any node that takes `seconds` and says nothing (an HTTP request, some code). `error` is not fatal."""

    seconds: float = 0.0
    kind: str = "httpRequest468"
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVariables(Step):
    values: Mapping[str, Json] | Callable[[Scope], Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage of a knowledge base. `source` is an address for a web page, else a file id."""

    text: str
    source_name: str
    answer: str = ""
    source: str = ""
    score: float = 0.9

    @property
    def id(self) -> str:
        return stable_id(f"quote {self.source_name} {self.text}")

    @property
    def marker(self) -> str:
        """What the model writes behind a sentence that rests on this passage."""
        return f"[{self.id}](CITE)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Step):
    quotes: tuple[Quote, ...]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Step):
    """`branches` by option value; an option without one just goes on. `dynamic`: options by reference, may repeat."""

    description: Text
    options: tuple[str, ...]
    branches: Mapping[str, Flow] = field(default_factory=dict)
    dynamic: bool = False

    def option_keys(self) -> list[str]:
        prefix, first = ("reference_", 0) if self.dynamic else ("option", 1)
        return [f"{prefix}{number}" for number in range(first, len(self.options) + first)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Step):
    """`fields` are FastGPT's own dicts; `form_field` makes them."""

    description: Text
    fields: tuple[Mapping[str, Json], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Step):
    """Any other pause. What its answer does to the records follows from `kind`, as on a server."""

    kind: str
    params: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool by a model. With a `flow` the tool is a workflow, and may pause."""

    name: str
    function: str
    params: Text = "{}"
    response: Text = ""
    avatar: str = "core/workflow/template/toolCall"
    flow: Flow = ()
    seconds: float = 0.0
    when: Callable[[Scope], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Step):
    """A model that calls tools, then answers."""

    calls: tuple[ToolCall, ...]
    text: Text
    system: str = ""
    model: str = "demo-model"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubApp(Step):
    flow: Flow
    start_name: str = "Start"
    logo: str = "/icon/logo.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Step):
    """Runs `flow` for each item; `collect` says what each round results in. `kind` is `loop` or `loopRun`."""

    items: tuple[Json, ...]
    flow: Flow
    collect: Callable[[Scope], Json]
    kind: str = "loop"
    start_id: str = ""
    end_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Taken if one of `words` occurs in the question as a whole word, in any case."""

    words: tuple[str, ...]
    flow: Flow
    label: str = ""

    def fits(self, question: str) -> bool:
        return any(re.search(rf"\b{re.escape(word)}\b", question, re.IGNORECASE) for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Step):
    """A question classifier."""

    cases: tuple[Case, ...]
    otherwise: Flow = ()

    def flows(self) -> tuple[Flow, ...]:
        return (*(case.flow for case in self.cases), self.otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginOutput(Step):
    outputs: Callable[[Scope], Mapping[str, Json]]


Flow: TypeAlias = tuple[Step, ...]


def form_field(kind: str, key: str, *, value_type: str = "string", **properties: Json) -> dict[str, Json]:
    """A field of a form as FastGPT's editor saves it: label and key are the same."""
    base = {
        "type": kind,
        "key": key,
        "label": key,
        "value": "",
        "valueType": value_type,
        "description": "",
        "defaultValue": "",
        "required": False,
        "list": [],
    }
    return base | properties


def choices(*values: str) -> list[dict[str, str]]:
    return [{"label": value, "value": value} for value in values]
