"""Attempts and their answers, memory cards and their reviews."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, BigKey, JSONText, enum_column
from quizzes.fsrs import State


class AttemptKind(StrEnum):
    """Where an attempt was made."""

    LESSON = "lesson"
    """One try at an interaction inside a lesson; it may be tried again."""
    QUIZ = "quiz"
    REVIEW = "review"
    CHECK = "check"


class Confidence(StrEnum):
    """What the learner said before seeing the result; absent where they were not asked or did not say."""

    SURE = "sure"
    UNSURE = "unsure"


class Attempt(Base):
    """One run of a quiz, a check, an interaction or a review."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_person_id_kind", "person_id", "kind"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    registration_id: Mapped[int | None] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[AttemptKind] = mapped_column(enum_column(AttemptKind, "kind"))
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"))
    module_id: Mapped[str] = mapped_column(String(120))
    lesson_id: Mapped[str | None] = mapped_column(String(120))
    item_ids: Mapped[Any] = mapped_column(JSONText)
    """The items in the order they are served; drawn once."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    score: Mapped[float | None]
    """The mean of the answers' scores, 0..1; null until finished."""
    passed: Mapped[bool | None]


class Answer(Base):
    """One answer to one item in one attempt; the constraint makes a second submit harmless."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("attempt_id", "item_id"),
        CheckConstraint("score >= 0 AND score <= 1", name="score_share"),
        Index("ix_answers_item_version_id", "item_version_id"),
        Index("ix_answers_person_id_answered_at", "person_id", "answered_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    item_id: Mapped[str] = mapped_column(String(120))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))
    response: Mapped[Any] = mapped_column(JSONText)
    score: Mapped[float]
    correct: Mapped[bool]
    confidence: Mapped[Confidence | None] = mapped_column(enum_column(Confidence, "confidence"))
    aided: Mapped[bool] = mapped_column(default=False)
    """A hint or the solution was seen first, or it was not the first attempt."""
    response_ms: Mapped[int | None]
    answered_at: Mapped[datetime]
    study_day: Mapped[int]
    """`quizzes.fsrs.study_day` in the learner's zone when it was given; never computed again."""


class Card(Base):
    """What one learner's memory of one practice item is taken to be."""

    __tablename__ = "cards"
    __table_args__ = (
        UniqueConstraint("person_id", "course_id", "item_id"),
        Index("ix_cards_person_id_due_at", "person_id", "due_at"),
        Index(
            "ix_cards_held_out",
            "first_day",
            sqlite_where=text("held_out"),
            postgresql_where=text("held_out"),
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True, insert_sentinel=True)
    """Made by us, so that the cards of a point go in with one statement and their ids still come back."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    item_id: Mapped[str] = mapped_column(String(120))
    point_id: Mapped[str] = mapped_column(String(120))
    state: Mapped[State | None] = mapped_column(enum_column(State, "state"))
    """Null while the card has not been reviewed."""
    step: Mapped[int | None]
    stability: Mapped[float | None]
    difficulty: Mapped[float | None]
    last_day: Mapped[int | None]
    model_due_at: Mapped[datetime | None]
    """When the memory model alone would ask again."""
    due_at: Mapped[datetime]
    """When it is served: the model's day, or a day of the default plan, moved to a working day."""
    first_day: Mapped[int]
    """The study day of the point's first answer, from which the default plan counts."""
    plan_left: Mapped[int] = mapped_column(default=0)
    """How many days of the default plan are still to come."""
    sequence: Mapped[int] = mapped_column(default=0)
    """Reviews so far; the next review carries this number, so that it counts once."""
    lapses: Mapped[int] = mapped_column(default=0)
    suspended_at: Mapped[datetime | None]
    held_out: Mapped[bool] = mapped_column(default=False)
    """Kept from practice by the built-in experiment."""


class Review(Base):
    """One review: what was predicted, the rating given once, and the memory after it."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("card_id", "sequence"),
        CheckConstraint("rating BETWEEN 1 AND 4", name="rating_1_to_4"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), unique=True)
    """Null for a review that came home from a package."""
    rating: Mapped[int]
    reviewed_at: Mapped[datetime]
    study_day: Mapped[int]
    predicted: Mapped[float | None]
    """Recall predicted just before, 0..1; null at first sight."""
    response_ms: Mapped[int | None]
    algorithm: Mapped[str] = mapped_column(String(40))
    parameters_version: Mapped[str] = mapped_column(String(40))
    stability: Mapped[float]
    difficulty: Mapped[float]
    due_at: Mapped[datetime]
