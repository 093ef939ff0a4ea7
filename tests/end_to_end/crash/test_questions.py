"""Kill -9 at every step of a question's life, restart, count: a delay, one whole answer, in order, nothing else."""

from __future__ import annotations

import pytest

from bridge.simulator.workflow import Scope
from tests.end_to_end.crash.stages import Play, Theatre, answer_to

ONE, TWO = answer_to(Scope("one")), answer_to(Scope("two"))
BEFORE_THE_ANSWER = ("before_the_commit", "before_the_acknowledgement", "claimed", "begun", "asking")
AFTER_THE_ANSWER = ("answer_written", "answer_shown", "turn_over")
EVERYWHERE = [
    ("telegram", "sqlite"),
    ("telegram group", "sqlite"),
    ("slack", "sqlite"),
    ("telegram", "postgresql"),
    ("slack", "postgresql"),
]


@pytest.mark.parametrize("point", BEFORE_THE_ANSWER + AFTER_THE_ANSWER)
@pytest.mark.parametrize(("stage", "database"), EVERYWHERE)
async def test_a_question_is_asked_once_and_answered_once(play: Theatre, stage: str, database: str, point: str) -> None:
    async with play(stage, database) as p:
        await dies_once(p, point)


@pytest.mark.parametrize("point", ["before_the_commit", "before_the_acknowledgement"])
@pytest.mark.parametrize("stage", ["telegram by webhook", "slack over http"])
async def test_a_question_that_was_posted_is_posted_again_and_asked_once(play: Theatre, stage: str, point: str) -> None:
    async with play(stage) as p:
        await dies_once(p, point)


async def dies_once(p: Play, point: str) -> None:
    await p.dies(point, asked="one")
    async with p.program():
        await p.stage.until(lambda: ONE in p.stage.said)
        await p.stage.ask("two")
        await p.stage.until(lambda: TWO in p.stage.said)
    assert (p.stage.said, p.asked("one"), p.asked("two")) == ([ONE, TWO], 1, 1)
    assert p.history == ["one", ONE, "two", TWO]
