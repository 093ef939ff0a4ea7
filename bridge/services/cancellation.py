"""A cancellation means that nobody wants the work any more, unless it comes from within."""

from __future__ import annotations

import asyncio


def is_being_cancelled() -> bool:
    """Whether somebody cancels the current task. Else the CancelledError is of something it waited for: a failure like
    any other, of which nobody would hear if it were let through."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
