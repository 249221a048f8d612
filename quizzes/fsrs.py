"""The memory model: FSRS-6 on study days, without fuzz. Twin of courses/packages/player/fsrs.js.

Formulas: https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm (FSRS-6).
Days are whole study days (04:00 to 04:00 in the learner's zone), stored with each review, so that
daylight saving and travel never rewrite history. Choosing a day near the due one is in `schedule`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import IntEnum, StrEnum

ALGORITHM = "FSRS-6"

DAY_STARTS = timedelta(hours=4)
"""A study day begins at 04:00: work after midnight belongs to the evening before."""

STABILITY_MIN, STABILITY_MAX = 0.001, 36500.0
"""Days."""
DIFFICULTY_MIN, DIFFICULTY_MAX = 1.0, 10.0
RECALL_AT_STABILITY = 0.9
"""What stability means: after so many days recall is 0.9."""

DEFAULT_WEIGHTS = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)  # fmt: skip
"""w0..w20 as published with FSRS-6."""

LOWER_WEIGHTS = (
    0.001, 0.001, 0.001, 0.001, 1.0, 0.001, 0.001, 0.001, 0.0, 0.0, 0.001,
    0.001, 0.001, 0.001, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.1,
)  # fmt: skip
UPPER_WEIGHTS = (
    100.0, 100.0, 100.0, 100.0, 10.0, 4.0, 4.0, 0.75, 4.5, 0.8, 3.5,
    5.0, 0.25, 0.9, 4.0, 1.0, 6.0, 2.0, 2.0, 0.8, 0.8,
)  # fmt: skip
"""Bounds of each weight, as in py-fsrs 6.3."""

_EPOCH = date(1970, 1, 1)


class Rating(IntEnum):
    """How well a card was recalled."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class State(StrEnum):
    """Where a card stands: taking its first steps, in spaced review, or taking steps after a lapse."""

    LEARNING = "learning"
    REVIEW = "review"
    RELEARNING = "relearning"


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One set of weights and steps, shared by an organisation. Raises ValueError outside the bounds."""

    version: str = "fsrs-6-default"
    """Stored with each review."""
    weights: tuple[float, ...] = DEFAULT_WEIGHTS
    desired_retention: float = 0.9
    learning_steps: tuple[timedelta, ...] = (timedelta(minutes=1), timedelta(minutes=10))
    relearning_steps: tuple[timedelta, ...] = (timedelta(minutes=10),)
    maximum_interval: int = 36500
    """Days."""

    def __post_init__(self) -> None:
        if len(self.weights) != len(DEFAULT_WEIGHTS):
            raise ValueError(f"expected {len(DEFAULT_WEIGHTS)} weights, not {len(self.weights)}")
        bounds = zip(LOWER_WEIGHTS, self.weights, UPPER_WEIGHTS, strict=True)
        for index, (low, weight, high) in enumerate(bounds):
            if not low <= weight <= high:
                raise ValueError(f"weights[{index}] = {weight} lies outside {low}..{high}")
        if not 0 < self.desired_retention < 1:
            raise ValueError(f"desired_retention = {self.desired_retention} lies outside 0..1")
        if self.maximum_interval < 1:
            raise ValueError("maximum_interval must be at least one day")


DEFAULT = Parameters()


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What is remembered of one card after a review."""

    state: State
    step: int
    """Place in the learning or relearning steps; 0 in review."""
    stability: float
    """Days until recall falls to 0.9; 0.001..36500."""
    difficulty: float
    """1..10."""
    due: datetime
    """UTC; a graduated card is due at the start of its study day."""
    last_day: int
    """Study day of the last review."""


@dataclass(frozen=True, kw_only=True, order=True)
class Review:
    """One line of a card's log. Two lines with the same `id` are one review that arrived twice."""

    at: datetime
    day: int
    id: str
    rating: Rating = field(compare=False)


