"""Whether the effect of training is measured rightly: companies whose true effect is known, by the hundred.

    make bench                                  or: python -m benchmarks.effect --companies 200

Each company has 60 agents in six cohorts that start two weeks apart, 26 weeks, and a figure that falls by
itself. Goals: mean error within 0.3 min, the 95 % interval holds the truth in at least 92 % of companies, and
an effect is claimed in at most 7 % of those where there is none. Writes benchmarks/results/effect-*.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lms.domain.effect_interval import DRAWS, bootstrap
from lms.domain.panel import Panel

RESULTS = Path(__file__).resolve().parent / "results"
STARTS = (6, 8, 10, 12, 14, 16)
COHORT = 10
WEEKS = 26
EFFECT = -8.0
TREND = -0.6
"""Minutes a week that the figure falls for everybody, trained or not."""
GOAL_BIAS, GOAL_COVERAGE, GOAL_FALSE = 0.3, 0.92, 0.07


@dataclass(frozen=True)
class Found:
    """What a number of companies show: of the comparison, and of plain before and after."""

    companies: int
    truth: float
    bias: float
    coverage: float
    claimed: float
    naive_bias: float
    naive_coverage: float
    naive_claimed: float


def make_company(chance: np.random.Generator, *, effect: float) -> Panel:
    """Make a panel of minutes: agents and weeks differ, everybody's figure falls, some weeks are missing."""
    agents = len(STARTS) * COHORT
    weeks = np.arange(WEEKS, dtype=np.int64)
    starts = np.repeat(np.array(STARTS, dtype=np.float64), COHORT)
    values = (
        45.0
        + chance.normal(0, 6, (agents, 1))
        + chance.normal(0, 1.5, (1, WEEKS))
        + TREND * weeks[None, :]
        + chance.normal(0, 5, (agents, WEEKS))
        + effect * (weeks[None, :] >= starts[:, None])
    )
    values[chance.random(values.shape) < 0.03] = np.nan
    return Panel(tuple(f"{number:02d}" for number in range(agents)), weeks, starts, values)


def simulate(companies: int, *, effect: float, seed: int, draws: int = DRAWS, base_weeks: int = 4) -> Found:
    """Measure companies; an effect is claimed where the interval leaves 0 out and the placebo's holds it."""
    chance = np.random.default_rng(seed)
    errors, naive_errors = [], []
    held = claimed = naive_held = naive_claimed = 0
    for _ in range(companies):
        panel = make_company(chance, effect=effect)
        found = bootstrap(panel, chance=chance, base_weeks=base_weeks, draws=draws)
        overall, placebo, naive = found.overall, found.placebo, found.naive
        assert overall and placebo and naive
        errors.append(overall.att - effect)
        naive_errors.append(naive.att - effect)
        held += overall.low <= effect <= overall.high
        naive_held += naive.low <= effect <= naive.high
        claimed += placebo.holds_zero and not overall.holds_zero
        naive_claimed += not naive.holds_zero
    return Found(
        companies=companies,
        truth=effect,
        bias=float(np.mean(errors)),
        coverage=held / companies,
        claimed=claimed / companies,
        naive_bias=float(np.mean(naive_errors)),
        naive_coverage=naive_held / companies,
        naive_claimed=naive_claimed / companies,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.effect", description=__doc__.splitlines()[0])
    parser.add_argument("--companies", type=int, default=200, help="of each kind (10 to 2000)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    companies = min(max(chosen.companies, 10), 2000)
    before = time.perf_counter()
    moved = simulate(companies, effect=EFFECT, seed=chosen.seed)
    still = simulate(companies, effect=0.0, seed=chosen.seed + 1)
    seconds = time.perf_counter() - before
    print(f"{'':34}{'compared':>12}{'before/after':>14}")
    print(f"{'bias at an effect of -8 min':34}{moved.bias:>+12.2f}{moved.naive_bias:>+14.2f}")
    print(f"{'interval holds the truth':34}{moved.coverage:>12.0%}{moved.naive_coverage:>14.0%}")
    print(f"{'effect claimed where it is -8':34}{moved.claimed:>12.0%}{moved.naive_claimed:>14.0%}")
    print(f"{'effect claimed where there is none':34}{still.claimed:>12.0%}{still.naive_claimed:>14.0%}")
    print(f"{2 * companies} companies, {DRAWS} draws each, {seconds:.1f} s")
    met = abs(moved.bias) <= GOAL_BIAS and moved.coverage >= GOAL_COVERAGE and still.claimed <= GOAL_FALSE
    print("goals met" if met else "goals missed")
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"effect-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    written = {"effect": asdict(moved), "none": asdict(still), "seed": chosen.seed, "met": met}
    file.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
