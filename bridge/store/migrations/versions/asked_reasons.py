"""Who was asked why an answer was bad, what moved a form to its step, and which answers are in doubt."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interaction", sa.Column("draft_moved_by", sa.String(), nullable=False, server_default=""))
    op.add_column("interaction", sa.Column("doubtful", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "reason",
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=True),
        sa.Column("in_words", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("conversation", "person", name=op.f("pk_reason")),
    )
