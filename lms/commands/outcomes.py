"""`flask kpi …`: what the desk's own figures say."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from lms.bootstrap import Parts
from lms.commands import told
from lms.domain.accounts import clean_timezone
from lms.domain.effect import BASE_WEEKS, BASE_WEEKS_MAX
from lms.domain.effect_interval import Interval
from lms.domain.effect_verdict import Judgement, judge
from lms.domain.outcomes import Figure, Hours, Source
from lms.domain.panel import read_panel
from lms.services import outcomes

IMPORT_SECONDS = 300.0
SOURCES = click.Choice([source.value for source in Source])


def outcome_commands(parts: Parts) -> AppGroup:
    """`flask kpi …`."""
    group = AppGroup("kpi", help="The service desk's figures.")
    add_desk_commands(group, parts)

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


def add_desk_commands(group: AppGroup, parts: Parts) -> None:
    """Add what brings the desk's tickets in, and their figures out."""

    @group.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--from", "source", required=True, type=SOURCES, help="Whose format FILE is in.")
    @click.option(
        "--timezone", default=None, help="Of times without an offset; the organisation's if absent."
    )
    @click.option("--dry-run", is_flag=True, help="Read, match and print; change nothing.")
    @told
    def import_file(file: Path, source: str, timezone: str | None, dry_run: bool) -> None:
        """Take in tickets (zendesk, freshdesk: JSON or CSV) or figures (generic: CSV). No buyer is named."""
        zone = ZoneInfo(clean_timezone(timezone)) if timezone else None
        with parts.database.reading() as session:
            found = outcomes.read_file(session, file.read_bytes(), Source(source), zone=zone)
        for skipped in found.skipped:
            click.echo(f"skipped {skipped}")
        if found.ignored:
            click.echo(f"not read: {', '.join(name or '(no name)' for name in found.ignored)}")
        with parts.database.writing(seconds=IMPORT_SECONDS) as session:
            done = outcomes.import_file(session, found)
            if dry_run:
                session.rollback()
        for agent in done.unmatched:
            click.echo(f"unmatched {agent}")
        click.echo(
            f"{'would be ' if dry_run else ''}new {done.new}, changed {done.changed},"
            f" unchanged {done.unchanged}, deleted {done.deleted}, skipped {len(found.skipped)},"
            f" agents without an account {len(done.unmatched)}"
        )

    @group.command("link")
    @click.argument("agent")
    @click.argument("email")
    @click.option("--from", "source", required=True, type=SOURCES, help="The desk that names AGENT so.")
    @told
    def link(agent: str, email: str, source: str) -> None:
        """Say that AGENT of the desk (its id, or its name) is the account with EMAIL."""
        with parts.database.writing() as session:
            person = outcomes.link_agent(session, Source(source), agent, email)
            click.echo(f"{agent} is {person.email}")

    @group.command("panel")
    @click.argument("figure")
    @click.option(
        "--hours",
        type=click.Choice([hours.value for hours in Hours]),
        default=Hours.CALENDAR.value,
        show_default=True,
        help="Which minutes of a first reply.",
    )
    @told
    def panel(figure: str, hours: str) -> None:
        """Print FIGURE (csat, first_reply, fcr, disputes, or of a generic file) as `kpi effect` reads it."""
        with parts.database.reading() as session:
            found = outcomes.weekly_panel(session, figure, hours=Hours(hours))
        out = io.StringIO(newline="")
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("agent", "week", "g", "y"))
        rows.writerows(
            (one.agent, one.week, "" if one.start is None else one.start, one.value) for one in found
        )
        if not found:
            known = ", ".join(figure.value for figure in Figure)
            click.echo(f"no figures of this name yet ({known} come from tickets)", err=True)
        click.echo(out.getvalue(), nl=False)


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
