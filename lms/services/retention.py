"""What learners see of their 7-day checks: what is open, what is to come, and afterwards what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from courses.course import Course, Module
from courses.errors import UnknownPart
from lms.db.learning import Course as CourseRow
from lms.db.quizzes import Answer, Attempt, Card
from lms.db.retention import Check
from lms.domain.errors import NotFound
from lms.domain.intervals import Interval
from lms.domain.questions import ItemView
from lms.domain.quizzes import ITEM_SECONDS
from lms.domain.retention import own_share
from lms.services.answers import given_by, item_in
from lms.services.catalogue import CourseCache, Loaded
from lms.services.check_attempts import answer_check as answer_check
from lms.services.check_attempts import check_question as check_question
from lms.services.check_attempts import start_check as start_check
from quizzes.retention import MIN_ITEMS, Occasion, counts

SHOWN_FOR = timedelta(days=4)
"""How long Today points to a result after its window closed."""
LISTED = 60


class CheckState(StrEnum):
    """Where a person stands with a test."""

    WAITING = "waiting"
    """Not open yet."""
    OPEN = "open"
    UNDERWAY = "underway"
    SEALED = "sealed"
    """Handed in; what was right is shown once the window has closed."""
    TOLD = "told"
    MISSED = "missed"
    """Closed without having been begun."""
    UNFINISHED = "unfinished"
    """Closed with questions left."""


@dataclass(frozen=True, kw_only=True)
class CheckLine:
    """A test as lists and its own page show it."""

    uuid: UUID
    state: CheckState
    occasion: Occasion
    course: Course
    module: Module
    opens_at: datetime
    closes_at: datetime
    told_at: datetime
    finished_at: datetime | None
    check_day: int
    first_day: int
    answered: int = 0
    length: int = MIN_ITEMS
    right: int | None = None
    """Once it may be told."""

    @property
    def minutes(self) -> int:
        """What it takes, about."""
        return max(1, round(self.length * ITEM_SECONDS / 60))


@dataclass(frozen=True, kw_only=True)
class TakenTest:
    """One test of a check, as it is told afterwards."""

    occasion: Occasion
    form: str
    taken_at: datetime
    day: int
    """Study days after the module was finished."""
    counts: bool
    right: int
    length: int
    interval: Interval
    """Of the share of right answers; one person's, so it is wide."""
    took: timedelta


@dataclass(frozen=True, kw_only=True)
class PointLine:
    """A knowledge point in both tests."""

    title: str
    answers: tuple[tuple[Occasion, ItemView], ...]
    due: datetime | None
    """When its next review comes."""
    held_out: bool

    @property
    def right(self) -> int:
        """How many were right."""
        return sum(bool(view.correct) for _, view in self.answers)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What came of a check."""

    line: CheckLine
    tests: tuple[TakenTest, ...]
    """The immediate one first; those that were handed in."""
    points: tuple[PointLine, ...]

    def test(self, occasion: Occasion) -> TakenTest | None:
        """Answer one of the two tests; None where it was not handed in."""
        return next((one for one in self.tests if one.occasion is occasion), None)


def checks_now(session: Session, cache: CourseCache, *, person_id: int, now: datetime) -> list[CheckLine]:
    """Answer the tests that can be taken now, and results that have just been opened. One query."""
    given = {"person": person_id, "now": now, "since": now - SHOWN_FOR}
    return _lines(session, cache, session.execute(_NOW, given), now)


def own_checks(session: Session, cache: CourseCache, *, person_id: int, now: datetime) -> list[CheckLine]:
    """Answer one's own tests, the latest first."""
    return _lines(session, cache, session.execute(_OWN, {"person": person_id}), now)


