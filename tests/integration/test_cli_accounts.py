"""`flask db`, `flask user`, `flask lrs credential`: what they print, and that nothing is half done."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from lms.bootstrap import Parts
from lms.cli import register
from lms.db.accounts import CohortManager, CohortMember, Person


@pytest.fixture
def runner(app: Flask) -> CliRunner:
    register(app)
    return app.test_cli_runner()


def test_a_person_is_made_with_a_password_from_standard_input(runner: CliRunner, parts: Parts) -> None:
    done = runner.invoke(
        args=["user", "create", "Wu@Desk.test", "--role", "manager", "--password-stdin"],
        input="three quiet lamps\n",
    )

    assert done.exit_code == 0
    assert done.stdout.startswith("wu@desk.test manager ")
    with parts.database.reading() as session:
        assert session.scalars(select(Person.role)).one() == "manager"


def test_without_a_password_a_link_is_printed_once(runner: CliRunner) -> None:
    done = runner.invoke(args=["user", "create", "wu@desk.test", "--role", "learner"])

    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].startswith("http://localhost/set-password/")


@pytest.mark.parametrize(
    ("email", "typed", "said"),
    [
        ("wu", "three quiet lamps", "email"),
        ("wu@desk.test", "short", "12"),
        ("lin@desk.test", "three quiet lamps", "already"),
    ],
)
def test_what_cannot_be_made_says_why_on_stderr(
    runner: CliRunner, make_person: object, email: str, typed: str, said: str
) -> None:
    make_person("learner", email="lin@desk.test")  # type: ignore[operator]

    done = runner.invoke(
        args=["user", "create", email, "--role", "learner", "--password-stdin"], input=typed + "\n"
    )

    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stdout == ""


def test_a_file_of_people_is_imported_whole_with_teams_cohorts_and_managers(
    runner: CliRunner, parts: Parts, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "email,name,role,team,cohort\na@desk.test,A,learner,Berlin,Spring\nb@desk.test,B,learner,Berlin,Spring\n"
        "m@desk.test,M,manager,,Spring\n",
        encoding="utf-8",
    )

    dry = runner.invoke(args=["user", "import", str(file), "--dry-run"])
    with parts.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Person))
    done = runner.invoke(args=["user", "import", str(file)])

    assert (dry.exit_code, done.exit_code, before) == (0, 0, 0)
    assert done.stdout == "3 people imported\n"
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CohortMember)) == 2
        assert session.scalar(select(func.count()).select_from(CohortManager)) == 1


def test_one_wrong_row_imports_nobody(runner: CliRunner, parts: Parts, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,name\na@desk.test,A\nb,B\n", encoding="utf-8")

    done = runner.invoke(args=["user", "import", str(file)])

    assert done.exit_code == 1
    assert "row 3, email" in done.stderr
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_a_credential_is_printed_once_as_two_lines(runner: CliRunner) -> None:
    done = runner.invoke(args=["lrs", "credential", "create", "bi", "--scope", "read"])

    key, secret = done.stdout.splitlines()
    assert key.startswith("key ") and secret.startswith("secret ")
    assert len(secret.split()[1]) >= 22
