"""Whether what is written can be committed: said in the log when that changes, and to whoever asks for health."""

from __future__ import annotations

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

_CALM = 30.0
"""Seconds without a refusal until it is over: on a full disk a heartbeat may be written where a message is not."""


class Writes:
    """`monotonic` tells the seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._refused_at = 0.0
        self.trouble = ""
        """Why writing fails, as a sentence; empty while it does not."""

    def refused(self, sentence: str) -> None:
        if not self.trouble:
            logger.error("database_refuses_writes", extra={"error": sentence})
        self.trouble, self._refused_at = sentence, self._monotonic()

    def committed(self, *, update: bool = False) -> None:
        """`update`: it was one of a platform's, which is what matters most."""
        if self.trouble and (update or self._monotonic() - self._refused_at >= _CALM):
            self.trouble = ""
            logger.warning("database_takes_writes_again")
