"""Did training move a figure? Group-time effects with not-yet-trained controls.

After B. Callaway and P. Sant'Anna, "Difference-in-Differences with multiple time periods", Journal of
Econometrics 225 (2021), section 2.3, without covariates. A cohort is all agents with the same start g, its
baseline the mean of the weeks just before g. ATT(g, t) is the mean change of the cohort from its baseline to
week t, less the mean change over the same weeks of those who are not trained yet in week t.

Intervals live in effect_interval.py, what may be claimed in effect_verdict.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lms.domain.errors import Invalid
from lms.domain.panel import Floats, Ints, Panel

BASE_WEEKS = 4
BASE_WEEKS_MAX = 26
CONTROLS_MIN = 3
"""A comparison with fewer agents is not made."""
ROUNDING = 1e-11
"""Of the panel's largest value: a mean below it is no difference."""
PLACEBO_WEEKS = 4
"""Weeks before the baseline in which nothing can have happened yet: -8…-5 for a baseline of four weeks."""


@dataclass(frozen=True)
class GroupTimeEffect:
    """ATT(g, t) of one cohort in one week."""

    g: int
    t: int
    att: float
    n: int
    """Trained agents in it."""
    controls: int


@dataclass(frozen=True)
class EventEffect:
    """The mean effect `weeks` after the start (below 0: before), over all cohorts that reach so far."""

    weeks: int
    att: float
    n: int
    """Agents' weeks in it."""


@dataclass(frozen=True)
class Comparison:
    """What a panel says, before any interval. None where nothing could be compared."""

    cells: tuple[GroupTimeEffect, ...]
    """Weeks from the start on, ordered by g and t."""
    overall: float | None
    profile: tuple[EventEffect, ...]
    placebo: float | None
    naive: float | None
    """Plain after less before of the trained agents: what a trend shared by all would make of it, too."""
    agents: int
    """Agents in at least one comparison, trained or as controls."""


@dataclass(frozen=True, eq=False)
class Block:
    """All comparisons of one cohort, for several weightings of the agents at once (weightings x weeks)."""

    g: int
    weeks: Ints
    att: Floats
    """0 where a weighting leaves nobody on one of the sides."""
    n: Floats
    """Weight of the trained agents; 0 where there is no comparison."""
    controls: Floats
    used: Floats
    """One an agent: 1 where it is in any comparison from the start on."""


@dataclass(frozen=True, eq=False)
class Totals:
    """The three numbers of a figure, one row a weighting; `nan` where nothing could be compared."""

    overall: Floats
    placebo: Floats
    naive: Floats


def compare(panel: Panel, *, base_weeks: int = BASE_WEEKS) -> Comparison:
    """Compare trained agents with those not trained yet. Raises Invalid for an impossible baseline."""
    ones = np.ones((1, len(panel.agents)))
    blocks = list(compare_cohorts(panel, ones, base_weeks=base_weeks))
    totals = add_up(panel, ones, blocks)
    used = np.zeros(len(panel.agents))
    for block in blocks:
        used = np.maximum(used, block.used)
    return Comparison(
        cells=tuple(cell for block in blocks for cell in _cells(block)),
        overall=_single(totals.overall),
        profile=_profile(blocks),
        placebo=_single(totals.placebo),
        naive=_single(totals.naive),
        agents=int(used.sum()),
    )


def compare_cohorts(panel: Panel, weightings: Floats, *, base_weeks: int) -> Iterator[Block]:
    """Answer a block for each cohort that has a baseline; `weightings` is draws x agents, ones for the data.

    Which comparisons are made (at least three controls) is settled on the data, not on a draw.
    """
    if not 1 <= base_weeks <= BASE_WEEKS_MAX:
        raise Invalid("base-weeks", f"expected 1 to {BASE_WEEKS_MAX}, found {base_weeks}")
    for start in np.unique(panel.starts[np.isfinite(panel.starts)]):
        block = _compare_cohort(panel, weightings, int(start), base_weeks)
        if block is not None:
            yield block


def add_up(panel: Panel, weightings: Floats, blocks: list[Block]) -> Totals:
    """Answer overall and placebo, the n-weighted means of their cells, and the naive difference."""
    overall = _Mean(len(weightings))
    placebo = _Mean(len(weightings))
    for block in blocks:
        after = block.weeks >= block.g
        overall.add(block.att[:, after], block.n[:, after])
        placebo.add(block.att[:, ~after], block.n[:, ~after])
    size = float(np.nanmax(np.abs(panel.values), initial=0.0))
    return Totals(
        _settled(overall.value(), size), _settled(placebo.value(), size), _before_after(panel, weightings)
    )


