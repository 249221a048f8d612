"""Joins for managers' screens: one statement a question, paged and counted by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.orm import Session

from lms.db.accounts import Cohort, CohortManager, CohortMember, Person, Team
from lms.db.assignments import Assignment, ModuleResult, Registration
from lms.db.learning import LessonProgress
from lms.domain.assignments import ORDER, Sort, Standing

LATE_NAMED = 3
"""How many late people a cohort's line names."""


@dataclass(frozen=True)
class CohortLine:
    """A cohort in the manager's list; `assigned` and `done` count person x course."""

    uuid: UUID
    name: str
    starts_on: date
    demonstration: bool
    members: int
    assigned: int
    done: int
    late: int
    """People past a hard due date."""
    late_names: tuple[str, ...]
    """The first of them, the longest overdue before the others."""


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


def cohort_lines(session: Session, *, manager_id: int | None, today: date) -> list[CohortLine]:
    """Answer the cohorts of a manager, all where none is named, the latest first."""
    is_late = and_(Assignment.hard_due < today, Registration.completed_at.is_(None))
    given = (
        select(CohortMember.cohort_id)
        .select_from(CohortMember)
        .join(Person, Person.id == CohortMember.person_id)
        .outerjoin(Assignment, and_(Assignment.person_id == Person.id, Assignment.withdrawn_at.is_(None)))
        .outerjoin(Registration, and_(Registration.assignment_id == Assignment.id, Registration.number == 1))
        .where(Person.active)
    )
    if manager_id is not None:
        own = select(CohortManager.cohort_id).where(CohortManager.person_id == manager_id)
        given = given.where(CohortMember.cohort_id.in_(own))
    counts = (
        given.add_columns(
            func.count(func.distinct(Person.id)).label("members"),
            func.count(Assignment.id).label("assigned"),
            func.count(Registration.completed_at).label("done"),
            func.count(func.distinct(case((is_late, Person.id)))).label("late"),
        )
        .group_by(CohortMember.cohort_id)
        .subquery()
    )
    figures = [func.coalesce(counts.c[name], 0) for name in ("members", "assigned", "done", "late")]
    query = (
        select(Cohort.id, Cohort.uuid, Cohort.name, Cohort.starts_on, Cohort.demonstration, *figures)
        .outerjoin(counts, counts.c.cohort_id == Cohort.id)
        .order_by(Cohort.starts_on.desc(), Cohort.name)
    )
    if manager_id is not None:
        query = query.where(Cohort.id.in_(own))
    names = _late_names(session, given.where(is_late))
    return [
        CohortLine(
            uuid=row[1],
            name=row[2],
            starts_on=row[3],
            demonstration=row[4],
            members=row[5],
            assigned=row[6],
            done=row[7],
            late=row[8],
            late_names=names.get(row[0], ()),
        )
        for row in session.execute(query)
    ]


def _late_names(session: Session, late: Select[Any]) -> dict[int, tuple[str, ...]]:
    """Answer the first few late people of each cohort."""
    people = (
        late.add_columns(Person.id, Person.display_name, func.min(Assignment.hard_due).label("due"))
        .group_by(CohortMember.cohort_id, Person.id, Person.display_name)
        .subquery()
    )
    place = func.row_number().over(
        partition_by=people.c.cohort_id, order_by=(people.c.due, people.c.display_name, people.c.id)
    )
    numbered = select(people.c.cohort_id, people.c.display_name, place.label("place")).subquery()
    names: dict[int, tuple[str, ...]] = {}
    for cohort_id, name in session.execute(
        select(numbered.c.cohort_id, numbered.c.display_name)
        .where(numbered.c.place <= LATE_NAMED)
        .order_by(numbered.c.cohort_id, numbered.c.place)
    ):
        names[cohort_id] = (*names.get(cohort_id, ()), name)
    return names


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
    sort: Sort = Sort.URGENT,
    limit: int | None = None,
    offset: int = 0,
) -> list[ProgressRow]:
    """Answer the members of a cohort in a course, in the order asked for, then by name."""
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
    first: dict[Sort, ColumnElement[Any]] = {
        Sort.URGENT: case({name.value: number for name, number in ORDER.items()}, value=place),
        Sort.NAME: Person.display_name.asc(),
        Sort.LESSONS: done.asc(),
        Sort.QUIZ: best.asc().nulls_first(),
        Sort.ACTIVITY: last.asc().nulls_first(),
    }
    query = query.order_by(first[sort], Person.display_name, Person.id).limit(limit).offset(offset)
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
