"""That nothing can be written is told while it lasts, and no longer."""

from __future__ import annotations

import pytest

from bridge.store.writes import Writes
from tests.fakes import FakeClock


def refused() -> tuple[Writes, FakeClock]:
    clock = FakeClock()
    writes = Writes(clock.monotonic)
    writes.refused("the disk is full")
    return writes, clock


def test_a_refusal_is_an_error_in_the_log_once_however_often_it_comes(caplog: pytest.LogCaptureFixture) -> None:
    writes, _ = refused()
    writes.refused("the disk is full")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "database_refuses_writes")
    ]
    assert writes.trouble == "the disk is full"


def test_a_heartbeat_that_could_be_written_is_not_the_end_of_it() -> None:
    writes, clock = refused()
    clock.elapsed += 29
    writes.committed()
    assert writes.trouble
    clock.elapsed += 1
    writes.committed()
    assert not writes.trouble


def test_an_update_that_could_be_written_is_the_end_of_it() -> None:
    writes, _ = refused()
    writes.committed(update=True)
    assert not writes.trouble
