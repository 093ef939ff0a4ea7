"""SQLite under stress: other processes, full disks, jumping clocks, sudden death."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bridge.domain.errors import LeaseLost, StoreUnavailable
from bridge.store.engine import Dialect, Operation
from bridge.store.engine_sqlite import SqliteEngine
from bridge.store.sql_claims import _ATTEMPT, _taking
from bridge.store.sql_desk import prune
from bridge.store.sql_intake import put
from bridge.store.sql_interactions import interaction_decided_by
from bridge.store.sql_turns import _SHOWN_IN
from bridge.store.tables import INTERACTION, IS_OPEN, WAITS
from bridge.store.urls import database_url
from bridge.store.vault import Vault
from tests.builders import HERE, message
from tests.contracts.store_world import LEASE, claimed, told
from tests.fakes import FakeClock
from tests.store.worlds import opened

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bridge.db"


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[SqliteEngine]:
    engine = SqliteEngine(database_url(f"sqlite:///{file}"), FakeClock(), busy_timeout=0.2)
    await engine.open()
    yield engine
    await engine.close()


def putting(text: str = "hello") -> Callable[[Connection, Dialect], int]:
    return partial(put, vault=Vault(None), updates=[message(text)], delay=timedelta(0))


def rows_in(file: Path) -> int:
    connection = sqlite3.connect(file)
    try:
        return int(connection.execute("SELECT count(*) FROM inbox").fetchone()[0])
    finally:
        connection.close()


class Gate:
    """Holds the writer thread, so that what comes meanwhile has to share the next commit."""

    def __init__(self) -> None:
        self._entered, self._opened = threading.Event(), threading.Event()

    def hold(self, connection: Connection, dialect: Dialect) -> None:
        self._entered.set()
        self._opened.wait(10)

    async def entered(self) -> None:
        await asyncio.to_thread(self._entered.wait, 10)

    def open(self) -> None:
        self._opened.set()


async def together(engine: SqliteEngine, *operations: Callable[[Connection, Dialect], Any]) -> list[Any]:
    """The outcomes of operations that were all waiting when the writer came to them."""
    gate = Gate()
    held = asyncio.create_task(engine.run(gate.hold))
    await gate.entered()
    tasks = [asyncio.create_task(engine.run(operation)) for operation in operations]
    await asyncio.sleep(0)
    gate.open()
    await held
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_waits_together_is_committed_together(engine: SqliteEngine) -> None:
    transactions = await together(engine, *(lambda connection, _: connection.get_transaction() for _ in range(20)))
    assert len(set(transactions)) == 1


async def test_ten_thousand_updates_in_one_second_are_all_there_in_the_order_of_each_conversation(file: Path) -> None:
    said = [
        message(str(number), conversation=replace(HERE, address=f"C{number % 100}"), id=f"{number:05}")
        for number in range(10_000)
    ]
    async with opened(f"sqlite:///{file}") as store:
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(store.put([update]) for update in said))
        seconds = asyncio.get_running_loop().time() - began
        entries = (await store.inbox("new", 20_000))[::-1]
    assert len(entries) == 10_000
    for lane in {entry.lane for entry in entries}:
        ids = [entry.id for entry in entries if entry.lane == lane]
        assert ids == sorted(ids)
    assert seconds < 30, "far more than it takes, for this machine may be busy"


async def test_an_operation_that_fails_does_not_harm_those_that_share_its_commit(
    engine: SqliteEngine, file: Path
) -> None:
    def losing(connection: Connection, dialect: Dialect) -> None:
        putting()(connection, dialect)
        raise LeaseLost

    def colliding(connection: Connection, dialect: Dialect) -> None:
        for _ in range(2):
            connection.execute(text("INSERT INTO leader VALUES ('poller', 'w1', 0)"))

    outcomes = await together(engine, putting(), losing, putting(), colliding, putting())
    assert [type(outcome) for outcome in outcomes] == [int, LeaseLost, int, IntegrityError, int]
    assert rows_in(file) == 3


async def test_a_mistake_in_an_operation_reaches_its_caller_as_it_is(engine: SqliteEngine) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        await engine.run(lambda connection, _: connection.execute(text("SELECT * FROM nowhere")))


async def test_nobody_is_told_before_the_commit(engine: SqliteEngine, file: Path) -> None:
    for expected in range(1, 20):
        await engine.run(putting())
        assert rows_in(file) == expected


async def test_an_operation_nobody_waits_for_any_more_is_not_begun(engine: SqliteEngine, file: Path) -> None:
    gate = Gate()
    held = asyncio.create_task(engine.run(gate.hold))
    await gate.entered()
    abandoned = asyncio.create_task(engine.run(putting()))
    await asyncio.sleep(0)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)
    gate.open()
    await held
    await engine.run(lambda *_: None)
    assert rows_in(file) == 0


async def test_another_process_that_holds_the_lock_for_a_moment_is_waited_for(file: Path) -> None:
    async with opened(f"sqlite:///{file}") as store:
        locker = sqlite3.connect(file, isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        putting = asyncio.create_task(store.put([message()]))
        assert not (await asyncio.wait({putting}, timeout=0.3))[0]
        locker.execute("COMMIT")
        locker.close()
        assert await putting == 1


async def test_reading_needs_no_lock(engine: SqliteEngine, file: Path) -> None:
    locker = sqlite3.connect(file, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    count = await engine.run(lambda connection, _: connection.execute(text("SELECT 1")).scalar(), reads=True)
    locker.close()
    assert count == 1


async def test_a_lock_that_stays_is_said_and_gone_with_the_lock(engine: SqliteEngine, file: Path) -> None:
    locker = sqlite3.connect(file, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked by another process"):
        await engine.run(putting())
    locker.close()
    assert await engine.run(putting()) == 1
    assert rows_in(file) == 1


async def test_a_full_disk_stores_nothing_says_so_and_recovers(engine: SqliteEngine, file: Path) -> None:
    await engine.run(putting())
    await limited(engine, 0)
    outcomes = await together(engine, putting("x" * 20_000), putting("y" * 20_000))
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
    assert "disk is full" in str(outcomes[0])
    assert rows_in(file) == 1
    await limited(engine, 1_000_000)
    assert await engine.run(putting("x" * 20_000)) == 1
    assert rows_in(file) == 2


async def limited(engine: SqliteEngine, pages: int) -> None:
    """SQLite refuses to grow a file beyond this, as on a full disk; it never takes less than there is."""
    await engine.run(lambda connection, _: connection.execute(text(f"PRAGMA max_page_count = {pages or 1}")))


async def test_what_is_refused_does_not_repeat_what_was_to_be_stored(engine: SqliteEngine) -> None:
    await limited(engine, 0)
    with pytest.raises(StoreUnavailable) as refused:
        await engine.run(putting("hunter2" * 5000))
    assert "hunter2" not in refused.value.sentence


async def test_a_closed_store_is_unavailable(file: Path) -> None:
    async with opened(f"sqlite:///{file}") as store:
        pass
    with pytest.raises(StoreUnavailable):
        await store.put([message()])


async def test_what_is_asked_while_the_store_closes_is_done_or_refused(file: Path) -> None:
    async with opened(f"sqlite:///{file}") as store:
        closing = asyncio.create_task(store.close())
        outcomes = await asyncio.gather(*(store.put([message()]) for _ in range(5)), return_exceptions=True)
        await closing
    assert all(outcome == 1 or isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert rows_in(file) == outcomes.count(1)


class JumpingClock(FakeClock):
    """The time of day is set while the process runs."""

    jumped = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.jumped


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_no_lease_is_lost_or_kept_for_ever_when_the_clock_jumps(file: Path, jump: timedelta) -> None:
    clock = JumpingClock()
    async with opened(f"sqlite:///{file}", clock) as store:
        await told(store)
        clock.jumped = jump
        assert await store.claim("w2", LEASE) is None
        clock.elapsed += 61
        assert (await claimed(store, "w2")).attempts == 2


async def test_a_retry_waits_its_time_when_the_clock_jumps(file: Path) -> None:
    clock = JumpingClock()
    async with opened(f"sqlite:///{file}", clock) as store:
        await store.release(await told(store), timedelta(seconds=30))
        clock.jumped = timedelta(hours=-1)
        clock.elapsed += 31
        assert (await claimed(store)).failures == 1


WRITER = """
    import asyncio, itertools, sys
    from bridge.store.sql import SqlStore
    from tests.builders import message
    from tests.fakes import FakeClock

    async def main():
        store = SqlStore(sys.argv[1], FakeClock())
        await store.open()
        for number in itertools.count():
            await asyncio.gather(*(store.put([message(id=f"{number}-{part}")]) for part in range(5)))
            print(number, flush=True)

    asyncio.run(main())
