"""Reviews: the next due card, its answer, and what comes when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from courses.errors import UnknownPart
from lms.db.assignments import Assignment, Registration
from lms.db.base import Base
from lms.db.learning import Course as CourseRow
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card, Review
from lms.domain import quizzes as rules
from lms.domain.errors import Conflict, NotFound
from lms.domain.questions import Given, ItemView
from lms.domain.quizzes import Calendar, WhyDue
from lms.services import cards, practice
from lms.services.answers import Occasion, Response, Setting, find_item, given_by, item_in
from lms.services.cards import CardLine
from lms.services.catalogue import CourseCache, Loaded
from lms.services.progress import Learner
from quizzes.item import Item


@dataclass(frozen=True, kw_only=True)
class ReviewQuestion:
    """A card as it is asked, or as it was answered."""

    loaded: Loaded
    card: UUID
    sequence: int
    item: Item
    given: Given
    why: WhyDue | None = None
    """Before the answer."""
    due: datetime | None = None
    """After the answer: when it comes next."""

    def view(self, language: str, *, draft: Any = None) -> ItemView:
        """Answer the question in a language; `draft` is what stands in a form that came back."""
        given = self.given if draft is None else Given(response=draft)
        seed = f"{self.card}:{self.sequence}"
        return item_in(self.loaded.course, self.item, language, seed=seed, given=given)


@dataclass(frozen=True, kw_only=True)
class ReviewRound:
    """What today's reviews hold now."""

    question: ReviewQuestion | None
    done: int
    left: int
    """Cards still to serve, this one among them."""
    beyond: int
    """Cards that are due but go beyond the person's minutes today."""
    next_due: datetime | None
    """Where nothing is left: when the next card comes."""

    @property
    def total(self) -> int:
        """Done and still to do."""
        return self.done + self.left


def review_round(
    session: Session,
    cache: CourseCache,
    *,
    person_id: int,
    calendar: Calendar,
    now: datetime,
    daily_minutes: int | None,
) -> ReviewRound:
    """Answer the next card to review and what stands around it; no minutes given: no bound for today."""
    waiting = cards.waiting_cards(session, person_id=person_id, now=now, zone=calendar.zone)
    done = cards.reviews_done(session, person_id=person_id, start=calendar.start(calendar.day(now)))
    room = len(waiting) if daily_minutes is None else max(0, rules.cards_for(daily_minutes) - done)
    served = [one for place, one in enumerate(waiting) if one.is_step or place < room]
    for place, one in enumerate(served):
        question = _question(session, cache, one.card_id, calendar=calendar, now=now)
        if question is not None:
            left = len(served) - place
            return ReviewRound(
                question=question, done=done, left=left, beyond=len(waiting) - len(served), next_due=None
            )
    return ReviewRound(
        question=None,
        done=done,
        left=0,
        beyond=len(waiting) - len(served),
        next_due=cards.next_due(session, person_id=person_id, now=now),
    )


def find_review(
    session: Session,
    cache: CourseCache,
    *,
    card_uuid: UUID,
    sequence: int,
    person_id: int,
    calendar: Calendar,
    now: datetime,
) -> ReviewQuestion:
    """Answer one review of one's own card: asked where it is the card's next one, else as it was answered.

    Raises NotFound.
    """
    row = session.execute(
        select(Card.id, Card.sequence, Review.due_at, Answer, Attempt.course_version_id)
        .outerjoin(Review, (Review.card_id == Card.id) & (Review.sequence == sequence))
        .outerjoin(Answer, Answer.id == Review.answer_id)
        .outerjoin(Attempt, Attempt.id == Answer.attempt_id)
        .where(Card.uuid == card_uuid, Card.person_id == person_id)
    ).one_or_none()
    if row is None or row.sequence < sequence:
        raise NotFound("there is no such review, or it is not yours")
    if row.sequence == sequence:
        question = _question(session, cache, row.id, calendar=calendar, now=now)
        if question is None:
            raise NotFound("this question is not in the course any more")
        return question
    if row.Answer is None:
        raise NotFound("this review was made elsewhere")
    loaded = cache.get(session, row.course_version_id)
    return ReviewQuestion(
        loaded=loaded,
        card=card_uuid,
        sequence=sequence,
        item=find_item(loaded.course, row.Answer.item_id),
        given=given_by(row.Answer),
        due=row.due_at,
    )


