"""Long polling in which an update is confirmed to Telegram only after it was committed.

Telegram confirms what lies before the offset of the next getUpdates. There is no stored offset: after a restart
Telegram repeats what was never confirmed, and the inbox knows what it has.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from adapters.telegram.addressing import Me
from adapters.telegram.api import TelegramApi
from adapters.telegram.batches import Batches
from adapters.telegram.inbound import read, unreadable
from adapters.telegram.places import PLATFORM
from bridge.domain.errors import PlatformError, StoreUnavailable
from bridge.domain.phrases import NOT_THERE
from bridge.domain.updates import MessageReceived, Unreadable, Update
from bridge.ports import Clock, Gateway

logger = logging.getLogger(__name__)

BATCH_DELAY = 1.0  # seconds until the rest of an album or of a split paste has come
_ANSWER_AFTER = 2.0  # seconds the core has to answer a press in words before it is answered with nothing
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds


class Listening:
    def __init__(
        self,
        api: TelegramApi,
        me: Me,
        gateway: Gateway,
        clock: Clock,
        pending: set[str],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._api = api
        self._me = me
        self._gateway = gateway
        self._clock = clock
        self._pending = pending
        self._jitter = jitter
        self._batches = Batches()
        self._failures = 0
        self._unknown: set[str] = set()  # presses of buttons that this program did not make

    async def run(self) -> None:
        """Until cancelled. Raises PlatformError(permanent=True) once the token is not valid any more."""
        await self._without_webhook()
        async with asyncio.TaskGroup() as presses:
            refusal = await self._poll(presses)
        raise refusal

    async def _poll(self, presses: asyncio.TaskGroup) -> PlatformError:
        """What ended it. Raised outside of the group, which would wrap it."""
        offset: int | None = None
        while True:
            try:
                raws = await self._api.updates(offset)
                self._gateway.heard(PLATFORM)
                callbacks = [callback for raw in raws if (callback := _callback(raw)) is not None]
                self._pending.update(callbacks)
                await self._accept(raws)
            except (PlatformError, StoreUnavailable) as error:
                if isinstance(error, PlatformError) and error.permanent:
                    return error
                await self._pause(error)
                continue
            self._failures = 0
            for raw in raws:
                offset = int(raw["update_id"]) + 1
            for callback in callbacks:
                presses.create_task(self._let_go(callback))

    async def _without_webhook(self) -> None:
        while True:
            try:
                return await self._api.drop_webhook()
            except PlatformError as error:
                if error.permanent:
                    raise
                await self._pause(error)

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
        if isinstance(update, Unreadable):
            logger.error("update_unreadable", extra={"update": update.id, "error": update.error})
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

    async def _pause(self, error: PlatformError | StoreUnavailable) -> None:
        """1, 2, 4 … 30 seconds, each up to half as long again, or what Telegram asks for."""
        longest = min(_LONGEST_PAUSE, _SHORTEST_PAUSE * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        asked = error.retry_after if isinstance(error, PlatformError) else None
        logger.warning("not_listening", extra={"error": error.sentence, "seconds": longest})
        await self._clock.sleep(max(asked or 0.0, longest) * (1 + self._jitter() / 2))


def _delay(update: Update) -> float:
    return BATCH_DELAY if isinstance(update, MessageReceived) and update.batch else 0.0


def _callback(raw: dict[str, Any]) -> str | None:
    query = raw.get("callback_query")
    return str(query["id"]) if isinstance(query, dict) and "id" in query else None
