"""Rules of quizzes and reviews: which items are drawn, when a card is due, why it is due.

Pure: items, memories and days in, finished values out. Days are study days (see `quizzes.fsrs`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from random import Random
from typing import TypeVar

from courses.course import Module
from quizzes.fsrs import DEFAULT, Memory, Rating, State, day_start, retrievability, review, study_day
from quizzes.item import Form, Item
from quizzes.schedule import choose_day, plan_days

ALGORITHM = "fsrs-6"
PARAMETERS_VERSION = "default"
ITEM_SECONDS = 20
"""What one card is taken to need, for the minutes that a page announces."""
STEP_WINDOW = timedelta(minutes=20)
"""A learning step due so soon is served at once when nothing else is due."""
LONGEST_RESPONSE_MS = 10 * 60 * 1000
"""A longer time says that somebody went away, not how long they thought."""
ROUNDING = 1e-9

_EPOCH = date(1970, 1, 1).toordinal()

Part = TypeVar("Part")
Working = Callable[[int], bool]


@dataclass(frozen=True)
class Calendar:
    """A person's days: their zone, and the ISO weekdays on which they work, as digits."""

    zone: tzinfo
    working_days: str

    def day(self, at: datetime) -> int:
        """Answer the study day of an instant."""
        return study_day(at, self.zone)

    def start(self, day: int) -> datetime:
        """Answer when a study day begins."""
        return day_start(day, self.zone)

    def works(self, day: int) -> bool:
        """Whether a study day is a working day."""
        return str(self.date(day).isoweekday()) in self.working_days

    def date(self, day: int) -> date:
        """Answer the date of a study day."""
        return date.fromordinal(_EPOCH + day)


class DueReason(StrEnum):
    """Why a card is served."""

    STEP = "step"
    """It was not known a short while ago."""
    PLAN = "plan"
    """A day of the default plan of a new point."""
    FIRST = "first"
    """Never seen, its plan day set by its siblings."""
    MODEL = "model"
    """The memory model's own day."""


@dataclass(frozen=True, kw_only=True)
class CardPlan:
    """A card that is made for a point's practice item at the point's first answer."""

    item_id: str
    due_day: int
    plan_left: int


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What is stored of a card, as these rules need it."""

    memory: Memory | None
    first_day: int
    plan_left: int
    due: datetime
    model_due: datetime | None


@dataclass(frozen=True, kw_only=True)
class NextDue:
    """When a card is served next, and how many plan days it has left."""

    at: datetime
    plan_left: int


@dataclass(frozen=True, kw_only=True)
class WhyDue:
    """What can be said of a due card in a sentence."""

    reason: DueReason
    plan_day: int | None
    """PLAN, FIRST: how many days after the point's first answer it was meant to come."""
    days_since: int | None
    """Since the last review; None for a card never reviewed."""
    last_right: bool | None
    last_sure: bool | None
    """None where confidence was not said."""
    predicted: float | None
    """Recall predicted now, 0..1."""
    target: float
    """The recall at which the model asks again, 0..1."""
    days_if_right: int
    """After how many days it comes next when answered right now."""


# The quiz of a module


def practice_items(module: Module) -> tuple[Item, ...]:
    """Answer the items that a module's quiz is drawn from."""
    return tuple(item for item in module.items if item.form is Form.PRACTICE)


def draw(items: Sequence[Item], length: int, *, random: Random) -> tuple[str, ...]:
    """Draw item ids in the order they are served: every point as often as another, or once more."""
    by_point: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_point[item.point].append(item)
    rounds = [random.sample(of_point, len(of_point)) for of_point in by_point.values()]
    drawn: list[str] = []
    while len(drawn) < length and any(rounds):
        rest = [of_point for of_point in rounds if of_point]
        for of_point in random.sample(rest, len(rest))[: length - len(drawn)]:
            drawn.append(of_point.pop().id)
    return tuple(_spread(random.sample(drawn, len(drawn)), {item.id: item.point for item in items}))


def _spread(ids: list[str], points: dict[str, str]) -> list[str]:
    """Keep two items on one point from following each other, where that can be."""
    spread: list[str] = []
    while ids:
        fits = (at for at, one in enumerate(ids) if not spread or points[one] != points[spread[-1]])
        spread.append(ids.pop(next(fits, 0)))
    return spread


def shuffled(parts: Sequence[Part], *, seed: str, avoid_own: bool = False) -> tuple[Part, ...]:
    """Answer the parts in an order that the seed decides; `avoid_own`: never in the order they came in."""
    random = Random(seed)  # noqa: S311 - an order to show, not a secret
    order = random.sample(parts, len(parts))
    if avoid_own and len(order) > 1 and order == list(parts):
        order = [*order[1:], order[0]]
    return tuple(order)


def quiz_score(scores: Collection[float]) -> float:
    """Answer the mean of the answers' scores, 0..1."""
    return math.fsum(scores) / len(scores)


def is_pass(score: float, pass_mark: float) -> bool:
    """Whether a score reaches the mark; a third of three is not lost to binary fractions."""
    return score >= pass_mark - ROUNDING


# Cards


