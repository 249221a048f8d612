"""The effect of training: figures known from elsewhere, companies made for it, and what is refused."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.effect import EFFECT, make_company, simulate
from lms.domain.effect import BASE_WEEKS_MAX, compare
from lms.domain.effect_interval import bootstrap, draw_order, holm, permutation_p
from lms.domain.effect_verdict import Shortfall, Verdict, judge
from lms.domain.errors import Invalid
from lms.domain.panel import Observation, Panel, make_panel, read_panel
from lms.domain.sample_size import tickets_per_arm

VECTORS = Path(__file__).parents[2] / "vectors"


def company(
    *,
    starts: tuple[float, ...] = (8, 10, 12),
    size: int = 10,
    weeks: int = 20,
    effect: float = -8.0,
    seed: int = 1,
) -> Panel:
    """Make a panel without gaps; a start of inf is a group that is never trained."""
    chance = np.random.default_rng(seed)
    week = np.arange(weeks, dtype=np.int64)
    start = np.repeat(np.array(starts, dtype=np.float64), size)
    values = 40 - 0.3 * week + chance.normal(0, 1, (len(start), weeks)) + effect * (week >= start[:, None])
    return Panel(tuple(f"{number:03d}" for number in range(len(start))), week, start, values)


def test_the_effects_of_the_vector_are_those_that_two_public_packages_find() -> None:
    panel = read_panel((VECTORS / "kpi_panel.csv").read_bytes())
    with (VECTORS / "kpi_attgt.csv").open(encoding="utf-8") as file:
        expected = [
            (int(row["g"]), int(row["t"]), float(row["att"]), int(row["n"])) for row in csv.DictReader(file)
        ]

    cells = compare(panel, base_weeks=1).cells

    assert [(cell.g, cell.t, cell.n) for cell in cells] == [(g, t, n) for g, t, _, n in expected]
    for cell, (_, _, att, _) in zip(cells, expected, strict=True):
        assert abs(cell.att - att) < 1e-9
    assert {cell.g: cell.controls for cell in cells if cell.t == 13}[6] == 20


def test_the_overall_effect_is_the_mean_of_all_cells_weighted_by_agents() -> None:
    panel = company(starts=(8, 8, 10, math.inf), size=6)

    comparison = compare(panel)

    weight = sum(cell.n for cell in comparison.cells)
    overall = sum(cell.att * cell.n for cell in comparison.cells) / weight
    assert comparison.overall == pytest.approx(overall)
    assert {cell.n for cell in comparison.cells} == {6, 12}
    assert sum(event.n for event in comparison.profile if event.weeks >= 0) == weight


def test_a_figure_without_noise_gives_back_the_effect_week_by_week() -> None:
    week = np.arange(16)
    starts = np.repeat([9.0, 11.0, math.inf], 3)
    ramp = np.clip(week[None, :] - starts[:, None] + 1, 0, 3)
    values = 30.0 + np.arange(9)[:, None] + 0.5 * week[None, :] - 2.0 * ramp
    panel = Panel(tuple("abcdefghi"), week, starts, values)

    comparison = compare(panel)

    found = {event.weeks: event.att for event in comparison.profile}
    assert [found[weeks] for weeks in (-8, -5, 0, 1, 2, 4)] == pytest.approx([0, 0, -2, -4, -6, -6])
    assert comparison.placebo == pytest.approx(0)
    assert comparison.naive is not None and comparison.naive > -3  # the rising trend hides most of it


@pytest.mark.parametrize(("effect", "verdict"), [(-8.0, Verdict.EFFECT), (0.0, Verdict.NO_EFFECT_SEEN)])
def test_rounding_is_no_difference_where_a_panel_has_no_noise(effect: float, verdict: Verdict) -> None:
    panel = company()
    values = (
        1 / 3 * np.arange(30)[:, None] + 0.1 * panel.weeks + effect * (panel.weeks >= panel.starts[:, None])
    )

    judgement = judge(replace(panel, values=values))

    assert judgement.verdict is verdict
    assert judgement.intervals.placebo is not None and judgement.intervals.placebo.att == 0


def test_a_cohort_is_compared_only_with_three_agents_not_trained_yet() -> None:
    panel = company(starts=(8, 8, 12), size=1)

    assert compare(panel).cells == ()
    assert compare(panel).overall is None
    assert [cell.t for cell in compare(company(starts=(8, 12, 12, 12), size=1)).cells] == [8, 9, 10, 11]


def test_weeks_that_an_agent_lacks_are_left_out_of_its_baseline_and_cells() -> None:
    panel = company(starts=(8, math.inf), size=4)
    values = panel.values.copy()
    values[0, 4:7] = np.nan  # one week of the baseline is left
    values[1, 4:8] = np.nan  # none is
    values[2, 9] = np.nan

    cells = {cell.t: cell for cell in compare(replace(panel, values=values)).cells}

    assert (cells[8].n, cells[9].n, cells[9].controls) == (3, 2, 4)


def test_those_trained_before_the_first_week_are_nobodys_controls() -> None:
    panel = company(starts=(-3, 8, 12), size=5)

    comparison = compare(panel)

    assert {cell.g for cell in comparison.cells} == {8}
    assert {cell.controls for cell in comparison.cells} == {5}
    assert comparison.agents == 10


@given(shift=st.integers(-50, 50), scale=st.floats(0.1, 10), seed=st.integers(0, 20))
def test_the_count_of_weeks_and_the_unit_of_the_figure_make_no_difference(
    shift: int, scale: float, seed: int
) -> None:
    panel = company(starts=(8, 10, math.inf), size=3, weeks=14, seed=seed)
    moved = Panel(panel.agents, panel.weeks + shift, panel.starts + shift, panel.values * scale + 7)

    before, after = compare(panel), compare(moved)

    assert [cell.t + shift for cell in before.cells] == [cell.t for cell in after.cells]
    assert after.overall == pytest.approx((before.overall or 0) * scale)


@pytest.mark.parametrize("base_weeks", [0, -1, BASE_WEEKS_MAX + 1])
def test_an_impossible_baseline_is_refused(base_weeks: int) -> None:
    with pytest.raises(Invalid, match="base-weeks"):
        compare(company(), base_weeks=base_weeks)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    found = simulate(200, effect=EFFECT, seed=20_260_105, draws=499)

    assert abs(found.bias) <= 0.3
    assert found.coverage >= 0.92
    assert found.claimed >= 0.85
    assert found.naive_bias < -5 and found.naive_coverage == 0


def test_where_there_is_no_effect_one_is_rarely_claimed() -> None:
    found = simulate(200, effect=0.0, seed=20_260_106, draws=499)

    assert found.claimed <= 0.07
    assert found.naive_claimed == 1


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_rows() -> None:
    panel = company()
    observations = [
        Observation(agent, int(week), int(start), float(value))
        for agent, start, row in zip(panel.agents, panel.starts, panel.values, strict=True)
        for week, value in zip(panel.weeks, row, strict=True)
    ]

    one, other = judge(make_panel(observations)), judge(make_panel(reversed(observations)))

    assert one == other


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)

    assert all(p <= after <= 1 for p, after in zip(p_values, adjusted, strict=True))
    assert sorted(range(len(p_values)), key=lambda i: (p_values[i], i)) == sorted(
        range(len(p_values)), key=lambda i: (adjusted[i], p_values[i], i)
    )


def test_holm_multiplies_the_smallest_by_all_and_refuses_what_is_no_p_value() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx((0.06, 0.03, 0.06))
    with pytest.raises(Invalid):
        holm([1.2])


def test_a_drawn_order_is_judged_by_all_the_orders_that_might_have_been() -> None:
    chance = np.random.default_rng(1)
    moved = company(starts=(8, 10, 12, 14), effect=-8)

    assert permutation_p(moved, chance=chance) == pytest.approx(1 / 24)
    still = permutation_p(company(starts=(8, 10, 12, 14), effect=0), chance=chance)
    assert still is not None and still > 0.05
    assert permutation_p(company(starts=(8,)), chance=chance) is None


def test_an_order_is_drawn_of_all_cohorts() -> None:
    cohorts = ("Blue", "Green", "Red")

    drawn = {draw_order(cohorts, chance=np.random.default_rng(seed)) for seed in range(60)}

    assert len(drawn) == 6
    assert all(sorted(order) == list(cohorts) for order in drawn)


def test_a_company_with_enough_of_everything_may_claim_what_it_sees() -> None:
    judgement = judge(company())

    assert judgement.verdict is Verdict.EFFECT
    assert judgement.shortfalls == () and judgement.placebo_passed
    assert "lower" in judgement.sentence and "30 agents" in judgement.sentence
    assert "A plain before/after comparison would have said −1" in judgement.sentence


def test_no_effect_is_said_so_and_a_page_of_many_figures_asks_for_more() -> None:
    still = judge(company(effect=0))
    among_many = judge(company(), p_adjusted=0.06)

    assert still.verdict is Verdict.NO_EFFECT_SEEN and still.sentence.startswith("No effect seen")
    assert among_many.verdict is Verdict.NO_EFFECT_SEEN


@pytest.mark.parametrize(
    ("panel", "shortfall"),
    [
        (company(starts=(8, 10, math.inf), size=7), Shortfall("agents", 21, 24)),
        (company(starts=(8, 10, 12, 14), size=7), Shortfall("agents in the smallest cohort", 7, 8)),
        (company(starts=(8, 10), size=20), Shortfall("cohorts", 2, 3)),
        (company(starts=(8, math.inf), size=20), Shortfall("cohorts", 1, 2)),
        (company(starts=(7, 9, 11)), Shortfall("weeks before the first cohort starts", 7, 8)),
        (
            company(starts=(8, 9, 10, math.inf), weeks=11),
            Shortfall("weeks after a start with agents not trained yet beside them", 3, 4),
        ),
    ],
)
def test_too_little_for_a_claim_says_what_there_is_and_what_it_takes(
    panel: Panel, shortfall: Shortfall
) -> None:
    judgement = judge(panel, draws=99)

    assert shortfall in judgement.shortfalls
    assert judgement.verdict is Verdict.CANNOT_TELL
    assert f"have {shortfall.have}, need {shortfall.need}" in judgement.sentence
    assert judgement.intervals.overall is not None


def test_two_cohorts_beside_a_group_that_is_never_trained_are_enough() -> None:
    assert judge(company(starts=(8, 10, math.inf))).verdict is Verdict.EFFECT


def test_few_ratings_are_too_little() -> None:
    judgement = judge(company(), rated=29)

    assert judgement.shortfalls == (Shortfall("rated tickets on each side", 29, 30),)
    assert judge(company(), rated=30).verdict is Verdict.EFFECT


def test_groups_that_moved_apart_before_training_allow_no_claim() -> None:
    panel = company()
    values = (
        panel.values - 1.5 * panel.weeks * (panel.starts == 8)[:, None]
    )  # one cohort is falling by itself

    judgement = judge(replace(panel, values=values))

    assert judgement.verdict is Verdict.CANNOT_TELL and not judgement.placebo_passed
    assert "moved apart before training" in judgement.sentence


@pytest.mark.parametrize(
    ("starts", "why"),
    [((10, 10, 10), "trend, not proof"), ((math.inf, math.inf), "nobody has been trained")],
)
def test_without_anybody_to_compare_with_there_is_a_trend_and_no_proof(
    starts: tuple[float, ...], why: str
) -> None:
    judgement = judge(company(starts=starts))

    assert judgement.verdict is Verdict.CANNOT_TELL
    assert judgement.intervals.overall is None and judgement.intervals.p is None
    assert why in judgement.sentence


def test_a_made_company_has_the_effect_it_was_made_with() -> None:
    panel = make_company(np.random.default_rng(1), effect=-8)

    found = bootstrap(panel, chance=np.random.default_rng(2), draws=199)

    assert found.overall is not None and found.overall.low < -8 < found.overall.high
    assert found.p is not None and found.p <= 0.01


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "row 1, column agent"),
        (b"agent,week,g\na,1,2\n", "row 1, column y"),
        (b"agent,week,week,g,y\na,1,1,2,3\n", "row 1, column week"),
        (b"agent,week,g,y\n", "row 2"),
        (b"agent,week,g,y\na,1,2,3\na,2,2,many\n", "row 3, column y"),
        (b"agent,week,g,y\na,1,2,nan\n", "row 2, column y"),
        (b"agent,week,g,y\na,1,2,\n", "leave the row out"),
        (b"agent,week,g,y\na,1.5,2,3\n", "row 2, column week"),
        (b"agent,week,g,y\na,1,1e300,3\n", "row 2, column g"),
        (b"agent,week,g,y\n,1,2,3\n", "row 2, column agent"),
        (b"agent,week,g,y\na,1,2\n", "row 2"),
        (b"agent,week,g,y\na,1,2,3\na,1,2,4\n", "row 3, column week"),
        (b"agent,week,g,y\na,1,2,3\na,2,,4\n", "row 3, column g"),
        (b'agent,week,g,y\n"a,1,2,3\n', "row 2"),
        (b"agent,week,g,y\n\xff,1,2,3\n", "row 2"),
    ],
)
def test_a_panel_that_is_wrong_names_row_and_column(data: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read_panel(data)


def test_a_panel_may_have_a_mark_semicolons_other_columns_and_empty_starts() -> None:
    panel = read_panel(
        "\ufeffY;Agent;note;G;Week\r\n1.5;李;x;;3\r\n\r\n2;b;;12.0;-1\r\n".encode(),
    )

    assert panel.agents == ("b", "李")
    assert panel.weeks.tolist() == [-1, 3]
    assert panel.starts.tolist() == [12.0, math.inf]
    assert panel.values[1, 1] == 1.5 and math.isnan(panel.values[0, 1])


def test_the_calculator_knows_how_many_rated_tickets_it_takes() -> None:
    assert tickets_per_arm(0.72, 0.89) == 82
    assert abs(tickets_per_arm(0.72, 0.76) - 1885) <= 1
    assert tickets_per_arm(0.89, 0.72) == 82
    assert tickets_per_arm(0.72, 0.89, tickets_per_agent=11, icc=0.1) == 163


@pytest.mark.parametrize(("before", "after"), [(0, 0.5), (0.5, 1), (0.5, 0.5), (math.nan, 0.5)])
def test_the_calculator_refuses_rates_that_cannot_be_told_apart(before: float, after: float) -> None:
    with pytest.raises(Invalid):
        tickets_per_arm(before, after)
    with pytest.raises(Invalid, match="icc"):
        tickets_per_arm(0.5, 0.6, icc=2)
