"""`flask memory …`: what the memory model predicts, and the switch of the built-in experiment."""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from lms.bootstrap import Parts
from lms.commands import told
from lms.domain.accounts import clean_timezone
from lms.domain.errors import Invalid
from lms.domain.review_log import predicted_rows
from lms.services import check_plans


def memory_commands(parts: Parts) -> AppGroup:
    """`flask memory …`."""
    group = AppGroup("memory", help="The memory model and the built-in experiment.")
    group.add_command(predict_command())
    group.add_command(experiment_command(parts))
    return group


def predict_command() -> click.Command:
    """`flask memory predict`."""

    @click.command("predict")
    @click.argument("log", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--timezone", default="UTC", show_default=True, help="IANA zone that bounds study days.")
    @told
    def predict(log: Path, out: Path, timezone: str) -> None:
        """Write the rows of a review LOG with p, the recall predicted just before each review.

        LOG is CSV with the columns card_id, review_time (Unix ms) and rating (1 to 4), in time order.
        """
        zone = ZoneInfo(clean_timezone(timezone))
        fresh = out.with_name(out.name + ".part")
        reviews = -1  # the header is no review
        try:
            with log.open(encoding="utf-8-sig", newline="") as lines, fresh.open("w", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                for row in predicted_rows(lines, zone=zone):
                    writer.writerow(row)
                    reviews += 1
            fresh.replace(out)  # whole, or not there
        except UnicodeDecodeError as error:
            raise Invalid(str(log), "is not UTF-8") from error
        finally:
            fresh.unlink(missing_ok=True)
        click.echo(f"{out} {reviews} reviews")

    return predict


def experiment_command(parts: Parts) -> click.Command:
    """`flask memory experiment`."""

    @click.command("experiment")
    @click.argument("state", required=False, type=click.Choice(["on", "off"]))
    @told
    def experiment(state: str | None) -> None:
        """Switch the hold-out experiment of the 7-day check on or off; without STATE, print it."""
        if state is not None:
            with parts.database.writing() as session:
                check_plans.switch_experiment(session, on=state == "on")
        with parts.database.reading() as session:
            click.echo("on" if check_plans.experiment_is_on(session) else "off")

    return experiment
