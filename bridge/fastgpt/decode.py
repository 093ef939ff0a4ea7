"""From what FastGPT sends to what happened: frames, or a whole JSON answer, become assistant events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bridge.domain.events import (
    AssistantEvent,
    NodeFinished,
    ReasoningAdded,
    StatusChanged,
    TextAdded,
    Titled,
    ToolState,
    ToolUsed,
)
from bridge.domain.interactions import Json
from bridge.fastgpt.errors import from_frame
from bridge.fastgpt.interactive import paused
from bridge.fastgpt.nodes import failure, node_events
from bridge.fastgpt.sse import Frame
from bridge.fastgpt.wire import (
    Completion,
    NotJson,
    Status,
    Tool,
    Value,
    content_of,
    deltas,
    mended_parsed,
    parsed,
    read,
)
from bridge.fastgpt.wording import TextJoiner, is_key

_IGNORED = frozenset(
    {
        "toolParams",  # the arguments of a call; which tool is used is all a person is shown
        "updateVariables",
        "workflowDuration",
        "planStatus",
        "skillCall",
        "sandboxStatus",
        "resumePhase",  # these four belong to an endpoint the bridge does not call
        "resumeCompleted",
        "resumeUnavailable",
        "done",
    }
)
_NOTHING = frozenset({"", "undefined", "null"})  # what JavaScript makes of a value that is not there


class AnswerDecoder:
    """One answer. `complete` once FastGPT said so; `unknown` and `garbage` count frames that told nothing.

    `secrets` are left out of what an error says.
    """

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        self._secrets = secrets
        self.complete = False
        self.unknown = 0
        self.garbage = 0
        self._text = TextJoiner()
        self._reasoning = TextJoiner()
        self._tools: dict[str, str] = {}
        self._nodes: set[str] = set()
        self._decoders: dict[str, Callable[[Json], Iterator[AssistantEvent]]] = {
            "flowNodeStatus": self._status,
            "toolCall": self._tool_call,
            "toolResponse": self._tool_response,
            "interactive": self._interactive,
            "flowNodeResponse": lambda data: self._finished([data]),
            "flowResponses": lambda data: self._finished(data if isinstance(data, list) else [data]),
            "chatTitle": self._title,
            "plan": self._plan,
        }

    def decode(self, frame: Frame) -> list[AssistantEvent]:
        """Raises AssistantError for an `error` event: then nothing more comes."""
        data = frame.data.strip()
        if data == "[DONE]":
            self.complete = True
            return []
        if data in _NOTHING:
            return []
        try:
            if frame.event in ("answer", "fastAnswer", ""):
                return self._answer(frame)
            if frame.event == "error":
                raise from_frame(_error_data(frame.data), self._secrets)
            decoder = self._decoders.get(frame.event)
            if decoder is None:
                self.unknown += frame.event not in _IGNORED
                return []
            return list(decoder(mended_parsed(frame.data)))
        except NotJson:
            self.garbage += 1
            return []

    def _answer(self, frame: Frame) -> list[AssistantEvent]:
        data = parsed(frame.data)
        added = deltas(data)
        if not added:
            return self._wrapped(data)
        events: list[AssistantEvent] = []
        for delta in added:
            reasoning = self._reasoning.add(delta.reasoning)
            if reasoning:
                events.append(ReasoningAdded(reasoning))
            text = self._text.add(delta_text(delta.content))
            if text:
                events.append(TextAdded(text))
            self.complete |= delta.stops
        return events

    def _wrapped(self, data: Json) -> list[AssistantEvent]:
        """FastGPT's v2 page shows `data: {"event": "answer", "data": "{…}"}`; no server was seen to send it."""
        if isinstance(data, dict) and set(data) == {"event", "data"} and isinstance(data["event"], str):
            inner = data["data"]
            if isinstance(inner, str) and not inner.lstrip().startswith('{"event"'):
                return self.decode(Frame(data["event"], inner))
        if isinstance(data, dict) and ("statusText" in data or "code" in data or set(data) == {"message"}):
            raise from_frame(data, self._secrets)
        self.unknown += 1
        return []

    def _status(self, data: Json) -> Iterator[AssistantEvent]:
        status = read(Status, data)
        if status is not None and status.name and not is_key(status.name):
            yield StatusChanged(status.name)

    def _tool_call(self, data: Json) -> Iterator[AssistantEvent]:
        tool = _tool(data)
        if tool is not None:
            name = self._tools[tool.id] = _tool_name(tool) or self._tools.get(tool.id, "")
            yield ToolUsed(tool.id, name, ToolState.RUNNING)

    def _tool_response(self, data: Json) -> Iterator[AssistantEvent]:
        tool = _tool(data)
        if tool is not None:
            yield ToolUsed(tool.id, self._tools.get(tool.id) or _tool_name(tool), ToolState.DONE)

    def _interactive(self, data: Json) -> Iterator[AssistantEvent]:
        interactive = data.get("interactive", data) if isinstance(data, dict) else None
        if isinstance(interactive, dict):
            yield paused(interactive)

    def _finished(self, nodes: list[Json]) -> Iterator[AssistantEvent]:
        """Each node once: v2 sends a nested node by itself and again inside the one around it."""
        known = False
        for event in node_events(nodes):
            if isinstance(event, NodeFinished):
                known = bool(event.id) and event.id in self._nodes
                self._nodes.add(event.id)
            if not known:
                yield event

    def _title(self, data: Json) -> Iterator[AssistantEvent]:
        title = content_of(data.get("title")) if isinstance(data, dict) else ""
        if title and not is_key(title):
            yield Titled(title)

    def _plan(self, data: Json) -> Iterator[AssistantEvent]:
        """The step an agent is at."""
        plan = data.get("plan") if isinstance(data, dict) else None
        steps = plan.get("steps") if isinstance(plan, dict) else None
        for step in steps if isinstance(steps, list) else []:
            status = read(Status, step)
            if status is not None and status.status == "in_progress" and status.name:
                yield StatusChanged(status.name)


