"""A complaint leads to the log lines of its question: by place, update and person, without a word of what was said."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bridge.domain.events import Finished, TextAdded
from tests.builders import ANN, HERE, message
from tests.services.house import house

SAID = "what-ann-wrote"


def facts(caplog: pytest.LogCaptureFixture, event: str) -> dict[str, Any]:
    return vars(next(record for record in caplog.records if record.getMessage() == event))


@pytest.mark.parametrize("event", ["question_accepted", "handling", "turn_finished"])
async def test_where_a_question_came_from_and_whose_it_is_stands_in_the_log(
    caplog: pytest.LogCaptureFixture, event: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="bridge")
    async with house() as bridge:
        question = message(SAID)
        await bridge.hear(question)
        line = facts(caplog, event)
    where = (line["platform"], line["conversation"], line["update"], line["person"])
    assert where == (HERE.platform, HERE.address, question.id, ANN.id)


async def test_a_message_that_is_not_for_the_bot_is_told_when_debugging_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bridge")
    async with house() as bridge:
        await bridge.hear(message(SAID, addressed=False))
    assert facts(caplog, "not_for_us")["levelno"] == logging.DEBUG


async def test_no_line_of_a_question_and_its_answer_has_their_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bridge")
    async with house() as bridge:
        bridge.assistant.scripts = [[TextAdded("what-was-answered"), Finished()]]
        await bridge.hear(message(SAID))
    ours = [str(vars(record)) for record in caplog.records if record.name.startswith("bridge")]
    assert ours
    assert [line for line in ours if SAID in line or "what-was-answered" in line] == []


async def test_a_question_that_is_delivered_again_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bridge")
    async with house() as bridge:
        question = message(SAID)
        await bridge.hear(question)
        await bridge.hear(question)
    assert [record.getMessage() for record in caplog.records].count("question_accepted") == 1
