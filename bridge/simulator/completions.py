"""POST /api/v1 and /api/v2/chat/completions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from aiohttp import web

from bridge.simulator import errors
from bridge.simulator.access import app_asked, caller
from bridge.simulator.asking import Asked, asked, question
from bridge.simulator.errors import ApiError
from bridge.simulator.faults import Cut, Fault, Instead
from bridge.simulator.frames import BEAT, Frame
from bridge.simulator.ids import dumps
from bridge.simulator.records import untyped
from bridge.simulator.replies import failed, reply
from bridge.simulator.rounds import Round, begin
from bridge.simulator.runs import Hold, Run, RunState
from bridge.simulator.sinks import Over, Sink
from bridge.simulator.state import STATE, State
from bridge.simulator.workflow import Json, with_ids

_WINDOW = 60.0  # seconds


async def v1(request: web.Request) -> web.StreamResponse:
    return await _completions(request, 1)


async def v2(request: web.Request) -> web.StreamResponse:
    return await _completions(request, 2)


async def _completions(request: web.Request, version: int) -> web.StreamResponse:
    state = request.app[STATE]
    fault: Fault | None = request.get("fault")
    body = request.get("json")
    try:
        turn = _begin(request, body, state, version, fault, request.get("holds", ()))
    except ApiError as error:
        wants_stream = isinstance(body, dict) and bool(body.get("stream"))
        if wants_stream and not error.bypasses_stream:
            return await _stream_error(request, error, state)
        return failed(error, state.profile)
    state.begin(turn.play())
    if turn.request.stream:
        return await _stream(request, turn, fault)
    return await _whole(request, turn, fault)


def _begin(
    request: web.Request, body: Json, state: State, version: int, fault: Fault | None, holds: Sequence[Hold]
) -> Round:
    _count(state)
    wanted = asked(body, state.profile)
    app = app_asked(caller(request.headers, state), wanted.app_id, state)
    said = question(wanted, app)
    flow = with_ids(fault.flow, "fault") if isinstance(fault, Instead) else None
    return begin(state, app, wanted, said, version, flow=flow, holds=holds)


def _count(state: State) -> None:
    """A fixed window for the whole team."""
    if not state.profile.rate_limits:
        return
    now = time.monotonic()
    if state.asked_at and now - state.asked_at[0] >= _WINDOW:
        state.asked_at.clear()
    if len(state.asked_at) >= state.rate_limit:
        left = int(_WINDOW - (now - state.asked_at[0])) + 1
        raise errors.too_many(state.profile, state.rate_limit, left)
    state.asked_at.append(now)


async def _stream_error(request: web.Request, error: ApiError, state: State) -> web.StreamResponse:
    """HTTP 200 without a content type: the headers of a stream were not set yet when it failed."""
    sink = Sink(request, None, state.closing, is_stream=False)
    if error.signs_out:
        sink.response.headers["Set-Cookie"] = "fastgpt_token=; Path=/; Max-Age=0"
    await sink.frame(Frame("error", error.event(state.profile)), detail=True)
    await sink.end()
    return sink.response


async def _stream(request: web.Request, turn: Round, fault: Fault | None) -> web.StreamResponse:
    state, run = turn.state, turn.run
    detail = turn.request.detail or turn.app.is_plugin
    sink = Sink(request, fault, state.closing)
    try:
        await _follow(sink, run, state, detail=detail)
        await sink.end()
    except Over:
        pass
    finally:
        if not run.ended.is_set() and not (run.profile.runs_on and run.version == 2):
            run.stop()
    return sink.response


async def _follow(sink: Sink, run: Run, state: State, *, detail: bool) -> None:
    """Everything the run says, and a beat in between."""
    position, clock = 0, asyncio.get_running_loop().time
    next_beat = clock() + state.heartbeat
    while True:
        timeout = max(next_beat - clock(), 0.0) if run.profile.beats else None
        frame = await run.frame(position, timeout)
        if frame is not None:
            position += 1
            if frame.shown(version=run.version, detail=detail):
                await sink.frame(frame, detail=detail)
        elif run.ended.is_set():
            return
        if run.profile.beats and clock() >= next_beat:
            next_beat += state.heartbeat
            await sink.frame(BEAT, detail=detail)


async def _whole(request: web.Request, turn: Round, fault: Fault | None) -> web.StreamResponse:
    """Without streaming. The run goes on to its end, whether or not the client stays."""
    run, profile = turn.run, turn.run.profile
    await run.ended.wait()
    if run.state is RunState.CRASHED:
        return failed(ApiError(run.error), profile)
    answer = _answer(turn, turn.request)
    if isinstance(fault, Cut) and fault.after_bytes is not None:
        return await _cut_json(request, dumps(answer).encode(), fault.after_bytes)
    return reply(answer)


async def _cut_json(request: web.Request, body: bytes, size: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[:size])
    if request.transport is not None:
        request.transport.close()
    return response


def _answer(turn: Round, wanted: Asked) -> Json:
    run, profile = turn.run, turn.run.profile
    detail = wanted.detail or turn.app.is_plugin
    message: Json = {"role": "assistant", "content": _content(run, detail=detail)}
    answer: Json = {}
    if detail:
        answer = {"responseData": run.nodes, "newVariables": run.variables, **_error(run)}
    if run.title:
        answer["title"] = run.title
    if reasoning := _reasoning(run):
        message |= {"reasoning_content": reasoning} if profile.one_run else {}
    names_chat = run.version == 1 and profile.names_new_chats
    return answer | {
        "id": run.chat_id if names_chat else wanted.chat_id,
        "model": "",
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 1},
        "choices": [{"message": message, "finish_reason": "stop", "index": 0}],
    }


def _content(run: Run, *, detail: bool) -> Json:
    """A string for one text, an array for anything else; without detail, the texts alone."""
    if not run.values:
        return ""
    texts = [value["text"]["content"] for value in run.values if value["type"] == "text"]
    if len(run.values) == 1 and texts and texts[0]:
        return texts[0]
    if not detail:
        return "\n".join(text for text in texts if text)
    keeps_types = run.profile.typed_values or run.version == 1
    return run.values if keeps_types else [untyped(value) for value in run.values]


def _reasoning(run: Run) -> str:
    return "".join(value["reasoning"]["content"] for value in run.values if value["type"] == "reasoning")


def _error(run: Run) -> Json:
    last = run.nodes[-1] if run.nodes else {}
    error = last.get("error") or (last.get("errorText") if run.profile.one_run else None)
    return {"error": error} if error else {}
