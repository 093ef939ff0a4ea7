"""The tables, defined once for SQLite and PostgreSQL.

Instants are whole microseconds since 1970 (UTC): exact on both engines, compared and added to in SQL. Documents are
JSON text, not JSON columns, for nothing in the database looks into them. There are no foreign keys: rows are written in
whatever order a crash leaves behind, nothing is deleted that another row points to, and each key would be one more
lock on the way of an update.
"""

from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Sequence64 = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in an INTEGER primary key."""


def _sequence() -> Column[int]:
    return Column("seq", Sequence64, primary_key=True, autoincrement=True)


def _only(index: str, *columns: str, where: str) -> Index:
    return Index(index, *columns, postgresql_where=text(where), sqlite_where=text(where))


class Row(SQLModel):
    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


class InboxRow(Row, table=True):
    """One update. `seq` is the order of arrival, `state` one of new, done, dead; a done secret payload is empty."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "bot", "id"),
        _only("ix_inbox_waiting", "lane", "seq", where="state = 'new'"),
        Index("ix_inbox_state", "state", "received_at"),
    )
    seq: int | None = Field(default=None, sa_column=_sequence())
    platform: str
    bot: str
    id: str
    lane: str
    conversation: str
    kind: str
    payload: str = Field(sa_type=Text)
    batch: str | None = None
    state: str
    attempts: int = 0
    failures: int = 0
    received_at: int = Field(sa_type=BigInteger)
    error: str = Field(default="", sa_type=Text)


class LaneRow(Row, table=True):
    """One line of one conversation: what waits in it, who holds it, and what runs.

    `epoch` only ever grows, so a lane is never deleted. `ready_at` is since when (or from when) the lane can be taken.
    `turn` is the turn that was begun in it and is not over; `stop` the one somebody wants stopped.
    """

    __tablename__ = "lane"
    __table_args__ = (_only("ix_lane_waiting", "ready_at", "key", where="pending > 0"),)
    key: str = Field(primary_key=True)
    conversation: str = Field(index=True)
    pending: int
    owner: str | None = None
    lease_until: int | None = Field(default=None, sa_type=BigInteger)
    epoch: int = Field(sa_type=BigInteger)
    ready_at: int = Field(sa_type=BigInteger)
    turn: str | None = None
    stop: str | None = None


class ConversationRow(Row, table=True):
    __tablename__ = "conversation"
    key: str = Field(primary_key=True)
    app: str
    chat: str
    turns: int = 0
    reachable: bool = True


class TurnRow(Row, table=True):
    """`body` is the turn without its question, parts and suggestions; `question` may be sealed."""

    __tablename__ = "turn"
    __table_args__ = (UniqueConstraint("platform", "bot", "update_id"), Index("ix_turn_latest", "conversation", "seq"))
    seq: int | None = Field(default=None, sa_column=_sequence())
    id: str = Field(unique=True)
    platform: str
    bot: str
    update_id: str
    conversation: str
    state: str
    reply_to: str | None = Field(default=None, index=True)
    body: str = Field(sa_type=Text)
    question: str = Field(sa_type=Text)
    suggestions: str = Field(default="[]", sa_type=Text)
    suggestions_shown: str | None = None
    begun_at: int = Field(sa_type=BigInteger)


class PartRow(Row, table=True):
    __tablename__ = "part"
    turn: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    state: str
    message: str | None = Field(default=None, index=True)
    is_final: bool = False


class InteractionRow(Row, table=True):
    """`secret_keys` names the password fields, whose values are sealed in `draft_values` and `answer`.

    `decided_by` and `decided_update` tell who closed it and through which update, `follow_up` what was enqueued then.
    `waits` is true from the moment an answer is stored until it is forgotten.
    """

    __tablename__ = "interaction"
    __table_args__ = (
        _only("ix_interaction_open", "conversation", "expires_at", where="state = 'open'"),
        _only("ix_interaction_waits", "conversation", where="waits"),
        _only("ix_interaction_pending_update", "pending_update", where="pending_update IS NOT NULL"),
        _only("ix_interaction_decided_update", "decided_update", where="decided_update IS NOT NULL"),
    )
    id: str = Field(primary_key=True)
    turn: str
    conversation: str
    kind: str
    ask: str = Field(sa_type=Text)
    asked: str = Field(sa_type=Text)
    purpose: str
    extends_record: bool
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    state: str
    message: str | None = None
    draft_step: int = 0
    draft_values: str = Field(default="{}", sa_type=Text)
    draft_prompt: str | None = None
    draft_editing: bool = False
    draft_moved_by: str = ""
    secret_keys: str = "[]"  # noqa: S105 - a list of field names
    answer: str | None = Field(default=None, sa_type=Text)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_update: str | None = None
    decided_at: int | None = Field(default=None, sa_type=BigInteger)
    follow_up: str | None = None
    waits: bool = False
    pending_update: str | None = None
    doubtful: bool = False


class VoteRow(Row, table=True):
    __tablename__ = "vote"
    turn: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    by: str = Field(sa_type=Text)
    rating: str
    reason: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    update_id: str


class ReasonRow(Row, table=True):
    """Who was asked why an answer was bad. `update_id` is the message that gave the reason, once there is one."""

    __tablename__ = "reason"
    conversation: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    turn: str
    card: str | None = None
    in_words: bool = False
    asked_at: int = Field(sa_type=BigInteger)
    update_id: str | None = None


class BurstRow(Row, table=True):
    """How many questions a person has begun since `since`."""

    __tablename__ = "burst"
    platform: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    since: int = Field(sa_type=BigInteger, primary_key=True)
    questions: int


class ToldRow(Row, table=True):
    """In which conversation a person was told that it was too much in that burst, and by which update."""

    __tablename__ = "told"
    platform: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    since: int = Field(sa_type=BigInteger, primary_key=True)
    place: str = Field(primary_key=True)
    told_by: str


class LeaderRow(Row, table=True):
    __tablename__ = "leader"
    name: str = Field(primary_key=True)
    owner: str
    lease_until: int = Field(sa_type=BigInteger)


METADATA = Row.metadata
INBOX: Table = METADATA.tables["inbox"]
LANE: Table = METADATA.tables["lane"]
CONVERSATION: Table = METADATA.tables["conversation"]
TURN: Table = METADATA.tables["turn"]
PART: Table = METADATA.tables["part"]
INTERACTION: Table = METADATA.tables["interaction"]
VOTE: Table = METADATA.tables["vote"]
REASON: Table = METADATA.tables["reason"]
BURST: Table = METADATA.tables["burst"]
TOLD: Table = METADATA.tables["told"]
LEADER: Table = METADATA.tables["leader"]

# As literals, for neither engine sees that a parameter fits a partial index.
HAS_WORK: ColumnElement[bool] = LANE.c.pending > literal_column("0")
IS_NEW: ColumnElement[bool] = INBOX.c.state == literal_column("'new'")
IS_OPEN: ColumnElement[bool] = INTERACTION.c.state == literal_column("'open'")
WAITS = text("waits")
"""An answer is stored and not yet forgotten."""
