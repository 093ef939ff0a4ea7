"""SQLite: one writer thread, and one commit for all that is waiting.

A commit costs a disk flush, an operation next to nothing: so the operations that queued up while one was being flushed
share the next. Each runs in a savepoint of its own, and nobody is told before the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import URL, BigInteger, Connection, bindparam, create_engine, event
from sqlalchemy.exc import DBAPIError

from bridge.domain.errors import StoreRefused, StoreUnavailable
from bridge.ports import Clock, WorkSignal
from bridge.store.codec import to_micros
from bridge.store.engine import Bell, Dialect, Operation, T
from bridge.store.migrate import migrate

_SWITCH_PAUSE = 0.01  # seconds
_TOGETHER = 500  # operations in one commit: bounds how long the first of them waits
_OLDEST = (3, 35)  # the first SQLite with RETURNING
_NOT_OUR_FAULT = {
    sqlite3.SQLITE_PERM: "may not be written",
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_NOMEM: "is out of memory",
    sqlite3.SQLITE_READONLY: "may not be written",
    sqlite3.SQLITE_IOERR: "could not be read or written (disk error)",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: it must be a file, in a folder that exists and may be written",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database",
}
_READING, _WRITING = "BEGIN", "BEGIN IMMEDIATE"
_HOPELESS = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


@dataclass(slots=True)
class _Job:
    operation: Operation[Any]
    reads: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class _TransactionLost(Exception):
    """SQLite rolled the whole transaction back by itself, as it may when the disk is full."""


class SqliteEngine:
    """`busy_timeout` (seconds) is how long another process's lock is waited for."""

    def __init__(self, url: URL, clock: Clock, *, busy_timeout: float = 10.0) -> None:
        self._file = url.database or ""
        self._clock = clock
        self._busy_timeout = busy_timeout
        self._began = (to_micros(clock.now()), clock.monotonic())
        self._dialect = Dialect(
            "sqlite",
            now=bindparam("now", callable_=self._now, type_=BigInteger),
            steady=bindparam("steady", callable_=self._steady, type_=BigInteger),
        )
        self._bell = Bell()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._engine = create_engine(
            url,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
            hide_parameters=True,  # an error would quote what somebody wrote
        )
        self._connection: Connection | None = None
        self._begin = _WRITING
        event.listen(self._engine, "connect", self._prepare)
        event.listen(self._engine, "begin", lambda connection: _run(connection, self._begin))

    def _prepare(self, connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own account
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(self._busy_timeout * 1000)}")
        self._use_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged update survives a power cut too
        cursor.close()

    def _use_wal(self, cursor: sqlite3.Cursor) -> None:
        """Switching a new file to WAL is refused at once while another process does the same: no busy timeout there."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_SWITCH_PAUSE)

    async def open(self) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise StoreRefused(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed.")
        self.start()
        await self.run(lambda connection, _: migrate(connection))

    def start(self) -> None:
        """Begin to run operations, on the schema as it is."""
        self._thread = threading.Thread(target=self._write, name="sqlite", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        thread, self._thread = self._thread, None  # from now on nothing is queued that nobody would come to
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)
        self._engine.dispose()

    async def run(self, operation: Operation[T], *, reads: bool = False, wakes: bool = False, stops: bool = False) -> T:
        if self._thread is None:
            raise StoreUnavailable("the database is not open.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(operation, reads, loop, future))
        result = await future
        if wakes:
            self._bell.ring()
        if stops:
            self._bell.ring_for_stop()
        return result

    def ring(self, delay: float = 0.0) -> None:
        self._bell.ring(delay)

    def work(self) -> AbstractAsyncContextManager[WorkSignal]:
        return self._bell.work()

    # --- on the writer thread ---

    def _write(self) -> None:
        while jobs := self._waiting():
            self._commit(jobs)
            for loop in {job.loop for job in jobs}:
                done = [job for job in jobs if job.loop is loop]
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(_deliver, done)
        self._disconnect()

    def _waiting(self) -> list[_Job]:
        """Everything that is queued, at least one; nothing once the engine is closed."""
        first = self._jobs.get()
        if first is None:
            return []
        jobs = [first]
        while len(jobs) < _TOGETHER and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)  # for the next round
                break
            jobs.append(job)
        return jobs

    def _commit(self, jobs: Sequence[_Job]) -> None:
        self._begin = _READING if all(job.reads for job in jobs) else _WRITING
        try:
            connection = self._connected()
            with connection.begin():
                wanted = [job for job in jobs if not job.future.cancelled()]
                if len(wanted) == 1:
                    wanted[0].result = wanted[0].operation(connection, self._dialect)
                else:
                    for job in wanted:
                        self._attempt(connection, job)
        except BaseException as error:  # noqa: BLE001 - it is handed to whoever asked, and the thread has to live on
            self._disconnect()
            for job in jobs:
                job.error = self._translated(error)

    def _connected(self) -> Connection:
        """The one connection; a new one after whatever went wrong."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(DBAPIError):  # that broke it; the pool gives out no broken one
                connection.close()

    def _attempt(self, connection: Connection, job: _Job) -> None:
        """One of several operations that share a transaction: it fails alone."""
        _run(connection, "SAVEPOINT job")
        try:
            job.result = job.operation(connection, self._dialect)
        except BaseException as error:  # whatever it is, it belongs to whoever asked for the operation
            if not _driver(connection).in_transaction:
                raise _TransactionLost from error
            _run(connection, "ROLLBACK TO job")
            job.error = self._translated(error)
        _run(connection, "RELEASE job")

    def _now(self) -> int:
        return to_micros(self._clock.now())

    def _steady(self) -> int:
        micros, monotonic = self._began
        return micros + int((self._clock.monotonic() - monotonic) * 1_000_000)

    def _translated(self, error: BaseException) -> BaseException:
        """What happened, as a sentence; the statement and its values, which may be private, stay behind."""
        cause = error.__cause__ if isinstance(error, _TransactionLost) else error
        original = cause.orig if isinstance(cause, DBAPIError) else cause
        code = getattr(original, "sqlite_errorcode", 0) & 0xFF
        if code not in _NOT_OUR_FAULT:
            return error
        refusal = StoreRefused if code in _HOPELESS else StoreUnavailable
        translated = refusal(f"the database {self._file} {_NOT_OUR_FAULT[code]}.")
        translated.__cause__ = error
        return translated


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)


def _run(connection: Connection, command: str) -> None:
    """What begins, parts and joins transactions goes to the driver itself: it is run more often than anything else."""
    _driver(connection).execute(command)


def _deliver(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