def first_cards(
    item_id: str,
    siblings: Sequence[str],
    *,
    first_day: int,
    working: Working,
    days: Sequence[int],
) -> tuple[CardPlan, ...]:
    """Plan the cards of a point when it is answered for the first time.

    The answered item takes the first plan day; its siblings take the following ones, one each; without
    siblings the same item takes them all. More siblings than plan days come later, each gap doubled.
    """
    planned = plan_days(first_day, working=working, days=days)
    if not siblings:
        return (CardPlan(item_id=item_id, due_day=planned[0], plan_left=len(planned)),)
    own = max(1, len(planned) - len(siblings))
    plans = [CardPlan(item_id=item_id, due_day=planned[0], plan_left=own)]
    later = list(planned[own:])
    ideal, last = days[-1], planned[-1]
    while len(later) < len(siblings):
        ideal = ideal * 2 + 1
        last = choose_day(first_day, ideal, after=last, working=working)
        later.append(last)
    for place, (sibling, day) in enumerate(zip(siblings, later, strict=True)):
        is_planned = place < len(planned) - own
        plans.append(CardPlan(item_id=sibling, due_day=day, plan_left=1 if is_planned else 0))
    return tuple(plans)


def next_due(
    facts: CardFacts,
    after: Memory,
    *,
    rating: Rating,
    now: datetime,
    calendar: Calendar,
    taken: Collection[int],
    days: Sequence[int],
) -> NextDue:
    """Answer when a reviewed card comes next. `after` is its memory with this review in it.

    A plan day overrides the model; a plan day still to come is kept. `taken` are the study days on which
    siblings are due: they are left free. Not known: the learning steps of today come first.
    """
    is_early = now < facts.due and facts.due != facts.model_due
    if is_early and (facts.plan_left or facts.memory is None):
        return NextDue(at=facts.due, plan_left=facts.plan_left)
    left = facts.plan_left - _uses_plan_day(facts)
    planned = plan_days(facts.first_day, working=calendar.works, days=days)
    coming = [day for day in planned[-left:] if left and day > after.last_day]
    if rating is Rating.AGAIN and after.state is not State.REVIEW:
        return NextDue(at=after.due, plan_left=len(coming))
    if coming:
        return NextDue(at=calendar.start(coming[0]), plan_left=len(coming))
    if after.state is not State.REVIEW:
        return NextDue(at=after.due, plan_left=0)
    return NextDue(at=calendar.start(_model_day(after, calendar, taken)), plan_left=0)


def _uses_plan_day(facts: CardFacts) -> int:
    """Whether this review is one of the plan's; a learning step is due when the model says, and is not."""
    return int(facts.plan_left > 0 and facts.due != facts.model_due)


def _model_day(after: Memory, calendar: Calendar, taken: Collection[int]) -> int:
    return choose_day(
        after.last_day,
        calendar.day(after.due) - after.last_day,
        after=after.last_day,
        working=lambda day: calendar.works(day) and day not in taken,
    )


def why_due(
    facts: CardFacts,
    *,
    last_right: bool | None,
    last_sure: bool | None,
    now: datetime,
    calendar: Calendar,
    taken: Collection[int],
    days: Sequence[int],
) -> WhyDue:
    """Answer why a card is served now, and when it comes next if it is answered right."""
    memory, day = facts.memory, calendar.day(now)
    after = review(memory, Rating.GOOD, at=now, day=day, zone=calendar.zone)
    following = next_due(facts, after, rating=Rating.GOOD, now=now, calendar=calendar, taken=taken, days=days)
    reason = _reason(facts, day)
    return WhyDue(
        reason=reason,
        plan_day=calendar.day(facts.due) - facts.first_day if reason in _PLANNED else None,
        days_since=None if memory is None else max(0, day - memory.last_day),
        last_right=last_right,
        last_sure=last_sure,
        predicted=None if memory is None else retrievability(memory, day=day),
        target=DEFAULT.desired_retention,
        days_if_right=max(0, calendar.day(following.at) - day),
    )


_PLANNED = (DueReason.PLAN, DueReason.FIRST)


def _reason(facts: CardFacts, day: int) -> DueReason:
    if facts.memory is None:
        return DueReason.FIRST
    if facts.memory.last_day == day:
        return DueReason.STEP
    return DueReason.PLAN if _uses_plan_day(facts) else DueReason.MODEL


# Today


def minutes_for(cards: int) -> int:
    """Answer the whole minutes that so many cards need."""
    return math.ceil(cards * ITEM_SECONDS / 60)


def cards_for(minutes: int) -> int:
    """Answer how many cards fit into so many minutes."""
    return minutes * 60 // ITEM_SECONDS


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A card that is due, or will be within minutes."""

    card_id: int
    point: tuple[int, str]
    """Course row and point."""
    due: datetime
    is_step: bool
    """Reviewed today already: it takes its learning steps."""


def in_turn(cards: Iterable[Waiting], *, now: datetime) -> tuple[Waiting, ...]:
    """Answer the cards in their turn: one a point, those due first, then the steps near at hand."""
    served: list[Waiting] = []
    points: set[tuple[int, str]] = set()
    for card in sorted(cards, key=lambda card: (card.due > now, card.due, card.card_id)):
        if card.due > now and not (card.is_step and card.due <= now + STEP_WINDOW):
            continue
        if card.point not in points or card.is_step:
            points.add(card.point)
            served.append(card)
    return tuple(served)


def bounded_ms(started: datetime, now: datetime) -> int | None:
    """Answer a response time in milliseconds; None where the clock went back."""
    ms = int((now - started).total_seconds() * 1000)
    return None if ms < 0 else min(ms, LONGEST_RESPONSE_MS)
