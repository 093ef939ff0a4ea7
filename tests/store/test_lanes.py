"""A lane's count of what waits is never wrong, whatever happens in whatever order: against a model, on SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.domain.errors import LeaseLost
from bridge.domain.updates import MessageReceived, lane_key
from bridge.ports import Claim
from bridge.store.sql import SqlStore
from tests.builders import HERE, message
from tests.contracts.store_world import LEASE
from tests.fakes import FakeClock

T = TypeVar("T")
PLACES = [replace(HERE, address=address) for address in ("C1", "C1/7", "C2")]
OTHER = replace(HERE, address="C3")


class Lanes(RuleBasedStateMachine):
    """The model knows what is waiting, in order, and who was the last to claim each lane."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self._file = Path(self._directory.name) / "bridge.db"
        self._loop = asyncio.new_event_loop()
        self._clock = FakeClock()
        self._store = SqlStore(f"sqlite:///{self._file}", self._clock)
        self._run(self._store.open())
        self._waiting: dict[str, list[MessageReceived]] = {}
        self._known: list[MessageReceived] = []
        self._claims: list[Claim] = []
        self._latest: dict[str, int] = {}

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def teardown(self) -> None:
        self._run(self._store.close())
        self._loop.close()
        self._directory.cleanup()

    @rule(places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=4), batch=st.sampled_from([None, "album"]))
    def put(self, places: list[Any], batch: str | None) -> None:
        updates = [message(conversation=place, batch=batch) for place in places]
        assert self._run(self._store.put(updates)) == len(updates)
        self._known += updates
        for update in updates:
            self._waiting.setdefault(lane_key(update), []).append(update)

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self._known:
            again = data.draw(st.lists(st.sampled_from(self._known), max_size=3))
            assert self._run(self._store.put(again)) == 0

    @rule()
    def claim(self) -> None:
        claim = self._run(self._store.claim("w1", LEASE))
        if claim is None:
            return
        waiting = self._waiting[claim.lane]
        assert list(claim.updates) == waiting[: len(claim.updates)]
        self._latest[claim.lane] = claim.epoch
        self._claims.append(claim)

    @rule(seconds=st.sampled_from([1, 61]))
    def pass_time(self, seconds: float) -> None:
        self._clock.elapsed += seconds

    @rule(data=st.data(), how=st.sampled_from(["finish", "release", "bury"]))
    def end(self, data: st.DataObject, how: str) -> None:
        if not self._claims:
            return
        claim = data.draw(st.sampled_from(self._claims))
        ending = self._ending(claim, how)
        self._claims.remove(claim)
        try:
            self._run(ending)
        except LeaseLost:
            assert self._latest[claim.lane] != claim.epoch
            return
        assert self._latest[claim.lane] == claim.epoch
        if how != "release":
            self._waiting[claim.lane] = self._waiting[claim.lane][len(claim.updates) :]
        if how == "finish":
            self._resync(OTHER)

    def _ending(self, claim: Claim, how: str) -> Coroutine[Any, Any, None]:
        match how:
            case "finish":
                return self._store.finish(claim, [message(conversation=OTHER)])
            case "release":
                return self._store.release(claim, timedelta(0))
            case _:
                return self._store.bury(claim, "no")

    def _resync(self, place: Any) -> None:
        """Follow-ups are new updates as well; their ids are the store's to tell."""
        lane = f"{place}#turn"
        connection = sqlite3.connect(self._file)
        rows = connection.execute("SELECT id FROM inbox WHERE lane = ? AND state = 'new' ORDER BY seq", (lane,))
        ids = [id for (id,) in rows]
        connection.close()
        found = [self._run(self._store.update("fake", "bot", id)) for id in ids]
        self._waiting[lane] = [update for update in found if isinstance(update, MessageReceived)]

    @invariant()
    def every_lane_counts_what_waits_in_it(self) -> None:
        connection = sqlite3.connect(self._file)
        counted = dict(connection.execute("SELECT key, pending FROM lane"))
        connection.close()
        assert counted == {lane: len(self._waiting.get(lane, [])) for lane in counted}


TestLanes = Lanes.TestCase
TestLanes.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
