"""What has happened must be written down, however long the database is away."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.domain.errors import StoreRefused, StoreUnavailable
from bridge.ports import Clock

logger = logging.getLogger(__name__)

T = TypeVar("T")


async def committed(clock: Clock, commit: Callable[[], Awaitable[T]]) -> T:
    """The result of `commit`, repeated while the store is unavailable.

    Raises LeaseLost once the lane is another's, and StoreRefused where waiting cannot help.
    """
    pause = 0.1
    while True:
        try:
            return await commit()
        except StoreRefused:
            raise
        except StoreUnavailable as error:
            logger.warning("commit_waits", extra={"error": error.sentence})
            await clock.sleep(pause)
            pause = min(pause * 2, 2.0)
