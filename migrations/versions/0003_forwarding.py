"""Forwarding: the other record stores that statements go to, and what they refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "xapi_targets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("verbs", sa.Text(), nullable=True),
        sa.Column("activities", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_success", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("version IN ('1.0.3', '2.0.0')", name=op.f("ck_xapi_targets_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_targets")),
        sa.UniqueConstraint("name", name=op.f("uq_xapi_targets_name")),
    )
    op.create_table(
        "xapi_dead_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_failed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_failed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["xapi_targets.id"],
            name=op.f("fk_xapi_dead_letters_target_id_xapi_targets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_dead_letters")),
        sa.UniqueConstraint("target_id", "seq", name=op.f("uq_xapi_dead_letters_target_id")),
    )
    op.create_index("ix_xapi_dead_letters_due", "xapi_dead_letters", ["target_id", "next_try"], unique=False)
    op.create_index(op.f("ix_xapi_dead_letters_seq"), "xapi_dead_letters", ["seq"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_xapi_dead_letters_seq"), table_name="xapi_dead_letters")
    op.drop_index("ix_xapi_dead_letters_due", table_name="xapi_dead_letters")
    op.drop_table("xapi_dead_letters")
    op.drop_table("xapi_targets")
