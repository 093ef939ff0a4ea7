"""What the server was asked, for tests to look at and to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.simulator.workflow import Json


@dataclass(frozen=True, slots=True)
class Received:
    """One request. `headers` are lower case and without the key, whose app is in `app` ("" if there was none)."""

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Json
    app: str
    at: datetime


class Journal:
    def __init__(self) -> None:
        self.requests: list[Received] = []
        self._grew = asyncio.Event()

    def note(self, received: Received) -> None:
        self.requests.append(received)
        self._grew.set()

    def matching(self, path: str, when: Callable[[Received], bool] = lambda _: True) -> list[Received]:
        return [received for received in self.requests if path in received.path and when(received)]

    async def arrived(self, count: int, path: str, when: Callable[[Received], bool] = lambda _: True) -> list[Received]:
        """Returns once `count` requests match."""
        while len(found := self.matching(path, when)) < count:
            self._grew.clear()
            await self._grew.wait()
        return found
