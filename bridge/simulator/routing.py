"""The HTTP application: which calls there are in a version, what is noted of each, and where faults strike."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from aiohttp import web

from bridge.simulator import chat_routes, completions, file_routes, record_routes
from bridge.simulator.access import caller
from bridge.simulator.calls import Call
from bridge.simulator.errors import ApiError
from bridge.simulator.faults import Refuse, Silent
from bridge.simulator.journal import Received
from bridge.simulator.profiles import Endpoint
from bridge.simulator.replies import SECURITY_HEADERS, UNTYPED, failed, not_found, plain
from bridge.simulator.state import State
from bridge.simulator.workflow import Json

Handler: TypeAlias = Callable[[Call], Awaitable[web.StreamResponse]]

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
    app = web.Application(client_max_size=2**31)
    app.on_response_prepare.append(_headers)
    for name, endpoints in state.profile.endpoints.items():
        for endpoint in endpoints:
            _add(app, endpoint, _HANDLERS[name], state)
    app.router.add_route("*", "/{path:.*}", _served(_nowhere, state))
    return app


def _add(app: web.Application, endpoint: Endpoint, handler: Handler, state: State) -> None:
    served = _served(handler, state)
    if endpoint.method == "*":
        app.router.add_route("*", endpoint.path, served)
        return
    for method in _METHODS:
        right = method == endpoint.method
        app.router.add_route(method, endpoint.path, served if right else _served(_wrong_method, state))


async def _nowhere(_: Call) -> web.StreamResponse:
    return not_found()


async def _wrong_method(_: Call) -> web.StreamResponse:
    return plain("Method Not Allowed", 405)


async def _headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)
    if response.headers.get("Content-Type") == UNTYPED:
        response.headers.pop("Content-Type")
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


def _served(handler: Handler, state: State) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """`handler` behind what every request goes through: the body is read, it is noted, and a fault may strike."""

    async def serve(request: web.Request) -> web.StreamResponse:
        body, refusal = await _body(request)
        received = _received(request, body, state)
        state.journal.note(received)
        fault, holds = state.plans.take(received)
        call = Call(request, state, body, fault, holds)
        response = await _struck(call) or refusal or await _handled(handler, call)
        if not response.prepared:
            response.headers.update(call.headers)
        return response

    return serve


async def _struck(call: Call) -> web.StreamResponse | None:
    if "completions" not in call.request.path:
        for hold in call.holds:
            await hold.passed(call.state.closing)
    match call.fault:
        case Refuse(status, content, kind, headers):
            return web.Response(body=content, status=status, headers={"Content-Type": kind, **dict(headers)})
        case Silent():
            await call.state.closing.wait()
            return plain("Service Unavailable", 503)
        case _:
            return None


async def _handled(handler: Handler, call: Call) -> web.StreamResponse:
    try:
        return await handler(call)
    except ApiError as error:
        return failed(error, call.state.profile)


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
