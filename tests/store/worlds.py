"""A store, a second process on the same data, and time: for each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.ports import Store
from bridge.store.memory import MemoryStore
from bridge.store.sql import SqlStore
from tests.fakes import FakeClock
from tests.postgres import move_clock

KEY = "a key for tests"


@dataclass(slots=True)
class ClockedWorld:
    """Memory and SQLite tell the time by a clock they are given."""

    store: Store
    other: Store
    clock: FakeClock

    async def advance(self, seconds: float) -> None:
        self.clock.elapsed += seconds


@dataclass(slots=True)
class PostgresWorld:
    """PostgreSQL tells the time itself."""

    store: Store
    other: Store
    url: str

    async def advance(self, seconds: float) -> None:
        await move_clock(self.url, seconds)


def memory_world() -> ClockedWorld:
    clock = FakeClock()
    store = MemoryStore(clock, secret_key=KEY)
    return ClockedWorld(store, store, clock)


@asynccontextmanager
async def opened(url: str, clock: FakeClock | None = None, *, secret_key: str | None = KEY) -> AsyncIterator[SqlStore]:
    store = SqlStore(url, clock or FakeClock(), secret_key=secret_key)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def sqlite_world(directory: Path) -> AsyncIterator[ClockedWorld]:
    clock, url = FakeClock(), f"sqlite:///{directory / 'bridge.db'}"
    async with opened(url, clock) as store, opened(url, clock) as other:
        yield ClockedWorld(store, other, clock)


@asynccontextmanager
async def postgres_world(url: str) -> AsyncIterator[PostgresWorld]:
    async with opened(url) as store, opened(url) as other:
        yield PostgresWorld(store, other, url)
