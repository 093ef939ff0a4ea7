"""What runs the store's operations: plain functions over a connection, the same for both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar, cast

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import Table

from bridge.ports import WorkSignal

T = TypeVar("T")
S = TypeVar("S")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """What the engines say differently: the present, as microseconds since 1970, and INSERT with ON CONFLICT.

    `now` is what people call the time. `steady` is for leases and delays: it does not jump while the process lives.
    """

    name: str
    now: ColumnElement[int]
    steady: ColumnElement[int]
    prepared: dict[tuple[object, ...], Any] = field(default_factory=dict)

    def insert(self, table: Table) -> Any:
        """SQLAlchemy offers ON CONFLICT only in each dialect's own construct."""
        return postgresql.insert(table) if self.name == "postgresql" else sqlite.insert(table)


Operation: TypeAlias = Callable[[Connection, Dialect], T]
"""Reads and writes on one connection, inside one transaction. It may run more than once, and on another thread."""


class Engine(Protocol):
    """A database. Whatever keeps it from committing is raised as StoreUnavailable."""

    async def open(self) -> None:
        """Connect and migrate."""

    async def close(self) -> None: ...

    async def run(self, operation: Operation[T], *, reads: bool = False, wakes: bool = False, stops: bool = False) -> T:
        """The operation's result, after its transaction is committed; what it raises rolls it back and is passed on.

        `reads`: it writes nothing. `wakes`: there is work now, here and in other processes; `stops`: a turn that runs,
        in whatever process, is to be stopped.
        """

    def ring(self, delay: float = 0.0) -> None:
        """Wake who waits for work in this process, `delay` seconds from now."""

    def work(self) -> AbstractAsyncContextManager[WorkSignal]: ...


def prepared(build: Callable[Concatenate[Dialect, P], S]) -> Callable[Concatenate[Dialect, P], S]:
    """Put a statement together once for each engine, which takes several times as long as running it."""

    @wraps(build)
    def once(dialect: Dialect, /, *args: P.args, **kwargs: P.kwargs) -> S:
        key = (build, *args)
        if key not in dialect.prepared:
            dialect.prepared[key] = build(dialect, *args, **kwargs)
        statement: S = dialect.prepared[key]
        return statement

    return cast(Callable[Concatenate[Dialect, P], S], once)


class Bell:
    """Wakes who waits for work in this process."""

    def __init__(self) -> None:
        self._waiting: set[_Signal] = set()
        self._later: set[asyncio.TimerHandle] = set()

    def ring(self, delay: float = 0.0) -> None:
        if not self._waiting:
            return
        if delay <= 0:
            for signal in self._waiting:
                signal.work.set()
            return
        loop = asyncio.get_running_loop()
        # A little late, lest the database's clock is a little behind: who comes too early waits for the poll.
        self._later = {handle for handle in self._later if handle.when() > loop.time()}
        self._later.add(loop.call_later(delay + 0.01, self.ring))

    def ring_for_stop(self) -> None:
        for signal in self._waiting:
            signal.stop.set()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[WorkSignal]:
        signal = _Signal()
        self._waiting.add(signal)
        try:
            yield signal
        finally:
            self._waiting.discard(signal)
            if not self._waiting:
                for handle in self._later:
                    handle.cancel()
                self._later.clear()


class _Signal:
    def __init__(self) -> None:
        self.work = asyncio.Event()
        self.stop = asyncio.Event()

    async def wait(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self.work.wait()
        except TimeoutError:
            pass
        self.work.clear()

    async def stop_asked(self) -> None:
        await self.stop.wait()
        self.stop.clear()
