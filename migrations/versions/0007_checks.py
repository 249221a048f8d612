"""The tests of 7-day checks, and an index of the cards that they hold out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("module_id", sa.String(length=120), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("held_out", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("check_day", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_day", sa.Integer(), nullable=True),
        sa.Column("marks", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("form IN ('A', 'B')", name=op.f("ck_checks_form")),
        sa.CheckConstraint("occasion IN ('immediate', 'delayed')", name=op.f("ck_checks_occasion")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_checks_opens_before_it_closes")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_checks_attempt_id_attempts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_checks_course_id_courses")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_checks_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_checks_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_checks_attempt_id")),
        sa.UniqueConstraint(
            "registration_id", "module_id", "occasion", name=op.f("uq_checks_registration_id")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_checks_uuid")),
    )
    op.create_index("ix_checks_person_id_closes_at", "checks", ["person_id", "closes_at"], unique=False)
    op.create_index("ix_checks_occasion_closes_at", "checks", ["occasion", "closes_at"], unique=False)
    op.create_index(
        "ix_checks_course_id_occasion_id", "checks", ["course_id", "occasion", "id"], unique=False
    )
    op.create_index(
        "ix_cards_held_out",
        "cards",
        ["first_day"],
        unique=False,
        sqlite_where=sa.text("held_out"),
        postgresql_where=sa.text("held_out"),
    )


def downgrade() -> None:
    op.drop_index("ix_cards_held_out", table_name="cards")
    op.drop_table("checks")