_OWN_CARD = (
    select(
        Card.person_id,
        Card.course_id,
        Card.item_id,
        Card.sequence,
        Card.due_at,
        Card.suspended_at,
        Card.held_out,
        CourseRow.current_version_id,
    )
    .join(CourseRow, CourseRow.id == Card.course_id)
    .where(Card.uuid == bindparam("card"), Card.person_id == bindparam("person"))
    .with_for_update(of=Card)
)


def answer_review(
    session: Session,
    cache: CourseCache,
    *,
    card_uuid: UUID,
    sequence: int,
    response: Response,
    learner: Learner,
    calendar: Calendar,
    now: datetime,
    new_id: Callable[[], UUID],
) -> CardLine | None:
    """Keep the answer to one's own due card; answers the card after it, None where it was not kept.

    A review that was made before stays as it is, whatever is sent. Raises NotFound, Conflict, ResponseError.
    """
    given = {"card": card_uuid, "person": learner.person_id}
    card = session.connection().execute(_OWN_CARD, given).one_or_none()
    if card is None or card.current_version_id is None or card.sequence < sequence:
        raise NotFound("there is no such review, or it is not yours")
    if card.sequence > sequence:
        return None
    if card.due_at > now + rules.STEP_WINDOW or card.suspended_at is not None or card.held_out:
        raise Conflict("this card is not due")
    loaded = cache.get(session, card.current_version_id)
    item = find_item(loaded.course, card.item_id)
    registration_id, registration = _registration(session, card.person_id, card.course_id)
    setting = Setting(
        learner=learner, calendar=calendar, loaded=loaded, registration=registration, now=now, new_id=new_id
    )
    occasion = Occasion(kind=AttemptKind.REVIEW, attempt=new_id())
    planned = practice.plan(session, setting, occasion, item, response, lock=True)
    attempt_id = session.connection().scalar(
        _ADD_ATTEMPT,
        {
            "uuid": occasion.attempt,
            "person_id": learner.person_id,
            "registration_id": registration_id,
            "kind": occasion.kind,
            "course_version_id": loaded.version_id,
            "module_id": loaded.course.point(item.point).module,
            "item_ids": [item.id],
            "started_at": now - timedelta(milliseconds=response.response_ms or 0),
            "finished_at": now,
            "score": planned.score,
        },
    )
    practice.keep(session, planned, attempt_id=attempt_id)
    setting.store(session, planned.said)
    return planned.card


_ATTEMPTS = Base.metadata.tables[Attempt.__tablename__]
_ADD_ATTEMPT = insert(_ATTEMPTS).returning(_ATTEMPTS.c.id)


def _question(
    session: Session, cache: CourseCache, card_id: int, *, calendar: Calendar, now: datetime
) -> ReviewQuestion | None:
    """Answer a card to ask; None where the course does not hold its item any more."""
    card, version_id = session.execute(
        select(Card, CourseRow.current_version_id)
        .join(CourseRow, CourseRow.id == Card.course_id)
        .where(Card.id == card_id)
    ).one()
    if version_id is None:
        return None
    loaded = cache.get(session, version_id)
    try:
        item = loaded.course.item(card.item_id)
    except UnknownPart:
        return None
    plan = loaded.course.retention.plan_days
    return ReviewQuestion(
        loaded=loaded,
        card=card.uuid,
        sequence=card.sequence,
        item=item,
        given=Given(),
        why=cards.why_due(session, card, plan_days=plan, calendar=calendar, now=now),
    )


_LATEST_RUN = (
    select(Registration.id, Registration.uuid)
    .join(Assignment, Assignment.id == Registration.assignment_id)
    .where(Assignment.person_id == bindparam("person"), Assignment.course_id == bindparam("course"))
    .order_by(Registration.number.desc())
    .limit(1)
)


def _registration(session: Session, person_id: int, course_id: int) -> tuple[int | None, UUID | None]:
    given = {"person": person_id, "course": course_id}
    row = session.connection().execute(_LATEST_RUN, given).one_or_none()
    return (None, None) if row is None else (row.id, row.uuid)
