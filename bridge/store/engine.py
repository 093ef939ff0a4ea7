"""What runs the store's operations: plain functions over a connection, the same for both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import Table

from bridge.ports import WorkSignal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Moments:
    """The present, in SQL, as microseconds since 1970.

    `now` is what people call the time. `steady` is for leases and delays: it does not jump while the process lives.
    """

    now: ColumnElement[int]
    steady: ColumnElement[int]


Operation: TypeAlias = Callable[[Connection, Moments], T]
"""Reads and writes on one connection, inside one transaction. It may run more than once, and on another thread."""


class Engine(Protocol):
    """A database. Whatever keeps it from committing is raised as StoreUnavailable."""

    async def open(self) -> None:
        """Connect and migrate."""

    async def close(self) -> None: ...

    async def run(self, operation: Operation[T], *, reads: bool = False, wakes: bool = False) -> T:
        """The operation's result, after its transaction is committed; what it raises rolls it back and is passed on.

        `reads`: it writes nothing. `wakes`: there is work now, here and in other processes.
        """

    def ring(self, delay: float = 0.0) -> None:
        """Wake who waits for work in this process, `delay` seconds from now."""

    def work(self) -> AbstractAsyncContextManager[WorkSignal]: ...


def insert(connection: Connection, table: Table) -> Any:
    """INSERT with the ON CONFLICT clause, which SQLAlchemy offers only in each dialect's own construct."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


class Bell:
    """Wakes who waits for work in this process."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._later: set[asyncio.TimerHandle] = set()

    def ring(self, delay: float = 0.0) -> None:
        if not self._waiting:
            return
        if delay <= 0:
            for event in self._waiting:
                event.set()
            return
        loop = asyncio.get_running_loop()
        # A little late, lest the database's clock is a little behind: who comes too early waits for the poll.
        self._later = {handle for handle in self._later if handle.when() > loop.time()}
        self._later.add(loop.call_later(delay + 0.01, self.ring))

    @asynccontextmanager
    async def work(self) -> AsyncIterator[WorkSignal]:
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            yield _Signal(event)
        finally:
            self._waiting.discard(event)
            if not self._waiting:
                for handle in self._later:
                    handle.cancel()
                self._later.clear()


class _Signal:
    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()
