"""Trouble on the line, scripted per Web API method.

`emulator.fail("chat.postMessage", RateLimited(3))` spoils the next call only; `times=None` spoils all that follow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.emulators.slack.errors import Json


@dataclass(frozen=True, slots=True)
class RateLimited:
    """HTTP 429 with Retry-After, in seconds. Nothing happens to the workspace."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Failed:
    """HTTP `status` with a JSON error, as Slack's own outages look. Nothing happens to the workspace."""

    status: int = 500
    error: str = "internal_error"


@dataclass(frozen=True, slots=True)
class ApiError:
    """HTTP 200 with `ok: false`. Nothing happens to the workspace."""

    error: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Html:
    """A page of HTML instead of JSON, as from a proxy or a maintenance page."""

    status: int = 503


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset. `processed`: only after the call took effect, so that its fate is unknown."""

    processed: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, ever. `processed`: the call took effect all the same (fate unknown), else it is a plain hang."""

    processed: bool = True


@dataclass(slots=True)
class Held:
    """The call waits until the test calls `release()`; `processed`: it takes effect first and only its answer waits."""

    processed: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self._released.set()

    async def wait(self) -> None:
        self.arrived.set()
        await self._released.wait()


Fault: TypeAlias = RateLimited | Failed | ApiError | Html | Reset | Silence | Held


@dataclass(slots=True)
class _Entry:
    method: str
    fault: Fault
    left: int | None
    when: Callable[[Json], bool] | None


class FaultScript:
    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add(self, method: str, fault: Fault, times: int | None, when: Callable[[Json], bool] | None) -> None:
        self._entries.append(_Entry(method, fault, times, when))

    def clear(self) -> None:
        self._entries.clear()

    def take(self, method: str, params: Json) -> Fault | None:
        """The first scripted fault that fits this call; it counts as used."""
        for entry in self._entries:
            if entry.method in (method, "*") and (entry.when is None or entry.when(params)):
                if entry.left is not None:
                    entry.left -= 1
                    if entry.left <= 0:
                        self._entries.remove(entry)
                return entry.fault
        return None
