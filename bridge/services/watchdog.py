"""Notices when nothing could run: work that blocked the event loop, or a process that was frozen or starved."""

from __future__ import annotations

import logging

from bridge.ports import Clock

logger = logging.getLogger(__name__)

_EVERY = 1.0  # seconds
_LATE = 1.0  # seconds; people notice from about then on, and heartbeats follow


async def watch_the_loop(clock: Clock) -> None:
    """Until cancelled: a line in the log, with the seconds, whenever waking up took over a second too long."""
    while True:
        asleep_at = clock.monotonic()
        await clock.sleep(_EVERY)
        late = clock.monotonic() - asleep_at - _EVERY
        if late > _LATE:
            logger.warning("nothing_ran", extra={"seconds": round(late, 1)})
