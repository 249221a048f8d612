"""What may be claimed of a figure, in one word and one plain sentence.

A claim needs enough agents, cohorts and weeks, agents to compare with, and a placebo that shows nothing where
there can be nothing. Below 24 agents, or 8 a cohort, intervals of 95 % hold the truth in 88 to 94 % of cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lms.domain.effect import BASE_WEEKS, PLACEBO_WEEKS, Comparison, compare
from lms.domain.effect_interval import DRAWS, Interval, Intervals, bootstrap
from lms.domain.panel import Panel

AGENTS_MIN = 24
COHORT_MIN = 8
COHORTS_MIN = 3
COHORTS_MIN_BESIDE_NEVER = 2
"""Where a group of at least COHORT_MIN agents is never trained."""
AFTER_MIN = 4
RATED_MIN = 30
"""Rated tickets on each side, for a figure that is made of ratings."""
SEED = 20_250_106
"""The same panel is to give the same interval on every machine and day."""


class Verdict(StrEnum):
    """What may be said of a figure."""

    EFFECT = "effect"
    NO_EFFECT_SEEN = "no_effect_seen"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Shortfall:
    """What is missing for a claim: `have` and `need` count the same thing."""

    what: str
    have: int
    need: int

    def __str__(self) -> str:
        return f"{self.what}: have {self.have}, need {self.need}"


@dataclass(frozen=True)
class Judgement:
    """A figure, compared and judged."""

    comparison: Comparison
    intervals: Intervals
    shortfalls: tuple[Shortfall, ...]
    verdict: Verdict
    sentence: str

    @property
    def placebo_passed(self) -> bool:
        """Whether the weeks before training show nothing."""
        return self.intervals.placebo is not None and self.intervals.placebo.holds_zero


def judge(
    panel: Panel,
    *,
    base_weeks: int = BASE_WEEKS,
    draws: int = DRAWS,
    seed: int = SEED,
    p_adjusted: float | None = None,
    rated: int | None = None,
) -> Judgement:
    """Compare, bootstrap and judge one figure.

    `p_adjusted` is Holm's over all figures of a page, or of a permutation; the figure then counts as moved
    only where it is below 0.05 as well. `rated`: the rated tickets of the side that has fewer, for CSAT.
    """
    comparison = compare(panel, base_weeks=base_weeks)
    intervals = bootstrap(panel, chance=np.random.default_rng(seed), base_weeks=base_weeks, draws=draws)
    shortfalls = find_shortfalls(panel, comparison, base_weeks=base_weeks, rated=rated)
    verdict = _verdict(intervals, shortfalls, p_adjusted)
    return Judgement(
        comparison,
        intervals,
        shortfalls,
        verdict,
        _sentence(panel, comparison, intervals, shortfalls, verdict),
    )


def find_shortfalls(
    panel: Panel, comparison: Comparison, *, base_weeks: int, rated: int | None = None
) -> tuple[Shortfall, ...]:
    """Answer what the panel lacks; nothing where a claim may be made if the placebo passes."""
    first, last = int(panel.weeks[0]), int(panel.weeks[-1])
    # Trained before the first week: no week without training, so neither a cohort nor a control.
    seen = panel.starts > first
    starts, sizes = np.unique(panel.starts[seen & np.isfinite(panel.starts)], return_counts=True)
    never = int(np.isinf(panel.starts).sum())
    cohorts_need = COHORTS_MIN_BESIDE_NEVER if never >= COHORT_MIN else COHORTS_MIN
    started = starts[starts <= last]
    before = int(started.min()) - first if started.size else 0
    after = max((cell.t - cell.g + 1 for cell in comparison.cells), default=0)
    # The placebo looks as far back as this: eight weeks with the baseline of four.
    before_need = base_weeks + PLACEBO_WEEKS
    wanted = (
        Shortfall("agents", int(seen.sum()), AGENTS_MIN),
        Shortfall("agents in the smallest cohort", int(sizes.min()) if sizes.size else 0, COHORT_MIN),
        Shortfall("cohorts", len(starts), cohorts_need),
        Shortfall("weeks before the first cohort starts", before, before_need),
        Shortfall("weeks after a start with agents not trained yet beside them", after, AFTER_MIN),
        Shortfall("rated tickets on each side", RATED_MIN if rated is None else rated, RATED_MIN),
    )
    return tuple(one for one in wanted if one.have < one.need)


def _verdict(intervals: Intervals, shortfalls: tuple[Shortfall, ...], p_adjusted: float | None) -> Verdict:
    placebo_passed = intervals.placebo is not None and intervals.placebo.holds_zero
    if shortfalls or intervals.overall is None or not placebo_passed:
        return Verdict.CANNOT_TELL
    if intervals.overall.holds_zero or (p_adjusted is not None and p_adjusted >= 0.05):
        return Verdict.NO_EFFECT_SEEN
    return Verdict.EFFECT


def _sentence(
    panel: Panel,
    comparison: Comparison,
    intervals: Intervals,
    shortfalls: tuple[Shortfall, ...],
    verdict: Verdict,
) -> str:
    overall = intervals.overall
    naive = _naive(comparison)
    if overall is None:
        return f"Cannot tell: {_reason(panel, shortfalls)}.{_as_trend(comparison)}"
    cohorts = len({cell.g for cell in comparison.cells})
    sample = f"{comparison.agents} agents, {cohorts} {'cohort' if cohorts == 1 else 'cohorts'} compared"
    between = f"95 % interval {_signed(overall.low)} to {_signed(overall.high)}; {sample}"
    match verdict:
        case Verdict.EFFECT:
            side = "higher" if overall.att > 0 else "lower"
            return (
                f"After training the figure was {abs(overall.att):.3g} {side} than that of agents not trained"
                f" yet ({between}).{naive}"
            )
        case Verdict.NO_EFFECT_SEEN:
            return f"No effect seen: {_signed(overall.att)} beside agents not trained yet ({between}).{naive}"
        case Verdict.CANNOT_TELL:
            return (
                f"Cannot tell yet: {_missing(shortfalls, intervals.placebo)}."
                f" The comparison so far: {_signed(overall.att)} ({between}).{naive}"
            )


def _reason(panel: Panel, shortfalls: tuple[Shortfall, ...]) -> str:
    if not np.isfinite(panel.starts).any():
        return "nobody has been trained"
    lacking = f" ({'; '.join(map(str, shortfalls))})" if shortfalls else ""
    return f"no week after training has three agents to compare with who are not trained yet{lacking}"


def _missing(shortfalls: tuple[Shortfall, ...], placebo: Interval | None) -> str:
    found = [str(one) for one in shortfalls]
    if placebo is None:
        found.append("no weeks far enough before training to try the comparison on")
    elif not placebo.holds_zero:
        found.append(
            "the groups moved apart before training already"
            f" ({_signed(placebo.att)}, 95 % interval {_signed(placebo.low)} to {_signed(placebo.high)})"
        )
    return "; ".join(found)


def _naive(comparison: Comparison) -> str:
    if comparison.naive is None:
        return ""
    return f" A plain before/after comparison would have said {_signed(comparison.naive)}."


def _as_trend(comparison: Comparison) -> str:
    if comparison.naive is None:
        return ""
    return f" After less before is {_signed(comparison.naive)}: trend, not proof."


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−")
