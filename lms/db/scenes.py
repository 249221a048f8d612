"""Runs of practice scenes and the replies given in them; the scene itself is in the course version."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from courses.simulator.scenario import Outcome
from lms.db.base import Base, BigKey, enum_column

_OPEN = text("finished_at IS NULL")


class SceneRun(Base):
    """One run of a scene; a person has one open run of a scene at a time."""

    __tablename__ = "scene_runs"
    __table_args__ = (
        Index("ix_scene_runs_person_id_finished_at", "person_id", "finished_at"),
        Index(
            "uq_scene_runs_open",
            "person_id",
            "course_id",
            "scene_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        CheckConstraint("score >= 0 AND score <= 1", name="score_share"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    """The version that the run is played by, to its end."""
    scene_id: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(enum_column(Outcome, "outcome"))
    """Null until an end is reached; null for good where the run was given up."""
    score: Mapped[float | None]
    """Points of the most that the turns met could give, 0..1."""


class SceneMove(Base):
    """One reply; the constraint makes a second submit harmless. The moves in their order replay the run."""

    __tablename__ = "scene_moves"
    __table_args__ = (
        UniqueConstraint("run_id", "number"),
        CheckConstraint("number >= 1", name="number_from_1"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("scene_runs.id", ondelete="CASCADE"))
    number: Mapped[int]
    turn_id: Mapped[str] = mapped_column(String(120))
    reply_id: Mapped[str] = mapped_column(String(120))
    given_at: Mapped[datetime]
