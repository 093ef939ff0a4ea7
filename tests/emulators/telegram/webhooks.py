"""Delivery of updates to the bot's webhook: in order per chat, with the secret, retried until accepted or expired."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.emulators.telegram.records import Json
from tests.emulators.telegram.update_queue import QueuedUpdate
from tests.emulators.telegram.world import World

FIRST_RETRY = 0.05  # seconds; the real server starts at about one and doubles up to 60–120
LONGEST_RETRY = 1.0
PATIENCE = 10.0  # seconds for one answer
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class WebhookSender:
    """Runs as one task; `attempts` keeps (update id, HTTP status or 0) of every delivery."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._busy: set[int] = set()
        self.attempts: list[tuple[int, int]] = []

    async def run(self) -> None:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                for update in self._due():
                    self._busy.add(update.lane)
                    group.create_task(self._deliver(session, update))
                await self._world.bell.wait(0.2)

    def _due(self) -> list[QueuedUpdate]:
        """The oldest update of every chat that has none under way."""
        if not self._world.webhook:
            return []
        updates = self._world.updates
        free = self._world.webhook["max_connections"] - len(self._busy)
        due: dict[int, QueuedUpdate] = {}
        for update in [*updates.asked_again, *updates.pending]:
            if update.lane not in self._busy and len(due) < free:
                due.setdefault(update.lane, update)
        for update in set(due.values()) & set(updates.asked_again):
            updates.take_again(update)
        return list(due.values())

    async def _deliver(self, session: aiohttp.ClientSession, update: QueuedUpdate) -> None:
        """To whatever address is set by then: one that was set meanwhile gets it at its next try."""
        wait = FIRST_RETRY
        try:
            while self._world.webhook and not update.expired:
                if await self._accepted(session, update):
                    self._world.updates.confirm(update)
                    return
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_RETRY)
        finally:
            self._busy.discard(update.lane)
            self._world.bell.ring()

    async def _accepted(self, session: aiohttp.ClientSession, update: QueuedUpdate) -> bool:
        webhook: Json = self._world.webhook
        headers = {SECRET_HEADER: webhook["secret_token"]} if webhook["secret_token"] else {}
        update.fetched += 1
        status, reason = 0, "Connection refused"
        try:
            async with session.post(webhook["url"], json=update.raw, headers=headers) as response:
                status = response.status
                reason = f"Wrong response from the webhook: {response.status} {response.reason}"
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = type(error).__name__
        self.attempts.append((update.id, status))
        self._world.bell.ring()
        if 200 <= status < 300:
            return True
        webhook |= {"last_error_date": int(self._world.clock()), "last_error_message": reason}
        return False
