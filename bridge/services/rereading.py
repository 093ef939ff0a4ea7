"""What could not be read is read again when an operator asks for it, by the program as it is now."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bridge.domain.errors import StillUnreadable
from bridge.domain.updates import Unreadable
from bridge.ports import Adapter, Gateway, Rereader
from bridge.services.tracing import log_facts

logger = logging.getLogger(__name__)


class Rereading:
    def __init__(self, adapters: Mapping[str, Adapter], gateway: Gateway) -> None:
        self._adapters = adapters
        self._gateway = gateway

    async def again(self, update: Unreadable) -> None:
        """Accept what it means by now, as if it had just come in. Raises StillUnreadable, with the reason.

        Twice is once: what it means has ids of its own, which are the same each time.
        """
        adapter = self._adapters[update.conversation.platform]
        if not isinstance(adapter, Rereader):
            raise StillUnreadable(update.error)
        found = adapter.read_again(update)
        if problem := next((one.error for one in found if isinstance(one, Unreadable)), None):
            raise StillUnreadable(problem)
        await self._gateway.accept(found)
        logger.info("update_read_again", extra={**log_facts(update), "means": [one.id for one in found]})
