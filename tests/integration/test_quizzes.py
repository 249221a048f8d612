"""Answers, cards and statements in the database: together, once, and for their own person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from courses.course import Course
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.base import Base
from lms.db.quizzes import Answer, Attempt, Card, Review
from lms.domain.quizzes import Calendar
from lms.services import answers, cards, interactions, learning, progress, quizzes, reviews
from lms.services.authoring import import_course
from lms.services.catalogue import CourseCache
from lms.services.progress import Learner
from lms.services.quizzes import Response
from lms.services.statements import Speaker
from quizzes.errors import ResponseError
from quizzes.fsrs import Rating
from tests.conftest import Clock
from tests.practice_course import MODULE, SLUG, practice_course
from xapi.store.tables import Statement

UTC_WEEK = Calendar(ZoneInfo("UTC"), "12345")


@dataclass
class Desk:
    """One learner at work."""

    parts: Parts
    person: Person
    cache: CourseCache
    clock: Clock

    @property
    def learner(self) -> Learner:
        return Learner(self.person.id, Speaker(self.parts.settings.iri_base, self.person.uuid))

    def start_quiz(self, seed: int = 1) -> UUID:
        with self.parts.database.writing() as session:
            found = learning.enrolment(session, self.cache, slug=SLUG, person_id=self.person.id)
            return quizzes.start_or_resume_attempt(
                session,
                found,
                module_id=MODULE,
                person_id=self.person.id,
                random=Random(seed),
                now=self.clock.now,
                new_id=self.parts.new_id,
            )

    def answer(self, attempt: UUID, place: int, value: object) -> bool:
        with self.parts.database.writing() as session:
            return quizzes.answer_question(
                session,
                self.cache,
                attempt_uuid=attempt,
                place=place,
                response=Response(value=value),
                learner=self.learner,
                calendar=UTC_WEEK,
                now=self.clock.now,
                new_id=self.parts.new_id,
            )

    def review(self, value: object) -> None:
        with self.parts.database.writing() as session:
            found = reviews.review_round(
                session,
                self.cache,
                person_id=self.person.id,
                calendar=UTC_WEEK,
                now=self.clock.now,
                daily_minutes=None,
            ).question
            assert found is not None
            reviews.answer_review(
                session,
                self.cache,
                card_uuid=found.card,
                sequence=found.sequence,
                response=Response(value=value),
                learner=self.learner,
                calendar=UTC_WEEK,
                now=self.clock.now,
                new_id=self.parts.new_id,
            )

    def count(self, *tables: type[Base] | type[Statement]) -> list[int]:
        with self.parts.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    def cards(self) -> dict[str, Card]:
        with self.parts.database.reading() as session:
            return {card.item_id: card for card in session.scalars(select(Card))}

    def due(self) -> cards.DueSummary:
        with self.parts.database.reading() as session:
            return cards.due_summary(
                session, person_id=self.person.id, now=self.clock.now, zone=UTC_WEEK.zone
            )


@pytest.fixture
def at_desk(parts: Parts, clock: Clock, make_person: Callable[..., Person]) -> Callable[..., Desk]:
    def sit_down(course: Course | None = None) -> Desk:
        desk = Desk(parts, make_person("learner", timezone="UTC"), CourseCache(), clock)
        with parts.database.writing(seconds=60) as session:
            import_course(session, course or practice_course(kinds=("single",)), now=clock.now)
            found = learning.enrolment(session, desk.cache, slug=SLUG, person_id=desk.person.id)
            progress.start(session, found, learner=desk.learner, now=clock.now, new_id=parts.new_id)
        return desk

    return sit_down


def test_the_first_answer_makes_the_cards_of_its_point(at_desk: Callable[..., Desk]) -> None:
    desk = at_desk()
    attempt = desk.start_quiz()
    with desk.parts.database.reading() as session:
        (drawn,) = session.scalars(select(Attempt)).one().item_ids

    desk.answer(attempt, 1, "b")

    made = desk.cards()
    other = ({"single-1", "single-2"} - {drawn}).pop()
    monday = UTC_WEEK.day(desk.clock.now)
    assert set(made) == {"single-1", "single-2"}
    assert UTC_WEEK.day(made[drawn].due_at) - monday == 2
    assert UTC_WEEK.day(made[other].due_at) - monday == 4  # day 5 is a Saturday
    assert (made[drawn].sequence, made[other].sequence) == (1, 0)


def test_siblings_are_never_served_on_the_same_day(at_desk: Callable[..., Desk]) -> None:
    desk = at_desk()
    desk.answer(desk.start_quiz(), 1, "b")
    desk.clock.now += timedelta(days=7)  # both are overdue

    first = desk.due()
    desk.review("b")
    second = desk.due()
    desk.clock.now += timedelta(days=1)
    third = desk.due()

    assert (first.count, second.count, third.count) == (1, 0, 1)


def test_nothing_is_kept_when_the_statement_cannot_be_stored(
    at_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = at_desk()
    attempt = desk.start_quiz()
    before = desk.count(Answer, Review, Card, Statement)

    def fail(*_: object, **__: object) -> list[str]:
        raise RuntimeError("the store is full")

    monkeypatch.setattr("lms.services.statements.store_statements", fail)
    with pytest.raises(RuntimeError):
        desk.answer(attempt, 1, "b")
    monkeypatch.undo()

    assert desk.count(Answer, Review, Card, Statement) == before
    assert desk.answer(attempt, 1, "b")


def test_an_answer_of_the_wrong_shape_is_refused_and_not_kept(at_desk: Callable[..., Desk]) -> None:
    desk = at_desk()
    attempt = desk.start_quiz()

    with pytest.raises(ResponseError):
        desk.answer(attempt, 1, {"no": "choice"})

    assert desk.count(Answer, Card) == [0, 0]


def test_the_same_item_on_the_same_day_is_kept_as_aided_and_is_no_review(
    at_desk: Callable[..., Desk],
) -> None:
    desk = at_desk(practice_course(kinds=("single",), siblings=()))
    desk.answer(desk.start_quiz(), 1, "a")

    desk.answer(desk.start_quiz(), 1, "b")

    with desk.parts.database.reading() as session:
        assert [one.aided for one in session.scalars(select(Answer).order_by(Answer.id))] == [False, True]
        (only,) = session.scalars(select(Review))
        assert only.rating == Rating.AGAIN


def test_a_lapse_is_counted_only_when_days_lie_between(at_desk: Callable[..., Desk]) -> None:
    desk = at_desk(practice_course(kinds=("single",), siblings=()))
    desk.answer(desk.start_quiz(), 1, "b")
    for days in (2, 2):
        desk.clock.now += timedelta(days=days)
        desk.review("b")
    desk.clock.now = desk.cards()["single-1"].due_at + timedelta(hours=5)
    desk.review("a")
    desk.clock.now += timedelta(minutes=11)
    desk.review("a")

    assert desk.cards()["single-1"].lapses == 1


def test_due_cards_are_counted_with_their_minutes_and_bounded_by_the_persons(
    at_desk: Callable[..., Desk],
) -> None:
    kinds = ("single", "multiple", "numeric", "cloze")
    desk = at_desk(practice_course(kinds=kinds, siblings=()))
    given = {"single-1": "b", "multiple-1": ["b", "d"], "numeric-1": "18", "cloze-1": {"g1": "eighteen"}}
    attempt = desk.start_quiz()
    with desk.parts.database.reading() as session:
        order = session.scalars(select(Attempt)).one().item_ids
    for place, item_id in enumerate(order, start=1):
        desk.answer(attempt, place, given[item_id])
    desk.clock.now += timedelta(days=2)

    with desk.parts.database.reading() as session:
        whole = cards.due_summary(session, person_id=desk.person.id, now=desk.clock.now)
        bounded = cards.due_summary(session, person_id=desk.person.id, now=desk.clock.now, daily_minutes=1)

    assert (whole.count, whole.minutes, whole.waiting) == (4, 2, 0)
    assert (bounded.count, bounded.minutes, bounded.waiting) == (3, 1, 1)


def test_a_card_held_out_is_never_served(at_desk: Callable[..., Desk]) -> None:
    desk = at_desk(practice_course(kinds=("single",), siblings=()))
    desk.answer(desk.start_quiz(), 1, "b")
    with desk.parts.database.writing() as session:
        session.scalars(select(Card)).one().held_out = True
    desk.clock.now += timedelta(days=30)

    assert desk.due().count == 0


def test_interactions_are_right_once_any_try_was(at_desk: Callable[..., Desk]) -> None:
    desk = at_desk()

    for value in ("a", "b", "c"):
        with desk.parts.database.writing() as session:
            found = learning.enrolment(session, desk.cache, slug=SLUG, person_id=desk.person.id)
            interactions.answer_interaction(
                session,
                found,
                lesson_id="first",
                item_id="in-lesson",
                attempt_uuid=desk.parts.new_id(),
                response=answers.Response(value=value),
                learner=desk.learner,
                calendar=UTC_WEEK,
                now=desk.clock.now,
                new_id=desk.parts.new_id,
            )

    with desk.parts.database.reading() as session:
        found = learning.enrolment(session, desk.cache, slug=SLUG, person_id=desk.person.id)
        assert found.registration_id is not None
        assert quizzes.answered_right(session, found.registration_id, "first") == {"in-lesson"}
    assert desk.count(Card) == [0]
