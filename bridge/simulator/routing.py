"""The HTTP application: which calls there are in a version, what is noted of each, and where faults strike."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from aiohttp import web

from bridge.simulator import chat_routes, completions, file_routes, record_routes
from bridge.simulator.access import caller
from bridge.simulator.errors import ApiError
from bridge.simulator.faults import Refuse, Silent
from bridge.simulator.journal import Received
from bridge.simulator.profiles import Endpoint
from bridge.simulator.replies import SECURITY_HEADERS, failed, not_found, plain
from bridge.simulator.state import STATE, State
from bridge.simulator.workflow import Json

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BODY_LIMIT = 20 * 1024 * 1024  # bytes
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_HANDLERS: Mapping[str, Handler] = {
    "completions_v1": completions.v1,
    "completions_v2": completions.v2,
    "stop": chat_routes.stop,
    "init": chat_routes.init,
    "histories": chat_routes.histories,
    "history_status": chat_routes.history_status,
    "update_history": chat_routes.update_history,
    "delete_history": chat_routes.delete_history,
    "clear_histories": chat_routes.clear_histories,
    "question_guide": chat_routes.question_guide,
    "question_guide_old": chat_routes.question_guide_old,
    "input_guide": chat_routes.input_guide,
    "key_health": chat_routes.key_health,
    "records": record_routes.records,
    "run_details": record_routes.run_details,
    "delete_record": record_routes.delete_record,
    "feedback": record_routes.feedback,
    "quotes": record_routes.quotes,
    "upload": file_routes.upload,
    "read_file": file_routes.read_file,
    "presign": file_routes.presign,
    "presign_read": file_routes.presign_read,
    "storage": file_routes.storage,
    "transcriptions": file_routes.transcriptions,
    "speech": file_routes.speech,
}


def application(state: State) -> web.Application:
    app = web.Application(middlewares=[_noted], client_max_size=2**31)
    app[STATE] = state
    app.on_response_prepare.append(_headers)
    for name, endpoints in state.profile.endpoints.items():
        for endpoint in endpoints:
            _add(app, endpoint, _HANDLERS[name])
    app.router.add_route("*", "/{path:.*}", _nowhere)
    return app


def _add(app: web.Application, endpoint: Endpoint, handler: Handler) -> None:
    if endpoint.method == "*":
        app.router.add_route("*", endpoint.path, handler)
        return
    for method in _METHODS:
        app.router.add_route(method, endpoint.path, handler if method == endpoint.method else _wrong_method)


async def _nowhere(_: web.Request) -> web.StreamResponse:
    return not_found()


async def _wrong_method(_: web.Request) -> web.StreamResponse:
    return plain("Method Not Allowed", 405)


async def _headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)
    if response.get("untyped"):
        response.headers.pop("Content-Type", None)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    state = request.app[STATE]
    if state.profile.rate_limits and "completions" in request.path and response.status == 200:
        response.headers["X-RateLimit-Limit"] = str(state.rate_limit)
        response.headers["X-RateLimit-Remaining"] = str(max(state.rate_limit - len(state.asked_at), 0))
        response.headers["X-RateLimit-Reset"] = str(int(state.now().timestamp() * 1000) + 60_000)


@web.middleware
async def _noted(request: web.Request, handler: Handler) -> web.StreamResponse:
    state = request.app[STATE]
    body, refusal = await _body(request)
    request["json"] = body
    received = _received(request, body, state)
    state.journal.note(received)
    fault, holds = state.plans.take(received)
    if "completions" not in request.path:
        for hold in holds:
            await hold.passed(state.closing)
    request["fault"], request["holds"] = fault, holds
    match fault:
        case Refuse(status, content, kind, headers):
            return web.Response(body=content, status=status, headers={"Content-Type": kind, **dict(headers)})
        case Silent():
            await state.closing.wait()
            return plain("Service Unavailable", 503)
        case _:
            pass
    if refusal is not None:
        return refusal
    try:
        return await handler(request)
    except ApiError as error:
        return failed(error, state.profile)


async def _body(request: web.Request) -> tuple[Json, web.Response | None]:
    """The JSON of a request, or the refusal that Next.js's body parser answers with."""
    if request.content_type.startswith("multipart/") or request.path.startswith("/fastgpt-private"):
        return None, None
    raw = await request.read()
    if len(raw) > _BODY_LIMIT:
        return None, plain("Body exceeded 20mb limit", 413)
    if not raw or request.content_type != "application/json":
        return None, None
    try:
        return json.loads(raw), None
    except ValueError:
        return None, plain("Invalid JSON", 400)


def _received(request: web.Request, body: Json, state: State) -> Received:
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "authorization"}
    try:
        bound = caller(request.headers, state).bound
    except ApiError:
        bound = None
    return Received(
        number=len(state.journal.requests) + 1,
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers=headers,
        json=body,
        app=bound.name if bound else "",
        at=state.now(),
    )
