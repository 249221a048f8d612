"""What 7-day checks say of a group of learners: figures with intervals, and when nothing may be said.

Pure: what each learner answered in, finished figures out. Windows, forms, hold-out: `quizzes.retention`.
Everything is corrected for guessing: an item scores (x − g)/(1 − g) with its own chance g.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lms.domain.intervals import Array, Interval, bootstrap, clustered_share, wilson
from quizzes.retention import corrected, corrected_share

HIDDEN_UNDER = 5
"""Learners under whom nothing is shown: a figure would tell of persons."""
ENOUGH_LEARNERS = 10
ENOUGH_RESPONSE = 0.7
"""Share of the checks whose window has closed that were taken."""
WIDEST = 0.25
"""An interval that is wider says too little."""
STATED = 0.4
"""What deck B states for one-way training after 7 days. A stated figure, never measured here."""


class Arm(StrEnum):
    """How a point was treated between the two tests."""

    SPACED = "spaced"
    HELD_OUT = "held_out"
    EXPOSED = "exposed"
    """Meant to be held out, and practised all the same: in neither arm."""


class Outcome(StrEnum):
    """What became of a delayed test."""

    COUNTED = "counted"
    MISSED = "missed"
    """Its window closed without it."""
    EXCLUDED = "excluded"
    """Taken on a day that does not count."""
    PENDING = "pending"
    """Its window is not closed yet."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One item of a test as it was answered."""

    point: str
    correct: bool
    """Full marks."""
    guess: float
    """Chance of full marks by guessing."""
    arm: Arm
    skill: str
    market: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One learner's check of one module."""

    learner: int
    first_form: str
    outcome: Outcome
    delayed: tuple[Mark, ...] = ()
    """Where the delayed test counted."""
    immediate: tuple[Mark, ...] = ()
    """Where the immediate test counted."""


class Standing(StrEnum):
    """Whether a figure may be shown, and if not, why."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    FEW = "few"
    """Too few learners."""
    RESPONSE = "response"
    """Too many checks were not taken."""
    WIDE = "wide"
    """The interval says too little, or there is none."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An estimate with its interval; without either where it may not be shown, with what is missing."""

    standing: Standing
    learners: int
    value: float | None = None
    interval: Interval | None = None
    have: float | None = None
    """FEW: learners; RESPONSE: share 0..1; WIDE: width 0..1, None where there is no interval."""
    need: float | None = None

    @property
    def shown(self) -> bool:
        """Whether it may be shown."""
        return self.standing is Standing.SHOWN


class Verdict(StrEnum):
    """How a figure stands to a mark, judged by the end of its interval and never by the point."""

    ABOVE = "above"
    BELOW = "below"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of checks, in numbers."""

    counted: int
    missed: int
    excluded: int
    pending: int

    @property
    def closed(self) -> int:
        """Checks of which more will not be known."""
        return self.counted + self.missed + self.excluded

    @property
    def response(self) -> float | None:
        """Share of the closed ones that counted."""
        return self.counted / self.closed if self.closed else None


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that is said of a group of learners."""

    counts: Counts
    learners: int
    """With a check that is closed or counted."""
    kept: Figure
    """R7: what is known after 7 days of the points that were reviewed."""
    unreviewed: Figure
    """The same of the points held out."""
    effect: Figure
    """Spaced minus held out, in the same learners."""
    retained: Figure
    """The delayed test over the immediate one, in learners with both. Not R7, and never mixed with it."""
    bounds: Interval | None
    """Where R7 would lie if all who are missing knew nothing, or everything."""
    forms_differ: bool | None
    """Whether form A turned out harder or easier than B; None where it cannot be told."""


Chooser = Callable[[Mark], bool]


def everything(_mark: Mark) -> bool:
    """Leave no item out."""
    return True


