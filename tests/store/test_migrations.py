"""The schema is brought up to date whole, by one at a time, or the start is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from bridge.domain.errors import StoreRefused, StoreUnavailable
from bridge.domain.updates import lane_key
from bridge.store.codec import encode
from bridge.store.engine import Engine
from bridge.store.engine_postgres import PostgresEngine
from bridge.store.engine_sqlite import SqliteEngine
from bridge.store.migrate import _config
from bridge.store.tables import METADATA
from bridge.store.urls import database_url
from tests.builders import message
from tests.fakes import FakeClock
from tests.postgres import Postgres
from tests.store.worlds import opened

INDEXES = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename != 'alembic_version'",
}

FIRST_LANE = "INSERT INTO lane (key, conversation, pending, epoch, ready_at) VALUES (:lane, :here, 1, 0, 0)"
FIRST_UPDATE = (
    "INSERT INTO inbox (platform, bot, id, lane, conversation, kind, payload, state, attempts, failures, received_at,"
    " error) VALUES (:platform, :bot, :id, :lane, :here, 'MessageReceived', :what, 'new', 0, 0, 0, '')"
)


def engine_for(url: str) -> Engine:
    target = database_url(url)
    return SqliteEngine(target, FakeClock()) if url.startswith("sqlite") else PostgresEngine(target, pool_size=1)


class Empty:
    """Databases without tables."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    async def url(self) -> str:
        return str(await self._make())

    async def run(self, url: str, *statements: str) -> None:
        await self.inside(url, lambda connection: [connection.execute(text(each)) for each in statements])

    async def inside(self, url: str, work: Callable[[Connection], Any]) -> Any:
        """Work on a database without migrating it."""
        engine = engine_for(url)
        if isinstance(engine, SqliteEngine):
            engine.start()
        try:
            return await engine.run(lambda connection, _: work(connection))
        finally:
            await engine.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Empty]:
    numbers = iter(range(100))
    if request.param == "sqlite":

        async def make() -> str:
            return f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"

        yield Empty(make)
        return
    server: Postgres = request.getfixturevalue("postgres")
    yield Empty(lambda: server.create("template0"))


async def test_the_migrated_schema_is_the_one_the_tables_describe(empty: Empty) -> None:
    url = await empty.url()
    async with opened(url):
        pass

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    assert await empty.inside(url, differences) == []


async def test_the_migrated_indexes_are_the_ones_the_tables_describe(empty: Empty) -> None:
    migrated, described = await empty.url(), await empty.url()
    async with opened(migrated):
        pass

    def definitions(connection: Connection) -> list[str]:
        rows = connection.execute(text(INDEXES[connection.dialect.name])).scalars()
        return sorted(" ".join(row.split()).replace(" ,", ",") for row in rows)

    await empty.inside(described, METADATA.create_all)
    assert await empty.inside(migrated, definitions) == await empty.inside(described, definitions)


async def test_opening_again_changes_nothing(empty: Empty) -> None:
    url = await empty.url()
    async with opened(url) as store:
        await store.put([message()])
    async with opened(url) as store:
        assert (await store.depth())["new"] == 1


async def test_what_waits_in_a_database_of_the_first_version_is_found_after_the_upgrade(empty: Empty) -> None:
    url = await empty.url()
    waiting = message()

    def made_by_the_first_version(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {"lane": lane_key(waiting), "here": str(waiting.conversation), "id": waiting.id, "what": encode(waiting)}
        row |= {"platform": waiting.conversation.platform, "bot": waiting.conversation.bot}
        connection.execute(text(FIRST_LANE), row)
        connection.execute(text(FIRST_UPDATE), row)

    await empty.inside(url, made_by_the_first_version)
    async with opened(url) as store:
        claim = await store.claim("w1", timedelta(seconds=30))
        assert claim is not None
        assert claim.updates == (waiting,)


async def test_several_workers_may_start_at_once(empty: Empty) -> None:
    url = await empty.url()

    async def start() -> int:
        async with opened(url) as store:
            return await store.put([message()])

    assert await asyncio.gather(*(start() for _ in range(4))) == [1, 1, 1, 1]


async def test_a_database_newer_than_the_program_is_refused(empty: Empty) -> None:
    url = await empty.url()
    async with opened(url):
        pass
    await empty.run(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreRefused, match="newer version") as refused:
        async with opened(url):
            pass
    assert refused.value.permanent


async def test_a_database_of_something_else_is_refused_and_left_alone(empty: Empty) -> None:
    url = await empty.url()
    await empty.run(url, "CREATE TABLE inbox (mail TEXT)")
    with pytest.raises(StoreRefused, match="'inbox'"):
        async with opened(url):
            pass
    assert await empty.inside(url, lambda connection: inspect(connection).get_table_names()) == ["inbox"]


async def test_a_migration_that_fails_halfway_leaves_nothing_behind(empty: Empty) -> None:
    url = await empty.url()
    await empty.run(url, "CREATE TABLE other (id INTEGER)", "CREATE INDEX ix_turn_latest ON other (id)")
    with pytest.raises(StoreRefused, match="ix_turn_latest"):
        async with opened(url):
            pass
    assert await empty.inside(url, lambda connection: inspect(connection).get_table_names()) == ["other"]


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bridge.db").write_text("just a letter to somebody" * 100)
    with pytest.raises(StoreRefused, match="is not a SQLite database"):
        async with opened(f"sqlite:///{tmp_path / 'bridge.db'}"):
            pass


async def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"missing/bridge\.db cannot be opened"):
        async with opened(f"sqlite:///{tmp_path / 'missing' / 'bridge.db'}"):
            pass