"""


async def test_a_writer_that_is_killed_loses_nothing_it_has_acknowledged(file: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(WRITER), f"sqlite:///{file}", stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    acknowledged = [int(await process.stdout.readline()) for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in (await process.stdout.read()).split()]
    await process.wait()
    async with opened(f"sqlite:///{file}") as store:
        stored = {entry.id for entry in await store.inbox("new", 1_000_000)}
        assert {f"{number}-{part}" for number in acknowledged for part in range(5)} <= stored
        assert (await claimed(store)).updates[0].id == "0-0"


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (_taking, {"worker": "w1", "lease": 1}, "ix_lane_waiting"),
        (lambda _: _ATTEMPT, {"in_lane": "a"}, "ix_inbox_waiting"),
        (lambda _: select(INTERACTION).where(INTERACTION.c.conversation == "a", IS_OPEN), {}, "ix_interaction_open"),
        (lambda _: select(INTERACTION).where(INTERACTION.c.conversation == "a", WAITS), {}, "ix_interaction_waits"),
        (lambda _: _SHOWN_IN, {"wanted": "a"}, "ix_part_message"),
    ],
)
async def test_what_is_done_often_looks_only_at_what_it_needs(
    engine: SqliteEngine, statement: Callable[[Dialect], Any], values: dict[str, Any], index: str
) -> None:
    def plan(connection: Connection, dialect: Dialect) -> str:
        compiled = statement(dialect).compile(dialect=connection.dialect)
        parameters = compiled.construct_params(values)
        ordered = tuple(parameters[name] for name in compiled.positiontup)
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ordered).all())

    assert f"INDEX {index}" in await engine.run(plan)


@pytest.mark.parametrize(
    ("operation", "index"),
    [
        (partial(interaction_decided_by, vault=Vault(None), key=HERE, update_id="u1"), "ix_interaction_decided_update"),
        (partial(prune, older_than=timedelta(days=7)), "ix_inbox_state (state=? AND received_at<?)"),
    ],
)
async def test_what_is_long_over_is_not_searched_from_end_to_end(
    engine: SqliteEngine, operation: Operation[Any], index: str
) -> None:
    def plans(connection: Connection, dialect: Dialect) -> str:
        ran: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *told: ran.append((told[2], told[3])))
        operation(connection, dialect)
        return str([connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in [*ran]])

    assert f"INDEX {index}" in await engine.run(plans)


async def test_an_error_does_not_quote_what_was_to_be_stored(engine: SqliteEngine) -> None:
    def wrong(connection: Connection, _: Dialect) -> None:
        connection.execute(text("INSERT INTO inbox (id) VALUES (:id)"), {"id": "my-secret-words"})

    with pytest.raises(IntegrityError) as caught:
        await engine.run(wrong)
    assert "my-secret-words" not in str(caught.value)
