"""What managers see of 7-day checks: the figures of their own cohorts, as a whole and by group.

Works on what each test kept of itself (`Check.marks`): one query, however many answers there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from courses.course import Course
from lms.db.accounts import Cohort, CohortManager, CohortMember
from lms.db.retention import Check
from lms.domain import retention as rules
from lms.domain.access import Actor
from lms.domain.accounts import Role
from lms.domain.errors import NotFound
from lms.domain.retention import Arm, Case, Mark, Outcome, Report
from lms.services import check_plans
from lms.services.assignments import list_courses
from lms.services.catalogue import CourseCache
from quizzes.item import Skill
from quizzes.retention import Occasion, counts

PERIOD = timedelta(days=365)
"""Checks that closed longer ago are left out."""
MOST_CHECKS = 5_000
"""Read at most, the latest first; the page says so where there are more."""
SAME_MARKET = {"UK": "GB"}
"""Two codes that course files use for one country."""


@dataclass(frozen=True)
class CohortChoice:
    """A cohort that somebody may look at."""

    id: int
    uuid: UUID
    name: str


@dataclass(frozen=True)
class GroupReport:
    """The figures of a cohort, skill, market or language; `name` is its code, or the cohort's own."""

    name: str
    report: Report


@dataclass(frozen=True, kw_only=True)
class ChecksRead:
    """What the figures are worked out from."""

    course: Course | None
    courses: tuple[Course, ...]
    cohorts: tuple[CohortChoice, ...]
    shown: tuple[CohortChoice, ...]
    chosen: CohortChoice | None
    members: Mapping[int, set[int]]
    cases: list[Case]
    cut: bool
    experiment: bool


@dataclass(frozen=True, kw_only=True)
class MemoryReport:
    """All that the page shows."""

    course: Course | None
    courses: tuple[Course, ...]
    cohorts: tuple[CohortChoice, ...]
    chosen: CohortChoice | None
    whole: Report
    by_cohort: tuple[GroupReport, ...]
    by_skill: tuple[GroupReport, ...]
    by_market: tuple[GroupReport, ...]
    by_language: tuple[GroupReport, ...]
    cut: bool
    """There are more checks than were read."""
    experiment: bool
    """Whether points are held out now."""


def read_checks(
    session: Session,
    cache: CourseCache,
    actor: Actor,
    *,
    slug: str | None,
    cohort: UUID | None,
    now: datetime,
) -> ChecksRead:
    """Read the checks of the cohorts that somebody manages, or of one of them; an administrator's: of all.

    Raises NotFound for a course there is not, and a cohort that is not theirs.
    """
    cohorts = _cohorts(session, actor)
    chosen = next((one for one in cohorts if one.uuid == cohort), None)
    if cohort is not None and chosen is None:
        raise NotFound("there is no such cohort, or it is not yours")
    courses = list_courses(session, cache)
    course = next((one.loaded for one in courses if slug in (None, one.slug)), None)
    if slug is not None and course is None:
        raise NotFound("there is no such course")
    shown = cohorts if chosen is None else (chosen,)
    everybody = chosen is None and actor.role is Role.ADMIN
    cases: list[Case] = []
    cut = False
    if course is not None:
        cases, cut = _cases(session, course.course_id, shown, everybody=everybody, now=now)
    return ChecksRead(
        course=course.course if course else None,
        courses=tuple(one.loaded.course for one in courses),
        cohorts=cohorts,
        shown=shown,
        chosen=chosen,
        members=_members(session, [one.id for one in shown]),
        cases=cases,
        cut=cut,
        experiment=check_plans.experiment_is_on(session),
    )


def memory_report(read: ChecksRead) -> MemoryReport:
    """Answer the figures of what was read. It takes its time, and no transaction should wait for it."""
    cases = read.cases
    return MemoryReport(
        course=read.course,
        courses=read.courses,
        cohorts=read.cohorts,
        chosen=read.chosen,
        whole=rules.report(cases),
        by_cohort=tuple(
            GroupReport(
                one.name, rules.report([case for case in cases if case.learner in read.members[one.id]])
            )
            for one in read.shown
        ),
        by_skill=_by(cases, lambda mark: mark.skill, order=[skill.value for skill in Skill]),
        by_market=_by(cases, lambda mark: SAME_MARKET.get(mark.market or "", mark.market)),
        by_language=_by(cases, lambda mark: mark.language),
        cut=read.cut,
        experiment=read.experiment,
    )


