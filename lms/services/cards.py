"""Memory cards: made at a point's first answer, reviewed, due. Sessions flush here; entries commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, insert, or_, select
from sqlalchemy.orm import Session, aliased

from courses.course import Course
from lms.db.base import Base
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card, Confidence, Review
from lms.domain import quizzes as rules
from lms.domain.quizzes import Calendar, CardFacts, Waiting, WhyDue
from quizzes import fsrs, rating
from quizzes.fsrs import Memory, Rating
from quizzes.item import Form, Item


@dataclass(frozen=True)
class Reviewed:
    """What a review did."""

    rating: Rating
    predicted: float | None
    """Recall predicted just before; None at first sight."""
    due: datetime
    due_day: int


@dataclass(frozen=True)
class DueSummary:
    """What waits for a person now."""

    count: int
    """Cards that today asks for, within the person's minutes."""
    minutes: int
    waiting: int
    """Further cards that are due but go beyond today's minutes."""
    done: int
    """Reviews done today."""


_OF_POINT = (
    select(Card)
    .where(
        Card.person_id == bindparam("person"),
        Card.course_id == bindparam("course"),
        Card.point_id == bindparam("point"),
    )
    .order_by(Card.id)
)


def cards_of_point(session: Session, *, person_id: int, course_id: int, point_id: str) -> list[Card]:
    """Answer a person's cards on a point."""
    given = {"person": person_id, "course": course_id, "point": point_id}
    return list(session.scalars(_OF_POINT, given))


def card_of_item(
    session: Session,
    item: Item,
    cards: list[Card],
    *,
    course: Course,
    course_id: int,
    person_id: int,
    day: int,
    calendar: Calendar,
    new_id: Callable[[], UUID],
) -> Card:
    """Answer the card of a practice item; at the first answer to its point, make the cards of the point.

    `cards` are those that the person has on the point; the new ones are added to the list.
    """
    for card in cards:
        if card.item_id == item.id:
            return card
    known = {card.item_id for card in cards}
    siblings = [
        one.id
        for one in course.items
        if one.point == item.point and one.form is Form.PRACTICE and one.id not in known and one.id != item.id
    ]
    plans = rules.first_cards(
        item.id,
        siblings if not cards else [],
        first_day=day,
        working=calendar.works,
        days=course.retention.plan_days,
    )
    made = [
        Card(
            uuid=new_id(),
            person_id=person_id,
            course_id=course_id,
            item_id=plan.item_id,
            point_id=item.point,
            due_at=calendar.start(plan.due_day),
            first_day=day,
            plan_left=plan.plan_left,
            sequence=0,
            lapses=0,
            held_out=False,
        )
        for plan in plans
    ]
    session.add_all(made)
    cards += made
    return made[0]


def review_card(
    card: Card,
    *,
    answer: Answer,
    siblings: Sequence[Card],
    plan_days: Sequence[int],
    calendar: Calendar,
    now: datetime,
) -> Reviewed:
    """Take an answer as a review of its card: rate it once, move the memory, and say when it comes next.

    The row of the review is for `add_review`, once card and answer have their row numbers.
    """
    before = memory_of(card)
    given = rating.rate(correct=answer.correct, aided=answer.aided)
    after = fsrs.review(before, given, at=now, day=answer.study_day, zone=calendar.zone)
    predicted = None if before is None else fsrs.retrievability(before, day=answer.study_day)
    following = rules.next_due(
        facts_of(card),
        after,
        rating=given,
        now=now,
        calendar=calendar,
        taken=[calendar.day(one.due_at) for one in siblings if one is not card],
        days=plan_days,
    )
    if before is not None and before.state is fsrs.State.REVIEW and given is Rating.AGAIN:
        card.lapses += answer.study_day > before.last_day
    card.state, card.step, card.last_day = after.state, after.step, after.last_day
    card.stability, card.difficulty = after.stability, after.difficulty
    card.model_due_at, card.due_at, card.plan_left = after.due, following.at, following.plan_left
    card.sequence += 1
    return Reviewed(given, predicted, following.at, calendar.day(following.at))


def add_review(session: Session, card: Card, answer: Answer, reviewed: Reviewed) -> None:
    """Add the row of a review; its number is the card's before it."""
    session.execute(
        _ADD_REVIEW,
        {
            "card_id": card.id,
            "sequence": card.sequence - 1,
            "answer_id": answer.id,
            "rating": int(reviewed.rating),
            "reviewed_at": answer.answered_at,
            "study_day": answer.study_day,
            "predicted": reviewed.predicted,
            "response_ms": answer.response_ms,
            "algorithm": rules.ALGORITHM,
            "parameters_version": rules.PARAMETERS_VERSION,
            "stability": card.stability,
            "difficulty": card.difficulty,
            "due_at": reviewed.due,
        },
    )


_ADD_REVIEW = insert(Base.metadata.tables[Review.__tablename__])


