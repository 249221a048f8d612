"""Answers written straight into the log, each in an attempt of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from courses.course import Course
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.learning import CourseVersion, ItemVersion
from lms.db.quizzes import Answer, Attempt, AttemptKind
from lms.services import authoring
from tests.practice_course import MODULE, practice_course


class Log:
    """A published course and what people answered to it."""

    def __init__(self, parts: Parts, make_person: Callable[..., Person]) -> None:
        self.parts, self.make_person = parts, make_person

    def publish(self, course: Course | None = None) -> None:
        with self.parts.database.writing(seconds=60) as session:
            authoring.import_course(session, course or practice_course(), now=self.parts.now())

    def people(self, count: int) -> list[int]:
        return [self.make_person(password=None).id for _ in range(count)]

    def answer(self, person: int, response: Any, *, item: str = "single-1", **given: Any) -> None:
        with self.parts.database.writing() as session:
            version = session.scalars(
                select(ItemVersion.id).where(ItemVersion.item_id == item).order_by(ItemVersion.id.desc())
            ).first()
            course = session.scalars(select(CourseVersion.id).order_by(CourseVersion.id.desc())).first()
            assert version and course
            attempt = Attempt(
                uuid=self.parts.new_id(),
                person_id=person,
                kind=AttemptKind.QUIZ,
                course_version_id=course,
                module_id=MODULE,
                item_ids=[item],
                started_at=self.parts.now(),
            )
            session.add(attempt)
            session.flush()
            correct = given.pop("correct", response == "b")
            session.add(
                Answer(
                    attempt_id=attempt.id,
                    person_id=person,
                    item_id=item,
                    item_version_id=version,
                    response=response,
                    score=float(correct),
                    correct=correct,
                    answered_at=self.parts.now(),
                    study_day=1,
                    **given,
                )
            )
