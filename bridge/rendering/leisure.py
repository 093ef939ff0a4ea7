"""Changes to messages that nobody waits for: made in the background once the limits have room, newest wish only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from bridge.domain.errors import BridgeError
from bridge.domain.ids import MessageRef

logger = logging.getLogger(__name__)

_MOST = 200  # changes that wait at a time; the oldest is given up for a newer one


class Leisure:
    """Holds nothing that may not be lost: what is not done by `close` stays as it was."""

    def __init__(self) -> None:
        self._waiting: dict[MessageRef, asyncio.Task[None]] = {}

    def later(self, message: MessageRef, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do it without keeping the caller waiting. That it fails is logged."""
        self.forget(message)
        if len(self._waiting) >= _MOST:
            self.forget(next(iter(self._waiting)))
        self._waiting[message] = asyncio.create_task(self._change(message, change))

    def forget(self, message: MessageRef) -> None:
        """Something else becomes of the message now."""
        if (task := self._waiting.pop(message, None)) is not None:
            task.cancel()

    async def close(self) -> None:
        tasks = list(self._waiting.values())
        self._waiting.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _change(self, message: MessageRef, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await change()
        except BridgeError as error:
            logger.info("left_as_it_was", extra={"message_ref": str(message), "error": error.sentence})
        finally:
            if self._waiting.get(message) is asyncio.current_task():
                del self._waiting[message]
