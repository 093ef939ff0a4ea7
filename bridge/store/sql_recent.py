"""Where people wrote lately: what a platform has to be asked about after nobody listened for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bridge.domain.ids import ConversationKey
from bridge.ports import RecentConversation
from bridge.store.codec import Undecodable, from_micros, micros
from bridge.store.engine import Dialect
from bridge.store.sql_claims import read_update
from bridge.store.tables import INBOX
from bridge.store.vault import Unsealable, Vault


def recent(
    connection: Connection, dialect: Dialect, vault: Vault, platform: str, bot: str, within: timedelta, limit: int
) -> list[RecentConversation]:
    """The one written in last comes first."""
    first, last = func.min(INBOX.c.seq), func.max(INBOX.c.seq)
    statement = (
        select(INBOX.c.conversation, first.label("first"), last.label("last"))
        .where(
            INBOX.c.platform == platform,
            INBOX.c.bot == bot,
            INBOX.c.kind == "MessageReceived",
            INBOX.c.received_at >= dialect.now - micros(within),
        )
        .group_by(INBOX.c.conversation)
        .order_by(last.desc())
        .limit(limit)
    )
    found = connection.execute(statement).all()
    ends = {seq for row in found for seq in (row.first, row.last)}
    rows = connection.execute(select(INBOX).where(INBOX.c.seq.in_(ends))).all() if ends else []
    written = {row.seq: _written_at(vault, row) for row in rows}
    return [
        RecentConversation(ConversationKey.parse(row.conversation), written[row.first], written[row.last])
        for row in found
    ]


def _written_at(vault: Vault, row: Row[Any]) -> datetime:
    """When it came instead, where what was written is not kept (a password) or cannot be read any more."""
    try:
        return read_update(vault, row).at
    except (Undecodable, Unsealable):
        return from_micros(row.received_at)
