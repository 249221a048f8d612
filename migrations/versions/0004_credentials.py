"""Credentials: rotation, a counted rate limit, and short-lived tokens bound to a registration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("counted_minute", sa.BigInteger(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("activity", sa.Text(), nullable=True),
        sa.Column("registration", sa.Uuid(), nullable=True),
    ):
        op.add_column("xapi_credentials", column)


def downgrade() -> None:
    for name in (
        "registration",
        "activity",
        "agent_key",
        "expires",
        "previous_until",
        "previous_hash",
        "counted",
        "counted_minute",
    ):
        op.drop_column("xapi_credentials", name)
