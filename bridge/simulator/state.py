"""Everything one simulated server knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime

from bridge.simulator.apps import Apps
from bridge.simulator.faults import Plans
from bridge.simulator.journal import Journal
from bridge.simulator.profiles import Profile
from bridge.simulator.records import ChatLogs
from bridge.simulator.runs import Run


@dataclass(frozen=True, slots=True)
class StoredFile:
    name: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class State:
    """`token_delay` and `heartbeat` are seconds; `rate_limit` counts completions in 60 seconds."""

    profile: Profile
    apps: Apps
    now: Callable[[], datetime]
    token_delay: float = 0.0
    heartbeat: float = 10.0
    rate_limit: int = 5000
    transcript: str = "This is what was said."
    base_url: str = ""
    chats: ChatLogs = field(default_factory=ChatLogs)
    plans: Plans = field(default_factory=Plans)
    journal: Journal = field(default_factory=Journal)
    runs: list[Run] = field(default_factory=list)
    files: dict[str, StoredFile] = field(default_factory=dict)
    asked_at: list[float] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    mistakes: list[BaseException] = field(default_factory=list)
    """What a workflow raised that it should not have: an app written wrongly."""

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Work that outlives the request that began it.

        A plain set and not a TaskGroup: test fixtures may set up and tear down in different tasks, which a group
        cannot survive. `Simulator` cancels and awaits what is left.
        """
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (mistake := task.exception()) is not None:
            self.mistakes.append(mistake)

    async def end(self) -> None:
        self.closing.set()
        for run in self.runs:
            run.stop()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
