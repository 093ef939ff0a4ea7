"""Indexes for which update decided an interaction, and for which updates are old enough to go."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_interaction_decided_update",
        "interaction",
        ["decided_update"],
        unique=False,
        postgresql_where=sa.text("decided_update IS NOT NULL"),
        sqlite_where=sa.text("decided_update IS NOT NULL"),
    )
    op.drop_index("ix_inbox_state", "inbox")
    op.create_index("ix_inbox_state", "inbox", ["state", "received_at"], unique=False)