def report(cases: Iterable[Case], *, choose: Chooser = everything, details: bool = True) -> Report:
    """Answer the figures of some checks, of the items that `choose` lets through.

    Without `details` those that compare two sets of answers are left out, as if nobody had both.
    """
    cases = list(cases)
    counts = count(cases)
    learners = len({case.learner for case in cases if case.outcome is not Outcome.PENDING})
    response = counts.response or 0.0
    spaced = _answers(cases, Arm.SPACED, choose)
    held = _answers(cases, Arm.HELD_OUT, choose)
    both = _paired(spaced, held) if details else {}
    retained = _paired(spaced, _answers(cases, Arm.SPACED, choose, immediate=True)) if details else {}
    return Report(
        counts=counts,
        learners=learners,
        kept=_share(spaced, response),
        unreviewed=_share(held, response),
        effect=_drawn(both, _difference, response),
        retained=_drawn(retained, _ratio, response),
        bounds=_bounds(cases, choose) if learners >= HIDDEN_UNDER else None,
        forms_differ=forms_differ(cases, choose=choose) if details else None,
    )


def count(cases: Iterable[Case]) -> Counts:
    """Answer how many checks ended how."""
    found = [case.outcome for case in cases]
    return Counts(**{outcome.value: found.count(outcome) for outcome in Outcome})


def verdict(figure: Figure, mark: float) -> Verdict:
    """Answer whether a figure lies above or below a mark: all of its interval, or it cannot be told."""
    if figure.interval is not None and figure.shown:
        if figure.interval.low > mark:
            return Verdict.ABOVE
        if figure.interval.high < mark:
            return Verdict.BELOW
    return Verdict.CANNOT_TELL


def own_share(right: int, asked: int) -> Interval:
    """Answer Wilson's interval for one person's test, not corrected: wide, and shown so that it is seen."""
    return wilson(right / asked, asked)


def forms_differ(cases: Iterable[Case], *, choose: Chooser = everything) -> bool | None:
    """Whether learners who began with A did otherwise on the day than those who began with B.

    Both were dealt at random, so that a difference is the forms' own. None under ten learners.
    """
    groups = _answers(cases, Arm.SPACED, choose, immediate=True)
    rows = [[[_score(marks)] for marks in learners.values()] for learners in groups.values()]
    if len(rows) != 2 or min(len(group) for group in rows) < 2 or sum(map(len, rows)) < ENOUGH_LEARNERS:
        return None
    found = bootstrap(rows, lambda means: means[0][:, 0] - means[1][:, 0])
    return None if found is None else not found.holds(0.0)


# Pieces

Groups = Mapping[str, Mapping[int, Sequence[Mark]]]
"""First form -> learner -> what they answered."""
Pairs = Mapping[str, Mapping[int, tuple[float, float]]]


def _answers(cases: Iterable[Case], arm: Arm, choose: Chooser, *, immediate: bool = False) -> Groups:
    groups: dict[str, dict[int, list[Mark]]] = {}
    for case in cases:
        marks = [
            mark
            for mark in (case.immediate if immediate else case.delayed)
            if choose(mark) and mark.arm is arm
        ]
        if marks:
            groups.setdefault(case.first_form, {}).setdefault(case.learner, []).extend(marks)
    return groups


def _score(marks: Sequence[Mark]) -> float:
    """Answer one learner's corrected score; not clipped, or guessing would count as knowing on average."""
    return math.fsum(corrected(mark.correct, mark.guess) for mark in marks) / len(marks)


def _balanced(means: Sequence[float]) -> float:
    """Answer the equally weighted mean of the groups that began with A and with B."""
    return math.fsum(means) / len(means)


def _share(groups: Groups, response: float) -> Figure:
    """Answer a corrected share: the point from each item's own g, the interval from the raw share.

    The ends of the raw interval are mapped by (· − ḡ)/(1 − ḡ), ḡ the mean chance of guessing.
    """
    learners = sum(map(len, groups.values()))
    few = _few(learners, response)
    if few is not None:
        return few
    value = _balanced(
        [math.fsum(map(_score, group.values())) / len(group) for group in groups.values() if group]
    )
    guess = _balanced(
        [
            math.fsum(math.fsum(m.guess for m in marks) / len(marks) for marks in group.values()) / len(group)
            for group in groups.values()
        ]
    )
    _, raw = clustered_share(
        [
            [(sum(mark.correct for mark in marks), len(marks)) for marks in group.values()]
            for group in groups.values()
        ]
    )
    low, high = (corrected_share(end, guess) for end in (raw.low, raw.high))
    return _judged(value, Interval(min(low, value), max(high, value)), learners)


