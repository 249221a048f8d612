"""`flask kpi …`: what the desk's own figures say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from lms.commands import told
from lms.domain.effect import BASE_WEEKS, BASE_WEEKS_MAX
from lms.domain.effect_interval import Interval
from lms.domain.effect_verdict import Judgement, judge
from lms.domain.panel import read_panel


def outcome_commands() -> AppGroup:
    """`flask kpi …`."""
    group = AppGroup("kpi", help="The service desk's figures.")

    @group.command("effect")
    @click.argument("panel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "--base-weeks",
        type=click.IntRange(1, BASE_WEEKS_MAX),
        default=BASE_WEEKS,
        show_default=True,
        help="Weeks before training that are the baseline.",
    )
    @told
    def effect(panel: Path, base_weeks: int) -> None:
        """Say whether training moved a figure: PANEL is CSV with agent, week, g (empty: never trained), y."""
        judgement = judge(read_panel(panel.read_bytes()), base_weeks=base_weeks)
        click.echo(json.dumps(_as_json(judgement), ensure_ascii=False, allow_nan=False))

    return group


def _as_json(judgement: Judgement) -> dict[str, Any]:
    comparison, intervals = judgement.comparison, judgement.intervals
    overall = _interval(intervals.overall)
    placebo = _interval(intervals.placebo)
    return {
        "att_gt": [{"g": cell.g, "t": cell.t, "att": cell.att, "n": cell.n} for cell in comparison.cells],
        "overall": overall and {**overall, "agents": comparison.agents},
        "placebo": placebo and {**placebo, "passed": judgement.placebo_passed},
        "verdict": judgement.verdict.value,
        "sentence": judgement.sentence,
    }


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else {"att": interval.att, "low": interval.low, "high": interval.high}
