"""How many questions a person begins within a while, in SQL: a row per burst, whatever its length."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from bridge.domain.interactions import Person
from bridge.ports import Excess
from bridge.store.codec import from_micros, micros, to_micros
from bridge.store.engine import Dialect
from bridge.store.tables import BURST


def admit(
    connection: Connection,
    dialect: Dialect,
    platform: str,
    person: Person,
    update_id: str,
    at: datetime,
    most: int,
    within: timedelta,
) -> Excess | None:
    """A question that is a little older than the burst, as another worker was faster, belongs to it too."""
    written, length = to_micros(at), micros(within)
    near = [BURST.c.since > written - length, BURST.c.since < written + length]
    burst = select(BURST).where(*_of(platform, person), *near).order_by(BURST.c.since.desc()).limit(1)
    known = connection.execute(burst.with_for_update()).one_or_none()
    if known is None:
        begun = dialect.insert(BURST).values(platform=platform, person=person.id, since=written, questions=1)
        connection.execute(begun.on_conflict_do_nothing())
        return None
    this = [*_of(platform, person), BURST.c.since == known.since]
    if known.questions < most:
        connection.execute(update(BURST).where(*this).values(questions=BURST.c.questions + 1))
        return None
    telling = update(BURST).where(*this).values(told_by=func.coalesce(BURST.c.told_by, update_id))
    told_by = connection.execute(telling.returning(BURST.c.told_by)).scalar_one()
    return Excess(from_micros(known.since + length), tells=told_by == update_id)


def forget_bursts(connection: Connection, dialect: Dialect, older_than: timedelta) -> None:
    connection.execute(delete(BURST).where(BURST.c.since < dialect.now - micros(older_than)))


def _of(platform: str, person: Person) -> tuple[ColumnElement[bool], ...]:
    return BURST.c.platform == platform, BURST.c.person == person.id
