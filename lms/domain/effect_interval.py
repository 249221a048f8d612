"""How sure an effect is: bootstrap of agents within cohorts, permutation of a drawn order, Holm.

The bootstrap draws n - 1 of a cohort's n agents with replacement and scales their weights to n: drawing n
would make intervals too narrow by the root of (n - 1)/n, 5 % in a cohort of ten (J. Rao and C. Wu,
"Resampling inference with complex survey data", JASA 83 (1988)). Deviations are then stretched from the
normal distribution to Student's t with the freedom that two groups of the smallest cohort's size have: of
500 and more intervals in benchmarks/effect.py 94 % held the truth without it, 95 % with it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from lms.domain.effect import BASE_WEEKS, add_up, compare_cohorts
from lms.domain.errors import Invalid
from lms.domain.panel import Floats, Panel

DRAWS = 999
LEVEL = 0.95
PERMUTATIONS_MAX = 999
"""Up to six cohorts (720 orders) every order is tried; of more, as many are drawn as DRAWS says."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval, in the units of the figure."""

    att: float
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether no effect at all would fit as well."""
        return self.low <= 0.0 <= self.high


@dataclass(frozen=True)
class Intervals:
    """The three numbers of a figure; None where not computable."""

    overall: Interval | None
    placebo: Interval | None
    naive: Interval | None
    p: float | None
    """Of no overall effect, two-sided."""


def bootstrap(
    panel: Panel, *, chance: np.random.Generator, base_weeks: int = BASE_WEEKS, draws: int = DRAWS
) -> Intervals:
    """Draw agents anew within their cohorts, `draws` times, and answer percentile intervals."""
    weightings = np.vstack([np.ones((1, len(panel.agents))), _draw_agents(panel, chance, draws)])
    blocks = list(compare_cohorts(panel, weightings, base_weeks=base_weeks))
    totals = add_up(panel, weightings, blocks)
    stretch = _stretch(panel)
    overall = _stretched(totals.overall, stretch)
    return Intervals(
        overall=_interval(overall),
        placebo=_interval(_stretched(totals.placebo, stretch)),
        naive=_interval(_stretched(totals.naive, stretch)),
        p=_two_sided(overall),
    )


def permutation_p(
    panel: Panel, *, chance: np.random.Generator, base_weeks: int = BASE_WEEKS, draws: int = DRAWS
) -> float | None:
    """Answer how often an order of cohorts, drawn anew, shows an effect as large; None where not computable.

    For companies that drew the order of their cohorts by chance, and only for those: the starts change
    hands between whole cohorts, as they did in the draw. Holds for shocks shared by a cohort, too.
    """
    starts = np.unique(panel.starts[np.isfinite(panel.starts)])
    seen = _overall(panel, panel.starts, base_weeks)
    if math.isnan(seen) or len(starts) < 2:
        return None
    every = math.factorial(len(starts)) <= PERMUTATIONS_MAX
    orders = (
        [np.array(order) for order in itertools.permutations(starts)]
        if every
        else [starts, *(chance.permutation(starts) for _ in range(draws))]
    )
    place = np.searchsorted(starts, panel.starts)  # never trained: one past the end
    effects = [_overall(panel, np.append(order, np.inf)[place], base_weeks) for order in orders]
    usable = [abs(effect) for effect in effects if not math.isnan(effect)]
    # As large within rounding: the order itself is among those tried.
    return sum(effect >= abs(seen) * (1 - 1e-12) for effect in usable) / len(usable)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Answer p-values adjusted for looking at several figures at once, in the order given.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6 (1979).
    """
    if any(not 0.0 <= p <= 1.0 for p in p_values):
        raise Invalid("p", "expected 0 to 1")
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def draw_order(cohorts: Sequence[str], *, chance: np.random.Generator) -> tuple[str, ...]:
    """Put cohorts into an order by chance; what makes `permutation_p` lawful."""
    return tuple(cohorts[index] for index in chance.permutation(len(cohorts)))


def _draw_agents(panel: Panel, chance: np.random.Generator, draws: int) -> Floats:
    weightings = np.ones((draws, len(panel.agents)))
    for start in np.unique(panel.starts):
        rows = np.flatnonzero(panel.starts == start)
        size = len(rows)
        if size > 1:  # one agent alone cannot be drawn otherwise
            drawn = chance.multinomial(size - 1, np.full(size, 1 / size), size=draws)
            weightings[:, rows] = drawn * (size / (size - 1))
    return weightings


def _stretch(panel: Panel) -> float:
    """Answer how much wider than the normal distribution Student's t is with so few agents.

    M. Abramowitz and I. Stegun, Handbook of Mathematical Functions (1964), 26.7.5.
    """
    _, sizes = np.unique(panel.starts[np.isfinite(panel.starts)], return_counts=True)
    freedom = 2 * max(int(sizes.min()) - 1, 1) if sizes.size else 2
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return (z + first / freedom + second / freedom**2) / z


def _stretched(values: Floats, factor: float) -> Floats:
    """Move each draw away from the data's own value, which stands first and stays."""
    stretched: Floats = values[0] + (values - values[0]) * factor
    return stretched


def _interval(values: Floats) -> Interval | None:
    """Answer the first value, the data's, with the middle 95 % of the others, the draws'."""
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not drawn.size:
        return None
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(values[0]), float(low), float(high))


def _two_sided(values: Floats) -> float | None:
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not drawn.size:
        return None
    tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (tail + 1) / (drawn.size + 1))


def _overall(panel: Panel, starts: Floats, base_weeks: int) -> float:
    moved = Panel(panel.agents, panel.weeks, starts, panel.values)
    ones = np.ones((1, len(panel.agents)))
    blocks = list(compare_cohorts(moved, ones, base_weeks=base_weeks))
    return float(add_up(moved, ones, blocks).overall[0])
