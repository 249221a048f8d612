"""What learners see: their courses and how far they are, a lesson's page, the week ahead. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Float, Integer, Row, and_, bindparam, literal, select
from sqlalchemy.orm import Session

from courses.course import Lesson
from lms.db import learning as tables
from lms.db.assignments import Assignment, ModuleResult, Registration
from lms.db.base import UTCDateTime
from lms.db.learning import CourseVersion, LessonProgress, Media
from lms.db.quizzes import Answer, Attempt, AttemptKind
from lms.domain import learning as rules
from lms.domain.errors import Conflict, NotFound
from lms.domain.learning import CourseWay, Deadline, DueKind, LessonFacts, ModuleFacts
from lms.services.catalogue import CourseCache as CourseCache
from lms.services.catalogue import Loaded as Loaded
from lms.services.statements import Run


@dataclass(frozen=True)
class Enrolment:
    """A person and a course: what is assigned, and the run where there is one."""

    loaded: Loaded
    assignment_id: int | None
    withdrawn: bool
    """It was assigned once, and is not any more."""
    soft_due: date | None
    hard_due: date | None
    registration_id: int | None
    registration_uuid: UUID | None
    registration_version_id: int | None
    started: bool

    @property
    def run(self) -> Run:
        """What statements are made in."""
        return Run(course=self.loaded.course, registration=self.registration_uuid)

    def registered(self) -> int:
        """Answer the registration's row number. Raises Conflict where the course was not started."""
        if self.registration_id is None:
            raise Conflict("start the course first")
        return self.registration_id


@dataclass(frozen=True)
class CourseLine:
    """A course in a list, with how far the person is and when it is due."""

    enrolment: Enrolment
    way: CourseWay
    deadline: Deadline


@dataclass(frozen=True)
class LessonPage:
    """All that a lesson's page shows, besides its interactions."""

    enrolment: Enrolment
    lesson: Lesson
    way: CourseWay
    facts: LessonFacts | None
    right: frozenset[str]
    """Interactions answered right."""


# The statements that every page needs are built once: building one costs more than running it.

_PERSON = bindparam("person_id", type_=BigInteger)
_ENROLMENT = (
    select(
        tables.Course.current_version_id,
        Assignment.id.label("assignment_id"),
        Assignment.withdrawn_at,
        Assignment.soft_due,
        Assignment.hard_due,
        Registration.id.label("registration_id"),
        Registration.uuid.label("registration_uuid"),
        Registration.course_version_id.label("registration_version_id"),
        Registration.started_at,
    )
    .select_from(tables.Course)
    .where(tables.Course.current_version_id.is_not(None))
)
_MINE = and_(Assignment.course_id == tables.Course.id, Assignment.person_id == _PERSON)
_RUN = Registration.assignment_id == Assignment.id
_ONE_COURSE = (
    _ENROLMENT.outerjoin(Assignment, _MINE)
    .outerjoin(Registration, _RUN)
    .where(tables.Course.slug == bindparam("slug"))
    .order_by(Registration.number.desc())
    .limit(1)
)
_ALL_COURSES = (
    _ENROLMENT.outerjoin(Assignment, _MINE)
    .outerjoin(Registration, _RUN)
    .order_by(tables.Course.slug, Registration.number)
)
_MY_COURSES = (
    _ENROLMENT.join(Assignment, _MINE)
    .outerjoin(Registration, _RUN)
    .where(Assignment.withdrawn_at.is_(None))
    .order_by(tables.Course.slug, Registration.number)
)
_FACTS = (
    select(
        LessonProgress.registration_id,
        LessonProgress.lesson_id,
        LessonProgress.step_reached,
        literal(None, Float).label("best_score"),
        LessonProgress.completed_at,
        LessonProgress.updated_at,
    )
    .where(LessonProgress.registration_id.in_(bindparam("runs", expanding=True)))
    .union_all(
        select(
            ModuleResult.registration_id,
            ModuleResult.module_id,
            literal(None, Integer),
            ModuleResult.best_score,
            ModuleResult.passed_at,
            literal(None, UTCDateTime()),
        ).where(ModuleResult.registration_id.in_(bindparam("runs", expanding=True)))
    )
)
"""Lessons and modules of runs in one question; a module has no step."""
_ANSWERED_RIGHT = (
    select(Answer.item_id)
    .join(Attempt, Attempt.id == Answer.attempt_id)
    .where(
        Attempt.registration_id == bindparam("run"),
        Attempt.kind == AttemptKind.LESSON,
        Answer.correct.is_(True),
        Answer.item_id.in_(bindparam("items", expanding=True)),
    )
    .distinct()
)


