"""The needs analysis: taken before and after the course, question by question, and reported per skill.

What was right is not told, neither in between nor at the end: the same questions are asked again afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from courses.course import Course
from courses.needs import Stated
from lms.db.accounts import CohortMember
from lms.db.learning import Course as CourseRow
from lms.db.needs import NeedsAnswer, NeedsRun, Phase
from lms.domain.access import Actor
from lms.domain.errors import Conflict, NotFound
from lms.domain.learning import CourseWay
from lms.domain.needs import PhaseState, after_state, before_state, shown_share
from lms.domain.questions import Given, ItemView, item_view
from lms.services import learning
from lms.services.assignments import own_cohort
from lms.services.catalogue import CourseCache
from quizzes.grading import grade
from quizzes.item import Item, Skill


@dataclass(frozen=True)
class Share:
    """Right answers of those given."""

    right: int
    asked: int

    @property
    def share(self) -> float:
        """0..1."""
        return self.right / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class SkillLine:
    """A skill in the report; a run that is not finished says nothing."""

    skill: Skill
    before: Share | None
    after: Share | None
    stated: Stated | None


@dataclass(frozen=True)
class NeedsLine:
    """The analysis of one course for one person."""

    course: Course
    before: PhaseState
    after: PhaseState
    report: tuple[SkillLine, ...]

    @property
    def open(self) -> Phase | None:
        """The run to take now, if there is one."""
        for phase, state in ((Phase.BEFORE, self.before), (Phase.AFTER, self.after)):
            if state in (PhaseState.OPEN, PhaseState.GOING):
                return phase
        return None


@dataclass(frozen=True)
class NeedsQuestion:
    """One question of a run."""

    uuid: UUID
    phase: Phase
    course: Course
    item: Item
    place: int
    length: int
    answered: bool
    next_place: int | None
    """The first question without an answer; None where there is none left."""

    def view(self, language: str, *, draft: Any = None) -> ItemView:
        """Answer it as a page shows it: asked, never told."""
        skill = self.item.skill or Skill.TOOLS
        given = Given(response=draft)
        return item_view(
            self.item, skill=skill, language=language, seed=f"{self.uuid}:{self.item.id}", given=given
        )


@dataclass(frozen=True)
class GroupLine:
    """A skill in the report of a cohort; a share is None where too few people stand behind it."""

    skill: Skill
    before: float | None
    after: float | None
    stated: Stated | None


@dataclass(frozen=True)
class GroupReport:
    """The analysis of one course in a cohort."""

    course: Course
    people_before: int
    people_after: int
    lines: tuple[GroupLine, ...]


def needs_lines(
    session: Session, cache: CourseCache, *, person_id: int, today: date, working_days: str
) -> tuple[NeedsLine, ...]:
    """Answer the analysis of each course that has one."""
    courses = learning.course_lines(
        session, cache, person_id=person_id, today=today, working_days=working_days, mine_only=False
    )
    having = [line for line in courses if line.enrolment.loaded.course.shelf.has("needs")]
    if not having:
        return ()
    runs = {
        (run.course_id, run.phase): run
        for run in session.scalars(select(NeedsRun).where(NeedsRun.person_id == person_id))
    }
    shares = _shares(session, [run.id for run in runs.values() if run.finished_at])
    return tuple(
        _line(line.enrolment.loaded.course, line.way, line.enrolment.loaded.course_id, runs, shares)
        for line in having
    )


def begin(
    session: Session,
    cache: CourseCache,
    *,
    slug: str,
    phase: Phase,
    person_id: int,
    now: datetime,
    new_id: Callable[[], UUID],
) -> UUID:
    """Answer the person's run of a phase, begun now where there is none. Raises NotFound and Conflict."""
    found = learning.enrolment(session, cache, slug=slug, person_id=person_id)
    if not found.loaded.course.shelf.needs:
        raise NotFound("this course has no needs analysis")
    mine = select(NeedsRun).where(
        NeedsRun.person_id == person_id,
        NeedsRun.course_id == found.loaded.course_id,
        NeedsRun.phase == phase,
    )
    run = session.scalar(mine)
    if run is not None:
        return run.uuid
    state_of = before_state if phase is Phase.BEFORE else after_state
    if state_of(learning.course_way(session, found), begun=False, finished=False) is not PhaseState.OPEN:
        raise Conflict("the needs analysis is taken before the first module or after the whole course")
    run = NeedsRun(
        uuid=new_id(),
        person_id=person_id,
        course_id=found.loaded.course_id,
        course_version_id=found.loaded.version_id,
        phase=phase,
        started_at=now,
    )
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError:
        return session.scalars(mine).one().uuid  # the same form sent twice at once
    return run.uuid


def question(
    session: Session, cache: CourseCache, *, run_uuid: UUID, place: int, person_id: int
) -> NeedsQuestion:
    """Answer a question of a run of one's own, by its place from 1. Raises NotFound."""
    return _question(session, cache, _run(session, run_uuid, person_id), place)


