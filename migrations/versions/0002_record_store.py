"""The record store: statements in order of storing, partitioned on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from xapi.store.partitions import partition_statements, quarters_from

FIRST_QUARTER = datetime(2026, 10, 1, tzinfo=UTC)
"""Named ranges begin here; what is older lies in the default partition."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "xapi_activities",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_xapi_activities")),
    )
    op.create_table(
        "xapi_attachments",
        sa.Column("sha2", sa.String(length=128), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha2", name=op.f("pk_xapi_attachments")),
    )
    op.create_table(
        "xapi_credentials",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rate_limit", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "scope IN ('all', 'read', 'write', 'mine', 'define', 'profile', 'state')",
            name=op.f("ck_xapi_credentials_scope"),
        ),
        sa.CheckConstraint("rate_limit > 0", name=op.f("ck_xapi_credentials_rate_limit")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_xapi_credentials")),
    )
    op.create_table(
        "xapi_documents",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("activity_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("agent_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('state', 'agent_profile', 'activity_profile')", name=op.f("ck_xapi_documents_kind")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_xapi_documents")),
    )
    op.create_index(
        "ix_xapi_documents_place",
        "xapi_documents",
        ["kind", "activity_key", "agent_key", "updated"],
        unique=False,
    )
    op.create_table(
        "xapi_refusals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credential_key", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_refusals")),
    )
    op.create_index(op.f("ix_xapi_refusals_at"), "xapi_refusals", ["at"], unique=False)
    op.create_table(
        "xapi_statement_agents",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("usage", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "usage", "seq", "source", name=op.f("pk_xapi_statement_agents")),
        postgresql_partition_by="RANGE (seq)",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "xapi_statement_ids",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_statement_ids")),
        sa.UniqueConstraint("seq", name=op.f("uq_xapi_statement_ids_seq")),
    )
    op.create_table(
        "xapi_statement_iris",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("usage", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "usage", "seq", "source", name=op.f("pk_xapi_statement_iris")),
        postgresql_partition_by="RANGE (seq)",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "xapi_statement_references",
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("voids", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("target_id", "seq", name=op.f("pk_xapi_statement_references")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "xapi_statements",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("actor_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("occurred", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_xapi_statements")),
        postgresql_partition_by="RANGE (seq)",
    )
    op.create_table(
        "xapi_wrong_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_wrong_attempts")),
    )
    op.create_index(
        "ix_xapi_wrong_attempts_address", "xapi_wrong_attempts", ["address_key", "at"], unique=False
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in partition_statements(quarters_from(FIRST_QUARTER)):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_xapi_wrong_attempts_address", table_name="xapi_wrong_attempts")
    op.drop_table("xapi_wrong_attempts")
    op.drop_table("xapi_statements")
    op.drop_table("xapi_statement_references")
    op.drop_table("xapi_statement_iris")
    op.drop_table("xapi_statement_ids")
    op.drop_table("xapi_statement_agents")
    op.drop_index(op.f("ix_xapi_refusals_at"), table_name="xapi_refusals")
    op.drop_table("xapi_refusals")
    op.drop_index("ix_xapi_documents_place", table_name="xapi_documents")
    op.drop_table("xapi_documents")
    op.drop_table("xapi_credentials")
    op.drop_table("xapi_attachments")
    op.drop_table("xapi_activities")
