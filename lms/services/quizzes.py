"""A module's quiz: drawn once, shown one question a screen, and its result.

Answering is in `attempts`, reviews in `reviews`, interactions of lessons in `interactions`; what other
columns use is named here too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from courses.course import Course, Module
from courses.errors import UnknownPart
from lms.db.assignments import Registration
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card
from lms.domain import quizzes as rules
from lms.domain.errors import NotFound
from lms.domain.questions import Given, ItemView
from lms.services.answers import Response as Response
from lms.services.answers import find_item, given_by, item_in
from lms.services.attempts import answer_question as answer_question
from lms.services.attempts import first_open, item_at, own_attempt
from lms.services.cards import DueSummary as DueSummary
from lms.services.cards import due_summary as due_summary
from lms.services.cards import held_out_points
from lms.services.cards import next_due as next_due
from lms.services.catalogue import CourseCache, Loaded
from lms.services.interactions import answered_right as answered_right
from lms.services.interactions import interaction_views as interaction_views
from lms.services.learning import Enrolment
from quizzes.item import Item


@dataclass(frozen=True, kw_only=True)
class AttemptLine:
    """A quiz that was begun; score and passed are there once it is handed in."""

    uuid: UUID
    started_at: datetime
    finished_at: datetime | None
    score: float | None
    passed: bool
    answered: int
    right: int
    length: int


@dataclass(frozen=True, kw_only=True)
class QuizState:
    """Where a person stands with a module's quiz."""

    module: Module
    length: int
    open: AttemptLine | None
    finished: tuple[AttemptLine, ...]
    """Those handed in, latest first."""


@dataclass(frozen=True, kw_only=True)
class AnsweredLine:
    """One question of a quiz that was handed in."""

    place: int
    stem: str
    point: str
    correct: bool


@dataclass(frozen=True, kw_only=True)
class QuizQuestion:
    """One place of a quiz."""

    loaded: Loaded
    attempt: UUID
    module_id: str
    place: int
    """From 1."""
    length: int
    item: Item
    given: Given
    next_place: int | None
    """The first place still to be answered; None once all are."""
    due: datetime | None
    """Once it is answered: when its card comes next."""

    @property
    def answered(self) -> bool:
        """Whether it has its answer."""
        return self.given.response is not None

    def view(self, language: str, *, draft: Any = None) -> ItemView:
        """Answer the question in a language; `draft` is what stands in a form that came back."""
        given = self.given if draft is None else Given(response=draft)
        return item_in(self.loaded.course, self.item, language, seed=str(self.attempt), given=given)


def find_module(course: Course, module_id: str) -> Module:
    """Answer a module of a course. Raises NotFound."""
    try:
        return course.module(module_id)
    except UnknownPart:
        raise NotFound(f"there is no module {module_id!r} in this course") from None


def quiz_state(session: Session, found: Enrolment, *, module_id: str) -> QuizState:
    """Answer where the person stands with a module's quiz. Raises NotFound where there is none."""
    module = find_module(found.loaded.course, module_id)
    length = min(module.quiz_length, len(rules.practice_items(module)))
    if length == 0:
        raise NotFound("this module has no quiz")
    right = func.coalesce(func.sum(case((Answer.correct.is_(True), 1), else_=0)), 0)
    rows = session.execute(
        select(Attempt, func.count(Answer.id), right)
        .outerjoin(Answer, Answer.attempt_id == Attempt.id)
        .where(
            Attempt.registration_id == found.registration_id,
            Attempt.kind == AttemptKind.QUIZ,
            Attempt.module_id == module_id,
        )
        .group_by(Attempt.id)
        .order_by(Attempt.id.desc())
    )
    lines = [_line(attempt, answered, correct) for attempt, answered, correct in rows]
    return QuizState(
        module=module,
        length=length,
        open=next((line for line in lines if line.finished_at is None), None),
        finished=tuple(line for line in lines if line.finished_at is not None),
    )


