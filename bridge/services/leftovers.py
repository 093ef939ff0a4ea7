"""FastGPT's history keeps one copy of an answer, although a run that was given up may store what it had said late."""

from __future__ import annotations

import logging

from bridge.domain.errors import AssistantError
from bridge.domain.turns import Turn
from bridge.ports import Assistant, Clock
from bridge.services.apps import Apps

logger = logging.getLogger(__name__)

_SETTLING = 10.0
"""Seconds after which a run whose connection is gone has been stored, if it ever is."""


class Leftovers:
    def __init__(self, assistant: Assistant, apps: Apps, clock: Clock) -> None:
        self._assistant = assistant
        self._apps = apps
        self._clock = clock

    async def removed(self, turn: Turn) -> None:
        """Take out of the history what the runs that the finished answer has replaced have left there."""
        if not turn.abandoned:
            return
        await self._clock.sleep(_SETTLING)
        app = self._apps.named(turn.app)
        try:
            kept = {record.id for record in await self._assistant.records(app, turn.chat)}
            for id in kept.intersection(turn.abandoned):
                await self._assistant.forget(app, turn.chat, id)
                logger.info("leftover_removed", extra={"turn": turn.id, "record": id})
        except AssistantError as error:
            logger.warning("leftovers_stay", extra={"turn": turn.id, "error": error.sentence})
