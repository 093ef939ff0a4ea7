"""The store in memory keeps the contract."""

import pytest

from bridge.ports import Store
from bridge.store.memory import MemoryStore
from tests.contracts.store import StoreContract
from tests.fakes import FakeClock
from tests.store.worlds import ClockedWorld, memory_world


class TestMemoryStore(StoreContract):
    @pytest.fixture
    async def world(self) -> ClockedWorld:
        return memory_world()

    @pytest.fixture
    async def keyless(self) -> Store:
        return MemoryStore(FakeClock(), secret_key=None)
