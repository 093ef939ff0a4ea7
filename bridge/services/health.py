"""Whether the bridge works, as facts that can be served or logged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.domain.errors import StoreUnavailable
from bridge.ports import Clock, Store


@dataclass(slots=True)
class _Platform:
    state: str = "connecting"
    heard_at: float | None = None
    problem: str = ""


@dataclass(slots=True)
class Health:
    """Told by listeners and connections; asked by whoever wants to know. What it is told is public: no secrets."""

    clock: Clock
    apps: Callable[[], Mapping[str, Any]] = dict
    """What is known of each FastGPT app. One that is away does not make the bridge unready: it restarts nothing."""
    turns: Callable[[], int] = lambda: 0
    """How many run in this process."""
    version: str = ""
    patience: float = 5.0
    """Seconds the database has to answer: whoever asks for health does not wait long."""
    _platforms: dict[str, _Platform] = field(default_factory=dict)

    def connecting(self, platform: str) -> None:
        """For the first time, or again: then what is known of it stays."""
        self._platforms.setdefault(platform, _Platform())

    def connected(self, platform: str) -> None:
        """The credentials are good. Trouble is over only once something is heard."""
        known = self._platforms.setdefault(platform, _Platform())
        if known.state == "connecting":
            known.state = "connected"

    def heard(self, platform: str) -> None:
        known = self._platforms.setdefault(platform, _Platform())
        known.state, known.problem, known.heard_at = "listening", "", self.clock.monotonic()

    def unreached(self, platform: str, problem: str) -> None:
        """The platform cannot deliver to us. That makes nobody unready: who is not ready is not delivered to at all."""
        self._platforms.setdefault(platform, _Platform()).problem = problem

    def standing_by(self, platform: str) -> None:
        """Another process listens; this one takes over if it goes."""
        known = self._platforms.setdefault(platform, _Platform())
        known.state, known.problem = "standing by", ""

    def troubled(self, platform: str, problem: str) -> None:
        known = self._platforms.setdefault(platform, _Platform())
        known.state, known.problem = "troubled", problem

    async def report(self, store: Store) -> tuple[bool, dict[str, Any]]:
        """Ready or not, and why: every platform connected, none in trouble, a database that answers and takes
        what is written."""
        platforms = {name: self._described(platform) for name, platform in self._platforms.items()}
        ready = all(platform.state not in ("connecting", "troubled") for platform in self._platforms.values())
        inbox, longest_wait = await self._inbox(store)
        database = store.trouble or ("" if isinstance(inbox, dict) else inbox)
        ready = ready and not database
        facts = {
            "ready": ready,
            "version": self.version,
            "platforms": platforms,
            "apps": dict(self.apps()),
            "running_turns": self.turns(),
            "inbox": inbox,
            "longest_wait_seconds": longest_wait,
        }
        return ready, facts | ({"database": database} if database else {})

    async def _inbox(self, store: Store) -> tuple[dict[str, int] | str, float | None]:
        """What waits in it, or why that cannot be told; and for how long the first has waited to be done."""
        try:
            async with asyncio.timeout(self.patience):
                return dict(await store.depth()), await self._longest_wait(store)
        except StoreUnavailable as error:
            return error.sentence, None
        except TimeoutError:
            return f"the database did not answer within {self.patience:g} seconds", None

    @staticmethod
    async def _longest_wait(store: Store) -> float | None:
        waiting = await store.longest_wait()
        return None if waiting is None else round(waiting.total_seconds(), 1)

    def _described(self, platform: _Platform) -> dict[str, Any]:
        facts: dict[str, Any] = {"state": platform.state}
        if platform.problem:
            facts["problem"] = platform.problem
        if platform.heard_at is not None:
            facts["heard_seconds_ago"] = round(self.clock.monotonic() - platform.heard_at, 1)
        return facts
