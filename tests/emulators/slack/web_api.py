"""The Web API over HTTP: arguments, tokens, scopes, rate limits, and then the method itself."""

from __future__ import annotations

import itertools
from collections import deque
from math import ceil

from aiohttp import web

from tests.emulators.slack import methods, parameters
from tests.emulators.slack.errors import Refused
from tests.emulators.slack.methods.registry import METHODS, Method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.trouble import Trouble, answered, limited
from tests.emulators.slack.world import Call, World

POSTS_PER_CHANNEL = 1.0  # seconds between chat.postMessage calls to one channel, after a burst
POST_BURST = 5

assert methods, "importing the methods registers them"


class WebApi:
    """`enforce_rates` makes the documented tiers count; off by default, so that tests may be quick."""

    def __init__(self, world: World, trouble: Trouble) -> None:
        self._world = world
        self._trouble = trouble
        self._requests = itertools.count(1)
        self._recent: dict[str, deque[float]] = {}
        self.enforce_rates = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        known = METHODS.get(name)
        call = Call(name, {}, self._world.clock.now())
        self._world.calls.append(call)
        try:
            params, token = await parameters.read(request, json_allowed=known is None or known.reads_json)
        except Refused as refused:
            return answered(call, refused)
        call.params = params.values

        async def work() -> web.StreamResponse:
            return self._work(call, known, params, token)

        return await self._trouble.around(self._world.faults.take(name, params.values), call, request, work)

    def _work(self, call: Call, known: Method | None, params: Params, token: str) -> web.Response:
        try:
            if known is None:
                raise Refused("unknown_method", req_method=call.method)
            self._authorize(known, token)
            if self.enforce_rates and (wait := self._wait(known, params)) > 0:
                return limited(call, max(1, ceil(wait)))
            answer = {"ok": True, **known.work(self._world, params)}
        except Refused as refused:
            return answered(call, refused)
        call.status, call.answer = 200, answer
        response = web.json_response(answer)
        response.headers["x-oauth-scopes"] = ",".join(sorted(self._world.workspace.tokens[token].scopes))
        response.headers["x-slack-req-id"] = f"{next(self._requests):032x}"
        return response

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