def _by(
    cases: Sequence[Case], key: Callable[[Mark], str | None], *, order: Collection[str] = ()
) -> tuple[GroupReport, ...]:
    """Answer the figures of each value of a mark, the most asked first where no order is given."""
    asked: dict[str, int] = {}
    for case in cases:
        for mark in case.delayed:
            if (name := key(mark)) is not None:
                asked[name] = asked.get(name, 0) + 1
    names = [name for name in order if name in asked] or sorted(asked, key=lambda name: (-asked[name], name))

    def of(name: str) -> Callable[[Mark], bool]:
        return lambda mark: key(mark) == name

    return tuple(GroupReport(name, rules.report(cases, choose=of(name), details=False)) for name in names)


def _cohorts(session: Session, actor: Actor) -> tuple[CohortChoice, ...]:
    query = select(Cohort.id, Cohort.uuid, Cohort.name).order_by(Cohort.starts_on.desc(), Cohort.name)
    if actor.role is not Role.ADMIN:
        own = select(CohortManager.cohort_id).where(CohortManager.person_id == actor.person_id)
        query = query.where(Cohort.id.in_(own))
    return tuple(CohortChoice(*row) for row in session.execute(query))


def _members(session: Session, cohort_ids: Sequence[int]) -> Mapping[int, set[int]]:
    """Answer cohort -> its people."""
    members: dict[int, set[int]] = {cohort_id: set() for cohort_id in cohort_ids}
    rows = session.execute(
        select(CohortMember.cohort_id, CohortMember.person_id).where(CohortMember.cohort_id.in_(cohort_ids))
    )
    for cohort_id, person_id in rows:
        members[cohort_id].add(person_id)
    return members


def _cases(
    session: Session, course_id: int, cohorts: Iterable[CohortChoice], *, everybody: bool, now: datetime
) -> tuple[list[Case], bool]:
    """Answer the checks of a course as the rules see them, and whether there are more."""
    first = aliased(Check)
    query = (
        select(
            Check.person_id,
            Check.form,
            Check.first_day,
            Check.check_day,
            Check.closes_at,
            Check.taken_day,
            Check.marks,
            first.taken_day.label("first_taken"),
            first.marks.label("first_marks"),
            first.form.label("first_form"),
        )
        .join(
            first,
            and_(
                first.registration_id == Check.registration_id,
                first.module_id == Check.module_id,
                first.occasion == Occasion.IMMEDIATE,
            ),
        )
        .where(
            Check.course_id == course_id,
            Check.occasion == Occasion.DELAYED,
            Check.closes_at > now - PERIOD,
        )
        .order_by(Check.id.desc())
        .limit(MOST_CHECKS + 1)
    )
    if not everybody:
        ids = [one.id for one in cohorts]
        query = query.where(
            Check.person_id.in_(select(CohortMember.person_id).where(CohortMember.cohort_id.in_(ids)))
        )
    rows = session.execute(query).all()
    return [_case(row, now) for row in rows[:MOST_CHECKS]], len(rows) > MOST_CHECKS


def _case(row: Any, now: datetime) -> Case:
    outcome = Outcome.MISSED if row.closes_at <= now else Outcome.PENDING
    delayed: tuple[Mark, ...] = ()
    immediate: tuple[Mark, ...] = ()
    if row.marks is not None:
        in_time = counts(
            Occasion.DELAYED, first_day=row.first_day, taken_day=row.taken_day, check_day=row.check_day
        )
        outcome = Outcome.COUNTED if in_time else Outcome.EXCLUDED
        delayed = _marks(row.marks) if in_time else ()
    if row.first_marks is not None and counts(
        Occasion.IMMEDIATE, first_day=row.first_day, taken_day=row.first_taken
    ):
        immediate = _marks(row.first_marks)
    return Case(
        learner=row.person_id,
        first_form=row.first_form.value,
        outcome=outcome,
        delayed=delayed,
        immediate=immediate,
    )


def _marks(kept: Iterable[Sequence[Any]]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            point=point,
            correct=bool(correct),
            guess=guess,
            arm=Arm(arm),
            skill=skill,
            market=market,
            language=language,
        )
        for _, point, correct, guess, arm, skill, market, language in kept
    )
