"""What is due from time to time, on one process of all that share a database."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from bridge.domain import phrases
from bridge.domain.endings import endings
from bridge.domain.errors import BridgeError, StoreUnavailable
from bridge.domain.interactions import Interaction
from bridge.ports import Adapter, Store

logger = logging.getLogger(__name__)

_KEPT = timedelta(days=7)
"""How long handled updates are remembered; Telegram repeats an update for 24 hours at most, Slack for two."""


class Upkeep:
    def __init__(self, store: Store, adapters: Mapping[str, Adapter]) -> None:
        self._store = store
        self._adapters = adapters

    async def run(self) -> None:
        """Expire what nobody answered, and forget what nobody will ask for again."""
        try:
            await self._store.straighten()
            for interaction in await self._store.expire_interactions():
                await self._say_expired(interaction)
            pruned = await self._store.prune(_KEPT)
        except StoreUnavailable as error:
            logger.warning("upkeep_failed", extra={"error": error.sentence})
            return
        if pruned:
            logger.info("inbox_pruned", extra={"updates": pruned})

    async def _say_expired(self, interaction: Interaction) -> None:
        adapter = self._adapters.get(interaction.conversation.platform)
        conversation = await self._store.conversation(interaction.conversation)
        if adapter is None or conversation is None or not conversation.reachable:
            return
        by_field = adapter.capabilities.goes_by_field(interaction.ask)
        try:
            for message, outcome in endings(interaction, phrases.expired, by_field=by_field, answered=False):
                await adapter.settle(message, outcome)
        except BridgeError as error:
            logger.info("expired_controls_stay", extra={"interaction": interaction.id, "error": error.sentence})
