"""What the store costs: CPU and wall time per operation.

    python benchmarks/store.py                          # SQLite, in a temporary directory
    DATABASE_URL=postgres://… python benchmarks/store.py  # an empty PostgreSQL database, which is filled

Figures are per operation, the median of several rounds. CPU time is the one to compare: wall time here includes
whatever else the machine does. A commit on SQLite flushes the disk, so its wall time is the disk's.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.domain.ids import AppName, ChatId, ConversationKey, MessageRef, TurnId, new_turn_id
from bridge.domain.interactions import Person
from bridge.domain.turns import Part, PartState, Turn, TurnState
from bridge.domain.updates import MessageReceived
from bridge.store.sql import SqlStore

ROUNDS, OPERATIONS = 5, 300
LEASE = timedelta(minutes=5)
Round = Callable[[int], Awaitable[None]]


class SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def message(id: str) -> MessageReceived:
    place = ConversationKey("bench", "bot", id)
    ref = MessageRef("bench", "bot", id)
    return MessageReceived(
        id=id, conversation=place, by=Person("U1", "Ann"), at=datetime.now(UTC), message=ref, text="word " * 100
    )


class Bench:
    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._run = new_turn_id()

    async def put_one_by_one(self, round: int) -> None:
        for number in range(OPERATIONS):
            await self._store.put([message(f"{self._run}-a{round}-{number}")])

    async def put_together(self, round: int) -> None:
        await asyncio.gather(
            *(self._store.put([message(f"{self._run}-b{round}-{number}")]) for number in range(OPERATIONS))
        )

    async def claim_and_finish(self, round: int) -> None:
        for _ in range(OPERATIONS):
            claim = await self._store.claim("bench", LEASE)
            assert claim is not None
            await self._store.finish(claim)

    async def whole_turn(self, round: int) -> None:
        """What one question writes: claimed, begun, asked, two parts, answered, delivered, finished."""
        for _ in range(OPERATIONS):
            claim = await self._store.claim("bench", LEASE)
            assert claim is not None
            update = claim.updates[0]
            id = new_turn_id()
            chat, app = ChatId("chat"), AppName("default")
            turn = Turn(id, update.conversation, app, chat, update.id, update.by, TurnId(id))
            await self._store.begin_turn(claim, turn)
            await self._store.save_turn(claim, replace(turn, state=TurnState.ASKED))
            ref = MessageRef("bench", "bot", id)
            for part in (Part(0, PartState.SENDING), Part(0, PartState.SENT, ref), Part(0, PartState.SENT, ref, True)):
                await self._store.record_part(claim, id, part)
            for state in (TurnState.ANSWERED, TurnState.DELIVERED):
                await self._store.save_turn(claim, replace(turn, state=state, text="word " * 300))
            await self._store.finish(claim)


async def measured(name: str, round: Round) -> None:
    cpu, wall = [], []
    for number in range(ROUNDS):
        cpu_began, began = time.process_time(), time.perf_counter()
        await round(number)
        cpu.append((time.process_time() - cpu_began) / OPERATIONS * 1e6)
        wall.append((time.perf_counter() - began) / OPERATIONS * 1e6)
    rate = 1e6 / statistics.median(wall)
    sys.stdout.write(f"{name:<18} {statistics.median(cpu):7.0f} µs CPU  {rate:8.0f} /s\n")


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(directory) / 'bench.db'}"
        store = SqlStore(url, SystemClock())
        await store.open()
        try:
            bench = Bench(store)
            for round in (bench.put_one_by_one, bench.put_together, bench.claim_and_finish, bench.whole_turn):
                await measured(round.__name__.replace("_", " "), round)
        finally:
            await store.close()


if __name__ == "__main__":
    asyncio.run(main())
