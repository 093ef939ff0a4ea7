"""The simulated server, as a context manager."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType

from aiohttp import web

from bridge.simulator.apps import App, Apps
from bridge.simulator.demo import demo_apps
from bridge.simulator.faults import Fault, Planned
from bridge.simulator.journal import Received
from bridge.simulator.profiles import profile_named
from bridge.simulator.records import ChatLog, ChatRecord
from bridge.simulator.routing import application
from bridge.simulator.runs import Hold, Run
from bridge.simulator.state import State

_FAREWELL = 0.5  # seconds open connections get at the end


def _now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """A FastGPT server on loopback, for as long as the context lasts.

    `profile` is one of `PROFILES`. `token_delay` and `heartbeat` are seconds. `rate_limit` is how many completions a
    minute takes, in profiles that count them. `port` 0 takes any free one. Raises ValueError for an unknown profile,
    and on leaving the context whatever the functions of an app raised. With a `token_delay` of 0 nothing in a workflow
    takes time, its own delays included.
    """

    def __init__(
        self,
        profile: str = "4.14",
        apps: Iterable[App] | None = None,
        *,
        token_delay: float = 0.0,
        heartbeat: float = 10.0,
        rate_limit: int = 5000,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.state = State(
            profile_named(profile),
            Apps(demo_apps() if apps is None else apps),
            now,
            token_delay=token_delay,
            heartbeat=heartbeat,
            rate_limit=rate_limit,
        )
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Simulator:
        runner = web.AppRunner(
            application(self.state), access_log=None, handler_cancellation=True, shutdown_timeout=_FAREWELL
        )
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        self._runner = runner
        self._port = runner.addresses[0][1]
        self.state.base_url = f"http://{self._host}:{self._port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.state.end()
        if self._runner is not None:
            await self._runner.cleanup()
        if error is None and self.state.mistakes:
            raise self.state.mistakes.pop()

    # --- where it is, and what it has ---

    @property
    def base_url(self) -> str:
        """Without a trailing slash or `/api`."""
        return self.state.base_url

    @property
    def account_key(self) -> str:
        """A key that belongs to no app."""
        return self.state.apps.account_key

    def key(self, app: str) -> str:
        return self.state.apps.key(app)

    def app_id(self, app: str) -> str:
        return self.state.apps.named(app).id

    def app(self, app: str) -> App:
        return self.state.apps.named(app)

    # --- what happened ---

    @property
    def requests(self) -> list[Received]:
        """Every request so far, in order of arrival."""
        return self.state.journal.requests

    def received(self, path: str = "chat/completions") -> list[Received]:
        """The requests whose path contains `path`."""
        return self.state.journal.matching(path)

    async def arrived(
        self, count: int = 1, path: str = "chat/completions", when: Callable[[Received], bool] = lambda _: True
    ) -> list[Received]:
        """Returns once `count` such requests came in."""
        return await self.state.journal.arrived(count, path, when)

    def runs(self, chat_id: str | None = None) -> list[Run]:
        """All runs, or those of one chat."""
        return [run for run in self.state.runs if chat_id in (None, run.chat_id)]

    def chats(self) -> list[ChatLog]:
        return self.state.chats.all()

    def records(self, chat_id: str, app: str | None = None) -> list[ChatRecord]:
        """What the chat's history holds, in order; deleted records are left out."""
        app_id = self.app_id(app) if app else None
        logs = [log for log in self.chats() if log.chat_id == chat_id and app_id in (None, log.app_id)]
        return [record for log in logs for record in log.live()]

    # --- what shall happen ---

    def plan(
        self,
        fault: Fault,
        *,
        path: str = "chat/completions",
        times: int = 1,
        when: Callable[[Received], bool] = lambda _: True,
    ) -> None:
        """Let the next `times` requests to a path containing `path` meet `fault`."""
        self.state.plans.add(Planned(fault, path, times, when))

    def hold(
        self,
        after_events: int = 0,
        *,
        path: str = "chat/completions",
        when: Callable[[Received], bool] = lambda _: True,
    ) -> Hold:
        """Let the next such run stand still once it has said `after_events` events, until the gate is released.

        Events are counted as the run says them, whether or not the client gets to see them. Any other request stands
        still before it is handled.
        """
        gate = Hold(after_events)
        self.state.plans.add(Planned(gate, path, 1, when))
        return gate
