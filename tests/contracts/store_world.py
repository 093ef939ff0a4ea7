"""What a contract test of the store may use: the store, a second process on the same data, and time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import pytest

from bridge.domain.turns import Turn
from bridge.domain.updates import MessageReceived
from bridge.ports import Claim, Store
from tests.builders import message, turn

LEASE = timedelta(seconds=60)


class World(Protocol):
    store: Store
    other: Store
    """The same data, as another process sees it."""

    async def advance(self, seconds: float) -> None:
        """Let time pass for the store."""


class StoreCase:
    """Implementations say what a `world` is."""

    @pytest.fixture
    async def world(self) -> World:
        raise NotImplementedError


async def claimed(store: Store, worker: str = "w1") -> Claim:
    """The next claim; fails the test if there is none."""
    claim = await store.claim(worker, LEASE)
    assert claim is not None, "nothing to claim"
    return claim


async def told(store: Store, *updates: MessageReceived) -> Claim:
    """Put the updates (or one message) and claim the first."""
    await store.put(updates or [message()])
    return await claimed(store)


def ids(claim: Claim | None) -> list[str]:
    return [] if claim is None else [update.id for update in claim.updates]


def turn_of(claim: Claim, id: str = "turn1", **changes: Any) -> Turn:
    update = claim.updates[0]
    return turn(id, **{"conversation": update.conversation, "update": update.id, "asked": update.by, **changes})
