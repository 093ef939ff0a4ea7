"""Flows inside flows: other apps, and loops. Each nested pause is wrapped by the step it is in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bridge.simulator.frames import chunk
from bridge.simulator.interactives import pause, scope_of
from bridge.simulator.workflow import Json, Loop, Scope, SubApp

if TYPE_CHECKING:
    from bridge.simulator.walk import Walk


async def sub_app(walk: Walk, step: SubApp) -> Json | None:
    began = time.monotonic()
    if walk.resume:
        resume = walk.resume.inner()
        walk.resume = None
        scope = scope_of(resume.pending, walk.scope)
    else:
        resume, scope = (
            None,
            Scope(walk.scope.question, walk.scope.files, dict(walk.scope.variables), walk.scope.system),
        )
    await walk.announce(step)
    await walk.run.emit("answer", chunk(content="\n"))
    nested = walk.nested(step.id, resume, flow=step.flow, scope=scope)
    if resume is None:
        scope.outputs["start", "userChatInput"] = scope.question
        await nested.respond_as("start", step.start_name, "workflowStart", {})
    asked = await nested.through(step.flow)
    walk.take_values(nested.values)
    details = {
        "moduleLogo": step.logo,
        "totalPoints": 0,
        "query": scope.question,
        "textOutput": "".join(value["text"]["content"] for value in nested.values if value["type"] == "text"),
        "pluginDetail": nested.responses,
        "mergeSignId": step.id,
    }
    await walk.respond(step, "appModule", details, began=began)
    if asked is None:
        walk.over = walk.over or nested.over
        return None
    return pause("childrenInteractive", {"childrenResponse": asked}, step, walk.edges, walk.scope, walk.profile)


async def loop(walk: Walk, step: Loop) -> Json | None:
    began = time.monotonic()
    await walk.announce(step)
    resume = walk.resume.inner() if walk.resume else None
    results, first = _loop_state(walk, step)
    walk.resume = None
    details: list[Json] = []
    for index in range(first, len(step.items)):
        walk.scope.item = step.items[index]
        nested = walk.nested(step.id, resume)
        if resume is None:
            walk.scope.outputs[step.start_id, "loopStartIndex"] = index + 1
            await nested.respond_as(step.start_id, "LoopStart", "loopStart", {"loopInputValue": step.items[index]})
        resume = None
        asked = await nested.through(step.flow)
        if asked is None:
            results.append(step.collect(walk.scope))
            await nested.respond_as(step.end_id, "LoopEnd", "loopEnd", {"loopOutputValue": results[-1]})
        details.extend(nested.responses)
        if asked is not None or nested.values:
            walk.take_values(nested.values)
        if asked is not None:
            await walk.respond(step, step.kind, _loop_details(step, results, details), began=began)
            return _loop_pause(walk, step, asked, index, results)
        if walk.run.stopping:
            break
    walk.scope.outputs[step.id, "loopArray"] = results
    await walk.respond(step, step.kind, _loop_details(step, results, details), began=began)
    return None


def _loop_state(walk: Walk, step: Loop) -> tuple[list[Json], int]:
    """The results so far, and which round is next."""
    if walk.resume is None:
        return [], 0
    params = walk.resume.pending["params"]
    if step.kind == "loop":
        return list(params["loopResult"]), int(params["currentIndex"])
    return list(params["loopHistory"]), int(params["iteration"])


def _loop_details(step: Loop, results: list[Json], details: list[Json]) -> Json:
    key = "loopDetail" if step.kind == "loop" else "loopRunDetail"
    return {
        "totalPoints": 0,
        "loopInput": list(step.items),
        "loopResult": list(results),
        key: details,
        "mergeSignId": step.id,
    }


def _loop_pause(walk: Walk, step: Loop, asked: Json, index: int, results: list[Json]) -> Json:
    kind, params = "loopInteractive", {"currentIndex": index, "childrenResponse": asked, "loopResult": list(results)}
    if step.kind != "loop":
        kind, params = (
            "loopRunInteractive",
            {"childrenResponse": asked, "loopHistory": list(results), "iteration": index},
        )
    return pause(kind, params, step, walk.edges, walk.scope, walk.profile)