def delta_text(content: object) -> str:
    """The text of a chunk: plain, absent, or as a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(content_of(part.get("text")) if isinstance(part, dict) else "" for part in content)
    return ""


def _tool(data: Json) -> Tool | None:
    return read(Tool, data.get("tool")) if isinstance(data, dict) else None


def _tool_name(tool: Tool) -> str:
    return tool.function if is_key(tool.name) or not tool.name else tool.name


def _error_data(text: str) -> Json:
    try:
        return mended_parsed(text)
    except NotJson:
        return {"message": text}


def answer_events(data: Json, secrets: tuple[str, ...] = ()) -> Iterator[AssistantEvent]:
    """A whole answer, as a server gives it that was not asked to stream: the same events as from a stream.

    Raises AssistantError if the JSON is an error, or no answer at all.
    """
    completion = read(Completion, data)
    if completion is None or not completion.choices:
        raise from_frame(data, secrets)
    for choice in completion.choices[:1]:
        yield from _content_events(choice.message.content, choice.message.reasoning_content)
    nodes = list(node_events(completion.nodes))
    yield from nodes
    error = failure(completion.error)
    if error and not any(isinstance(node, NodeFinished) and node.error for node in nodes):
        yield NodeFinished(id="", name="workflow", kind="workflow", error=error)
    if completion.title:
        yield Titled(completion.title)


def _content_events(content: Json, reasoning: str) -> Iterator[AssistantEvent]:
    if reasoning:
        yield ReasoningAdded(reasoning)
    if isinstance(content, str):
        if content:
            yield TextAdded(content)
        return
    for item in content if isinstance(content, list) else []:
        value = read(Value, item)
        if value is None:
            continue
        if value.thought and not reasoning:
            yield ReasoningAdded(value.thought)
        for tool in [*([value.tool] if value.tool else []), *value.tools]:
            yield ToolUsed(tool.id, _tool_name(tool), ToolState.DONE)
        if value.words:
            yield TextAdded(value.words)
        if value.interactive is not None:
            yield paused(value.interactive)
