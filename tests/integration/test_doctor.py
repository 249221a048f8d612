"""`flask doctor`: what it refuses in production, what it only warns of, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import event

from lms.app import create_app
from lms.bootstrap import Parts
from lms.cli import register
from lms.config import ROOT, Mode, Settings
from lms.db import migrate
from lms.db.database import Database

GOOD = {
    "mode": Mode.PRODUCTION,
    "base_url": "https://learn.company.test",
    "proxies": 1,
    "mail_url": "smtp://mail.company.test:587",
}
Doctor = Callable[..., Result]


@pytest.fixture
def doctor(parts: Parts, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Run the command on a good production installation of which something is changed."""
    monkeypatch.delenv("FLASK_DEBUG", raising=False)

    def run(**changed: object) -> Result:
        app: Flask = create_app(replace(parts, settings=replace(settings, **{**GOOD, **changed})))
        register(app)
        return app.test_cli_runner().invoke(args=["doctor"])

    return run


def test_a_good_production_installation_passes(doctor: Doctor) -> None:
    done = doctor()

    assert (done.exit_code, done.stdout) == (0, "0 errors, 0 warnings\n")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"base_url": "http://learn.company.test"}, "CROSSDESK_BASE_URL"),
        ({"proxies": 0}, "CROSSDESK_PROXIES"),
        ({"instance": Path("/nowhere/at/all")}, "CROSSDESK_INSTANCE"),
    ],
)
def test_what_endangers_people_is_refused_in_one_line(
    doctor: Doctor, changed: dict[str, object], named: str
) -> None:
    done = doctor(**changed)

    *findings, last = done.stdout.splitlines()
    assert done.exit_code == 1
    assert len(findings) == 1 and findings[0].startswith(f"error: {named}: ")
    assert last == "1 errors, 0 warnings"


def test_debug_is_refused(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")

    assert doctor().exit_code == 1


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"mail_url": None}, "CROSSDESK_MAIL_URL"),
        ({"iri_base": "https://crossdesk.invalid"}, "CROSSDESK_IRI_BASE"),
    ],
)
def test_what_is_only_unfinished_is_a_warning(doctor: Doctor, changed: dict[str, object], named: str) -> None:
    done = doctor(**changed)

    assert done.exit_code == 0
    assert done.stdout.startswith(f"warning: {named}: ")
    assert done.stdout.endswith("0 errors, 1 warnings\n")


def test_a_database_that_is_not_at_head_is_refused(doctor: Doctor, database: Database) -> None:
    migrate.downgrade(database, "-1")

    done = doctor()

    assert done.exit_code == 1
    assert "flask db upgrade" in done.stdout.splitlines()[0]


def test_a_database_that_may_lose_what_it_acknowledged_is_refused(doctor: Doctor, database: Database) -> None:
    weaker = {"sqlite": "PRAGMA synchronous=NORMAL", "postgresql": "SET synchronous_commit = off"}
    database.close()

    @event.listens_for(database.engine, "connect")
    def weaken(connection, _record):  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        cursor.execute(weaker[database.dialect])
        cursor.close()
        connection.commit()

    done = doctor()

    assert done.exit_code == 1
    assert "synchronous" in done.stdout.splitlines()[0]


def test_a_database_that_is_not_there_is_refused(parts: Parts, settings: Settings, tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path}/no/such/folder.sqlite3")
    app = create_app(replace(parts, database=nowhere, settings=replace(settings, **GOOD)))
    register(app)

    done = app.test_cli_runner().invoke(args=["doctor"])

    assert done.exit_code == 1
    assert done.stdout.splitlines()[0].startswith("error: CROSSDESK_DATABASE_URL: ")


def test_outside_production_only_what_every_installation_needs_is_asked(
    doctor: Doctor, database: Database
) -> None:
    changed = {"mode": Mode.DEVELOPMENT, "base_url": "http://127.0.0.1:8000", "proxies": 0, "mail_url": None}
    fine = doctor(**changed)
    migrate.downgrade(database, "-1")
    behind = doctor(**changed)

    assert (fine.exit_code, behind.exit_code) == (0, 1)
    assert "development" in fine.stderr


def test_settings_that_stop_the_start_are_all_named(tmp_path: Path) -> None:
    given = {
        "CROSSDESK_SECRET_KEY": "change-me",
        "CROSSDESK_NOW_FILE": "now",
        "CROSSDESK_INSTANCE": str(tmp_path),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CROSSDESK_")}
    command = [sys.executable, "-m", "flask", "doctor"]

    done = subprocess.run(command, cwd=ROOT, env=kept | given, capture_output=True, text=True, check=False)

    named = [line.split(":")[1].strip() for line in done.stdout.splitlines()[:-1]]
    assert done.returncode == 1
    assert sorted(named) == ["CROSSDESK_BASE_URL", "CROSSDESK_NOW_FILE", "CROSSDESK_SECRET_KEY"]
    assert done.stdout.splitlines()[-1] == "3 errors, 0 warnings"
