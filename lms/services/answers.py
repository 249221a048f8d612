"""One answer: graded, kept, taken as a review of its card, and said. Used by quizzes, reviews and lessons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.course import Course
from courses.errors import UnknownPart
from lms.db.learning import CourseVersionItem
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card, Confidence
from lms.domain.errors import NotFound
from lms.domain.questions import Given, ItemView, Phase, item_view
from lms.domain.quizzes import Calendar
from lms.services import cards, statements
from lms.services.cards import Reviewed
from lms.services.catalogue import Loaded
from lms.services.progress import Learner
from lms.services.statements import AnswerGiven, Json, Run
from quizzes.grading import Grade, grade
from quizzes.item import Item


@dataclass(frozen=True, kw_only=True)
class Response:
    """What somebody sent: the response JSON, how sure they said they were, and how long it took."""

    value: Any
    confidence: Confidence | None = None
    response_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """In what an answer is given: who, in which version and run, when."""

    learner: Learner
    calendar: Calendar
    loaded: Loaded
    registration: UUID | None
    now: datetime
    new_id: Callable[[], UUID]

    @property
    def course(self) -> Course:
        """The course version."""
        return self.loaded.course

    @property
    def run(self) -> Run:
        """What statements are made in."""
        return Run(course=self.loaded.course, registration=self.registration)

    def store(self, session: Session, said: list[Json]) -> None:
        """Keep what is to be said; the last thing in a transaction."""
        speaker = self.learner.speaker
        statements.store(session, said, iri_base=speaker.iri_base, now=self.now, new_id=self.new_id)


def find_item(course: Course, item_id: str) -> Item:
    """Answer an item of a course version. Raises NotFound."""
    try:
        return course.item(item_id)
    except UnknownPart:
        raise NotFound("this question is not in the course any more") from None


def item_in(course: Course, item: Item, language: str, *, seed: str, given: Given) -> ItemView:
    """Answer an item as a page shows it."""
    return item_view(item, skill=course.point(item.point).skill, language=language, seed=seed, given=given)


def given_by(answer: Answer, *, phase: Phase = Phase.DONE, tries: int = 1) -> Given:
    """Answer a stored answer as a page shows it."""
    sure = None if answer.confidence is None else answer.confidence is Confidence.SURE
    return Given(response=answer.response, phase=phase, tries=tries, sure=sure)


def practise(
    session: Session, setting: Setting, attempt: Attempt, item: Item, response: Response
) -> tuple[Answer, list[Json]]:
    """Keep an answer to a practice item and take it as a review. Raises ResponseError.

    An item met again on the study day that showed its solution is kept as aided, and is no review.
    """
    marked = grade(item, response.value)
    version_id = item_version(session, setting, item)
    day = setting.calendar.day(setting.now)
    person_id, course_id = setting.learner.person_id, setting.loaded.course_id
    siblings = cards.cards_of_point(session, person_id=person_id, course_id=course_id, point_id=item.point)
    card = cards.card_of_item(
        session,
        item,
        siblings,
        course=setting.course,
        course_id=course_id,
        person_id=person_id,
        day=day,
        calendar=setting.calendar,
        new_id=setting.new_id,
    )
    is_repeat = attempt.kind is AttemptKind.QUIZ and card.last_day == day
    answer = answer_row(setting, attempt, item, version_id, response, marked, aided=is_repeat)
    reviewed = None if is_repeat else _review(setting, card, answer, siblings)
    session.add(answer)
    session.flush()
    if reviewed is not None:
        cards.add_review(session, card, answer, reviewed)
    return answer, _said(setting, attempt, item, answer, reviewed)


_ITEM_VERSION = select(CourseVersionItem.item_version_id).where(
    CourseVersionItem.course_version_id == bindparam("version"),
    CourseVersionItem.item_id == bindparam("item"),
)


def item_version(session: Session, setting: Setting, item: Item) -> int:
    """Answer the row of the item as it is served. Raises NotFound."""
    version_id = session.scalar(_ITEM_VERSION, {"version": setting.loaded.version_id, "item": item.id})
    if version_id is None:
        raise NotFound("this question is not in the course any more")
    return version_id


def answer_row(
    setting: Setting,
    attempt: Attempt,
    item: Item,
    version_id: int,
    response: Response,
    marked: Grade,
    *,
    aided: bool,
) -> Answer:
    """Answer the row of an answer, not yet added."""
    return Answer(
        attempt_id=attempt.id,
        person_id=setting.learner.person_id,
        item_id=item.id,
        item_version_id=version_id,
        response=response.value,
        score=marked.score,
        correct=marked.correct,
        confidence=response.confidence,
        aided=aided,
        response_ms=response.response_ms,
        answered_at=setting.now,
        study_day=setting.calendar.day(setting.now),
    )


def said_of(
    setting: Setting, attempt: Attempt, item: Item, answer: Answer, reviewed: Reviewed | None = None
) -> Json:
    """Answer the statement of an answer."""
    given = AnswerGiven(
        item_id=item.id,
        kind=attempt.kind.value,
        attempt=attempt.uuid,
        response=answer.response,
        score=answer.score,
        success=answer.correct,
        study_day=answer.study_day,
        response_ms=answer.response_ms,
        confidence=None if answer.confidence is None else answer.confidence.value,
        predicted=reviewed.predicted if reviewed else None,
        rating=int(reviewed.rating) if reviewed else None,
        aided=answer.aided,
        lesson_id=attempt.lesson_id,
    )
    return statements.answered(setting.learner.speaker, setting.run, at=setting.now, answer=given)


def _review(setting: Setting, card: Card, answer: Answer, siblings: list[Card]) -> Reviewed:
    return cards.review_card(
        card,
        answer=answer,
        siblings=siblings,
        plan_days=setting.course.retention.plan_days,
        calendar=setting.calendar,
        now=setting.now,
    )


def _said(
    setting: Setting, attempt: Attempt, item: Item, answer: Answer, reviewed: Reviewed | None
) -> list[Json]:
    said = [said_of(setting, attempt, item, answer, reviewed)]
    if reviewed is not None and reviewed.due_day > answer.study_day:
        said.append(
            statements.scheduled(
                setting.learner.speaker,
                setting.run,
                at=setting.now,
                item_id=item.id,
                due=reviewed.due,
                study_day=reviewed.due_day,
            )
        )
    return said