def enrolment(session: Session, cache: CourseCache, *, slug: str, person_id: int) -> Enrolment:
    """Answer a person's run through a published course, as far as there is one. Raises NotFound."""
    row = session.connection().execute(_ONE_COURSE, {"slug": slug, "person_id": person_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no course {slug!r}")
    return _enrolment(session, cache, row)


def course_way(session: Session, found: Enrolment) -> CourseWay:
    """Answer how far the person is in the course."""
    ids = [] if found.registration_id is None else [found.registration_id]
    lessons, modules = facts_of(session, ids)
    return _way(found, lessons, modules)


def course_lines(
    session: Session,
    cache: CourseCache,
    *,
    person_id: int,
    today: date,
    working_days: str,
    mine_only: bool,
) -> tuple[CourseLine, ...]:
    """Answer the courses there are, or those that the person has: late ones first, then by date and title."""
    query = _MY_COURSES if mine_only else _ALL_COURSES
    rows = session.connection().execute(query, {"person_id": person_id}).all()
    latest = {row.current_version_id: row for row in rows}
    found = [_enrolment(session, cache, row) for row in latest.values()]
    lessons, modules = facts_of(session, [one.registration_id for one in found if one.registration_id])
    lines = [
        CourseLine(
            enrolment=one,
            way=_way(one, lessons, modules),
            deadline=rules.deadline(
                soft=one.soft_due, hard=one.hard_due, today=today, working_days=working_days
            ),
        )
        for one in found
    ]
    return tuple(sorted(lines, key=_urgency))


def lesson_page(
    session: Session, cache: CourseCache, *, slug: str, lesson_id: str, person_id: int
) -> LessonPage:
    """Answer what a lesson's page shows. Raises NotFound."""
    found = enrolment(session, cache, slug=slug, person_id=person_id)
    lesson = found.loaded.lesson(lesson_id)
    ids = [] if found.registration_id is None else [found.registration_id]
    lessons, modules = facts_of(session, ids)
    facts = lessons.get((found.registration_id or 0, lesson_id))
    right = frozenset[str]()
    if found.registration_id is not None and lesson.interactions:
        right = answered_right(session, found.registration_id, lesson)
    return LessonPage(found, lesson, _way(found, lessons, modules), facts, right)


@dataclass(frozen=True)
class Picture:
    """A file of a course version as it is served."""

    content_type: str
    sha256: str
    data: bytes


def picture(session: Session, *, slug: str, digest: str, path: str) -> Picture:
    """Answer a picture of a course version. Raises NotFound."""
    row = session.execute(
        select(Media.content_type, Media.sha256, Media.data)
        .join(CourseVersion, CourseVersion.id == Media.course_version_id)
        .join(tables.Course, tables.Course.id == CourseVersion.course_id)
        .where(tables.Course.slug == slug, CourseVersion.content_hash == digest, Media.path == path)
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such picture")
    return Picture(row.content_type, row.sha256, row.data)


# Reading


def _enrolment(session: Session, cache: CourseCache, row: Row[*tuple[Any, ...]]) -> Enrolment:
    return Enrolment(
        loaded=cache.get(session, row.current_version_id),
        assignment_id=row.assignment_id,
        withdrawn=row.withdrawn_at is not None,
        soft_due=None if row.withdrawn_at else row.soft_due,
        hard_due=None if row.withdrawn_at else row.hard_due,
        registration_id=row.registration_id,
        registration_uuid=row.registration_uuid,
        registration_version_id=row.registration_version_id,
        started=row.started_at is not None,
    )


Facts = TypeVar("Facts")
LessonFactsOf = Mapping[tuple[int, str], LessonFacts]
ModuleFactsOf = Mapping[tuple[int, str], ModuleFacts]


def facts_of(session: Session, registration_ids: Sequence[int]) -> tuple[LessonFactsOf, ModuleFactsOf]:
    """Answer what is stored of runs in lessons and modules, by run and part."""
    if not registration_ids:
        return {}, {}
    lessons: dict[tuple[int, str], LessonFacts] = {}
    modules: dict[tuple[int, str], ModuleFacts] = {}
    for run, part, step, score, done, at in session.connection().execute(_FACTS, {"runs": registration_ids}):
        if step is None:
            modules[run, part] = ModuleFacts(score, done is not None)
        else:
            lessons[run, part] = LessonFacts(step, done is not None, at)
    return lessons, modules


def own_facts(facts: Mapping[tuple[int, str], Facts], registration_id: int | None) -> dict[str, Facts]:
    """Answer the facts of one run, by part."""
    return {part: fact for (run, part), fact in facts.items() if run == registration_id}


def _way(found: Enrolment, lessons: LessonFactsOf, modules: ModuleFactsOf) -> CourseWay:
    return rules.way(
        found.loaded.course,
        lessons=own_facts(lessons, found.registration_id),
        modules=own_facts(modules, found.registration_id),
    )


def answered_right(session: Session, registration_id: int, lesson: Lesson) -> frozenset[str]:
    """Answer the interactions of a lesson that were answered right once in a run."""
    if not lesson.interactions:
        return frozenset()
    given = {"run": registration_id, "items": lesson.interactions}
    return frozenset(session.connection().scalars(_ANSWERED_RIGHT, given))


def _urgency(line: CourseLine) -> tuple[bool, date, str]:
    return (
        line.deadline.kind is not DueKind.LATE,
        line.deadline.day or date.max,
        line.enrolment.loaded.course.slug,
    )
