"""The needs analysis: a run before the course and one after it, and the answers of each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, BigKey, JSONText, enum_column
from quizzes.item import Skill


class Phase(StrEnum):
    """When it is taken."""

    BEFORE = "before"
    AFTER = "after"


class NeedsRun(Base):
    """One run through the items; each phase once a person and course."""

    __tablename__ = "needs_runs"
    __table_args__ = (UniqueConstraint("person_id", "course_id", "phase"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    phase: Mapped[Phase] = mapped_column(enum_column(Phase, "phase"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class NeedsAnswer(Base):
    """One answer; the constraint makes a second submit harmless."""

    __tablename__ = "needs_answers"
    __table_args__ = (
        UniqueConstraint("run_id", "item_id"),
        CheckConstraint("score >= 0 AND score <= 1", name="score_share"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("needs_runs.id", ondelete="CASCADE"))
    item_id: Mapped[str] = mapped_column(String(120))
    skill: Mapped[Skill] = mapped_column(enum_column(Skill, "skill"))
    response: Mapped[Any] = mapped_column(JSONText)
    score: Mapped[float]
    correct: Mapped[bool]
    answered_at: Mapped[datetime]
