"""A run: one workflow at work, apart from the connection that asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.simulator.frames import Frame
from bridge.simulator.profiles import Profile
from bridge.simulator.workflow import Json


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """By the stop call, or because the connection went away; what there was is saved."""
    CRASHED = "crashed"


class Hold:
    """Keeps a run, or any other request, from going on until `release`."""

    def __init__(self, after_events: int = 0) -> None:
        self.after_events = after_events
        self._reached = asyncio.Event()
        self._released = asyncio.Event()

    async def reached(self) -> None:
        """Returns once the run stands at the gate."""
        await self._reached.wait()

    def release(self) -> None:
        self._released.set()

    @property
    def is_reached(self) -> bool:
        return self._reached.is_set()

    async def passed(self, *ways_out: asyncio.Event) -> None:
        self._reached.set()
        await first_of(self._released, *ways_out)


async def first_of(*events: asyncio.Event, timeout: float | None = None) -> None:
    """Returns when one of the events is set, or after `timeout` seconds."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED, timeout=timeout)
    finally:
        for wait in waits:
            wait.cancel()


@dataclass(slots=True, eq=False)
class Run:
    """`version` is 1 or 2. `frames` is everything the run said, whether or not anybody listened."""

    profile: Profile
    app: str
    app_id: str
    chat_id: str
    data_id: str
    question: str
    version: int
    custom_uid: str = ""
    variables: dict[str, Json] = field(default_factory=dict)
    token_delay: float = 0.0
    holds: Sequence[Hold] = ()
    state: RunState = RunState.RUNNING
    frames: list[Frame] = field(default_factory=list)
    values: list[Json] = field(default_factory=list)
    nodes: list[Json] = field(default_factory=list)
    title: str = ""
    error: str = ""
    value_id: str = ""
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _grew: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    async def passed_gates(self) -> None:
        """Returns once no gate is in front of the next event, or the run is to stop."""
        for hold in self.holds:
            if hold.after_events == len(self.frames) and not hold.is_reached:
                await hold.passed(self._stop)

    async def emit(self, event: str, data: Json) -> None:
        await self.passed_gates()
        if self.value_id and isinstance(data, dict):
            data = {**data, "responseValueId": self.value_id}
        self.frames.append(Frame(event, data))
        self._grew.set()

    async def extend(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            await self.emit(frame.event, frame.data)

    async def rest(self, seconds: float) -> None:
        """Time passes, unless somebody stops the run. Without a token delay, no time passes anywhere."""
        if seconds <= 0 or self.token_delay <= 0:
            await asyncio.sleep(0)
        else:
            await first_of(self._stop, timeout=seconds)

    def end(self, state: RunState) -> None:
        self.state = state
        self.ended.set()
        self._grew.set()

    async def frame(self, position: int, timeout: float | None) -> Frame | None:
        """The frame at `position`; None if there will be none, or none came within `timeout` seconds."""
        while position >= len(self.frames):
            if self.ended.is_set():
                return None
            self._grew.clear()
            try:
                await asyncio.wait_for(self._grew.wait(), timeout)
            except TimeoutError:
                return None
        return self.frames[position]
