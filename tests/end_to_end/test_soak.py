"""Nothing lost, nothing twice, whatever happens at random; `make soak` does more of it for longer."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.end_to_end.soak import Plan, soaked
from tests.postgres import Postgres

SHORT = Plan(seed=1, conversations=30, seconds=9.0, settling=90.0, with_limits=False)


def _asked_for() -> Plan:
    """SEED and MINUTES of the environment; without a SEED another one every time."""
    minutes = float(os.environ.get("MINUTES", "0"))
    seed = int(os.environ.get("SEED") or (random.randrange(1_000_000) if minutes else SHORT.seed))
    if not minutes:
        return Plan(seed, SHORT.conversations, SHORT.seconds, SHORT.settling, SHORT.with_limits)
    return Plan(seed, conversations=300, seconds=minutes * 60, settling=300.0, with_limits=seed % 2 == 0)


@pytest.mark.timeout(0)  # it has one of its own
async def test_every_question_is_answered_once_and_in_order_whatever_happens(
    postgres: Postgres, tmp_path: Path
) -> None:
    plan = _asked_for()
    report = await soaked(plan, tmp_path, await postgres.create())
    print(report)
    assert not report.wrongs, str(report)
