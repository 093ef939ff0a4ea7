"""A model that calls tools, each of which may be a workflow that pauses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bridge.simulator.ids import nano_id
from bridge.simulator.interactives import Resume, pause
from bridge.simulator.nodes import preview_of
from bridge.simulator.places import has
from bridge.simulator.workflow import Agent, Json, ToolCall, rendered

if TYPE_CHECKING:
    from bridge.simulator.walk import Walk


async def agent(walk: Walk, step: Agent) -> Json | None:
    began = time.monotonic()
    await walk.announce(step)
    details: list[Json] = []
    for call in step.calls:
        resumes = walk.resume is not None
        if not call.when(walk.scope) if not resumes else not has(call.flow, _paused_tool(walk)):
            continue
        asked = await _call(walk, step, call, details)
        if asked is not None:
            await walk.respond(step, "tools", _agent_details(walk, step, None, details), began=began)
            return asked
    answer = await walk.say(step.text)
    walk.scope.outputs[step.id, "answerText"] = answer
    await walk.respond(step, "tools", _agent_details(walk, step, answer, details), began=began)
    return None


def _paused_tool(walk: Walk) -> str:
    """The node inside the tool at which an agent stands."""
    assert walk.resume is not None
    pending = walk.resume.pending
    entry = pending["params"]["childrenResponse"] if walk.profile.wraps_tool_pauses else pending["toolParams"]
    return str(entry["entryNodeIds"][0])


def _agent_details(walk: Walk, step: Agent, answer: str | None, details: list[Json]) -> Json:
    return {
        "totalPoints": 0,
        "toolCallInputTokens": 11,
        "toolCallOutputTokens": 7,
        "childTotalPoints": 0,
        "model": step.model,
        "query": walk.scope.question,
        "historyPreview": preview_of(walk, step.system, answer),
        "toolDetail": details,
        "mergeSignId": step.id,
        "finishReason": "tool_calls" if answer is None else "stop",
    }


async def _call(walk: Walk, step: Agent, call: ToolCall, details: list[Json]) -> Json | None:
    resume, call_id, params = None, nano_id(16), rendered(call.params, walk.scope)
    if walk.resume is None:
        avatar, function = call.avatar, call.function
        begun = {"id": call_id, "toolName": call.name, "toolAvatar": avatar, "functionName": function}
        await walk.run.emit("toolCall", {"tool": {**begun, "params": "", "response": ""}})
        await walk.run.emit("toolParams", {"tool": _tool(call_id, params=params)})
        await walk.run.rest(call.seconds)
    else:
        pending = walk.resume.pending
        place = pending["params"] if walk.profile.wraps_tool_pauses else pending
        call_id = place["toolParams"]["toolCallId"]
        inner = (
            place["childrenResponse"]
            if walk.profile.wraps_tool_pauses
            else {**pending, "entryNodeIds": [_paused_tool(walk)]}
        )
        resume = Resume(inner, walk.take_answer())
    nested = walk.nested(step.id, resume)
    answer = resume.answer if resume else ""
    asked = await nested.through(call.flow)
    response = "none" if asked is not None else _tool_response(walk, call, nested, answer)
    await walk.run.emit("toolResponse", {"tool": _tool(call_id, response=response)})
    details.extend(nested.responses)
    if resume is None:
        tool = {"id": call_id, "toolName": call.name, "toolAvatar": call.avatar, "functionName": call.function}
        walk.values.append({"type": "tool", "tools": [{**tool, "params": params, "response": response}]})
    if nested.values or (asked is not None and not walk.profile.wraps_tool_pauses):
        walk.take_values(nested.values)
    return None if asked is None else _tool_pause(walk, step, call, asked, call_id, params)


def _tool(call_id: str, *, params: str = "", response: str = "") -> Json:
    return {"id": call_id, "toolName": "", "toolAvatar": "", "params": params, "response": response}


def _tool_response(walk: Walk, call: ToolCall, nested: Walk, answer: str) -> str:
    if not call.flow:
        return rendered(call.response, walk.scope)
    if not walk.profile.wraps_tool_pauses and answer:
        return answer
    return "".join(value["text"]["content"] for value in nested.values if value["type"] == "text") or "none"


def _tool_pause(walk: Walk, step: Agent, call: ToolCall, asked: Json, call_id: str, params: str) -> Json:
    request: Json = {"id": call_id, "type": "function", "function": {"name": call.function, "arguments": params}}
    if walk.profile.wraps_tool_pauses:
        messages = [
            *([{"role": "system", "content": step.system}] if step.system else []),
            {"role": "user", "content": walk.scope.question},
            {"role": "assistant", "tool_calls": [request]},
            {"tool_call_id": call_id, "role": "tool", "content": "none"},
        ]
        wrapped = {"childrenResponse": asked, "toolParams": {"memoryRequestMessages": messages, "toolCallId": call_id}}
        return pause("toolChildrenInteractive", wrapped, step, walk.edges, walk.scope, walk.profile)
    messages = [
        {"role": "assistant", "tool_calls": [{**request, "toolName": call.name, "toolAvatar": call.avatar}]},
        {"tool_call_id": call_id, "role": "tool", "name": call.function, "content": "none"},
    ]
    memory = {"entryNodeIds": asked["entryNodeIds"], "toolCallId": call_id, "memoryMessages": messages}
    outer = pause(asked["type"], asked["params"], step, walk.edges, walk.scope, walk.profile)
    return {**outer, "toolParams": memory}
