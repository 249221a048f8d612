"""Intervals: against published values, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.intervals import (
    Array,
    bootstrap,
    clustered_share,
    intraclass_correlation,
    t_quantile,
    wilson,
)

T_TABLE = {1: 12.70620474, 2: 4.30265273, 4: 2.77644511, 9: 2.26215716, 19: 2.09302405, 30: 2.04227246,
           60: 2.00029782, 120: 1.97993041, 500: 1.96472, 1000: 1.962339}  # fmt: skip
"""Two-sided 95 %, as tables of the distribution have them."""


@pytest.mark.parametrize("freedom", list(T_TABLE))
def test_t_quantiles_are_those_of_the_tables(freedom: int) -> None:
    assert t_quantile(freedom) == pytest.approx(T_TABLE[freedom], abs=2e-6)


def test_the_expansion_joins_the_exact_series() -> None:
    assert t_quantile(200) > t_quantile(201) > t_quantile(202)
    assert t_quantile(200) - t_quantile(201) == pytest.approx(t_quantile(201) - t_quantile(202), rel=0.05)


def test_t_needs_a_degree_of_freedom() -> None:
    with pytest.raises(ValueError, match="degree of freedom"):
        t_quantile(0)


def test_wilson_gives_the_published_example() -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857–872: 81 of 263, and none of 20."""
    found = wilson(81 / 263, 263)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    assert wilson(0, 20).low == 0 and wilson(0, 20).high == pytest.approx(0.1611, abs=5e-5)


@given(right=st.integers(0, 50), more=st.integers(0, 50), quantile=st.floats(0.5, 13))
def test_wilson_lies_in_0_to_1_and_holds_the_share(right: int, more: int, quantile: float) -> None:
    if right + more == 0:
        return
    share = right / (right + more)

    found = wilson(share, right + more, quantile=quantile)

    assert 0 <= found.low <= share + 1e-12 and share - 1e-12 <= found.high <= 1


@pytest.mark.parametrize(
    ("right", "asked", "expected"),
    [
        ([10, 0, 10, 0], [10, 10, 10, 10], 1.0),
        ([5, 5, 5, 5], [10, 10, 10, 10], 0.0),
        ([3, 4], [1 * 5, 5], 0.0),
        ([1, 0, 1], [1, 1, 1], 0.0),
        ([10, 10, 10], [10, 10, 10], 0.0),
        ([1], [10], 0.0),
        # by hand: MSB = 10·(.2² + .2²)/1 = .8; MSW = (10·.21 + 10·.21)/18 = .2333
        ([3, 7], [10, 10], 0.5666667 / 2.9),
    ],
)
def test_icc_is_that_of_the_analysis_of_variance(right: list[int], asked: list[int], expected: float) -> None:
    assert intraclass_correlation(right, asked) == pytest.approx(expected, abs=1e-6)


def test_equal_answers_of_each_learner_count_as_one() -> None:
    _, alike = clustered_share([[(10, 10), (0, 10)] * 10])
    _, mixed = clustered_share([[(5, 10)] * 20])

    assert alike.width == pytest.approx(wilson(0.5, 20, quantile=t_quantile(19)).width)
    assert mixed.width == pytest.approx(wilson(0.5, 200, quantile=t_quantile(19)).width)


def test_groups_weigh_alike_and_a_small_one_widens_the_interval() -> None:
    share, lopsided = clustered_share([[(10, 10)] * 2, [(0, 10)] * 18])
    _, even = clustered_share([[(10, 10)] * 10, [(0, 10)] * 10])

    assert share == pytest.approx(0.5)
    assert lopsided.width > even.width


def mean_of(means: list[Array]) -> Array:
    return means[0][:, 0]


def test_the_bootstrap_is_the_same_each_time_and_another_with_another_seed() -> None:
    rows = [[float(n % 7)] for n in range(30)]

    first = bootstrap([rows], mean_of)

    assert first == bootstrap([rows], mean_of)
    assert first != bootstrap([rows], mean_of, seed=5)


def test_the_bootstrap_of_a_large_sample_is_the_normal_interval() -> None:
    random = np.random.default_rng(3)
    values = random.normal(2.0, 1.0, 3_000)

    found = bootstrap([[[float(value)] for value in values]], mean_of)

    assert found is not None
    half = 1.96 * float(values.std(ddof=1)) / math.sqrt(3_000)
    assert found.low == pytest.approx(float(values.mean()) - half, abs=0.004)
    assert found.high == pytest.approx(float(values.mean()) + half, abs=0.004)


def test_the_bootstrap_says_nothing_without_freedom_or_a_value() -> None:
    assert bootstrap([[[1.0]]], mean_of) is None
    assert bootstrap([[[1.0], [2.0]]], lambda means: means[0][:, 0] * math.nan) is None
