"""Outcomes: the service desk's agents, tickets and figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SOURCES = ("zendesk", "freshdesk", "generic")


def upgrade() -> None:
    op.create_table(
        "desk_agents",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source", _enum(SOURCES, "source"), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_desk_agents_person_id_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_agents")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_desk_agents_source")),
    )
    op.create_index(op.f("ix_desk_agents_person_id"), "desk_agents", ["person_id"])
    op.create_table(
        "desk_tickets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source", _enum(SOURCES, "source"), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("agent_id", KEY, nullable=True),
        sa.Column("rated_agent_id", KEY, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_calendar_minutes", sa.Double(), nullable=True),
        sa.Column("reply_business_minutes", sa.Double(), nullable=True),
        sa.Column("resolution_calendar_minutes", sa.Double(), nullable=True),
        sa.Column("resolution_business_minutes", sa.Double(), nullable=True),
        sa.Column("replies", sa.Integer(), nullable=True),
        sa.Column("reopens", sa.Integer(), nullable=True),
        sa.Column("score", _enum(("good", "bad", "offered"), "score"), nullable=True),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("requester", sa.String(length=32), nullable=True),
        sa.CheckConstraint("replies >= 0 AND reopens >= 0", name=op.f("ck_desk_tickets_counts")),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["desk_agents.id"],
            name=op.f("fk_desk_tickets_agent_id_desk_agents"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["rated_agent_id"],
            ["desk_agents.id"],
            name=op.f("fk_desk_tickets_rated_agent_id_desk_agents"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_tickets")),
        sa.UniqueConstraint("source", "number", name=op.f("uq_desk_tickets_source")),
    )
    op.create_index("ix_desk_tickets_agent_id_created_at", "desk_tickets", ["agent_id", "created_at"])
    op.create_index(op.f("ix_desk_tickets_rated_agent_id"), "desk_tickets", ["rated_agent_id"])
    op.create_table(
        "desk_figures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agent_id", KEY, nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("figure", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_desk_figures_count")),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["desk_agents.id"],
            name=op.f("fk_desk_figures_agent_id_desk_agents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_figures")),
        sa.UniqueConstraint("agent_id", "figure", "monday", name=op.f("uq_desk_figures_agent_id")),
    )


def downgrade() -> None:
    op.drop_table("desk_figures")
    op.drop_table("desk_tickets")
    op.drop_table("desk_agents")


def _enum(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
