"""How many questions a person begins within a while, in SQL: a row per burst, whatever its length,
and one for each place in which they were told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Executable, bindparam, delete, select, update

from bridge.domain.ids import ConversationKey
from bridge.domain.interactions import Person
from bridge.ports import Excess
from bridge.store.codec import from_micros, micros, to_micros
from bridge.store.engine import Dialect, prepared
from bridge.store.tables import BURST, TOLD


def admit(
    connection: Connection,
    dialect: Dialect,
    place: ConversationKey,
    person: Person,
    update_id: str,
    at: datetime,
    most: int,
    within: timedelta,
) -> Excess | None:
    """A question that is a little older than the burst, as another worker was faster, belongs to it too."""
    written, length = to_micros(at), micros(within)
    whose = {"on": place.platform, "by": person.id}
    near = {"after": written - length, "before": written + length}
    known = connection.execute(_NEAR, whose | near).one_or_none()
    if known is None:
        begun = {"platform": place.platform, "person": person.id, "since": written, "questions": 1}
        connection.execute(_beginning(dialect), begun)
        return None
    if known.questions < most:
        connection.execute(_ONE_MORE, whose | {"begun": known.since})
        return None
    burst = {"platform": place.platform, "person": person.id, "since": known.since, "place": str(place)}
    connection.execute(_telling(dialect), burst | {"told_by": update_id})
    told_by = connection.execute(_TOLD_BY, burst).scalar_one()
    return Excess(from_micros(known.since + length), tells=told_by == update_id)


_THEIRS = BURST.c.platform == bindparam("on"), BURST.c.person == bindparam("by")
_NEAR = (
    select(BURST)
    .where(*_THEIRS, BURST.c.since > bindparam("after"), BURST.c.since < bindparam("before"))
    .order_by(BURST.c.since.desc())
    .limit(1)
    .with_for_update()
)
_THIS = update(BURST).where(*_THEIRS, BURST.c.since == bindparam("begun"))
_ONE_MORE = _THIS.values(questions=BURST.c.questions + 1)
_TOLD_BY = select(TOLD.c.told_by).where(*(column == bindparam(column.name) for column in TOLD.primary_key))


@prepared
def _beginning(dialect: Dialect) -> Executable:
    return cast(Executable, dialect.insert(BURST).on_conflict_do_nothing())


@prepared
def _telling(dialect: Dialect) -> Executable:
    return cast(Executable, dialect.insert(TOLD).on_conflict_do_nothing())


def forget_bursts(connection: Connection, dialect: Dialect, older_than: timedelta) -> None:
    for table in (BURST, TOLD):
        connection.execute(delete(table).where(table.c.since < dialect.now - micros(older_than)))
