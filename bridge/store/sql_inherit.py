"""What a process that is no more still holds, freed for its successor; and what a clock that was put back holds.

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
_LONGEST_LEASE = timedelta(minutes=10)
_LEFT = timedelta(minutes=1)
"""What a lease that is too long is cut to. Whoever still works extends it long before."""


def inherit(connection: Connection, dialect: Dialect) -> int:
    """How many lanes were held."""
    connection.execute(delete(LEADER))
    straighten(connection, dialect)
    held = update(LANE).where(LANE.c.owner.is_not(None)).values(owner=None, lease_until=None)
    return connection.execute(held).rowcount


def straighten(connection: Connection, dialect: Dialect) -> None:
    latest = dialect.steady + micros(_LONGEST_WAIT)
    connection.execute(update(LANE).where(LANE.c.ready_at > latest).values(ready_at=latest))
    too_long = LANE.c.lease_until > dialect.steady + micros(_LONGEST_LEASE)
    connection.execute(update(LANE).where(too_long).values(lease_until=dialect.steady + micros(_LEFT)))
