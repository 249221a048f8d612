"""An answer to a practice item, taken as a review of its card: first planned, then kept.

`plan` reads and computes, and `keep` only writes, so that other writers wait for as little as can be. What
others wrote in between is found by `keep`, which then raises Stale; its transaction must be given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db.base import Base
from lms.db.quizzes import Answer, AttemptKind, Card, Review
from lms.domain import quizzes as rules
from lms.domain.errors import Stale
from lms.services import answers, cards, check_plans, statements
from lms.services.answers import Occasion, Response, Setting
from lms.services.cards import CardLine
from lms.services.statements import Json
from quizzes import fsrs, rating
from quizzes.fsrs import Rating
from quizzes.grading import grade
from quizzes.item import Form, Item


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What an answer will change."""

    answer: Json
    """Its columns, but for the attempt's."""
    made: tuple[CardLine, ...]
    """New cards in the order of their items, which keeps two who make the same ones from a deadlock."""
    card: CardLine
    """The item's card after the answer."""
    review: Json | None
    """The columns of the review, but for card and answer; None where it is no review."""
    said: list[Json]

    @property
    def score(self) -> float:
        """What the answer is worth, 0..1."""
        return float(self.answer["score"])


@dataclass(frozen=True)
class _Reviewed:
    """What a review does to its card."""

    card: CardLine
    rating: Rating
    predicted: float | None
    """Recall predicted just before; None at first sight."""
    due_day: int


def plan(
    session: Session,
    setting: Setting,
    occasion: Occasion,
    item: Item,
    response: Response,
    *,
    lock: bool = False,
) -> Planned:
    """Answer what an answer to a practice item will change. Raises NotFound, ResponseError.

    An item met again on the study day that showed its solution is kept as aided, and is no review.
    With `lock`, in the transaction that keeps it, its cards cannot change in between.
    """
    marked = grade(item, response.value)
    version_id = answers.item_version(setting, item)
    known = cards.cards_of_point(
        session,
        person_id=setting.learner.person_id,
        course_id=setting.loaded.course_id,
        point_id=item.point,
        lock=lock,
    )
    card = next((one for one in known if one.item_id == item.id), None)
    made = () if card is not None else _first_cards(session, setting, item, known)
    card = card or made[0]
    is_repeat = occasion.kind is AttemptKind.QUIZ and card.last_day == setting.calendar.day(setting.now)
    values = answers.answer_values(setting, item, version_id, response, marked, aided=is_repeat)
    reviewed = None if is_repeat else _review(setting, card, values, siblings=[*known, *made])
    after = card if reviewed is None else reviewed.card
    return Planned(
        answer=values,
        made=tuple(
            sorted((after if one is card else one for one in made), key=lambda one: one.item_id),
        ),
        card=after,
        review=None if reviewed is None else _review_values(values, reviewed),
        said=_said(setting, occasion, item, values, reviewed),
    )


def keep(session: Session, planned: Planned, *, attempt_id: int) -> None:
    """Write what was planned. Raises Stale where it does not fit any more: the transaction must be given up.

    The constraints see to it that an item is answered once an attempt, and a card reviewed once a number.
    """
    connection = session.connection()
    try:
        answer_id = connection.scalar(_ADD_ANSWER, {**planned.answer, "attempt_id": attempt_id})
        card_id = planned.card.id
        if planned.made:
            ids = connection.execute(_ADD_CARDS, [_columns(card) for card in planned.made])
            card_id = next(row.id for row in ids if row.item_id == planned.card.item_id)
        elif planned.review is not None:
            _move(session, planned.card)
        if planned.review is not None:
            connection.execute(_ADD_REVIEW, {**planned.review, "card_id": card_id, "answer_id": answer_id})
    except IntegrityError as error:
        raise Stale("it was answered elsewhere at the same time") from error


def _move(session: Session, card: CardLine) -> None:
    given = {f"new_{name}": getattr(card, name) for name in MOVED}
    moved = session.connection().execute(_MOVE, {**given, "card": card.id, "before": card.sequence - 1})
    if moved.rowcount != 1:
        raise Stale("the card was reviewed elsewhere at the same time")


MOVED = (
    "state",
    "step",
    "stability",
    "difficulty",
    "last_day",
    "model_due_at",
    "due_at",
    "plan_left",
    "sequence",
    "lapses",
)
"""What a review changes of its card."""

