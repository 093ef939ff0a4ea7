"""How many questions a person has begun within a while."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "burst",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("told_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("platform", "person", "since", name=op.f("pk_burst")),
    )