def start_or_resume_attempt(
    session: Session,
    found: Enrolment,
    *,
    module_id: str,
    person_id: int,
    random: Random,
    now: datetime,
    new_id: Callable[[], UUID],
) -> UUID:
    """Answer the open attempt at a module's quiz, or draw a new one. Two tabs get the same one.

    Points that are held out of practice are not asked about.
    """
    module = find_module(found.loaded.course, module_id)
    registration_id = session.scalar(
        select(Registration.id).where(Registration.id == found.registered()).with_for_update()
    )
    attempt = session.scalar(
        select(Attempt).where(
            Attempt.registration_id == registration_id,
            Attempt.kind == AttemptKind.QUIZ,
            Attempt.module_id == module_id,
            Attempt.finished_at.is_(None),
        )
    )
    if attempt is not None:
        return attempt.uuid
    held = held_out_points(session, person_id=person_id, course_id=found.loaded.course_id)
    items = [item for item in rules.practice_items(module) if item.point not in held]
    drawn = rules.draw(items, module.quiz_length, random=random)
    if not drawn:
        raise NotFound("this module has no quiz")
    attempt = Attempt(
        uuid=new_id(),
        person_id=person_id,
        registration_id=registration_id,
        kind=AttemptKind.QUIZ,
        course_version_id=found.loaded.version_id,
        module_id=module_id,
        item_ids=list(drawn),
        started_at=now,
    )
    session.add(attempt)
    session.flush()
    return attempt.uuid


def quiz_question(
    session: Session, cache: CourseCache, *, attempt_uuid: UUID, place: int, person_id: int
) -> QuizQuestion:
    """Answer one place of one's own quiz. Raises NotFound."""
    attempt, _ = own_attempt(session, attempt_uuid, person_id)
    loaded = cache.get(session, attempt.course_version_id)
    item = find_item(loaded.course, item_at(attempt.item_ids, place))
    given = {row.item_id: row for row in _answers(session, attempt)}
    answer = given.get(item.id)
    due = None
    if answer is not None:
        due = session.scalar(
            select(Card.due_at).where(
                Card.person_id == person_id, Card.course_id == loaded.course_id, Card.item_id == item.id
            )
        )
    return QuizQuestion(
        loaded=loaded,
        attempt=attempt.uuid,
        module_id=attempt.module_id,
        place=place,
        length=len(attempt.item_ids),
        item=item,
        given=Given() if answer is None else given_by(answer),
        next_place=first_open(attempt.item_ids, given),
        due=due,
    )


def quiz_result(
    session: Session, cache: CourseCache, *, attempt_uuid: UUID, person_id: int, language: str
) -> tuple[AttemptLine, tuple[AnsweredLine, ...], Loaded]:
    """Answer one's own quiz after it was handed in, question by question. Raises NotFound."""
    attempt, _ = own_attempt(session, attempt_uuid, person_id)
    if attempt.finished_at is None:
        raise NotFound("this quiz is not handed in yet")
    loaded = cache.get(session, attempt.course_version_id)
    given = {row.item_id: row for row in _answers(session, attempt)}
    lines = []
    for place, item_id in enumerate(attempt.item_ids, start=1):
        item = find_item(loaded.course, item_id)
        lines.append(
            AnsweredLine(
                place=place,
                stem=item.stem[language],
                point=loaded.course.point(item.point).title[language],
                correct=given[item_id].correct,
            )
        )
    return _line(attempt, len(given), sum(line.correct for line in lines)), tuple(lines), loaded


_ANSWERS = select(Answer).where(Answer.attempt_id == bindparam("attempt"))


def _answers(session: Session, attempt: Attempt) -> list[Answer]:
    return list(session.scalars(_ANSWERS, {"attempt": attempt.id}))


def _line(attempt: Attempt, answered: int, right: int) -> AttemptLine:
    return AttemptLine(
        uuid=attempt.uuid,
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        score=attempt.score,
        passed=bool(attempt.passed),
        answered=answered,
        right=int(right),
        length=len(attempt.item_ids),
    )
