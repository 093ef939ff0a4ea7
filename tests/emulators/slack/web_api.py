"""The HTTP side: tokens, scopes, arguments, rate limits, scripted faults, and then the method itself."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections import deque
from math import ceil

from aiohttp import web

from tests.emulators.slack import methods, parameters
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.faults import ApiError, Failed, Fault, Held, Html, RateLimited, Reset, Silence
from tests.emulators.slack.methods.registry import METHODS, Method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.world import Call, World

PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Something went wrong.</body></html>"
POSTS_PER_CHANNEL = 1.0  # seconds between chat.postMessage calls to one channel, after a burst
POST_BURST = 5

assert methods, "importing the methods registers them"


class WebApi:
    """`enforce_rates` makes the documented tiers count; off by default, so that tests may be quick."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._requests = itertools.count(1)
        self._recent: dict[str, deque[float]] = {}
        self.enforce_rates = False
        self.closing = asyncio.Event()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        known = METHODS.get(name)
        call = Call(name, {}, self._world.clock.now())
        self._world.calls.append(call)
        try:
            params, token = await parameters.read(request, json_allowed=known is None or known.reads_json)
            call.params = params.values
        except Refused as refused:
            return self._answer(call, refused.body(), "")
        fault = self._world.faults.take(name, params.values)
        if fault is not None and (spoiled := await self._spoil(call, fault, request)) is not None:
            return spoiled
        body = self._work(call, known, params, token)
        if isinstance(body, web.Response):
            return body
        if isinstance(fault, Reset | Silence | Held):
            await self._withhold(fault, request)
        return self._answer(call, body, token)

    def _work(self, call: Call, known: Method | None, params: Params, token: str) -> Json | web.Response:
        try:
            if known is None:
                raise Refused("unknown_method", req_method=call.method)
            self._authorize(known, token)
            if self.enforce_rates and (wait := self._wait(known, params)) > 0:
                return self._limited(call, wait)
            return {"ok": True, **known.work(self._world, params)}
        except Refused as refused:
            return refused.body()

    def _authorize(self, method: Method, token: str) -> None:
        if not token:
            raise Refused("not_authed")
        known = self._world.workspace.tokens.get(token)
        if known is None:
            raise Refused("invalid_auth")
        if known.error:
            raise Refused(known.error)
        if not token.startswith(method.token):
            raise Refused("not_allowed_token_type")
        if method.scopes and not known.scopes.intersection(method.scopes):
            raise Refused("missing_scope", needed=",".join(method.scopes), provided=",".join(sorted(known.scopes)))

    def _wait(self, method: Method, params: Params) -> float:
        """Seconds until this call may be made; none if it may be made now, and then it counts."""
        budgets = [(method.name, method.per_minute, 60.0)]
        if method.name == "chat.postMessage":
            budgets.append((f"{method.name} {params.text('channel')}", POST_BURST, POST_BURST * POSTS_PER_CHANNEL))
        now = self._world.clock.now()
        for key, most, seconds in budgets:
            recent = self._recent.setdefault(key, deque())
            while recent and recent[0] <= now - seconds:
                recent.popleft()
            if most and len(recent) >= most:
                return recent[0] + seconds - now
        for key, _, _ in budgets:
            self._recent[key].append(now)
        return 0.0

    async def _spoil(self, call: Call, fault: Fault, request: web.Request) -> web.Response | None:
        """The response to give instead of doing the work; None if the work is to be done all the same."""
        match fault:
            case RateLimited(retry_after):
                return self._limited(call, retry_after)
            case Failed(status, error):
                return self._answer(call, {"ok": False, "error": error}, "", status)
            case ApiError(error, messages):
                return self._answer(call, Refused(error, messages).body(), "")
            case Html(status):
                call.status = status
                return web.Response(status=status, text=PAGE, content_type="text/html")
            case Reset(processed=False) | Silence(processed=False):
                await self._withhold(fault, request)
                return web.Response(status=500)
            case Held(processed=False):
                await fault.wait()
                return None
            case _:
                return None

    async def _withhold(self, fault: Reset | Silence | Held, request: web.Request) -> None:
        match fault:
            case Reset():
                reset(request)
            case Silence():
                await self.closing.wait()
                reset(request)
            case Held(processed=True):
                await fault.wait()

    def _limited(self, call: Call, seconds: float) -> web.Response:
        response = self._answer(call, {"ok": False, "error": "ratelimited"}, "", 429)
        response.headers["Retry-After"] = str(max(1, ceil(seconds)))
        return response

    def _answer(self, call: Call, body: Json, token: str, status: int = 200) -> web.Response:
        call.status, call.answer = status, body
        response = web.json_response(body, status=status)
        response.headers["x-slack-req-id"] = f"{next(self._requests):032x}"
        known = self._world.workspace.tokens.get(token)
        if known is not None and body.get("ok"):
            response.headers["x-oauth-scopes"] = ",".join(sorted(known.scopes))
        return response


def reset(request: web.Request) -> None:
    """End the TCP connection with RST instead of an answer."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