def _paired(first: Groups, second: Groups) -> Pairs:
    """Answer the two scores of each learner who has both."""
    return {
        group: pairs
        for group, learners in first.items()
        if (
            pairs := {
                learner: (_score(marks), _score(second[group][learner]))
                for learner, marks in learners.items()
                if learner in second.get(group, {})
            }
        )
    }


def _drawn(pairs: Pairs, statistic: Callable[[Array, Array], Array], response: float) -> Figure:
    learners = sum(map(len, pairs.values()))
    few = _few(learners, response)
    if few is not None:
        return few
    rows = [list(group.values()) for group in pairs.values()]

    def balanced(means: list[Array]) -> Array:
        mean = np.mean(means, axis=0)
        return statistic(mean[:, 0], mean[:, 1])

    point = balanced([np.asarray(group, dtype=np.float64).mean(axis=0)[None, :] for group in rows])
    if not np.isfinite(point[0]):
        return _unknown(pairs, response)
    return _judged(float(point[0]), bootstrap(rows, balanced), learners)


def _difference(first: Array, second: Array) -> Array:
    return first - second


def _ratio(first: Array, second: Array) -> Array:
    """Answer first/second; nothing where the second is not above 0: nobody knew anything on the day."""
    return np.divide(first, second, out=np.full_like(first, np.nan), where=second > 0)


def _few(learners: int, response: float) -> Figure | None:
    if learners < HIDDEN_UNDER:
        return Figure(standing=Standing.HIDDEN, learners=learners)
    if learners < ENOUGH_LEARNERS:
        return Figure(standing=Standing.FEW, learners=learners, have=learners, need=ENOUGH_LEARNERS)
    if response < ENOUGH_RESPONSE:
        return Figure(standing=Standing.RESPONSE, learners=learners, have=response, need=ENOUGH_RESPONSE)
    return None


def _unknown(pairs: Pairs, response: float) -> Figure:
    learners = sum(map(len, pairs.values()))
    return _few(learners, response) or Figure(standing=Standing.WIDE, learners=learners, need=WIDEST)


def _judged(value: float, interval: Interval | None, learners: int) -> Figure:
    if interval is None or interval.width > WIDEST:
        have = None if interval is None else interval.width
        return Figure(standing=Standing.WIDE, learners=learners, have=have, need=WIDEST)
    return Figure(standing=Standing.SHOWN, learners=learners, value=value, interval=interval)


def _bounds(cases: Sequence[Case], choose: Chooser) -> Interval | None:
    """Answer the worst and the best case: checks that are missing scored 0, or 1, within each learner.

    C. F. Manski, American Economic Review 80 (1990) 319–323. No statement about chance: with everybody there
    it is the estimate itself.
    """
    closed = [case for case in cases if case.outcome is not Outcome.PENDING]
    wanted: dict[int, int] = {}
    for case in closed:
        wanted[case.learner] = wanted.get(case.learner, 0) + 1
    scores: dict[int, float] = {}
    taken: dict[int, int] = {}
    for case in closed:
        marks = [mark for mark in case.delayed if choose(mark) and mark.arm is Arm.SPACED]
        if marks:
            scores[case.learner] = scores.get(case.learner, 0.0) + _score(marks)
            taken[case.learner] = taken.get(case.learner, 0) + 1
    if not wanted or not taken:
        return None
    low = math.fsum(scores.get(who, 0.0) / all_of for who, all_of in wanted.items()) / len(wanted)
    absent = math.fsum(1 - taken.get(who, 0) / all_of for who, all_of in wanted.items()) / len(wanted)
    return Interval(max(0.0, low), min(1.0, low + absent))
