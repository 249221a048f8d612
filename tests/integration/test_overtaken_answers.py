"""Answers that others overtake between plan and keep: nothing is kept twice, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from threading import Barrier
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.assignments import ModuleResult
from lms.db.base import Base
from lms.db.quizzes import Answer, Attempt, Card, Review
from lms.domain.errors import NotFound, Stale
from lms.domain.quizzes import Calendar
from lms.services import attempts, learning, progress, quizzes, reviews
from lms.services.answers import Response
from lms.services.attempts import PlannedAnswer
from lms.services.authoring import import_course
from lms.services.progress import Learner
from lms.services.statements import Speaker
from tests.conftest import Clock
from tests.practice_course import MODULE, SLUG, practice_course
from xapi.store.tables import Statement

UTC_WEEK = Calendar(ZoneInfo("UTC"), "12345")
RIGHT = {"single-1": "b", "single-2": "b", "numeric-1": "18"}
ROWS = (Answer, Card, Review, Statement)


@dataclass
class Desk:
    """A learner whose answers are planned and kept one by one."""

    parts: Parts
    person: Person
    clock: Clock

    @property
    def learner(self) -> Learner:
        return Learner(self.person.id, Speaker(self.parts.settings.iri_base, self.person.uuid))

    def start_quiz(self) -> UUID:
        with self.parts.database.writing() as session:
            found = learning.enrolment(session, self.parts.courses, slug=SLUG, person_id=self.person.id)
            return quizzes.start_or_resume_attempt(
                session,
                found,
                module_id=MODULE,
                person_id=self.person.id,
                random=Random(1),
                now=self.clock.now,
                new_id=self.parts.new_id,
            )

    def start_quiz_of(self, item_ids: list[str]) -> UUID:
        """Begin a quiz in which these are asked, though another is open."""
        with self.parts.database.writing() as session:
            uuid = self.parts.new_id()
            like = session.scalars(select(Attempt)).first()
            assert like is not None
            session.add(
                Attempt(
                    uuid=uuid,
                    person_id=self.person.id,
                    registration_id=like.registration_id,
                    kind=like.kind,
                    course_version_id=like.course_version_id,
                    module_id=like.module_id,
                    item_ids=item_ids,
                    started_at=self.clock.now,
                )
            )
            return uuid

    def items(self, attempt: UUID) -> list[str]:
        with self.parts.database.reading() as session:
            return list(session.scalars(select(Attempt.item_ids).where(Attempt.uuid == attempt)).one())

    def plan(self, attempt: UUID, place: int) -> PlannedAnswer:
        with self.parts.database.reading() as session:
            asked = attempts.asked_question(
                session, self.parts.courses, attempt_uuid=attempt, place=place, person_id=self.person.id
            )
            planned = attempts.plan_answer(
                session,
                asked,
                response=Response(value=RIGHT[asked.item.id]),
                learner=self.learner,
                calendar=UTC_WEEK,
                now=self.clock.now,
                new_id=self.parts.new_id,
            )
        assert planned is not None
        return planned

    def keep(self, planned: PlannedAnswer) -> bool:
        with self.parts.database.writing() as session:
            return attempts.keep_answer(session, planned)

    def again(self, planned: PlannedAnswer) -> bool:
        with self.parts.database.writing() as session:
            return attempts.answer_again(session, self.parts.courses, planned)

    def take_quiz(self) -> None:
        attempt = self.start_quiz()
        for place, _ in enumerate(self.items(attempt), start=1):
            assert self.keep(self.plan(attempt, place))

    def review(self, item_id: str) -> bool:
        card = self.card(item_id)
        with self.parts.database.writing() as session:
            return bool(
                reviews.answer_review(
                    session,
                    self.parts.courses,
                    card_uuid=card.uuid,
                    sequence=card.sequence,
                    response=Response(value=RIGHT[item_id]),
                    learner=self.learner,
                    calendar=UTC_WEEK,
                    now=self.clock.now,
                    new_id=self.parts.new_id,
                )
            )

    def card(self, item_id: str) -> Card:
        with self.parts.database.reading() as session:
            return session.scalars(select(Card).where(Card.item_id == item_id)).one()

    def count(self, *tables: type[Base] | type[Statement]) -> list[int]:
        with self.parts.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


@pytest.fixture
def desk(parts: Parts, clock: Clock, make_person: Callable[..., Person]) -> Desk:
    """Somebody who has started a course whose quiz asks two questions."""
    desk = Desk(parts, make_person("learner", timezone="UTC"), clock)
    with parts.database.writing() as session:
        import_course(session, practice_course(kinds=("single", "numeric")), now=clock.now)
        found = learning.enrolment(session, parts.courses, slug=SLUG, person_id=desk.person.id)
        progress.start(session, found, learner=desk.learner, now=clock.now, new_id=parts.new_id)
    return desk


def test_of_two_answers_to_one_place_the_first_is_kept(desk: Desk) -> None:
    attempt = desk.start_quiz()
    first, second = desk.plan(attempt, 1), desk.plan(attempt, 1)

    assert desk.keep(first)
    kept = desk.count(*ROWS)
    with pytest.raises(Stale):
        desk.keep(second)

    assert not desk.again(second)
    assert desk.count(*ROWS) == kept


def test_of_two_last_answers_one_hands_the_quiz_in(desk: Desk) -> None:
    attempt = desk.start_quiz()
    desk.keep(desk.plan(attempt, 1))
    first, second = desk.plan(attempt, 2), desk.plan(attempt, 2)

    assert desk.keep(first)
    kept = desk.count(*ROWS, ModuleResult)

    assert not desk.keep(second)
    assert desk.count(*ROWS, ModuleResult) == kept
    with desk.parts.database.reading() as session:
        verbs = [verb.rpartition("/")[2] for verb in session.scalars(select(Statement.verb))]
        assert session.scalars(select(Attempt)).one().score == 1.0
    assert verbs.count("passed") == 1
    assert verbs.count("answered") == 2


def test_an_answer_whose_card_was_reviewed_in_between_is_planned_anew(desk: Desk) -> None:
    desk.take_quiz()
    desk.clock.now += timedelta(days=2)
    attempt = desk.start_quiz()
    (item_id, *_) = desk.items(attempt)
    planned = desk.plan(attempt, 1)
    if desk.card(item_id).due_at > desk.clock.now:  # a sibling's day comes later: it is asked for today
        with desk.parts.database.writing() as session:
            session.scalars(select(Card).where(Card.item_id == item_id)).one().due_at = desk.clock.now

    assert desk.review(item_id)
    before, moved = desk.count(*ROWS), desk.card(item_id).sequence
    with pytest.raises(Stale):
        desk.keep(planned)

    assert desk.count(*ROWS) == before
    assert desk.again(planned)
    assert desk.card(item_id).sequence == moved  # the same study day: aided, and no review
    with desk.parts.database.reading() as session:
        last = session.scalars(select(Answer).order_by(Answer.id.desc())).first()
        assert last is not None
        assert last.aided
    assert desk.count(Answer, Review) == [before[0] + 1, before[2]]


def test_two_answers_that_make_the_same_cards_make_them_once(desk: Desk) -> None:
    desk.start_quiz()
    one = desk.plan(desk.start_quiz_of(["single-1", "numeric-1"]), 1)
    other = desk.plan(desk.start_quiz_of(["single-2", "numeric-1"]), 1)

    assert desk.keep(one)
    with pytest.raises(Stale):
        desk.keep(other)

    assert desk.again(other)
    assert desk.count(Answer, Card, Review) == [2, 2, 2]
    assert [desk.card(item_id).sequence for item_id in ("single-1", "single-2")] == [1, 1]


def test_an_answer_to_a_quiz_that_is_gone_is_not_kept(desk: Desk) -> None:
    attempt = desk.start_quiz()
    planned = desk.plan(attempt, 1)
    with desk.parts.database.writing() as session:
        session.execute(delete(Attempt))

    with pytest.raises(Stale):
        desk.keep(planned)
    with pytest.raises(NotFound):
        desk.again(planned)

    assert desk.count(Answer, Card, Review) == [0, 0, 0]


def test_a_statement_says_what_was_kept_after_it_was_prepared(desk: Desk) -> None:
    attempt = desk.start_quiz()
    planned = desk.plan(attempt, 1)
    assert planned.ready is not None

    desk.keep(planned)

    with desk.parts.database.reading() as session:
        rows = session.scalars(select(Statement).where(Statement.verb.endswith("/answered"))).all()
        (said,) = [row.payload for row in rows]
    assert str(attempt) in said
    assert '"stored":"2' in said


def test_of_reviews_sent_at_once_one_counts(desk: Desk) -> None:
    desk.take_quiz()
    desk.clock.now += timedelta(days=7)
    with desk.parts.database.reading() as session:
        reviewed = session.scalars(select(Card).where(Card.sequence == 1)).first()
        assert reviewed is not None
    before, together = desk.count(Answer, Review), Barrier(4)

    def send(_: int) -> bool:
        together.wait(timeout=30)
        with desk.parts.database.writing() as session:
            kept = reviews.answer_review(
                session,
                desk.parts.courses,
                card_uuid=reviewed.uuid,
                sequence=1,
                response=Response(value=RIGHT[reviewed.item_id]),
                learner=desk.learner,
                calendar=UTC_WEEK,
                now=desk.clock.now,
                new_id=desk.parts.new_id,
            )
        return kept is not None

    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(send, range(4)))

    assert sorted(kept) == [False, False, False, True]
    assert desk.count(Answer, Review) == [one + 1 for one in before]
    assert desk.card(reviewed.item_id).sequence == 2


def test_of_answers_planned_and_kept_at_once_one_counts(desk: Desk) -> None:
    attempt = desk.start_quiz()
    together = Barrier(4)

    def send(_: int) -> bool:
        planned = desk.plan(attempt, 1)
        together.wait(timeout=30)
        try:
            return desk.keep(planned)
        except Stale:
            return desk.again(planned)

    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(send, range(4)))

    assert sorted(kept) == [False, False, False, True]
    made = desk.count(Answer, Review)
    assert made == [1, 1]
