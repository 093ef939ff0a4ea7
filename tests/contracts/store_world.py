"""What a contract test of the store may use: the store, a second process on the same data, and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from bridge.domain.ids import AppName, ChatId, TurnId
from bridge.domain.interactions import Choice, Interaction, Option, Purpose
from bridge.domain.turns import Turn
from bridge.domain.updates import MessageReceived
from bridge.ports import Claim, Store
from tests.builders import ANN, HERE, message

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
    values: dict[str, Any] = {
        "id": TurnId(id),
        "conversation": update.conversation,
        "app": AppName("default"),
        "chat": ChatId("chat1"),
        "update": update.id,
        "asked": update.by,
        "record": TurnId(id),
    }
    return Turn(**values | changes)


def choice(id: str = "asked1", **changes: Any) -> Interaction:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    values: dict[str, Any] = {
        "id": id,
        "turn": TurnId("turn1"),
        "conversation": HERE,
        "kind": "userSelect",
        "ask": Choice("Which one?", (Option("Red", "r"), Option("Blue", "b"))),
        "asked": ANN,
        "purpose": Purpose.RESUME,
        "extends_record": True,
        "created_at": created,
        "expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    }
    return Interaction(**values | changes)