# Built once, and run on the connection: the ORM costs more here than the database does.
_ANSWERS, _CARDS, _REVIEWS = (Base.metadata.tables[model.__tablename__] for model in (Answer, Card, Review))
_COLUMNS = tuple(column.name for column in _CARDS.columns if column.name != "id")
_ADD_ANSWER = insert(_ANSWERS).returning(_ANSWERS.c.id)
_ADD_CARDS = insert(_CARDS).returning(_CARDS.c.id, _CARDS.c.item_id)
_ADD_REVIEW = insert(_REVIEWS)
_MOVE = (
    update(_CARDS)
    .where(_CARDS.c.id == bindparam("card"), _CARDS.c.sequence == bindparam("before"))
    .values({name: bindparam(f"new_{name}") for name in MOVED})
)


def _columns(card: CardLine) -> Json:
    return {name: getattr(card, name) for name in _COLUMNS}


def _first_cards(
    session: Session, setting: Setting, item: Item, known: Sequence[CardLine]
) -> tuple[CardLine, ...]:
    """Answer the new card of an item, first; at the first answer to its point, those of its siblings too."""
    held_out = any(one.held_out for one in known) or check_plans.is_held_out(
        session,
        setting.course,
        course_id=setting.loaded.course_id,
        point_id=item.point,
        person_id=setting.learner.person_id,
        learner=setting.learner.speaker.person_uuid,
    )
    siblings = [
        one.id
        for one in setting.course.items
        if one.point == item.point and one.form is Form.PRACTICE and one.id != item.id
    ]
    day = setting.calendar.day(setting.now)
    plans = rules.first_cards(
        item.id,
        [] if known else siblings,
        first_day=day,
        working=setting.calendar.works,
        days=setting.course.retention.plan_days,
    )
    return tuple(
        CardLine(
            uuid=setting.new_id(),
            person_id=setting.learner.person_id,
            course_id=setting.loaded.course_id,
            item_id=planned.item_id,
            point_id=item.point,
            due_at=setting.calendar.start(planned.due_day),
            first_day=day,
            plan_left=planned.plan_left,
            held_out=held_out,
        )
        for planned in plans
    )


def _review(setting: Setting, card: CardLine, answer: Json, *, siblings: Sequence[CardLine]) -> _Reviewed:
    """Rate an answer once, move the memory, and say when the card comes next."""
    calendar, day = setting.calendar, answer["study_day"]
    before = cards.memory_of(card)
    given = rating.rate(correct=answer["correct"], aided=answer["aided"])
    after = fsrs.review(before, given, at=setting.now, day=day, zone=calendar.zone)
    following = rules.next_due(
        cards.facts_of(card),
        after,
        rating=given,
        now=setting.now,
        calendar=calendar,
        taken=[calendar.day(one.due_at) for one in siblings if one is not card],
        days=setting.course.retention.plan_days,
    )
    is_lapse = (
        before is not None
        and before.state is fsrs.State.REVIEW
        and given is Rating.AGAIN
        and day > before.last_day
    )
    moved = replace(
        card,
        state=after.state,
        step=after.step,
        stability=after.stability,
        difficulty=after.difficulty,
        last_day=after.last_day,
        model_due_at=after.due,
        due_at=following.at,
        plan_left=following.plan_left,
        sequence=card.sequence + 1,
        lapses=card.lapses + is_lapse,
    )
    predicted = None if before is None else fsrs.retrievability(before, day=day)
    return _Reviewed(moved, given, predicted, calendar.day(following.at))


def _review_values(answer: Json, reviewed: _Reviewed) -> dict[str, Any]:
    """Answer the columns of a review; its number is the card's before it."""
    return {
        "sequence": reviewed.card.sequence - 1,
        "rating": int(reviewed.rating),
        "reviewed_at": answer["answered_at"],
        "study_day": answer["study_day"],
        "predicted": reviewed.predicted,
        "response_ms": answer["response_ms"],
        "algorithm": rules.ALGORITHM,
        "parameters_version": rules.PARAMETERS_VERSION,
        "stability": reviewed.card.stability,
        "difficulty": reviewed.card.difficulty,
        "due_at": reviewed.card.due_at,
    }


def _said(
    setting: Setting, occasion: Occasion, item: Item, answer: Json, reviewed: _Reviewed | None
) -> list[Json]:
    if reviewed is None:
        return [answers.said_of(setting, occasion, item, answer)]
    said = [
        answers.said_of(
            setting, occasion, item, answer, predicted=reviewed.predicted, rating=int(reviewed.rating)
        )
    ]
    if reviewed.due_day > answer["study_day"]:
        said.append(
            statements.scheduled(
                setting.learner.speaker,
                setting.run,
                at=setting.now,
                item_id=item.id,
                due=reviewed.card.due_at,
                study_day=reviewed.due_day,
            )
        )
    return said
