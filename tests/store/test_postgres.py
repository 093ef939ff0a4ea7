"""PostgreSQL keeps the contract."""

from collections.abc import AsyncIterator

import pytest

from bridge.ports import Store
from tests.contracts.store import StoreContract
from tests.store.worlds import PostgresWorld, opened, postgres_world


class TestPostgresStore(StoreContract):
    @pytest.fixture
    async def world(self, postgres_url: str) -> AsyncIterator[PostgresWorld]:
        async with postgres_world(postgres_url) as world:
            yield world

    @pytest.fixture
    async def keyless(self, postgres_url: str) -> AsyncIterator[Store]:
        async with opened(postgres_url, secret_key=None) as store:
            yield store