def answer(
    session: Session,
    cache: CourseCache,
    *,
    run_uuid: UUID,
    place: int,
    response: Any,
    person_id: int,
    now: datetime,
) -> int | None:
    """Keep an answer; the first one counts. Answers the next place, None where the run is finished with it.

    Raises NotFound and ResponseError.
    """
    run = _run(session, run_uuid, person_id, locked=True)
    asked = _question(session, cache, run, place)
    if asked.answered:
        return asked.next_place
    marked = grade(asked.item, response)
    session.add(
        NeedsAnswer(
            run_id=run.id,
            item_id=asked.item.id,
            skill=asked.item.skill,
            response=response,
            score=marked.score,
            correct=marked.correct,
            answered_at=now,
        )
    )
    session.flush()
    following = _question(session, cache, run, place).next_place
    if following is None:
        run.finished_at = now
        session.flush()
    return following


def group_reports(
    session: Session, cache: CourseCache, actor: Actor, cohort_uuid: UUID
) -> tuple[str, tuple[GroupReport, ...]]:
    """Answer a cohort's name and its report for each course that has the analysis. Raises NotFound."""
    cohort = own_cohort(session, actor, cohort_uuid)
    right = func.sum(cast(NeedsAnswer.correct, Integer))
    rows = session.execute(
        select(
            NeedsRun.course_id,
            NeedsRun.phase,
            NeedsAnswer.skill,
            func.count(NeedsRun.person_id.distinct()),
            right,
            func.count(),
        )
        .join(NeedsAnswer, NeedsAnswer.run_id == NeedsRun.id)
        .join(CohortMember, CohortMember.person_id == NeedsRun.person_id)
        .where(CohortMember.cohort_id == cohort.id, NeedsRun.finished_at.is_not(None))
        .group_by(NeedsRun.course_id, NeedsRun.phase, NeedsAnswer.skill)
    ).all()
    found = {(row[0], row[1], row[2]): (row[3], int(row[4] or 0), row[5]) for row in rows}
    current = session.scalars(
        select(CourseRow.current_version_id)
        .where(CourseRow.current_version_id.is_not(None))
        .order_by(CourseRow.slug)
    ).all()
    reports = []
    for version_id in current:
        loaded = cache.get(session, version_id or 0)
        if loaded.course.shelf.has("needs"):
            reports.append(_group_report(loaded.course, loaded.course_id, found))
    return cohort.name, tuple(reports)


Found = Mapping[tuple[int, Phase, Skill], tuple[int, int, int]]
"""Course, phase, skill -> people, right answers, answers."""


def _group_report(course: Course, course_id: int, found: Found) -> GroupReport:
    stated = {line.skill: line for line in course.shelf.stated}

    def people(phase: Phase) -> int:
        return max((found.get((course_id, phase, skill), (0, 0, 0))[0] for skill in Skill), default=0)

    def share(phase: Phase, skill: Skill) -> float | None:
        behind, right, asked = found.get((course_id, phase, skill), (0, 0, 0))
        return shown_share(right, asked, people=behind)

    lines = tuple(
        GroupLine(skill, share(Phase.BEFORE, skill), share(Phase.AFTER, skill), stated.get(skill))
        for skill in Skill
    )
    return GroupReport(course, people(Phase.BEFORE), people(Phase.AFTER), lines)


def _line(
    course: Course,
    way: CourseWay,
    course_id: int,
    runs: Mapping[tuple[int, Phase], NeedsRun],
    shares: Mapping[tuple[int, Skill], Share],
) -> NeedsLine:
    before, after = (runs.get((course_id, phase)) for phase in (Phase.BEFORE, Phase.AFTER))
    stated = {line.skill: line for line in course.shelf.stated}
    report = tuple(
        SkillLine(
            skill,
            shares.get((before.id, skill)) if before else None,
            shares.get((after.id, skill)) if after else None,
            stated.get(skill),
        )
        for skill in Skill
    )
    return NeedsLine(
        course=course,
        before=before_state(way, begun=before is not None, finished=bool(before and before.finished_at)),
        after=after_state(way, begun=after is not None, finished=bool(after and after.finished_at)),
        report=report,
    )


def _shares(session: Session, run_ids: list[int]) -> dict[tuple[int, Skill], Share]:
    if not run_ids:
        return {}
    rows = session.execute(
        select(
            NeedsAnswer.run_id,
            NeedsAnswer.skill,
            func.sum(cast(NeedsAnswer.correct, Integer)),
            func.count(),
        )
        .where(NeedsAnswer.run_id.in_(run_ids))
        .group_by(NeedsAnswer.run_id, NeedsAnswer.skill)
    )
    return {(run_id, skill): Share(int(right or 0), asked) for run_id, skill, right, asked in rows}


def _run(session: Session, run_uuid: UUID, person_id: int, *, locked: bool = False) -> NeedsRun:
    query = select(NeedsRun).where(NeedsRun.uuid == run_uuid, NeedsRun.person_id == person_id)
    run = session.scalar(query.with_for_update() if locked else query)
    if run is None:
        raise NotFound("there is no such needs analysis")
    return run


def _question(session: Session, cache: CourseCache, run: NeedsRun, place: int) -> NeedsQuestion:
    course = cache.get(session, run.course_version_id).course
    items = tuple(course.shelf.needs.values())
    if not 1 <= place <= len(items):
        raise NotFound("there is no such question in the needs analysis")
    done = set(session.scalars(select(NeedsAnswer.item_id).where(NeedsAnswer.run_id == run.id)))
    item = items[place - 1]
    following = next((at for at, one in enumerate(items, start=1) if one.id not in done), None)
    return NeedsQuestion(
        uuid=run.uuid,
        phase=run.phase,
        course=course,
        item=item,
        place=place,
        length=len(items),
        answered=item.id in done,
        next_place=following,
    )
