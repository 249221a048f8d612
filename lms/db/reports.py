"""Joins for managers' screens: one statement a question, paged and counted by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.orm import Session

from lms.db.accounts import CohortMember, Person, Team
from lms.db.assignments import Assignment, ModuleResult, Registration
from lms.db.learning import LessonProgress
from lms.domain.assignments import ORDER, Standing


@dataclass(frozen=True)
class ProgressRow:
    """One person of a cohort in one course."""

    uuid: UUID
    name: str
    email: str
    team: str | None
    standing: Standing
    soft_due: date | None
    hard_due: date | None
    lessons_done: int
    quizzes_done: int
    best_score: float | None
    started_at: datetime | None
    completed_at: datetime | None
    last_at: datetime | None


def _standing(today: date) -> ColumnElement[str]:
    return case(
        (Assignment.id.is_(None), literal(Standing.UNASSIGNED.value)),
        (Registration.completed_at.is_not(None), literal(Standing.DONE.value)),
        (Assignment.hard_due < today, literal(Standing.LATE.value)),
        (Assignment.soft_due < today, literal(Standing.BEHIND.value)),
        (Registration.started_at.is_(None), literal(Standing.WAITING.value)),
        else_=literal(Standing.ON_TRACK.value),
    )


def _members(query: Any, *, cohort_id: int, course_id: int) -> Select[Any]:
    found: Select[Any] = (
        query.select_from(CohortMember)
        .join(Person, Person.id == CohortMember.person_id)
        .outerjoin(Team, Team.id == Person.team_id)
        .outerjoin(
            Assignment,
            and_(
                Assignment.person_id == Person.id,
                Assignment.course_id == course_id,
                Assignment.withdrawn_at.is_(None),
            ),
        )
        .outerjoin(Registration, and_(Registration.assignment_id == Assignment.id, Registration.number == 1))
        .where(CohortMember.cohort_id == cohort_id, Person.active)
    )
    return found


def standing_counts(session: Session, *, cohort_id: int, course_id: int, today: date) -> dict[Standing, int]:
    """Answer how many members stand where."""
    standing = _standing(today).label("standing")
    query = _members(select(standing, func.count()), cohort_id=cohort_id, course_id=course_id)
    return {Standing(name): count for name, count in session.execute(query.group_by(standing))}


def progress_rows(
    session: Session,
    *,
    cohort_id: int,
    course_id: int,
    today: date,
    standing: Standing | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[ProgressRow]:
    """Answer the members of a cohort in a course, the most urgent first, then by name."""
    place = _standing(today)
    lessons = (
        select(func.count(LessonProgress.completed_at), func.max(LessonProgress.updated_at))
        .where(LessonProgress.registration_id == Registration.id)
        .correlate(Registration)
    )
    done = lessons.with_only_columns(func.count(LessonProgress.completed_at)).scalar_subquery()
    last = lessons.with_only_columns(func.max(LessonProgress.updated_at)).scalar_subquery()
    results = select(ModuleResult.best_score).where(ModuleResult.registration_id == Registration.id)
    best = (
        results.with_only_columns(func.max(ModuleResult.best_score)).correlate(Registration).scalar_subquery()
    )
    quizzes = (
        results.with_only_columns(func.count(ModuleResult.best_score))
        .correlate(Registration)
        .scalar_subquery()
    )
    query = _members(
        select(
            Person.uuid,
            Person.display_name,
            Person.email,
            Team.name,
            place.label("standing"),
            Assignment.soft_due,
            Assignment.hard_due,
            done,
            quizzes,
            best,
            Registration.started_at,
            Registration.completed_at,
            last,
        ),
        cohort_id=cohort_id,
        course_id=course_id,
    )
    if standing is not None:
        query = query.where(place == standing.value)
    urgency = case({name.value: number for name, number in ORDER.items()}, value=place)
    query = query.order_by(urgency, Person.display_name, Person.id).limit(limit).offset(offset)
    return [
        ProgressRow(
            uuid=row[0],
            name=row[1],
            email=row[2],
            team=row[3],
            standing=Standing(row[4]),
            soft_due=row[5],
            hard_due=row[6],
            lessons_done=row[7] or 0,
            quizzes_done=row[8] or 0,
            best_score=row[9],
            started_at=row[10],
            completed_at=row[11],
            last_at=row[12],
        )
        for row in session.execute(query)
    ]
