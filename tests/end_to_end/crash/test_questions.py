"""Kill -9 at every step of a question's life, restart, count: a delay, one whole answer, in order, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.simulator.workflow import Scope
from tests.end_to_end.crash.stages import Play, answer_to, play
from tests.end_to_end.nursery import Nursery
from tests.postgres import Postgres

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
async def test_a_question_is_asked_once_and_answered_once(
    nursery: Nursery, postgres: Postgres, tmp_path: Path, stage: str, database: str, point: str
) -> None:
    async with play(nursery, postgres, tmp_path, stage, database) as p:
        await dies_once(p, point)


@pytest.mark.parametrize("point", ["before_the_commit", "before_the_acknowledgement"])
@pytest.mark.parametrize("stage", ["telegram by webhook", "slack over http"])
async def test_a_question_that_was_posted_is_posted_again_and_asked_once(
    nursery: Nursery, postgres: Postgres, tmp_path: Path, stage: str, point: str
) -> None:
    async with play(nursery, postgres, tmp_path, stage) as p:
        await dies_once(p, point)


async def dies_once(p: Play, point: str) -> None:
    async with p.program(dying_at=point) as program:
        await p.stage.ask("one")
        await program.killed()
    async with p.program():
        await p.stage.until(lambda: ONE in p.stage.said)
        await p.stage.ask("two")
        await p.stage.until(lambda: TWO in p.stage.said)
    assert (p.stage.said, p.asked("one"), p.asked("two")) == ([ONE, TWO], 1, 1)
    assert p.history == ["one", ONE, "two", TWO]
