"""One mother of all lives of the program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    mother = Nursery()
    yield mother
    mother.close()
