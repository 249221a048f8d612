"""`flask lrs export`, `import`, `forget`, `retention`: what they print, and what the trail says then."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from lms.bootstrap import Parts
from lms.cli import register
from lms.db.accounts import Person
from tests.conftest import IRI_BASE, Clock
from xapi.lrs import store_statements
from xapi.store import audit
from xapi.store.tables import Statement

LI = {"mbox": "mailto:li@elsewhere.test"}
ADL = "http://adlnet.gov/expapi/verbs/"


def said(actor: dict[str, Any] = LI, verb: str = "answered") -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": actor,
        "verb": {"id": ADL + verb},
        "object": {"id": "https://o.example/1"},
    }


@pytest.fixture
def flask(app: Flask) -> Callable[..., Result]:
    register(app)
    runner: CliRunner = app.test_cli_runner()
    return lambda *words, **given: runner.invoke(args=["lrs", *map(str, words)], **given)


@pytest.fixture
def store(parts: Parts) -> Callable[..., list[str]]:
    def put(*statements: dict[str, Any]) -> list[str]:
        with parts.database.writing() as session:
            return store_statements(session, statements, authority=LI, now=parts.now(), new_id=parts.new_id)

    return put


def stored(parts: Parts) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Statement)) or 0


def trail(parts: Parts) -> list[tuple[str, str, int, dict[str, Any]]]:
    with parts.database.reading() as session:
        return [
            (one.who, one.action, one.statements, json.loads(one.rule))
            for one in audit.latest_audits(session)
        ]


def test_what_is_exported_is_imported_elsewhere(
    flask: Callable[..., Result], store: Callable[..., list[str]], parts: Parts, tmp_path: Path
) -> None:
    file = tmp_path / "all.jsonl.gz"
    store(said(), said())

    out = flask("export", file)
    flask("forget", "li@elsewhere.test", "--yes")
    back, again = flask("import", file), flask("import", file)

    assert (out.exit_code, out.stdout) == (0, f"2 statements in {file}\n")
    assert (back.exit_code, back.stdout) == (0, "2 stored, 0 there already, 0 refused\n")
    assert (again.exit_code, again.stdout) == (0, "0 stored, 2 there already, 0 refused\n")
    assert stored(parts) == 2
    assert [line[:3] for line in trail(parts)] == [
        ("command line", "import", 0),
        ("command line", "import", 2),
        ("command line", "delete", 2),
        ("command line", "export", 2),
    ]


def test_an_export_takes_a_person_a_verb_and_a_time(
    flask: Callable[..., Result],
    store: Callable[..., list[str]],
    make_person: Callable[..., Person],
    clock: Clock,
    tmp_path: Path,
) -> None:
    wu = make_person("learner", email="wu@desk.test", name="Wu Lei")
    store(said(), said({"account": {"homePage": IRI_BASE, "name": str(wu.uuid)}}))
    clock.now += timedelta(days=1)
    store(said(verb="passed"))

    for words in (
        ("--agent", "wu@desk.test"),
        ("--agent", "Wu Lei"),
        ("--verb", f"{ADL}passed"),
        ("--since", "2026-11-24T00:00:00Z"),
    ):
        done = flask("export", tmp_path / f"{uuid4()}.jsonl", *words)
        assert done.stdout.startswith("1 statements that match"), (words, done.output)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "x.txt"), "ends in .jsonl.gz or .jsonl"),
        (("export", "x.jsonl", "--verb", "answered"), "--verb: expected an IRI"),
        (("export", "x.jsonl", "--since", "monday"), "--since: expected an ISO 8601"),
        (("export", "x.jsonl", "--agent", "Nobody"), "nobody here has this name"),
        (("forget", "Nobody", "--yes"), "nobody here has this name"),
        (("retention", "add", "--days", "9", "--activity", "x"), "--activity: expected an IRI"),
        (("retention", "remove", "8f87ccde-bb56-4c2e-ab83-44982ef22df0"), "there is no such rule"),
    ],
)
def test_what_cannot_be_done_says_why_on_stderr(
    flask: Callable[..., Result], parts: Parts, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = flask(*(tmp_path / word if word.startswith("x.") else word for word in words))

    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert trail(parts) == []


def test_a_broken_line_is_named_and_the_exit_says_so(
    flask: Callable[..., Result], parts: Parts, tmp_path: Path
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(f"{json.dumps(said())}\n{{}}\n{json.dumps(said())}\n", encoding="utf-8")

    done = flask("import", file)

    assert (done.exit_code, done.stdout) == (1, "2 stored, 0 there already, 1 refused\n")
    assert done.stderr.startswith("line 2: actor: expected this property")
    assert stored(parts) == 2


def test_a_person_is_forgotten_only_after_a_yes(
    flask: Callable[..., Result], store: Callable[..., list[str]], parts: Parts
) -> None:
    store(said())

    assert flask("forget", "li@elsewhere.test", input="n\n").exit_code == 1
    assert stored(parts) == 1
    done = flask("forget", "li@elsewhere.test", input="y\n")

    assert done.stdout == "1 statements, 0 documents deleted\n"
    assert stored(parts) == 0


def test_rules_are_kept_looked_at_and_applied(
    flask: Callable[..., Result], store: Callable[..., list[str]], parts: Parts, clock: Clock
) -> None:
    store(said(), said(verb="experienced"))
    clock.now += timedelta(days=10)
    store(said(verb="experienced"))

    id = flask("retention", "add", "--days", "9", "--verb", f"{ADL}experienced").stdout.strip()

    assert flask("retention", "list").stdout == f"{id} 9 {ADL}experienced -\n"
    assert flask("retention", "apply", "--dry-run").stdout == f"{id} would delete 1 statements\n"
    assert stored(parts) == 3
    assert flask("retention", "apply").stdout == f"{id} deleted 1 statements\n"
    assert flask("retention", "apply").stdout == f"{id} deleted 0 statements\n"
    assert stored(parts) == 2
    rule = {"age_days": 9, "verb": f"{ADL}experienced"}
    assert trail(parts)[1] == ("command line", "retention", 1, rule)
    assert flask("retention", "remove", id).exit_code == 0
    assert flask("retention", "list").stdout == ""
