"""Walking through a workflow: what each kind of step says, returns and remembers."""

from __future__ import annotations

import re
import time
from typing import assert_never

from bridge.simulator import nesting, nodes, tools
from bridge.simulator.edges import edges_of
from bridge.simulator.frames import chunk
from bridge.simulator.ids import nano_id, number
from bridge.simulator.interactives import Resume, form_values, params_of, pause
from bridge.simulator.places import has, holds
from bridge.simulator.runs import Run
from bridge.simulator.workflow import (
    Agent,
    Ask,
    Chat,
    Crash,
    Fail,
    Flow,
    Form,
    Json,
    Loop,
    PluginOutput,
    Reply,
    Route,
    Scope,
    Search,
    Select,
    SetVariables,
    Step,
    SubApp,
    Text,
    Work,
    rendered,
)

_TOKENS = re.compile(r"\s*\S+\s?|\s+")
_MARKERS = re.compile(r"[\[【](?:[a-f0-9]{24}[\]】](?:\([^)]*\))?|id[\]】]\(CITE\))")


def _pieces(text: str) -> list[str]:
    """Word by word; a long text in larger steps, so that it does not take minutes."""
    tokens = _TOKENS.findall(text)
    size = 1 + len(tokens) // 600
    return ["".join(tokens[start : start + size]) for start in range(0, len(tokens), size)]


class Crashed(Exception):
    """The server's handler threw."""


