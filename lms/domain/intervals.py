"""Confidence intervals: Student's t, Wilson's interval for shares in clusters, the bootstrap.

Pure: numbers in, numbers out; chance comes from a seed. What a figure means is for its own column to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
REPLICATES = 2_000
SEED = 20_261
"""Of every bootstrap: the same data give the same interval on every page and in every file."""
AT_ONCE = 1_000_000
"""Draws held in memory at a time."""
NEARLY_NORMAL = 200
"""Degrees of freedom from which four terms of an expansion give Student's t to 1e-8."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """From low to high."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How far apart its ends are."""
        return self.high - self.low

    def holds(self, value: float) -> bool:
        """Whether a value lies in it."""
        return self.low <= value <= self.high


# Student's t


def t_quantile(freedom: int, level: float = LEVEL) -> float:
    """Answer the t with `level` of the distribution between −t and t. `freedom` >= 1."""
    if freedom < 1:
        raise ValueError("a t distribution needs at least one degree of freedom")
    return _t_quantile(freedom, level)


@lru_cache(maxsize=1024)
def _t_quantile(freedom: int, level: float) -> float:
    if freedom > NEARLY_NORMAL:
        return _t_expanded(freedom, NormalDist().inv_cdf((1 + level) / 2))
    low, high = 0.0, 2.0
    while _t_within(high, freedom) < level:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_within(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def _t_within(t: float, freedom: int) -> float:
    """A(t|ν), the share between −t and t: Abramowitz and Stegun 26.7.3 (odd ν) and 26.7.4 (even ν)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    if freedom == 1:
        return 2 * angle / math.pi
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def _t_expanded(freedom: int, z: float) -> float:
    """Answer t by Abramowitz and Stegun 26.7.5."""
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))


# Shares


def wilson(share: float, count: float, *, quantile: float | None = None) -> Interval:
    """Answer Wilson's score interval for a share of `count` trials, which need not be whole.

    E. B. Wilson, JASA 22 (1927) 209–212. `quantile`: 1.96 of the normal distribution where none is given.
    """
    z2 = (NormalDist().inv_cdf((1 + LEVEL) / 2) if quantile is None else quantile) ** 2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = math.sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count**2))) / (1 + z2 / count)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def intraclass_correlation(right: Sequence[int], asked: Sequence[int]) -> float:
    """Answer how alike the answers of one learner are, 0..1: one-way analysis of variance, clipped.

    (MSB − MSW)/(MSB + (m₀ − 1)·MSW) with m₀ for unequal numbers; A. Donner, International Statistical Review
    54 (1986) 67–82, formula of the ANOVA estimator. 0 where nobody answered twice, or nothing varies.
    """
    learners, total = len(asked), sum(asked)
    if learners < 2 or total == learners:
        return 0.0
    mean = sum(right) / total
    shares = [r / m for r, m in zip(right, asked, strict=True)]
    between = math.fsum(m * (p - mean) ** 2 for p, m in zip(shares, asked, strict=True)) / (learners - 1)
    within = math.fsum(m * p * (1 - p) for p, m in zip(shares, asked, strict=True)) / (total - learners)
    usual = (total - sum(m * m for m in asked) / total) / (learners - 1)
    whole = between + (usual - 1) * within
    return 0.0 if whole <= 0 else min(1.0, max(0.0, (between - within) / whole))


def clustered_share(groups: Sequence[Sequence[tuple[int, int]]]) -> tuple[float, Interval]:
    """Answer a share and its interval where each learner gave several answers: (right, asked) of each.

    The share is the mean over learners, and then over groups alike. Wilson on the effective sample size with
    t(N − 1): N·m/(1 + (m − 1)·icc) for N learners with m answers each, which for unequal numbers is
    N/(icc + (1 − icc)·mean(1/m)), and less where groups are not equally large. Needs two learners.
    """
    present = [group for group in groups if group]
    every = [one for group in present for one in group]
    right, asked = [r for r, _ in every], [m for _, m in every]
    share = math.fsum(math.fsum(r / m for r, m in group) / len(group) for group in present) / len(present)
    icc = intraclass_correlation(right, asked)
    lone = math.fsum(1 / m for m in asked) / len(asked)
    learners = len(present) ** 2 / math.fsum(1 / len(group) for group in present)
    effective = learners / (icc + (1 - icc) * lone)
    return share, wilson(share, effective, quantile=t_quantile(len(every) - 1))


# Bootstrap


def bootstrap(
    groups: Sequence[Sequence[Sequence[float]]],
    statistic: Callable[[list[Array]], Array],
    *,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> Interval | None:
    """Answer the interval of a statistic over learners, drawn anew within their groups.

    `groups` holds a row of numbers a learner; `statistic` gets for each group the means of its numbers, shape
    (replicates, numbers), and answers shape (replicates,). The percentile interval, expanded for small
    samples: T. C. Hesterberg, American Statistician 69 (2015) 371–386. None where a replicate has no value.
    """
    arrays = [np.asarray(group, dtype=np.float64) for group in groups]
    learners = sum(len(array) for array in arrays)
    freedom = learners - len(arrays)
    if freedom < 1:
        return None
    random = np.random.default_rng(seed)
    found = statistic([_means(array, random, replicates) for array in arrays])
    if not np.all(np.isfinite(found)):
        return None
    stretched = -math.sqrt(learners / freedom) * t_quantile(freedom)
    tail = NormalDist().cdf(stretched)
    low, high = np.quantile(found, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _means(array: Array, random: np.random.Generator, replicates: int) -> Array:
    """Answer the means of rows drawn with replacement, a few replicates at a time."""
    count, width = array.shape
    step = max(1, AT_ONCE // max(1, count * width))
    parts = [
        array[random.integers(count, size=(min(step, replicates - at), count))].mean(axis=1)
        for at in range(0, replicates, step)
    ]
    return np.concatenate(parts)
