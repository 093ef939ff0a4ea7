"""Pauses: how they look on the wire, whether they are still open, and what an answer does to them in the record."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bridge.simulator.edges import Edge, remembered
from bridge.simulator.profiles import Profile
from bridge.simulator.workflow import Ask, Form, Json, Scope, Select, Step

NEW_ROUND = frozenset({"agentAsk", "agentPlanAskQuery"})
"""Answers to these are questions of their own; every other answer extends the record that holds the pause."""


def params_of(step: Select | Form | Ask) -> tuple[str, Json]:
    """Type and params of what a step asks."""
    match step:
        case Select():
            options = [
                {"key": key, "value": value} for key, value in zip(step.option_keys(), step.options, strict=True)
            ]
            return "userSelect", {"description": step.description, "userSelectOptions": options}
        case Form():
            fields = [dict(entry) for entry in step.fields]
            return "userInput", {"description": step.description, "inputForm": fields}
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
    values = form_values(text)
    if not isinstance(values, dict | list) or not _is_json(text):
        return
    by = "label" if profile.form_by_label else "key"
    if isinstance(values, dict):
        for entry in params["inputForm"]:
            if entry[by] in values:
                entry["value"] = values[entry[by]]
    params["submitted"] = True


def form_values(text: str) -> Json:
    """What a form node takes from a message: any JSON as it is, anything else as an empty form."""
    return json.loads(text) if _is_json(text) else {}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


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
