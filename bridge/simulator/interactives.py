"""Pauses: how they look on the wire, whether they are still open, and what an answer does to them in the record."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.simulator.edges import Edge, remembered
from bridge.simulator.profiles import Profile
from bridge.simulator.workflow import Ask, Form, Json, Scope, Select, Step, rendered

NEW_ROUND = frozenset({"agentAsk", "agentPlanAskQuery"})
"""Answers to these are questions of their own; every other answer extends the record that holds the pause."""


def params_of(step: Select | Form | Ask, scope: Scope) -> tuple[str, Json]:
    """Type and params of what a step asks."""
    match step:
        case Select():
            options = [
                {"key": key, "value": value} for key, value in zip(step.option_keys(), step.options, strict=True)
            ]
            return "userSelect", {"description": rendered(step.description, scope), "userSelectOptions": options}
        case Form():
            fields = [dict(entry) for entry in step.fields]
            return "userInput", {"description": rendered(step.description, scope), "inputForm": fields}
        case Ask():
            return step.kind, dict(step.params)


def pause(kind: str, params: Json, step: Step, edges: list[Edge], scope: Scope, profile: Profile) -> Json:
    outputs = [{"nodeId": node, "key": key, "value": value} for (node, key), value in scope.outputs.items()]
    skips: Json = {"skipNodeQueue": []} if profile.remembers_skips else {}
    return {
        "type": kind,
        "params": params,
        **skips,
        "entryNodeIds": [step.id],
        "memoryEdges": remembered(edges, step.id, marks_exits=profile.remembers_skips),
        "nodeOutputs": outputs,
    }


def deepest(interactive: Json) -> Json:
    """The pause the person has to answer, inside its wrappers."""
    while isinstance(inner := interactive["params"].get("childrenResponse"), dict):
        interactive = inner
    return interactive


def is_open(interactive: Json, profile: Profile) -> bool:
    if "childrenResponse" in interactive["params"] and profile.wrappers_stay_pending:
        return True
    asked = deepest(interactive)
    params = asked["params"]
    match asked["type"]:
        case "userSelect":
            return "userSelectedVal" not in params
        case "userInput" | "agentAsk":
            return not params.get("submitted")
        case "agentPlanAskQuery":
            return not params.get("answer")
        case _:
            return True


def note_answer(interactive: Json, text: str, profile: Profile) -> None:
    """What the record shows afterwards; the run goes by the text alone."""
    asked = deepest(interactive)
    params = asked["params"]
    match asked["type"]:
        case "userSelect":
            params["userSelectedVal"] = text
        case "userInput":
            _note_form(params, text, profile)
        case "agentAsk":
            params["submitted"] = True
        case "agentPlanAskQuery":
            params["answer"] = text
        case _:
            pass


def _note_form(params: Json, text: str, profile: Profile) -> None:
    values = _parsed(text)
    if not isinstance(values, dict | list):
        return
    by = "label" if profile.form_by_label else "key"
    for entry in params["inputForm"]:
        if isinstance(values, dict) and entry[by] in values:
            hidden = profile.hides_passwords and entry["type"] == "password"
            entry["value"] = {"secret": _cipher(), "value": ""} if hidden else values[entry[by]]
    params["submitted"] = True


def form_values(text: str, fields: Sequence[Mapping[str, Json]], profile: Profile) -> Json:
    """What a form node takes from a message: any JSON nearly as it is, anything else as an empty form."""
    values = _parsed(text, otherwise={})
    if profile.spreads_forms:
        values = _spread(values)
    if profile.hides_passwords:
        for entry in fields:
            if entry["type"] == "password" and entry["key"] in values:
                values[entry["key"]] = _revealed(values[entry["key"]])
    return values


def _spread(value: Json) -> dict[str, Json]:
    match value:
        case dict():
            return value
        case list():
            return {str(index): entry for index, entry in enumerate(value)}
        case _:
            return {}


def _revealed(value: Json) -> Json:
    """A password comes as `{"value", "secret"}`; a bare one is read as JSON first, so that "123" becomes a number."""
    if isinstance(value, dict):
        return value.get("value", "")
    return _parsed(value, otherwise=value) if isinstance(value, str) else value


def _cipher() -> str:
    return f"{secrets.token_hex(16)}:{secrets.token_hex(4)}:{secrets.token_hex(16)}"


def _parsed(text: str, otherwise: Json = None) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return otherwise


@dataclass(slots=True)
class Resume:
    """Where a paused flow goes on, and the text it goes on with."""

    pending: Json
    answer: str

    @property
    def node(self) -> str:
        return str(self.pending["entryNodeIds"][0])

    def inner(self) -> Resume:
        return Resume(self.pending["params"]["childrenResponse"], self.answer)


def scope_of(pending: Json, scope: Scope) -> Scope:
    """`scope` with what the paused flow remembered; its question is the one that began it."""
    outputs = {(entry["nodeId"], entry["key"]): entry["value"] for entry in pending["nodeOutputs"]}
    first = next((value for (_, key), value in outputs.items() if key == "userChatInput"), scope.question)
    return Scope(first, scope.files, scope.variables, scope.system, scope.history, outputs, scope.item)