def _compare_cohort(panel: Panel, weightings: Floats, g: int, base_weeks: int) -> Block | None:
    trained = panel.starts == g
    later = panel.starts > g
    weeks = _weeks_to_compare(panel.weeks, g, base_weeks)
    base = (panel.weeks >= g - base_weeks) & (panel.weeks < g)
    if not base.any() or not weeks.any():
        return None
    change = panel.values[:, weeks] - _row_means(panel.values[:, base])[:, None]
    there = np.isfinite(change)
    change = np.where(there, change, 0.0)
    t = panel.weeks[weeks]
    on = trained[:, None] & there
    # In weeks before g the controls are the same as in week g: their baseline must be untrained as well.
    off = later[:, None] & (panel.starts[:, None] > t[None, :]) & there
    made = on.any(axis=0) & (off.sum(axis=0) >= CONTROLS_MIN)
    if not made.any():
        return None
    change, on, off, t = change[:, made], on[:, made], off[:, made], t[made]
    n, n_change = _weighted(weightings, change, on, rows=trained)
    controls, controls_change = _weighted(weightings, change, off, rows=later)
    drawn = (n > 0) & (controls > 0)
    one = np.ones_like(n)
    att = n_change / np.where(drawn, n, one) - controls_change / np.where(drawn, controls, one)
    after = t >= g
    return Block(
        g=g,
        weeks=t,
        att=np.where(drawn, att, 0.0),
        n=np.where(drawn, n, 0.0),
        controls=controls,
        used=(on | off)[:, after].any(axis=1).astype(np.float64),
    )


def _weeks_to_compare(weeks: Ints, g: int, base_weeks: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Choose the weeks from the start on, and the placebo weeks just before the baseline."""
    placebo = (weeks < g - base_weeks) & (weeks >= g - base_weeks - PLACEBO_WEEKS)
    return (weeks >= g) | placebo


def _settled(values: Floats, size: float) -> Floats:
    """Take what rounding left for the 0 that it is: an interval of a smooth panel may be that narrow."""
    return np.where(np.abs(values) < ROUNDING * size, 0.0, values)


def _row_means(values: Floats) -> Floats:
    """Answer each agent's mean over the weeks that it has; nan where it has none."""
    there = np.isfinite(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _weighted(
    weightings: Floats,
    change: Floats,
    chosen: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    *,
    rows: object,
) -> tuple[Floats, Floats]:
    """Answer the weight of the chosen agents a week, and the weighted sum of their changes."""
    mine = np.flatnonzero(np.asarray(rows))
    weights = weightings[:, mine]
    chosen = chosen[mine]
    return weights @ chosen.astype(np.float64), weights @ np.where(chosen, change[mine], 0.0)


def _before_after(panel: Panel, weightings: Floats) -> Floats:
    after = panel.weeks[None, :] >= panel.starts[:, None]
    change = _row_means(np.where(after, panel.values, np.nan)) - _row_means(
        np.where(after, np.nan, panel.values)
    )
    there = np.isfinite(change)
    mean = _Mean(len(weightings))
    mean.add(np.broadcast_to(np.where(there, change, 0.0), weightings.shape), weightings * there)
    return mean.value()


def _cells(block: Block) -> list[GroupTimeEffect]:
    return [
        GroupTimeEffect(block.g, int(t), float(att), int(n), int(controls))
        for t, att, n, controls in zip(block.weeks, block.att[0], block.n[0], block.controls[0], strict=True)
        if t >= block.g
    ]


def _profile(blocks: list[Block]) -> tuple[EventEffect, ...]:
    sums: dict[int, tuple[float, float]] = {}
    for block in blocks:
        for t, att, n in zip(block.weeks, block.att[0], block.n[0], strict=True):
            total, weight = sums.get(int(t) - block.g, (0.0, 0.0))
            sums[int(t) - block.g] = (total + float(n * att), weight + float(n))
    return tuple(
        EventEffect(weeks, total / weight, int(weight)) for weeks, (total, weight) in sorted(sums.items())
    )


def _single(values: Floats) -> float | None:
    return float(values[0]) if np.isfinite(values[0]) else None


class _Mean:
    """A weighted mean, a row a weighting, that is added to in parts."""

    def __init__(self, rows: int) -> None:
        self._total: Floats = np.zeros(rows)
        self._weight: Floats = np.zeros(rows)

    def add(self, values: Floats, weights: Floats) -> None:
        self._total = self._total + (values * weights).sum(axis=1)
        self._weight = self._weight + weights.sum(axis=1)

    def value(self) -> Floats:
        there = self._weight > 0
        return np.where(there, self._total / np.where(there, self._weight, 1.0), np.nan)