def study_day(at: datetime, zone: tzinfo) -> int:
    """Answer the study day (days since 1970-01-01) of an instant in the learner's zone."""
    _require_utc(at)
    wall = at.astimezone(zone).replace(tzinfo=None)
    return ((wall - DAY_STARTS).date() - _EPOCH).days


def day_start(day: int, zone: tzinfo) -> datetime:
    """Answer the instant (UTC) at which a study day begins in the zone."""
    wall = datetime.combine(_EPOCH + timedelta(days=day), time()) + DAY_STARTS
    return wall.replace(tzinfo=zone).astimezone(UTC)


def review(
    memory: Memory | None,
    rating: Rating,
    *,
    at: datetime,
    day: int,
    zone: tzinfo,
    parameters: Parameters = DEFAULT,
) -> Memory:
    """Answer the memory after a review at the instant `at` on the study day `day`. None: a new card."""
    _require_utc(at)
    rating = Rating(rating)
    stability, difficulty = _next_values(memory, rating, day=day, parameters=parameters)
    state, step, wait = _next_step(memory, rating, parameters=parameters)
    last_day = day if memory is None else max(day, memory.last_day)
    if wait is None:
        due = day_start(last_day + interval_days(stability, parameters=parameters), zone)
    else:
        due = at + wait
    return Memory(
        state=state, step=step, stability=stability, difficulty=difficulty, due=due, last_day=last_day
    )


def replay(log: Iterable[Review], *, zone: tzinfo, parameters: Parameters = DEFAULT) -> Memory | None:
    """Answer the memory after a whole log, in whatever order its lines came; None for an empty log."""
    memory: Memory | None = None
    for line in in_order(log):
        memory = review(memory, line.rating, at=line.at, day=line.day, zone=zone, parameters=parameters)
    return memory


def in_order(log: Iterable[Review]) -> list[Review]:
    """Sort a log by time and count a line that came twice once."""
    kept: dict[str, Review] = {}
    for line in sorted(log, key=lambda line: (line.at, line.day, line.id, line.rating)):
        kept.setdefault(line.id, line)
    return list(kept.values())


def retrievability(memory: Memory, *, day: int, parameters: Parameters = DEFAULT) -> float:
    """Predict the chance of recall (0..1) on a study day."""
    return _recall(max(0, day - memory.last_day), memory.stability, parameters)


def interval_days(stability: float, *, parameters: Parameters = DEFAULT) -> int:
    """Answer the whole days after which recall has fallen to the desired retention."""
    decay = -parameters.weights[20]
    ideal = stability / _factor(parameters) * (math.pow(parameters.desired_retention, 1 / decay) - 1)
    return min(max(math.floor(ideal + 0.5), 1), parameters.maximum_interval)


# Steps


def _next_step(
    memory: Memory | None, rating: Rating, *, parameters: Parameters
) -> tuple[State, int, timedelta | None]:
    """Answer the next state, step and wait; no wait: graduated, due after its interval."""
    graduated = (State.REVIEW, 0, None)
    match memory.state if memory else State.LEARNING:
        case State.REVIEW:
            steps = parameters.relearning_steps
            if rating is Rating.AGAIN and steps:
                return State.RELEARNING, 0, steps[0]
            return graduated
        case State.LEARNING:
            state, steps = State.LEARNING, parameters.learning_steps
        case State.RELEARNING:
            state, steps = State.RELEARNING, parameters.relearning_steps
    step = memory.step if memory else 0
    if not steps:
        return graduated
    if rating is Rating.AGAIN:
        return state, 0, steps[0]
    if rating is Rating.EASY or step >= len(steps):
        return graduated
    if rating is Rating.HARD:
        return state, step, _hard_wait(step, steps)
    if step + 1 == len(steps):
        return graduated
    return state, step + 1, steps[step + 1]


def _hard_wait(step: int, steps: tuple[timedelta, ...]) -> timedelta:
    """Hard repeats its step; at the first one it waits a little longer, else it would be Again."""
    if step > 0:
        return steps[step]
    if len(steps) == 1:
        return steps[0] * 1.5
    return (steps[0] + steps[1]) / 2


