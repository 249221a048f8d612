"""One answer: in what it is given, its row and its statement. Used by quizzes, reviews and lessons.

What an answer does to its card is in `practice`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from courses.course import Course
from courses.errors import UnknownPart
from lms.db.quizzes import Answer, AttemptKind, Confidence
from lms.domain.errors import NotFound
from lms.domain.questions import Given, ItemView, Phase, item_view
from lms.domain.quizzes import Calendar
from lms.services import statements
from lms.services.catalogue import Loaded
from lms.services.progress import Learner
from lms.services.statements import AnswerGiven, Json, Run
from quizzes.grading import Grade
from quizzes.item import Item
from xapi.lrs import Prepared


@dataclass(frozen=True, kw_only=True)
class Response:
    """What somebody sent: the response JSON, how sure they said they were, and how long it took."""

    value: Any
    confidence: Confidence | None = None
    response_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """The attempt that an answer belongs to, as its statement names it."""

    kind: AttemptKind
    attempt: UUID
    lesson_id: str | None = None


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

    def prepare(self, session: Session, said: list[Json]) -> Prepared:
        """Answer what is to be said, ready for `statements.store_ready`."""
        return statements.prepare(session, said, iri_base=self.learner.speaker.iri_base, new_id=self.new_id)

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


def item_version(setting: Setting, item: Item) -> int:
    """Answer the row of the item as it is served. Raises NotFound."""
    version_id = setting.loaded.item_versions.get(item.id)
    if version_id is None:
        raise NotFound("this question is not in the course any more")
    return version_id


def answer_values(
    setting: Setting, item: Item, version_id: int, response: Response, marked: Grade, *, aided: bool
) -> Json:
    """Answer the columns of an answer, but for its attempt's."""
    return {
        "person_id": setting.learner.person_id,
        "item_id": item.id,
        "item_version_id": version_id,
        "response": response.value,
        "score": marked.score,
        "correct": marked.correct,
        "confidence": response.confidence,
        "aided": aided,
        "response_ms": response.response_ms,
        "answered_at": setting.now,
        "study_day": setting.calendar.day(setting.now),
    }


def said_of(
    setting: Setting,
    occasion: Occasion,
    item: Item,
    values: Json,
    *,
    predicted: float | None = None,
    rating: int | None = None,
) -> Json:
    """Answer the statement of an answer; with prediction and rating where it is a review."""
    given = AnswerGiven(
        item_id=item.id,
        kind=occasion.kind.value,
        attempt=occasion.attempt,
        response=values["response"],
        score=values["score"],
        success=values["correct"],
        study_day=values["study_day"],
        response_ms=values["response_ms"],
        confidence=None if values["confidence"] is None else values["confidence"].value,
        predicted=predicted,
        rating=rating,
        aided=values["aided"],
        lesson_id=occasion.lesson_id,
    )
    return statements.answered(setting.learner.speaker, setting.run, at=setting.now, answer=given)
