"""The record store's administration: rules of retention, and the trail of what was deleted or taken out."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from xapi.spec.mentions import Usage, mentions

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

READ_AT_ONCE = 500


def upgrade() -> None:
    op.create_table(
        "xapi_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("statements", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "action IN ('delete', 'export', 'retention', 'import')", name=op.f("ck_xapi_audit_action")
        ),
        sa.CheckConstraint("statements >= 0", name=op.f("ck_xapi_audit_statements")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_audit")),
    )
    op.create_table(
        "xapi_retention_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("age_days", sa.Integer(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=True),
        sa.Column("activity", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("applied", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("age_days > 0", name=op.f("ck_xapi_retention_rules_age_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_retention_rules")),
    )
    _link_attachments()


def downgrade() -> None:
    op.execute("DELETE FROM xapi_statement_iris WHERE usage = 'attachment'")
    op.drop_table("xapi_retention_rules")
    op.drop_table("xapi_audit")


def _link_attachments() -> None:
    """Statements that are there already are found by their attachments too: deleting asks who needs one."""
    connection = op.get_bind()
    links = sa.table(
        "xapi_statement_iris",
        sa.column("key", sa.LargeBinary()),
        sa.column("usage", sa.String()),
        sa.column("seq", sa.BigInteger()),
        sa.column("source", sa.BigInteger()),
    )
    after = -1
    while rows := connection.execute(
        sa.text(
            "SELECT seq, payload FROM xapi_statements"
            " WHERE seq > :after AND payload LIKE '%\"sha2\"%' ORDER BY seq LIMIT :limit"
        ),
        {"after": after, "limit": READ_AT_ONCE},
    ).all():
        after = rows[-1].seq
        found = [
            {"key": key, "usage": usage.value, "seq": row.seq, "source": row.seq}
            for row in rows
            for usage, key in mentions(json.loads(row.payload)).iris
            if usage is Usage.ATTACHMENT
        ]
        if found:
            op.bulk_insert(links, found)