def check_line(
    session: Session, cache: CourseCache, *, check_uuid: UUID, person_id: int, now: datetime
) -> CheckLine:
    """Answer one's own test as its page shows it. Raises NotFound."""
    row = session.execute(_ONE, {"check": check_uuid, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound("there is no such check, or it is not yours")
    return _line(session, cache, row, now)


def check_result(
    session: Session, cache: CourseCache, line: CheckLine, *, person_id: int, language: str
) -> CheckResult:
    """Answer what came of a check that may be told. Raises NotFound where it may not be."""
    if line.state is not CheckState.TOLD:
        raise NotFound("what was right is shown once the window has closed")
    rows = session.execute(_PAIR, {"check": line.uuid}).all()
    given: dict[int, list[Answer]] = {}
    for answer in session.scalars(
        select(Answer).where(Answer.attempt_id.in_([attempt.id for _, attempt in rows]))
    ):
        given.setdefault(answer.attempt_id, []).append(answer)
    tests = tuple(_taken_test(check, attempt) for check, attempt in rows)
    points: dict[str, list[tuple[Occasion, ItemView]]] = {}
    titles: dict[str, str] = {}
    for check, attempt in rows:
        loaded = cache.get(session, attempt.course_version_id)
        for point_id, view in _views(loaded, check, given.get(attempt.id, []), language):
            points.setdefault(point_id, []).append((check.occasion, view))
            titles[point_id] = loaded.course.point(point_id).title[language]
    held = set(rows[0][0].held_out) if rows else set()
    due = dict(
        session.execute(
            select(Card.point_id, func.min(Card.due_at))
            .where(
                Card.person_id == person_id,
                Card.course_id == rows[0][0].course_id,
                Card.point_id.in_(points),
                Card.suspended_at.is_(None),
            )
            .group_by(Card.point_id)
        ).all()
    )
    lines = [
        PointLine(
            title=titles[point_id],
            answers=tuple(answers),
            due=due.get(point_id),
            held_out=point_id in held,
        )
        for point_id, answers in points.items()
    ]
    return CheckResult(
        line=line, tests=tests, points=tuple(sorted(lines, key=lambda one: one.right - len(one.answers)))
    )


def _taken_test(check: Check, attempt: Attempt) -> TakenTest:
    right, length = sum(mark[2] for mark in check.marks), len(check.marks)
    taken_day = check.first_day if check.taken_day is None else check.taken_day
    finished = check.finished_at or check.closes_at
    return TakenTest(
        occasion=check.occasion,
        form=check.form.value,
        taken_at=finished,
        day=taken_day - check.first_day,
        counts=counts(
            check.occasion, first_day=check.first_day, taken_day=taken_day, check_day=check.check_day
        ),
        right=right,
        length=length,
        interval=own_share(right, length),
        took=max(timedelta(0), finished - attempt.started_at),
    )


def _views(loaded: Loaded, check: Check, given: list[Answer], language: str) -> list[tuple[str, ItemView]]:
    """Answer each question as it was answered, with its point."""
    views = []
    for answer in given:
        try:
            item = loaded.course.item(answer.item_id)
        except UnknownPart:
            continue
        view = item_in(loaded.course, item, language, seed=str(check.uuid), given=given_by(answer))
        views.append((item.point, view))
    return views


def _lines(session: Session, cache: CourseCache, rows: Iterable[Any], now: datetime) -> list[CheckLine]:
    """Answer tests; those of modules that are gone are left out."""
    lines = []
    for row in rows:
        with suppress(NotFound):
            lines.append(_line(session, cache, row, now))
    return lines


def _line(session: Session, cache: CourseCache, row: Any, now: datetime) -> CheckLine:
    check = row.Check
    loaded = cache.get(session, row.course_version_id or row.current_version_id or 0)
    try:
        module = loaded.course.module(check.module_id)
    except UnknownPart:
        raise NotFound("this module is not in the course any more") from None
    state = _state(check, now)
    return CheckLine(
        uuid=check.uuid,
        state=state,
        occasion=check.occasion,
        course=loaded.course,
        module=module,
        opens_at=check.opens_at,
        closes_at=check.closes_at,
        told_at=check.told_at,
        finished_at=check.finished_at,
        check_day=check.check_day,
        first_day=check.first_day,
        answered=row.answered,
        length=len(row.item_ids) if row.item_ids else max(MIN_ITEMS, 2 * len(check.held_out)),
        right=sum(mark[2] for mark in check.marks) if state is CheckState.TOLD else None,
    )


def _state(check: Check, now: datetime) -> CheckState:
    if check.finished_at is not None:
        return CheckState.SEALED if now < check.told_at else CheckState.TOLD
    if now < check.opens_at:
        return CheckState.WAITING
    if now >= check.closes_at:
        return CheckState.MISSED if check.attempt_id is None else CheckState.UNFINISHED
    return CheckState.OPEN if check.attempt_id is None else CheckState.UNDERWAY


_ANSWERED = (
    select(func.count())
    .select_from(Answer)
    .where(Answer.attempt_id == Check.attempt_id)
    .correlate(Check)
    .scalar_subquery()
)
_LINES = (
    select(
        Check,
        CourseRow.current_version_id,
        Attempt.course_version_id,
        Attempt.item_ids,
        _ANSWERED.label("answered"),
    )
    .join(CourseRow, CourseRow.id == Check.course_id)
    .outerjoin(Attempt, Attempt.id == Check.attempt_id)
    .where(Check.person_id == bindparam("person"))
)
_ONE = _LINES.where(Check.uuid == bindparam("check"))
_OWN = _LINES.order_by(Check.id.desc()).limit(LISTED)
_NOW = _LINES.where(
    Check.closes_at > bindparam("since", type_=Check.closes_at.type),
    or_(
        and_(
            Check.opens_at <= bindparam("now", type_=Check.closes_at.type),
            Check.closes_at > bindparam("now", type_=Check.closes_at.type),
            Check.finished_at.is_(None),
        ),
        and_(
            Check.occasion == Occasion.DELAYED,
            Check.finished_at.is_not(None),
            Check.told_at <= bindparam("now", type_=Check.closes_at.type),
        ),
    ),
).order_by(Check.closes_at, Check.id)
_SAME = select(Check.registration_id, Check.module_id).where(Check.uuid == bindparam("check")).subquery()
_PAIR = (
    select(Check, Attempt)
    .join(_SAME, and_(_SAME.c.registration_id == Check.registration_id, _SAME.c.module_id == Check.module_id))
    .join(Attempt, Attempt.id == Check.attempt_id)
    .where(Check.finished_at.is_not(None))
    .order_by(Check.first_day, Check.opens_at)
)
