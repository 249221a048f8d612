"""Who is to take which course by when, and each run through it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, BigKey


class Assignment(Base):
    """Person x course x due dates."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("person_id", "course_id"),
        CheckConstraint(
            "soft_due IS NULL OR hard_due IS NULL OR soft_due <= hard_due", name="soft_before_hard"
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts.id", ondelete="SET NULL"), index=True)
    assigned_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    assigned_at: Mapped[datetime]
    soft_due: Mapped[date | None]
    """A suggested day; a late one is said, nothing closes."""
    hard_due: Mapped[date | None]
    """The day on which it counts as late for the company."""
    withdrawn_at: Mapped[datetime | None]


class Registration(Base):
    """One person's run through an assignment; its UUID stands in every statement of the run."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("assignment_id", "number"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"))
    """The version the run is on; it moves to the current one when the person opens the course."""
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class ModuleResult(Base):
    """What a registration has reached in a module: written when it changes, read by managers."""

    __tablename__ = "module_results"

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True
    )
    module_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    completed_at: Mapped[datetime | None]
    """All lessons done and the quiz handed in."""
    passed_at: Mapped[datetime | None]
    best_score: Mapped[float | None]
    """The best quiz, 0..1."""
