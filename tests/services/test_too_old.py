"""What was written while nothing was running is answered as long as somebody may still wait for it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bridge.config import File, WorkerTable
from bridge.domain.errors import PlatformError, PlatformFault
from tests.builders import message
from tests.fakes import START
from tests.services.house import house

DAY = timedelta(hours=24)


async def test_a_message_older_than_a_day_is_left_alone_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async with house() as h:
        with caplog.at_level(logging.WARNING, "bridge"):
            await h.hear(message("yesterday", at=START - DAY - timedelta(seconds=1)))
        assert (h.questions, h.adapter.texts) == ([], [])
        assert [record.getMessage() for record in caplog.records] == ["too_old"]
        assert await h.store.depth() == {"new": 0, "done": 1, "dead": 0}


async def test_a_message_of_just_a_day_ago_is_answered() -> None:
    async with house() as h:
        await h.hear(message("this morning", at=START - DAY))
        assert h.adapter.texts == ["Hello!"]


async def test_how_old_a_message_may_be_is_a_setting() -> None:
    async with house(file=File(worker=WorkerTable(answer_within_hours=0.5))) as h:
        await h.hear(message("an hour ago", at=START - timedelta(hours=1)), message("now"))
        assert h.questions == ["now"]


async def test_an_answer_that_was_begun_in_time_is_finished_however_late() -> None:
    async with house() as h:
        question = message("long ago")
        await h.bridge.gateway.accept([question])
        claim = await h.store.claim("w0", timedelta(seconds=60))
        assert claim is not None
        h.adapter.failures.append(PlatformError("away", fault=PlatformFault.UNREACHABLE, permanent=False))
        await h.bridge.worker.work(claim)
        h.clock.elapsed += 2 * DAY.total_seconds()
        await h.work()
        assert h.adapter.texts == ["Hello!"]
