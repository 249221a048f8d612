"""A lesson's interactions: tried as often as one likes, each try kept; a lesson needs each right once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from courses.course import Course, Lesson
from lms.db.quizzes import Answer, Attempt, AttemptKind
from lms.domain.errors import NotFound
from lms.domain.questions import Given, ItemView, Phase
from lms.domain.quizzes import Calendar
from lms.services import answers, progress
from lms.services.answers import Occasion, Response, Setting, find_item, given_by, item_in
from lms.services.learning import Enrolment
from lms.services.progress import Learner
from quizzes.grading import grade


def interaction_views(
    session: Session,
    *,
    registration_id: int | None,
    course: Course,
    lesson: Lesson,
    language: str,
    now: datetime | None = None,
    drafts: Mapping[str, Any] | None = None,
) -> dict[str, ItemView]:
    """Answer each interaction of a lesson as its page shows it: by the last try, or as it was right.

    `drafts`: what stands in a form that came back; it is shown again instead of the last try.
    """
    tries: dict[str, list[Answer]] = {item_id: [] for item_id in lesson.interactions}
    if registration_id is not None and tries:
        for answer in _tries(session, registration_id, lesson.id):
            tries.setdefault(answer.item_id, []).append(answer)
    return {
        item_id: replace(
            item_in(
                course,
                course.item(item_id),
                language,
                seed=f"{registration_id}:{item_id}",
                given=_given(tries[item_id], draft=(drafts or {}).get(item_id)),
            ),
            slug=course.slug,
            lesson_id=lesson.id,
        )
        for item_id in lesson.interactions
    }


def expect_in(lesson: Lesson, item_id: str) -> None:
    """Raise NotFound unless the item stands in the lesson."""
    if item_id not in lesson.interactions:
        raise NotFound("there is no such question in this lesson")


def answered_right(session: Session, registration_id: int, lesson_id: str) -> set[str]:
    """Answer the interactions of a lesson that were answered right at least once."""
    return {answer.item_id for answer in _tries(session, registration_id, lesson_id) if answer.correct}


def answer_interaction(
    session: Session,
    found: Enrolment,
    *,
    lesson_id: str,
    item_id: str,
    attempt_uuid: UUID,
    response: Response,
    learner: Learner,
    calendar: Calendar,
    now: datetime,
    new_id: Callable[[], UUID],
) -> bool:
    """Keep one try at an interaction and finish the lesson with it where it was the last thing missing.

    `attempt_uuid` came with the form: the same form sent twice is one try. Answers whether it was kept.
    Raises NotFound, ResponseError, and Conflict where the course was not started.
    """
    lesson = found.loaded.lesson(lesson_id)
    registration_id = found.registered()
    expect_in(lesson, item_id)
    if session.scalar(select(Attempt.id).where(Attempt.uuid == attempt_uuid)) is not None:
        return False
    item = find_item(found.loaded.course, item_id)
    marked = grade(item, response.value)
    before = [one for one in _tries(session, registration_id, lesson_id) if one.item_id == item_id]
    attempt = Attempt(
        uuid=attempt_uuid,
        person_id=learner.person_id,
        registration_id=registration_id,
        kind=AttemptKind.LESSON,
        course_version_id=found.loaded.version_id,
        module_id=lesson.module,
        lesson_id=lesson_id,
        item_ids=[item_id],
        started_at=now - timedelta(milliseconds=response.response_ms or 0),
        finished_at=now,
        score=marked.score,
        passed=marked.correct,
    )
    session.add(attempt)
    session.flush()
    setting = Setting(
        learner=learner,
        calendar=calendar,
        loaded=found.loaded,
        registration=found.registration_uuid,
        now=now,
        new_id=new_id,
    )
    version_id = answers.item_version(setting, item)
    values = answers.answer_values(setting, item, version_id, response, marked, aided=bool(before))
    session.add(Answer(attempt_id=attempt.id, **values))
    session.flush()
    occasion = Occasion(kind=AttemptKind.LESSON, attempt=attempt_uuid, lesson_id=lesson_id)
    said = [answers.said_of(setting, occasion, item, values)]
    if marked.correct:
        said += progress.settle_lesson(
            session,
            registration_id=registration_id,
            run=setting.run,
            lesson_id=lesson_id,
            speaker=learner.speaker,
            now=now,
        )
    setting.store(session, said)
    return True


def _given(tries: list[Answer], *, draft: Any = None) -> Given:
    right = next((answer for answer in tries if answer.correct), None)
    if right is not None:
        return given_by(right, tries=len(tries))
    if draft is not None or not tries:
        return Given(response=draft)
    return given_by(tries[-1], phase=Phase.AGAIN, tries=len(tries))


_TRIES = (
    select(Answer)
    .join(Attempt, Attempt.id == Answer.attempt_id)
    .where(
        Attempt.registration_id == bindparam("run"),
        Attempt.kind == AttemptKind.LESSON,
        Attempt.lesson_id == bindparam("lesson"),
    )
    .order_by(Answer.id)
)


def _tries(session: Session, registration_id: int, lesson_id: str) -> list[Answer]:
    return list(session.scalars(_TRIES, {"run": registration_id, "lesson": lesson_id}))
