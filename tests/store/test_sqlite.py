"""SQLite keeps the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.ports import Store
from tests.contracts.store import StoreContract
from tests.store.worlds import ClockedWorld, opened, sqlite_world


class TestSqliteStore(StoreContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[ClockedWorld]:
        async with sqlite_world(tmp_path) as world:
            yield world

    @pytest.fixture
    async def keyless(self, tmp_path: Path) -> AsyncIterator[Store]:
        async with opened(f"sqlite:///{tmp_path / 'keyless.db'}", secret_key=None) as store:
            yield store