def memory_of(card: Card) -> Memory | None:
    """Answer what is remembered of a card; None before its first review."""
    if (
        card.state is None
        or card.stability is None
        or card.difficulty is None
        or card.last_day is None
        or card.model_due_at is None
    ):
        return None
    return Memory(
        state=card.state,
        step=card.step or 0,
        stability=card.stability,
        difficulty=card.difficulty,
        due=card.model_due_at,
        last_day=card.last_day,
    )


def facts_of(card: Card) -> CardFacts:
    """Answer a card as the rules see it."""
    return CardFacts(
        memory=memory_of(card),
        first_day=card.first_day,
        plan_left=card.plan_left,
        due=card.due_at,
        model_due=card.model_due_at,
    )


def why_due(
    session: Session, card: Card, *, plan_days: Sequence[int], calendar: Calendar, now: datetime
) -> WhyDue:
    """Answer why a card is due, as data for a sentence."""
    last = session.execute(
        select(Answer.correct, Answer.confidence)
        .join(Review, Review.answer_id == Answer.id)
        .where(Review.card_id == card.id, Review.sequence == card.sequence - 1)
    ).one_or_none()
    taken = session.scalars(
        select(Card.due_at).where(
            Card.person_id == card.person_id,
            Card.course_id == card.course_id,
            Card.point_id == card.point_id,
            Card.id != card.id,
        )
    )
    return rules.why_due(
        facts_of(card),
        last_right=last.correct if last else None,
        last_sure=last.confidence is Confidence.SURE if last and last.confidence else None,
        now=now,
        calendar=calendar,
        taken=[calendar.day(due) for due in taken],
        days=plan_days,
    )


def due_summary(
    session: Session,
    *,
    person_id: int,
    now: datetime,
    zone: tzinfo = UTC,
    daily_minutes: int | None = None,
) -> DueSummary:
    """Answer how many cards wait now and what they take; `daily_minutes` bounds what is asked for today.

    One query, on the index of due cards. Siblings count once, and not on a day that has seen one of them.
    """
    day = fsrs.study_day(now, zone)
    points = (
        select(Card.course_id, Card.point_id)
        .where(Card.due_at <= now, *_open_to(person_id, day))
        .group_by(Card.course_id, Card.point_id)
        .subquery()
    )
    waiting, done = session.execute(
        select(
            select(func.count()).select_from(points).scalar_subquery(),
            _done_since(person_id, fsrs.day_start(day, zone)).scalar_subquery(),
        )
    ).one()
    room = waiting if daily_minutes is None else max(0, rules.cards_for(daily_minutes) - done)
    count = min(waiting, room)
    return DueSummary(count=count, minutes=rules.minutes_for(count), waiting=waiting - count, done=done)


def next_due(session: Session, *, person_id: int, now: datetime) -> datetime | None:
    """Answer when the next card after now is due."""
    return session.scalar(
        select(func.min(Card.due_at)).where(
            Card.person_id == person_id,
            Card.due_at > now,
            Card.suspended_at.is_(None),
            Card.held_out.is_(False),
        )
    )


def reviews_done(session: Session, *, person_id: int, start: datetime) -> int:
    """Answer how many reviews a person has made since an instant."""
    return session.scalar(_done_since(person_id, start)) or 0


def waiting_cards(session: Session, *, person_id: int, now: datetime, zone: tzinfo) -> tuple[Waiting, ...]:
    """Answer the cards to serve now, in their turn."""
    day = fsrs.study_day(now, zone)
    rows = session.execute(
        select(Card.id, Card.course_id, Card.point_id, Card.due_at, Card.last_day).where(
            Card.due_at <= now + rules.STEP_WINDOW, *_open_to(person_id, day)
        )
    )
    return rules.in_turn(
        (
            Waiting(
                card_id=row.id,
                point=(row.course_id, row.point_id),
                due=row.due_at,
                is_step=row.last_day == day,
            )
            for row in rows
        ),
        now=now,
    )


def _open_to(person_id: int, day: int) -> tuple[ColumnElement[bool], ...]:
    """Cards that may be served today: not suspended, not held out, no sibling reviewed today."""
    sibling = aliased(Card)
    seen_today = exists().where(
        sibling.person_id == person_id,
        sibling.course_id == Card.course_id,
        sibling.point_id == Card.point_id,
        sibling.last_day == day,
        sibling.id != Card.id,
    )
    return (
        Card.person_id == person_id,
        Card.suspended_at.is_(None),
        Card.held_out.is_(False),
        or_(Card.last_day == day, ~seen_today),
    )


def _done_since(person_id: int, start: datetime) -> Select[int]:
    return (
        select(func.count())
        .select_from(Answer)
        .join(Attempt, and_(Attempt.id == Answer.attempt_id, Attempt.kind == AttemptKind.REVIEW))
        .where(Answer.person_id == person_id, Answer.answered_at >= start)
    )
