"""POST /api/v1 and /api/v2/chat/completions."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from bridge.simulator import errors
from bridge.simulator.access import app_asked, caller
from bridge.simulator.asking import Asked, asked, question
from bridge.simulator.calls import Call
from bridge.simulator.errors import ApiError
from bridge.simulator.faults import Cut, Instead
from bridge.simulator.frames import BEAT, Frame
from bridge.simulator.ids import dumps
from bridge.simulator.places import with_ids
from bridge.simulator.records import untyped
from bridge.simulator.replies import failed, reply
from bridge.simulator.rounds import Round, begin
from bridge.simulator.runs import Run, RunState
from bridge.simulator.sinks import Over, Sink
from bridge.simulator.state import State
from bridge.simulator.workflow import Json

_WINDOW = 60.0  # seconds


async def v1(call: Call) -> web.StreamResponse:
    return await _completions(call, 1)


async def v2(call: Call) -> web.StreamResponse:
    return await _completions(call, 2)


async def _completions(call: Call, version: int) -> web.StreamResponse:
    try:
        turn = _begin(call, version)
    except ApiError as error:
        wants_stream = isinstance(call.body, dict) and bool(call.body.get("stream"))
        if wants_stream and not error.bypasses_stream:
            return await _stream_error(call, error)
        return failed(error, call.state.profile)
    call.state.begin(turn.play())
    return await (_stream(call, turn) if turn.request.stream else _whole(call, turn))


def _begin(call: Call, version: int) -> Round:
    """In the order of the server's own checks."""
    state = call.state
    wanted = asked(call.body, state.profile)
    app = app_asked(caller(call.request.headers, state), wanted.app_id, state)
    _count(call)
    said = question(wanted, app)
    flow = with_ids(call.fault.flow, "fault") if isinstance(call.fault, Instead) else None
    return begin(state, app, wanted, said, version, flow=flow, holds=call.holds)


def _count(call: Call) -> None:
    """A fixed window for the whole team."""
    state = call.state
    if not state.profile.rate_limits:
        return
    now = time.monotonic()
    if state.asked_at and now - state.asked_at[0] >= _WINDOW:
        state.asked_at.clear()
    if len(state.asked_at) >= state.rate_limit:
        left = int(_WINDOW - (now - state.asked_at[0])) + 1
        raise errors.too_many(state.profile, state.rate_limit, left)
    state.asked_at.append(now)
    call.headers["X-RateLimit-Limit"] = str(state.rate_limit)
    call.headers["X-RateLimit-Remaining"] = str(state.rate_limit - len(state.asked_at))
    call.headers["X-RateLimit-Reset"] = str(int((state.now().timestamp() + _WINDOW) * 1000))


async def _stream_error(call: Call, error: ApiError) -> web.StreamResponse:
    """HTTP 200 without a content type: the headers of a stream were not set yet when it failed."""
    sink = Sink(call, is_stream=False)
    if error.signs_out:
        sink.response.headers["Set-Cookie"] = "fastgpt_token=; Path=/; Max-Age=0"
    await sink.frame(Frame("error", error.event(call.state.profile)), detail=True)
    await sink.end()
    return sink.response


async def _stream(call: Call, turn: Round) -> web.StreamResponse:
    run = turn.run
    detail = turn.request.detail or turn.app.is_plugin
    sink = Sink(call)
    try:
        await _follow(sink, run, call.state, detail=detail)
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


async def _whole(call: Call, turn: Round) -> web.StreamResponse:
    """Without streaming. The run goes on to its end, whether or not the client stays."""
    run, profile = turn.run, turn.run.profile
    await run.ended.wait()
    if run.state is RunState.CRASHED:
        return failed(ApiError(run.error), profile)
    answer = _answer(turn, turn.request)
    match call.fault:
        case Cut(after_bytes=int(size)):
            return await _cut_json(call.request, dumps(answer).encode(), size)
        case _:
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