class Walk:
    """One runtime: the main flow, or a nested one with its own `values` and `responses`."""

    def __init__(
        self,
        run: Run,
        flow: Flow,
        scope: Scope,
        *,
        start: str = "start",
        resume: Resume | None = None,
        cites: bool = False,
    ) -> None:
        self.run = run
        self.profile = run.profile
        self.scope = scope
        self.resume = resume
        self.cites = cites
        self.edges = edges_of(flow, start)
        self.parent_id = ""
        self.values: list[Json] = []
        self.responses: list[Json] = []
        self.over = False

    def nested(
        self, parent_id: str, resume: Resume | None, *, flow: Flow | None = None, scope: Scope | None = None
    ) -> Walk:
        """A walk inside step `parent_id`: of another `flow`, or of a part of this one, whose edges it shares."""
        inner = Walk(self.run, flow or (), scope or self.scope, resume=resume, cites=self.cites)
        inner.parent_id = parent_id
        if flow is None:
            inner.edges = self.edges
        return inner

    # --- the flow ---

    async def through(self, flow: Flow) -> Json | None:
        """The pause at which the flow stands, or None at its end."""
        for step in flow:
            if self.over or self.run.stopping:
                return None
            if self.resume and not holds(step, self.resume.node):
                continue
            if (asked := await self._step(step)) is not None:
                return asked
        return None

    async def _step(self, step: Step) -> Json | None:
        match step:
            case Select():
                return await self._select(step)
            case Form() | Ask():
                return await self._ask(step)
            case Route():
                return await self._route(step)
            case Agent():
                return await tools.agent(self, step)
            case SubApp():
                return await nesting.sub_app(self, step)
            case Loop():
                return await nesting.loop(self, step)
            case _:
                await self._plain(step)
                return None

    async def _plain(self, step: Step) -> None:
        match step:
            case Chat():
                await nodes.chat(self, step)
            case Reply():
                text = rendered(step.text, self.scope)
                await self.say("\n" + text, event="fastAnswer", whole=True)
                await self.respond(step, "answerNode", {"textOutput": text})
            case Fail():
                await self._fail(step)
            case Crash():
                raise Crashed(step.error)
            case Work():
                await nodes.work(self, step)
            case Search():
                await nodes.search(self, step)
            case SetVariables():
                values = step.values(self.scope) if callable(step.values) else step.values
                self.scope.variables.update(values)
                await self.run.emit("updateVariables", dict(self.scope.variables))
                await self.respond(step, "variableUpdate", {"updateVarResult": list(values.values())})
            case PluginOutput():
                points: Json = {"totalPoints": 0} if self.profile.totals_plugin_points else {}
                outputs = dict(step.outputs(self.scope))
                await self.respond(step, "pluginOutput", {**points, "pluginOutput": outputs})
            case _:
                raise TypeError(f"no such step: {step!r}")

    # --- asking ---

    async def _select(self, step: Select) -> Json | None:
        if self.resume is None:
            return self.pause_at(step)
        if self.resume.node != step.id:
            branch = next(flow for flow in step.branches.values() if has(flow, self._where()))
            return await self.through(branch)
        answer = self.take_answer()
        self.scope.outputs[step.id, "selectResult"] = answer
        await self.respond(step, "userSelect", {"userSelectResult": answer})
        if not step.dynamic and answer not in step.options:
            self.over = True  # every branch is skipped: the workflow ends without a word
            return None
        return await self.through(step.branches.get(answer, ()))

    async def _ask(self, step: Form | Ask) -> Json | None:
        if self.resume is None:
            return self.pause_at(step)
        answer = self.take_answer()
        match step:
            case Form():
                await self._fill(step, form_values(answer, step.fields, self.profile))
            case Ask():
                self.scope.outputs[step.id, "answer"] = answer
            case _:
                assert_never(step)
        return None

    async def _fill(self, step: Form, values: Json) -> None:
        if values is None:
            self.over = True
            await self.respond(step, "formInput", self.failure("Cannot convert undefined or null to object"))
            return
        if isinstance(values, dict):
            for key, value in values.items():
                self.scope.outputs[step.id, key] = value
        self.scope.outputs[step.id, "formInputResult"] = values
        await self.respond(step, "formInput", {"formInputResult": values})

    async def _route(self, step: Route) -> Json | None:
        if self.resume is not None:
            return await self.through(next(flow for flow in step.flows() if has(flow, self._where())))
        case = next((case for case in step.cases if case.fits(self.scope.question)), None)
        label = (case.label or case.words[0]) if case else "other"
        await self.respond(step, "classifyQuestion", {"query": self.scope.question, "cqResult": label})
        return await self.through(case.flow if case else step.otherwise)

    def _where(self) -> str:
        assert self.resume is not None
        return self.resume.node

    def take_answer(self) -> str:
        assert self.resume is not None
        answer, self.resume = self.resume.answer, None
        return answer

    def pause_at(self, step: Select | Form | Ask) -> Json:
        kind, params = params_of(step, self.scope)
        return pause(kind, params, step, self.edges, self.scope, self.profile)

    # --- saying ---

    async def say(self, text: Text, *, event: str = "answer", whole: bool = False) -> str:
        """Stream a text and keep it as a value; what was said of it, if somebody stopped the run."""
        full = rendered(text, self.scope)
        if self.profile.strips_citations and not self.cites:
            full = _MARKERS.sub("", full)
        said = await self.stream("content", full, event=event, whole=whole)
        self.add_text(said)
        return said

    async def stream(self, key: str, text: str, *, event: str = "answer", whole: bool = False) -> str:
        said = ""
        for piece in [text] if whole else _pieces(text):
            await self.run.passed_gates()
            if self.run.stopping:
                break
            await self.run.emit(event, chunk(**{key: piece}))
            said += piece
            await self.run.rest(self.run.token_delay)
        return said

    def add_text(self, text: str) -> None:
        if self.values and self.values[-1]["type"] == "text":
            self.values[-1]["text"]["content"] += text
        elif text:
            self.values.append({"type": "text", "text": {"content": text}})

    def take_values(self, values: list[Json]) -> None:
        """Of a nested flow. One that said nothing leaves an empty text behind."""
        for value in values or [{"type": "text", "text": {"content": ""}}]:
            if value["type"] == "text" and self.values and self.values[-1]["type"] == "text":
                self.values[-1]["text"]["content"] += value["text"]["content"]
            else:
                self.values.append(value)

    async def announce(self, step: Step) -> None:
        if step.status:
            await self.run.emit("flowNodeStatus", {"status": "running", "name": step.name})

    async def respond(self, step: Step, kind: str, details: Json, *, began: float | None = None) -> None:
        names = {"chatNode": "AI Chat", "answerNode": "Reply", "userSelect": "Choice", "formInput": "Form"}
        await self.respond_as(step.id, step.name or names.get(kind, kind), kind, details, began=began)

    async def respond_as(self, node: str, name: str, kind: str, details: Json, *, began: float | None = None) -> None:
        took = number(time.monotonic() - began) if began is not None else 0
        response = {
            **details,
            "id": nano_id(16),
            "nodeId": node,
            "moduleName": name,
            "moduleType": kind,
            "runningTime": took,
        }
        if self.parent_id and self.profile.flat_node_responses:
            response["parentId"] = self.parent_id
        self.responses.append(response)
        if not self.parent_id or self.profile.flat_node_responses:
            await self.run.emit("flowNodeResponse", response)

    def failure(self, message: str) -> Json:
        if self.profile.error_text:
            return {"errorText": message}
        return {"error": {"message": message, "name": "Error"}}

    async def _fail(self, step: Fail) -> None:
        began = time.monotonic()
        await self.announce(step)
        await self.stream("content", rendered(step.text, self.scope))
        self.over = True
        await self.respond(step, "chatNode", self.failure(step.error), began=began)
