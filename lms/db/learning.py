"""Published course versions, the items in them, their media, and how far people are in lessons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from lms.db.base import Base, BigKey, JSONText


class Course(Base):
    """A course by its slug, and the version that new work starts on."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    current_version_id: Mapped[int | None] = mapped_column(BigKey)
    """Without a foreign key: the two tables would each need the other to be there first."""
    source_digest: Mapped[str | None] = mapped_column(String(64))
    """Of the files that the current version was read from; null where it was not read from a folder."""


class CourseVersion(Base):
    """A published version: immutable, known by its slug and content hash."""

    __tablename__ = "course_versions"
    __table_args__ = (UniqueConstraint("course_id", "content_hash"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    version: Mapped[str] = mapped_column(String(40))
    content_hash: Mapped[str] = mapped_column(String(64))
    document: Mapped[Any] = deferred(mapped_column(JSONText))
    """The whole course as `courses.document` writes it."""
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """Null for what a command or the start imported."""


class Media(Base):
    """A file of a course version: pictures."""

    __tablename__ = "media"
    __table_args__ = (UniqueConstraint("course_version_id", "path"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id", ondelete="CASCADE"))
    path: Mapped[str]
    """Relative to the course's media folder, forward slashes."""
    content_type: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = deferred(mapped_column(LargeBinary))


class ItemVersion(Base):
    """An item's JSON as it was served; a change of meaning makes a new row, history keeps the old."""

    __tablename__ = "item_versions"
    __table_args__ = (UniqueConstraint("course_id", "item_id", "content_hash"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    item_id: Mapped[str] = mapped_column(String(120))
    content_hash: Mapped[str] = mapped_column(String(64))
    document: Mapped[Any] = mapped_column(JSONText)


class CourseVersionItem(Base):
    """Which item versions a course version is made of."""

    __tablename__ = "course_version_items"

    course_version_id: Mapped[int] = mapped_column(
        ForeignKey("course_versions.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))


class LessonProgress(Base):
    """How far one registration is in one lesson."""

    __tablename__ = "lesson_progress"
    __table_args__ = (
        UniqueConstraint("registration_id", "lesson_id"),
        CheckConstraint("step_reached >= 1", name="step_from_one"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    lesson_id: Mapped[str] = mapped_column(String(120))
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"))
    step_reached: Mapped[int] = mapped_column(default=1)
    """The last step that was opened, counted from 1."""
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
