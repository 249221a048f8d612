"""The tests of 7-day checks: one row a test, made when a module is finished."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, BigKey, JSONText, enum_column
from quizzes.retention import Occasion


class CheckForm(StrEnum):
    """Which of the two forms; those of `quizzes.item.Form` that a check can have."""

    A = "A"
    B = "B"


class Check(Base):
    """One test of one person's module, and what it came to."""

    __tablename__ = "checks"
    __table_args__ = (
        UniqueConstraint("registration_id", "module_id", "occasion"),
        CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
        Index("ix_checks_person_id_closes_at", "person_id", "closes_at"),
        Index("ix_checks_occasion_closes_at", "occasion", "closes_at"),
        Index("ix_checks_course_id_occasion_id", "course_id", "occasion", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    """In its address; follows from the registration's, which is random, so that it is made once."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    module_id: Mapped[str] = mapped_column(String(120))
    occasion: Mapped[Occasion] = mapped_column(enum_column(Occasion, "occasion"))
    form: Mapped[CheckForm] = mapped_column(enum_column(CheckForm, "form"))
    held_out: Mapped[Any] = mapped_column(JSONText)
    """Points that get no practice before the delayed test, as a list."""
    first_day: Mapped[int]
    """Day 0: the study day on which the module was finished, in the person's zone of then."""
    check_day: Mapped[int]
    """After how many days the delayed test is due; the course's setting of then."""
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    told_at: Mapped[datetime]
    """When what was right is shown: as the delayed test closes, for both tests alike."""
    attempt_id: Mapped[int | None] = mapped_column(
        ForeignKey("attempts.id", ondelete="SET NULL"), unique=True
    )
    """Null until it is begun; it is begun once."""
    finished_at: Mapped[datetime | None]
    taken_day: Mapped[int | None]
    """The study day of the last answer, which says whether it counts."""
    marks: Mapped[Any] = mapped_column(JSONText, nullable=True)
    """Once finished, a list an item: id, point, right, chance of guessing, arm, skill, market, language."""
    closed_at: Mapped[datetime | None]
    """When its held-out points became ordinary cards again."""
