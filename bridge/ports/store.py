"""Durable state: one thing, in two parts."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bridge.ports.dialogue import Dialogue
from bridge.ports.inbox import Inbox


class Store(Inbox, Dialogue, Protocol):
    """Durable state. Every method commits before it returns, or raises StoreUnavailable and has changed nothing.

    Methods that take a claim raise LeaseLost if it is outdated. `now` is the store's own clock, one for all workers.
    """

    @property
    def can_keep_secrets(self) -> bool:
        """Whether secrets (passwords in forms, messages flagged secret) can be stored; else NoSecretKey is raised."""

    async def open(self) -> None:
        """Bring the schema up to date. Raises StoreRefused if it is newer than the program."""

    async def close(self) -> None: ...

    @property
    def trouble(self) -> str:
        """Why what was written lately could not be committed, as a sentence; empty while it can."""

    async def now(self) -> datetime: ...
