"""Practice scenes and the needs analysis: runs, the replies given in them, the answers given to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "scene_runs",
        sa.Column("id", ROW, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("person_id", ROW, nullable=False),
        sa.Column("course_id", ROW, nullable=False),
        sa.Column("course_version_id", ROW, nullable=False),
        sa.Column("scene_id", sa.String(length=120), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("outcome", _words("outcome", "good", "fair", "bad"), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_scene_runs_score_share")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_scene_runs_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_scene_runs_course_id_courses")),
        sa.ForeignKeyConstraint(
            ["course_version_id"],
            ["course_versions.id"],
            name=op.f("fk_scene_runs_course_version_id_course_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scene_runs")),
        sa.UniqueConstraint("uuid", name=op.f("uq_scene_runs_uuid")),
    )
    op.create_index(op.f("ix_scene_runs_course_version_id"), "scene_runs", ["course_version_id"])
    op.create_index("ix_scene_runs_person_id_finished_at", "scene_runs", ["person_id", "finished_at"])
    op.create_index(
        "uq_scene_runs_open",
        "scene_runs",
        ["person_id", "course_id", "scene_id"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "scene_moves",
        sa.Column("id", ROW, nullable=False),
        sa.Column("run_id", ROW, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("turn_id", sa.String(length=120), nullable=False),
        sa.Column("reply_id", sa.String(length=120), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_scene_moves_number_from_1")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["scene_runs.id"], name=op.f("fk_scene_moves_run_id_scene_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scene_moves")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_scene_moves_run_id")),
    )
    op.create_table(
        "needs_runs",
        sa.Column("id", ROW, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("person_id", ROW, nullable=False),
        sa.Column("course_id", ROW, nullable=False),
        sa.Column("course_version_id", ROW, nullable=False),
        sa.Column("phase", _words("phase", "before", "after"), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_needs_runs_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_needs_runs_course_id_courses")),
        sa.ForeignKeyConstraint(
            ["course_version_id"],
            ["course_versions.id"],
            name=op.f("fk_needs_runs_course_version_id_course_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs_runs")),
        sa.UniqueConstraint("uuid", name=op.f("uq_needs_runs_uuid")),
        sa.UniqueConstraint("person_id", "course_id", "phase", name=op.f("uq_needs_runs_person_id")),
    )
    op.create_index(op.f("ix_needs_runs_course_id"), "needs_runs", ["course_id"])
    op.create_index(op.f("ix_needs_runs_course_version_id"), "needs_runs", ["course_version_id"])
    op.create_table(
        "needs_answers",
        sa.Column("id", ROW, nullable=False),
        sa.Column("run_id", ROW, nullable=False),
        sa.Column("item_id", sa.String(length=120), nullable=False),
        sa.Column(
            "skill", _words("skill", "language", "product", "tools", "emotion", "culture"), nullable=False
        ),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_needs_answers_score_share")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["needs_runs.id"], name=op.f("fk_needs_answers_run_id_needs_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs_answers")),
        sa.UniqueConstraint("run_id", "item_id", name=op.f("uq_needs_answers_run_id")),
    )


def downgrade() -> None:
    op.drop_table("needs_answers")
    op.drop_table("needs_runs")
    op.drop_table("scene_moves")
    op.drop_table("scene_runs")
