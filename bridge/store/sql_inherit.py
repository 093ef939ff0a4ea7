"""What a process that is no more still holds, freed for its successor.

The epochs stay: should the predecessor be alive after all, what it writes once a lane was claimed again is refused.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, update

from bridge.store.codec import micros
from bridge.store.engine import Dialect
from bridge.store.tables import LANE, LEADER

_LONGEST_WAIT = timedelta(minutes=5)
"""What waits longer than this for its next attempt does so because the clock was put back meanwhile."""


def inherit(connection: Connection, dialect: Dialect) -> int:
    """How many lanes were held."""
    connection.execute(delete(LEADER))
    latest = dialect.steady + micros(_LONGEST_WAIT)
    connection.execute(update(LANE).where(LANE.c.ready_at > latest).values(ready_at=latest))
    held = update(LANE).where(LANE.c.owner.is_not(None)).values(owner=None, lease_until=None)
    return connection.execute(held).rowcount