# Formulas


def _next_values(
    memory: Memory | None, rating: Rating, *, day: int, parameters: Parameters
) -> tuple[float, float]:
    w = parameters.weights
    if memory is None:
        return _clamp_stability(w[rating - 1]), _clamp_difficulty(_first_difficulty(rating, w))
    elapsed = max(0, day - memory.last_day)
    if elapsed == 0:
        stability = _same_day_stability(memory.stability, rating, w)
    elif rating is Rating.AGAIN:
        stability = _forget_stability(memory, _recall(elapsed, memory.stability, parameters), w)
    else:
        stability = _recall_stability(memory, rating, _recall(elapsed, memory.stability, parameters), w)
    return _clamp_stability(stability), _clamp_difficulty(_next_difficulty(memory.difficulty, rating, w))


def _recall(elapsed: int, stability: float, parameters: Parameters) -> float:
    """R(t, S) = (1 + F·t/S)^(−w20)."""
    return math.pow(1 + _factor(parameters) * elapsed / stability, -parameters.weights[20])


def _factor(parameters: Parameters) -> float:
    """F = 0.9^(−1/w20) − 1, so that R(S, S) = 0.9."""
    return math.pow(RECALL_AT_STABILITY, -1 / parameters.weights[20]) - 1


def _first_difficulty(rating: int, w: tuple[float, ...]) -> float:
    """D0(G) = w4 − e^(w5·(G − 1)) + 1, not yet clamped."""
    return w[4] - math.exp(w[5] * (rating - 1)) + 1


def _next_difficulty(difficulty: float, rating: Rating, w: tuple[float, ...]) -> float:
    """D′ = D − w6·(G − 3)·(10 − D)/9, drawn back towards D0(Easy) by w7."""
    damped = difficulty - w[6] * (rating - 3) * (10 - difficulty) / 9
    return w[7] * _first_difficulty(Rating.EASY, w) + (1 - w[7]) * damped


def _same_day_stability(stability: float, rating: Rating, w: tuple[float, ...]) -> float:
    """S′ = S·e^(w17·(G − 3 + w18))·S^(−w19), its factor at least 1 unless forgotten."""
    factor = math.exp(w[17] * (rating - 3 + w[18])) * math.pow(stability, -w[19])
    return stability * (factor if rating is Rating.AGAIN else max(factor, 1.0))


def _recall_stability(memory: Memory, rating: Rating, recall: float, w: tuple[float, ...]) -> float:
    """S′ = S·(1 + e^w8·(11 − D)·S^(−w9)·(e^(w10·(1 − R)) − 1)·w15 if Hard·w16 if Easy)."""
    hard = w[15] if rating is Rating.HARD else 1.0
    easy = w[16] if rating is Rating.EASY else 1.0
    growth = math.exp(w[8]) * (11 - memory.difficulty) * math.pow(memory.stability, -w[9])
    return memory.stability * (1 + growth * (math.exp((1 - recall) * w[10]) - 1) * hard * easy)


def _forget_stability(memory: Memory, recall: float, w: tuple[float, ...]) -> float:
    """S′ = w11·D^(−w12)·((S + 1)^w13 − 1)·e^(w14·(1 − R)), at most S/e^(w17·w18)."""
    long_term = (
        w[11]
        * math.pow(memory.difficulty, -w[12])
        * (math.pow(memory.stability + 1, w[13]) - 1)
        * math.exp((1 - recall) * w[14])
    )
    return min(long_term, memory.stability / math.exp(w[17] * w[18]))


def _clamp_stability(stability: float) -> float:
    return min(max(stability, STABILITY_MIN), STABILITY_MAX)


def _clamp_difficulty(difficulty: float) -> float:
    return min(max(difficulty, DIFFICULTY_MIN), DIFFICULTY_MAX)


def _require_utc(at: datetime) -> None:
    if at.utcoffset() != timedelta(0):
        raise ValueError("expected an aware time in UTC")
