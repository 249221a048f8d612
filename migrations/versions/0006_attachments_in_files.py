"""Attachments lie in files; changes of forwarding targets stand in the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = ("delete", "export", "retention", "import")
TARGETS = ("target_add", "target_secret", "target_pause", "target_resume", "target_remove")


def upgrade() -> None:
    op.add_column("xapi_attachments", sa.Column("file", sa.String(length=100), nullable=True))
    op.create_index(op.f("ix_xapi_attachments_file"), "xapi_attachments", ["file"])
    op.create_table(
        "xapi_removed_files",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_xapi_removed_files")),
    )
    _allow(BEFORE + TARGETS)


def downgrade() -> None:
    """Forget the files, which stay where they are: statements no longer lead to them."""
    named = ", ".join(f"'{action}'" for action in TARGETS)
    op.execute(f"DELETE FROM xapi_audit WHERE action IN ({named})")
    _allow(BEFORE)
    op.drop_table("xapi_removed_files")
    op.drop_index(op.f("ix_xapi_attachments_file"), table_name="xapi_attachments")
    op.drop_column("xapi_attachments", "file")


def _allow(actions: tuple[str, ...]) -> None:
    named = ", ".join(f"'{action}'" for action in actions)
    with op.batch_alter_table("xapi_audit") as table:
        table.drop_constraint(op.f("ck_xapi_audit_action"), type_="check")
        table.create_check_constraint(op.f("ck_xapi_audit_action"), f"action IN ({named})")
