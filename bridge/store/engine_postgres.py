"""PostgreSQL through asyncpg: a small pool, own transactions retried, wake-ups by LISTEN/NOTIFY."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import URL, BigInteger, NullPool, cast, extract, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridge.domain.errors import StoreRefused, StoreUnavailable
from bridge.ports import WorkSignal
from bridge.store.engine import Bell, Dialect, Operation, T
from bridge.store.migrate import migrate

logger = logging.getLogger(__name__)

# In a subquery, the clock is read once for the whole statement and not once for every row.
_MICROSECONDS = select(cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)).scalar_subquery()
_CHANNEL = "bridge_work"
_TRIES = 6
_COMES_BACK = ("08", "53", "55", "57", "58", "XX", "25006", "40")
"""SQLSTATE classes that are the server's trouble, not the statement's: PostgreSQL's appendix on error codes."""
_REFUSED = ("28", "3D")
"""A wrong password, a database that does not exist."""
_COLLISIONS = ("40001", "40P01")
"""Serialization failure and deadlock: the transaction was rolled back and may simply be run again."""
_DIALECT = Dialect("postgresql", now=_MICROSECONDS, steady=_MICROSECONDS)
_NOTIFY = text("SELECT pg_notify(:channel, :message)")
_STOP = "stop"
_FAILURES = (DBAPIError, PoolTimeout, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class PostgresEngine:
    """`pool_size` connections, and one that listens while somebody waits for work. `patience` is in seconds."""

    def __init__(self, url: URL, *, pool_size: int = 4, patience: float = 15.0) -> None:
        settings = {
            "application_name": "fastgpt-bridge",
            "jit": "off",  # compiling takes longer than any of these statements
            "lock_timeout": str(int(patience * 1000)),
            # A process that was stopped inside a transaction must not keep others from the lane it locked.
            "idle_in_transaction_session_timeout": str(int(patience * 1000)),
        }
        arguments = {"timeout": patience, "command_timeout": 2 * patience, "server_settings": settings}
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=2 * patience,
            connect_args=arguments,
            hide_parameters=True,  # an error would quote what somebody wrote
        )
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._listening = create_async_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
        self._place = f"{url.host or url.query.get('host', '')}:{url.port or 5432}/{url.database}"
        self._bell = Bell()
        self._name = uuid.uuid4().hex

    async def open(self) -> None:
        await self.run(lambda connection, _: migrate(connection))

    async def close(self) -> None:
        await self._engine.dispose()
        await self._listening.dispose()

    async def run(self, operation: Operation[T], *, reads: bool = False, wakes: bool = False, stops: bool = False) -> T:
        attempt, said = 1, [said for said, is_so in (("work", wakes), (_STOP, stops)) if is_so]
        while True:
            try:
                result = await (self._read(operation) if reads else self._write(operation, said))
                break
            except _FAILURES as error:
                if not await self._may_try_again(error, attempt):
                    if (translated := self._translated(error)) is error:
                        raise
                    raise translated from error
            attempt += 1
        if wakes:
            self._bell.ring()
        if stops:
            self._bell.ring_for_stop()
        return result

    async def _read(self, operation: Operation[T]) -> T:
        async with self._reading.connect() as connection:
            return await connection.run_sync(operation, _DIALECT)

    async def _write(self, operation: Operation[T], said: Sequence[str]) -> T:
        """`said` to the other processes, once it is committed."""
        async with self._engine.connect() as connection:
            result = await connection.run_sync(operation, _DIALECT)
            for what in said:
                await connection.execute(_NOTIFY, {"channel": _CHANNEL, "message": f"{self._name} {what}"})
            try:
                await connection.commit()
            except _FAILURES as error:
                if _sqlstate(error) not in _COLLISIONS:
                    raise _FateUnknown from error
                raise
            return result

    async def _may_try_again(self, error: BaseException, attempt: int) -> bool:
        """Collisions, and once a connection of the pool that had gone stale: in both cases nothing was committed."""
        if isinstance(error, _FateUnknown):
            return False
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return attempt == 1
        if _sqlstate(error) == "25006":  # this server has become a standby
            await self._engine.dispose()
            return attempt == 1
        if _sqlstate(error) not in _COLLISIONS or attempt >= _TRIES:
            return False
        await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - only to part the two that collided
        return True

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, _FateUnknown):
            return StoreUnavailable(f"the connection to PostgreSQL at {self._place} broke while committing.")
        state = _sqlstate(error)
        if state is not None and state.startswith(_REFUSED):
            return StoreRefused(f"PostgreSQL at {self._place} refused: {_message(error)}")
        if state is not None and not state.startswith(_COMES_BACK):
            return error
        return StoreUnavailable(f"PostgreSQL at {self._place} is unavailable: {_message(error)}")

    # --- wake-ups ---

    def ring(self, delay: float = 0.0) -> None:
        self._bell.ring(delay)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[WorkSignal]:
        async with self._bell.work() as signal:
            listener = asyncio.create_task(self._listen(), name="listen")
            try:
                yield signal
            finally:
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self) -> None:
        """Hear the other processes. While it cannot, the poll of whoever waits has to do."""
        pause = 0.5
        while True:
            try:
                async with self._listening.connect() as connection:
                    lost = await self._subscribed(connection)
                    pause = 0.5
                    self._bell.ring()  # for what was said while nobody listened
                    self._bell.ring_for_stop()
                    await lost.wait()
                logger.warning("listen_lost")
            except _FAILURES as error:
                logger.warning("listen_failed", extra={"error": _message(error)})
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10.0)

    async def _subscribed(self, connection: AsyncConnection) -> asyncio.Event:
        """An event that is set when the connection ends."""
        raw: Any = (await connection.get_raw_connection()).driver_connection
        lost = asyncio.Event()
        raw.add_termination_listener(lambda _: lost.set())
        await raw.add_listener(_CHANNEL, self._heard)
        return lost

    def _heard(self, connection: object, pid: int, channel: str, message: object) -> None:
        sender, _, what = str(message).partition(" ")
        if sender == self._name:
            return
        if what == _STOP:
            self._bell.ring_for_stop()
        else:
            self._bell.ring()


class _FateUnknown(OSError):
    """The connection broke while committing: it may be done or not. Every operation may be repeated, though."""


def _sqlstate(error: BaseException) -> str | None:
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlstate", None)


def _message(error: BaseException) -> str:
    """What the server or the network said; never the statement, whose values are private."""
    original = error.orig if isinstance(error, DBAPIError) else error
    told = str(original).strip().splitlines()
    return f"{told[0].rstrip('.') if told else type(original).__name__}."
