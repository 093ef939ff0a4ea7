"""From Telegram's JSON to committed updates, however it came; and no press is left spinning."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from adapters.telegram.addressing import Me
from adapters.telegram.api import TelegramApi
from adapters.telegram.batches import Batches
from adapters.telegram.inbound import read, unreadable
from bridge.domain.errors import PlatformError, StoreUnavailable
from bridge.domain.phrases import NOT_THERE
from bridge.domain.updates import MessageReceived, Update
from bridge.ports import Clock, Gateway

logger = logging.getLogger(__name__)

BATCH_DELAY = 1.0  # seconds until the rest of an album or of a split paste has come
_ANSWER_AFTER = 2.0  # seconds the core has to answer a press in words before it is answered with nothing


class Intake:
    """`pending` are the presses that nobody has answered yet; `presses` owns the tasks that let go of them."""

    def __init__(
        self,
        api: TelegramApi,
        me: Me,
        gateway: Gateway,
        clock: Clock,
        pending: set[str],
        presses: asyncio.TaskGroup,
    ) -> None:
        self._api = api
        self._me = me
        self._gateway = gateway
        self._clock = clock
        self._pending = pending
        self._presses = presses
        self._batches = Batches()
        self._unknown: set[str] = set()  # presses of buttons that this program did not make

    async def take(self, raws: Sequence[dict[str, Any]]) -> None:
        """Returns once all are committed: the permission to confirm them. Raises StoreUnavailable."""
        callbacks = [callback for raw in raws if (callback := _callback(raw)) is not None]
        self._pending.update(callbacks)
        try:
            await self._accept(raws)
        except StoreUnavailable:  # they come again, perhaps to another process
            self._pending.difference_update(callbacks)
            self._unknown.difference_update(callbacks)
            raise
        for callback in callbacks:
            self._presses.create_task(self._let_go(callback))

    async def _accept(self, raws: Sequence[dict[str, Any]]) -> None:
        """In the order they came; those that belong together wait for the rest, without holding up the others."""
        updates = [update for raw in raws if (update := self._read(raw)) is not None]
        for delay, run in groupby(self._batches.marked(updates), key=_delay):
            await self._gateway.accept(list(run), delay=delay)

    def _read(self, raw: dict[str, Any]) -> Update | None:
        now = self._clock.now()
        try:
            update = read(raw, self._me, now)
        except Exception as error:  # noqa: BLE001 - one odd update must never stop the others
            update = unreadable(raw, self._me, now, error)
        if update is None and (callback := _callback(raw)) is not None:
            logger.warning("press_unknown", extra={"press": callback})
            self._unknown.add(callback)
        return update

    async def _let_go(self, callback: str) -> None:
        """The button shows a spinner until its press is answered, by the core or at last here."""
        is_unknown = callback in self._unknown
        self._unknown.discard(callback)
        await self._clock.sleep(0.0 if is_unknown else _ANSWER_AFTER)
        if callback not in self._pending:
            return
        self._pending.discard(callback)
        try:
            await self._api.answer(callback, NOT_THERE if is_unknown else "")
        except PlatformError as error:
            logger.info("press_unanswered", extra={"error": error.sentence})


def _delay(update: Update) -> float:
    return BATCH_DELAY if isinstance(update, MessageReceived) and update.batch else 0.0


def _callback(raw: dict[str, Any]) -> str | None:
    query = raw.get("callback_query")
    return str(query["id"]) if isinstance(query, dict) and "id" in query else None
