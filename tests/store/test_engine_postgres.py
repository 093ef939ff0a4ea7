"""PostgreSQL under stress: restarts, collisions, lost connections, other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bridge.domain.errors import StoreRefused, StoreUnavailable
from bridge.store.engine import Dialect
from bridge.store.engine_postgres import PostgresEngine
from bridge.store.sql import SqlStore
from bridge.store.sql_claims import fence
from bridge.store.urls import database_url
from tests.builders import HERE, message
from tests.contracts.store_world import LEASE, claimed, told
from tests.fakes import FakeClock
from tests.postgres import move_clock, running_postgres
from tests.store.worlds import opened


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[PostgresEngine]:
    engine = PostgresEngine(database_url(postgres_url))
    yield engine
    await engine.close()


class Failing:
    """Raises a PostgreSQL error the first `times` times it runs."""

    def __init__(self, sqlstate: str, times: int) -> None:
        self.runs = 0
        self._sqlstate, self._times = sqlstate, times

    def __call__(self, connection: Connection, dialect: Dialect) -> str:
        self.runs += 1
        if self.runs <= self._times:
            raising = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{self._sqlstate}'; END $$"
            connection.execute(text(raising))
        return "done"


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_a_collision_is_run_again(engine: PostgresEngine, sqlstate: str) -> None:
    operation = Failing(sqlstate, times=3)
    assert await engine.run(operation) == "done"
    assert operation.runs == 4


async def test_collisions_without_end_are_given_up(engine: PostgresEngine) -> None:
    with pytest.raises(StoreUnavailable):
        await engine.run(Failing("40001", times=1000))


@pytest.mark.parametrize("sqlstate", ["53100", "53300", "57014", "57P01", "57P03", "08006", "55P03", "25006", "XX000"])
async def test_trouble_of_the_server_is_unavailability(engine: PostgresEngine, sqlstate: str) -> None:
    with pytest.raises(StoreUnavailable, match="no"):
        await engine.run(Failing(sqlstate, times=1000))
    assert await engine.run(Failing(sqlstate, times=0)) == "done"


@pytest.mark.parametrize("sqlstate", ["23505", "22021", "42P01"])
async def test_a_mistake_in_an_operation_reaches_its_caller_as_it_is(engine: PostgresEngine, sqlstate: str) -> None:
    operation = Failing(sqlstate, times=1000)
    with pytest.raises(DBAPIError):
        await engine.run(operation)
    assert operation.runs == 1


async def test_two_transactions_that_wait_for_each_other_both_succeed(engine: PostgresEngine) -> None:
    async def swap(first: str, second: str) -> None:
        def operation(connection: Connection, dialect: Dialect) -> None:
            for lane in (first, second):
                connection.execute(text(f"UPDATE lane SET pending = pending + 1 WHERE key = '{lane}'"))
                connection.execute(text("SELECT pg_sleep(0.1)"))

        await engine.run(operation)

    def lanes(connection: Connection, dialect: Dialect) -> None:
        for key in ("a", "b"):
            values = f"('{key}', 'c', 0, 0, 0)"
            connection.execute(text(f"INSERT INTO lane (key, conversation, pending, epoch, ready_at) VALUES {values}"))

    await engine.run(lanes)
    await asyncio.gather(swap("a", "b"), swap("b", "a"))
    pending = await engine.run(lambda connection, _: connection.execute(text("SELECT sum(pending) FROM lane")).scalar())
    assert pending == 4


async def test_nobody_can_claim_a_lane_while_a_write_under_its_old_claim_is_on_its_way(
    engine: PostgresEngine, postgres_url: str
) -> None:
    writing = asyncio.Event()
    loop = asyncio.get_running_loop()

    async with opened(postgres_url) as store:
        claim = await told(store)
        await move_clock(postgres_url, 61)

        def write(connection: Connection, dialect: Dialect) -> None:
            fence(connection, claim)
            loop.call_soon(writing.set)
            connection.execute(text("SELECT pg_sleep(0.3)"))

        written = asyncio.create_task(engine.run(write))
        await writing.wait()
        assert await store.claim("w2", LEASE) is None
        await written
        assert (await claimed(store, "w2")).epoch > claim.epoch


async def test_nobody_there_is_unavailability() -> None:
    for url in ("postgresql://u@/d?host=/nowhere", "postgresql://u:hunter2@127.0.0.1:1/d"):
        with pytest.raises(StoreUnavailable) as refused:
            async with opened(url):
                pass
        assert "hunter2" not in refused.value.sentence
        assert not refused.value.permanent
    assert refused.value.sentence.startswith("PostgreSQL at 127.0.0.1:1/d is unavailable: ")
    assert refused.value.sentence.endswith(".")


async def test_a_database_that_does_not_exist_is_refused(postgres_url: str) -> None:
    with pytest.raises(StoreRefused, match="does not exist"):
        async with opened(postgres_url.replace("/test_", "/no_")):
            pass


async def test_a_mistake_does_not_show_what_was_to_be_stored(engine: PostgresEngine) -> None:
    operation = Failing("57014", times=1000)
    with pytest.raises(StoreUnavailable) as refused:
        await engine.run(operation)
    assert "RAISE" not in refused.value.sentence


async def test_a_connection_that_went_stale_is_not_noticed_outside(postgres_url: str) -> None:
    async with opened(postgres_url) as store:
        await store.put([message()])
        await ended(postgres_url, "query NOT LIKE 'LISTEN%'")
        assert await store.put([message()]) == 1


async def ended(url: str, which: str) -> int:
    """End other sessions of this database; how many."""
    connection = await asyncpg.connect(url)
    try:
        here = "datname = current_database() AND pid != pg_backend_pid()"
        rows = await connection.fetch(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {here} AND {which}"
        )
    finally:
        await connection.close()
    return len(rows)


async def test_work_put_in_by_another_process_wakes_this_one(postgres_url: str) -> None:
    async with (
        asyncio.timeout(20),
        opened(postgres_url) as store,
        opened(postgres_url) as other,
        store.work() as signal,
    ):
        await signal.wait(60)  # it is woken once when it has begun to listen
        for _ in range(3):
            await other.put([message()])
            await signal.wait(60)


async def test_a_stop_asked_for_by_another_process_is_heard_at_once_and_work_is_none(postgres_url: str) -> None:
    async with (
        asyncio.timeout(20),
        opened(postgres_url) as store,
        opened(postgres_url) as other,
        store.work() as signal,
    ):
        await signal.wait(60)  # it is woken once when it has begun to listen, for either
        await signal.stop_asked()
        await other.put([message()])
        await signal.wait(60)
        stopped = asyncio.create_task(signal.stop_asked())
        await asyncio.sleep(0)
        assert not stopped.done()
        await other.request_stop(HERE, None)
        await stopped


async def test_a_lost_listener_comes_back_and_hears(postgres_url: str) -> None:
    async with (
        asyncio.timeout(20),
        opened(postgres_url) as store,
        opened(postgres_url) as other,
        store.work() as signal,
    ):
        await signal.wait(60)
        assert await ended(postgres_url, "query LIKE 'LISTEN%'") == 1
        await signal.wait(60)  # it listens again
        await other.put([message()])
        await signal.wait(60)


async def test_nobody_listens_once_nobody_waits_for_work(postgres_url: str) -> None:
    async with opened(postgres_url) as store, store.work() as signal:
        await signal.wait(60)
    assert await ended(postgres_url, "query LIKE 'LISTEN%'") == 0


async def test_a_process_stopped_inside_a_transaction_loses_it_before_others_give_up(postgres_url: str) -> None:
    engine = PostgresEngine(database_url(postgres_url), patience=0.2)
    settings = await engine.run(shown)
    await engine.close()
    assert settings == ["200ms", "200ms"]


def shown(connection: Connection, dialect: Dialect) -> list[Any]:
    names = ("idle_in_transaction_session_timeout", "lock_timeout")
    return [connection.execute(text(f"SHOW {name}")).scalar() for name in names]


async def test_a_restarted_server_costs_a_delay_and_nothing_that_was_acknowledged() -> None:
    acknowledged: list[str] = []
    refusals = 0
    stop = asyncio.Event()

    async def write(store: SqlStore, name: str) -> None:
        nonlocal refusals
        number = 0
        while not stop.is_set():
            update = message(id=f"{name}-{number}")
            try:
                await store.put([update])
            except StoreUnavailable:
                refusals += 1
                await asyncio.sleep(0.02)
                continue
            acknowledged.append(update.id)
            number += 1

    with running_postgres() as server:
        async with opened(server.url()) as store:
            writers = [asyncio.create_task(write(store, name)) for name in "abcd"]
            await progress(acknowledged)
            await asyncio.to_thread(server.stop)
            with pytest.raises(StoreUnavailable):
                await store.claim("w1", LEASE)
            await asyncio.to_thread(server.start)
            await progress(acknowledged)
            stop.set()
            await asyncio.gather(*writers)
            stored = [entry.id for entry in await store.inbox("new", 1_000_000)]
            assert set(acknowledged) <= set(stored)
            assert len(stored) == len(set(stored))
            assert refusals > 0
            await claimed(store)
    assert not server.data.exists()


async def progress(acknowledged: list[str]) -> None:
    """Wait until some more was written."""
    enough = len(acknowledged) + 20
    async with asyncio.timeout(20):
        while len(acknowledged) < enough:  # noqa: ASYNC110 - writers come and go; there is no one event to wait for
            await asyncio.sleep(0.01)


async def test_a_lease_and_a_pause_last_no_longer_because_the_servers_clock_was_put_back(postgres_url: str) -> None:
    async with opened(postgres_url) as store, opened(postgres_url) as other:
        await told(store)
        paused = await told(store, replace(message("later"), conversation=replace(HERE, address="C2")))
        await store.release(paused, timedelta(seconds=30))
        await move_clock(postgres_url, -3600)
        await other.straighten()
        assert await other.claim("w2", LEASE) is None
        await move_clock(postgres_url, 301)
        assert {(await claimed(other, "w2")).attempts, (await claimed(other, "w2")).attempts} == {2}


async def test_who_is_alive_keeps_the_lease_when_the_servers_clock_is_put_back(postgres_url: str) -> None:
    async with opened(postgres_url) as store, opened(postgres_url) as other:
        await told(store)
        await move_clock(postgres_url, -3600)
        await other.straighten()
        assert (await store.beat("w1", LEASE)).lost == frozenset()
        assert await other.claim("w2", LEASE) is None


async def test_a_leader_that_died_before_the_servers_clock_was_put_back_is_replaced(postgres_url: str) -> None:
    async with opened(postgres_url) as store, opened(postgres_url) as other:
        assert await store.lead("poller", "w1", LEASE)
        assert not await other.lead("poller", "w2", LEASE)
        await move_clock(postgres_url, -3600)
        assert await other.lead("poller", "w2", LEASE)


async def test_leases_go_by_the_servers_clock_and_not_by_the_workers(postgres_url: str) -> None:
    ahead = FakeClock()
    ahead.elapsed = 3_600.0
    async with opened(postgres_url) as store, opened(postgres_url, ahead) as other:
        await told(store)
        assert await other.claim("w2", LEASE) is None
        assert abs((await store.now() - await other.now()).total_seconds()) < 30
