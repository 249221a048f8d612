"""Courses say which files their current version was read from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("courses", sa.Column("source_digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("courses", "source_digest")
