"""Memory cards: what is stored of them, which are due, and why. `practice` makes and moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.db.base import Base, UTCDateTime
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card, Confidence, Review
from lms.domain import quizzes as rules
from lms.domain.learning import WEEK_DAYS, PlannedDay, week_ahead
from lms.domain.quizzes import Calendar, CardFacts, Waiting, WhyDue
from quizzes import fsrs
from quizzes.fsrs import Memory


@dataclass(frozen=True, kw_only=True)
class CardLine:
    """A card as it was read, or as it will be: a row of `lms.db.quizzes.Card`, whose fields these are."""

    id: int = 0
    """0 while it is not stored."""
    uuid: UUID
    person_id: int
    course_id: int
    item_id: str
    point_id: str
    state: fsrs.State | None = None
    step: int | None = None
    stability: float | None = None
    difficulty: float | None = None
    last_day: int | None = None
    model_due_at: datetime | None = None
    due_at: datetime
    first_day: int
    plan_left: int
    sequence: int = 0
    lapses: int = 0
    suspended_at: datetime | None = None
    held_out: bool = False


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


_LINES = select(*Base.metadata.tables[Card.__tablename__].columns)
_OF_PERSON = _LINES.where(Card.person_id == bindparam("person")).order_by(Card.id)
_OF_POINT = _OF_PERSON.where(Card.course_id == bindparam("course"), Card.point_id == bindparam("point"))
_LOCKED_OF_POINT = _OF_POINT.with_for_update()


def cards_of_person(session: Session, person_id: int) -> list[CardLine]:
    """Answer all cards of a person."""
    return [
        CardLine(**row) for row in session.connection().execute(_OF_PERSON, {"person": person_id}).mappings()
    ]


def cards_of_point(
    session: Session, *, person_id: int, course_id: int, point_id: str, lock: bool = False
) -> list[CardLine]:
    """Answer a person's cards on a point; with `lock` they stay as they are until the transaction ends."""
    given = {"person": person_id, "course": course_id, "point": point_id}
    rows = session.connection().execute(_LOCKED_OF_POINT if lock else _OF_POINT, given)
    return [CardLine(**row) for row in rows.mappings()]


def memory_of(card: Card | CardLine) -> Memory | None:
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


def facts_of(card: Card | CardLine) -> CardFacts:
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
    given = {"person": person_id, **_moments(now, zone)}
    waiting, done = session.connection().execute(_DUE_AND_DONE, given).one()
    return _summary(waiting, done, daily_minutes)


def outlook(
    session: Session,
    *,
    person_id: int,
    now: datetime,
    zone: tzinfo,
    daily_minutes: int,
    working_days: str,
) -> tuple[DueSummary, tuple[PlannedDay, ...]]:
    """Answer what is due, and how many reviews each of seven study days has; the overdue are today's.

    One query, as `due_summary`.
    """
    today = fsrs.study_day(now, zone)
    ends = {f"end_{n}": fsrs.day_start(today + n + 1, zone) for n in range(WEEK_DAYS)}
    given = {"person": person_id, **_moments(now, zone), **ends}
    waiting, done, *counts = session.connection().execute(_OUTLOOK, given).one()
    first = date(1970, 1, 1) + timedelta(days=today)
    days = week_ahead([count or 0 for count in counts], first=first, working_days=working_days)
    return _summary(waiting, done, daily_minutes), days


def _moments(now: datetime, zone: tzinfo) -> dict[str, Any]:
    day = fsrs.study_day(now, zone)
    return {"day": day, "until": now, "start": fsrs.day_start(day, zone)}


def _summary(waiting: int, done: int, daily_minutes: int | None) -> DueSummary:
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


def held_out_points(session: Session, *, person_id: int, course_id: int) -> frozenset[str]:
    """Answer the points of a course that are kept from a person's practice now."""
    query = select(Card.point_id).where(
        Card.person_id == person_id, Card.course_id == course_id, Card.held_out
    )
    return frozenset(session.scalars(query))


def reviews_done(session: Session, *, person_id: int, start: datetime) -> int:
    """Answer how many reviews a person has made since an instant."""
    return session.connection().scalar(_DONE, {"person": person_id, "start": start}) or 0


def waiting_cards(session: Session, *, person_id: int, now: datetime, zone: tzinfo) -> tuple[Waiting, ...]:
    """Answer the cards to serve now, in their turn."""
    day = fsrs.study_day(now, zone)
    given = {"person": person_id, "day": day, "until": now + rules.STEP_WINDOW}
    rows = session.connection().execute(_WAITING, given)
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


# Built once: building one takes longer than running it.


def _open_cards() -> tuple[ColumnElement[bool], ...]:
    """Due cards that may be served on a day: not suspended, not held out, no sibling reviewed on it."""
    sibling = aliased(Card)
    seen_today = exists().where(
        sibling.person_id == bindparam("person"),
        sibling.course_id == Card.course_id,
        sibling.point_id == Card.point_id,
        sibling.last_day == bindparam("day"),
        sibling.id != Card.id,
    )
    return (
        Card.person_id == bindparam("person"),
        Card.due_at <= bindparam("until"),
        Card.suspended_at.is_(None),
        Card.held_out.is_(False),
        or_(Card.last_day == bindparam("day"), ~seen_today),
    )


_WAITING = select(Card.id, Card.course_id, Card.point_id, Card.due_at, Card.last_day).where(*_open_cards())
_DONE = (
    select(func.count())
    .select_from(Answer)
    .join(Attempt, and_(Attempt.id == Answer.attempt_id, Attempt.kind == AttemptKind.REVIEW))
    .where(Answer.person_id == bindparam("person"), Answer.answered_at >= bindparam("start"))
)
_DUE_POINTS = select(Card.course_id, Card.point_id).where(*_open_cards()).distinct().subquery()
_DUE_AND_DONE = select(
    select(func.count()).select_from(_DUE_POINTS).scalar_subquery(), _DONE.scalar_subquery()
)


def _outlook() -> Select[*tuple[Any, ...]]:
    ends = [bindparam(f"end_{n}", type_=UTCDateTime()) for n in range(WEEK_DAYS)]
    planned = [
        and_(Card.due_at >= ends[n - 1], Card.due_at < end) if n else Card.due_at < end
        for n, end in enumerate(ends)
    ]
    return _DUE_AND_DONE.add_columns(*(func.sum(case((day, 1), else_=0)) for day in planned)).where(
        Card.person_id == bindparam("person"),
        Card.due_at < ends[-1],
        Card.suspended_at.is_(None),
        Card.held_out.is_(False),
    )


_OUTLOOK = _outlook()
