"""A stage for every test."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.end_to_end.crash import stages
from tests.end_to_end.crash.stages import Theatre
from tests.end_to_end.nursery import Nursery
from tests.postgres import Postgres


@pytest.fixture
def play(nursery: Nursery, postgres: Postgres, tmp_path: Path) -> Theatre:
    return partial(stages.play, nursery, postgres, tmp_path)
