"""The demonstration company: loaded whole, the same each time, marked, and removed without a trace."""

from __future__ import annotations

import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from courses.library import SHIPPED
from lms.bootstrap import Parts, build
from lms.cli import register
from lms.config import Mode, Settings
from lms.db.accounts import Cohort, CohortManager, Organisation, Person, Team
from lms.db.assignments import Assignment, ModuleResult
from lms.db.database import Database
from lms.db.learning import LessonProgress
from lms.db.quizzes import Answer, Attempt, Card, Review
from lms.db.retention import Check
from lms.domain import demonstration as rules
from lms.domain.accounts import Role
from lms.domain.errors import Conflict, NotFound
from lms.services import authoring, cards, demonstration, learning, progress, statements
from lms.services.catalogue import CourseCache
from lms.services.demonstration import State
from lms.services.statements import Speaker
from tests.conftest import MONDAY, Clock
from tests.profile_rules import rest_after, templates_of
from xapi.profile import read_profile
from xapi.spec.payload import parse_json
from xapi.store.tables import Statement

SMALL: dict[str, Any] = {"staff": 6, "weeks": 3}
Enter = Callable[..., FlaskClient]


@pytest.fixture
def company(parts: Parts) -> Parts:
    """The parts of an installation with the shipped courses."""
    authoring.import_changed(parts.database, SHIPPED, now=parts.now())
    return parts


@pytest.fixture(scope="module")
def loaded_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with a company in it, for tests that only look."""
    file = tmp_path_factory.mktemp("demonstration") / "loaded.sqlite3"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    authoring.import_changed(database, SHIPPED, now=MONDAY)
    printed = demonstration.new_accounts(lambda: token_urlsafe(32))
    demonstration.load(database, printed, now=MONDAY, **SMALL)
    database.close()
    return file


@pytest.fixture
def session(loaded_file: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{loaded_file}")
    with database.reading() as session:
        yield session
    database.close()


def load(parts: Parts, **given: Any) -> demonstration.Summary:
    printed = demonstration.new_accounts(parts.new_secret)
    return demonstration.load(parts.database, printed, now=parts.now(), **{**SMALL, **given})


def rows(database: Database) -> dict[str, int]:
    """How many rows each table holds."""
    with database.reading() as session:
        return {
            name: session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0
            for name in inspect(session.connection()).get_table_names()
        }


def test_a_company_is_there_after_loading_and_all_of_it_is_marked(session: Session) -> None:
    marks = [
        *session.scalars(select(Person.demonstration)),
        *session.scalars(select(Cohort.demonstration)),
        *session.scalars(select(Team.demonstration)),
    ]

    assert len(marks) >= 11 + 6 + 2
    assert all(marks)
    assert demonstration.state(session) is State.LOADED
    assert (session.scalar(select(func.count(Review.id))) or 0) > 10


def test_each_manager_has_two_cohorts_and_has_assigned_the_course_to_them(session: Session) -> None:
    named = session.execute(select(CohortManager.person_id, CohortManager.cohort_id)).all()
    given = session.execute(select(Assignment.assigned_by_id, Assignment.cohort_id)).all()

    assert sorted(Counter(person for person, _ in named).values()) == [2, 2, 2]
    assert set(given) == set(named)


def test_only_the_printed_accounts_have_a_password(session: Session) -> None:
    able = session.execute(select(Person.email, Person.role).where(Person.password_hash.is_not(None)))

    found = {(email, role) for email, role in able}

    assert found == set(rules.PRINTED)
    assert {role for _, role in found} == set(Role)


def test_the_same_seed_and_time_give_the_same_data(company: Parts) -> None:
    load(company)
    first = fingerprint(company.database)
    demonstration.remove(company.database)
    load(company)

    assert fingerprint(company.database) == first


def fingerprint(database: Database) -> list[Any]:
    """All that matters of a load, without row numbers."""
    with database.reading() as session:
        found = [
            session.execute(select(Person.uuid, Person.email, Person.display_name).order_by(Person.uuid)),
            session.execute(select(Card.uuid, Card.item_id, Card.due_at, Card.sequence).order_by(Card.uuid)),
            session.execute(
                select(Attempt.uuid, Answer.item_id, Answer.response, Answer.answered_at, Answer.response_ms)
                .join(Attempt, Attempt.id == Answer.attempt_id)
                .order_by(Attempt.uuid, Answer.item_id)
            ),
            session.execute(select(Statement.id, Statement.verb, Statement.occurred).order_by(Statement.id)),
        ]
        return [[tuple(row) for row in rows] for rows in found]


def test_statements_tell_of_simulated_times_and_are_stored_at_the_real_one(session: Session) -> None:
    payloads = [parse_json(payload) for payload in session.scalars(select(Statement.payload))]

    told = [datetime.fromisoformat(one["timestamp"]) for one in payloads]
    stored = [datetime.fromisoformat(one["stored"]) for one in payloads]

    assert min(told) < MONDAY - timedelta(weeks=3)
    assert max(told) < MONDAY
    assert min(stored) >= MONDAY
    assert max(stored) < MONDAY + timedelta(seconds=5)


def test_people_answer_on_working_days_and_not_before_their_cohort_starts(session: Session) -> None:
    given = session.execute(
        select(Answer.answered_at, Cohort.starts_on)
        .join(Assignment, Assignment.person_id == Answer.person_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
    ).all()

    assert {at.isoweekday() for at, _ in given} <= {1, 2, 3, 4, 5}
    assert all(at.date() >= starts_on for at, starts_on in given)
    assert all(1 <= at.hour < 11 for at, _ in given)  # 9:10 to 17:20 in Shanghai, and an hour's work


def test_removing_leaves_every_table_as_it_was(company: Parts, make_person: Callable[..., Person]) -> None:
    person = make_person("learner")
    begin_course(company, person)
    before = rows(company.database)
    load(company)

    gone = demonstration.remove(company.database)

    assert gone.people == 11
    assert rows(company.database) == before
    with company.database.reading() as session:
        assert demonstration.state(session) is State.REMOVED


def begin_course(parts: Parts, person: Person) -> None:
    with parts.database.writing() as session:
        organisation = session.get_one(Organisation, 1)
        found = learning.enrolment(session, CourseCache(), slug="service-desk", person_id=person.id)
        who = progress.Learner(person.id, Speaker(organisation.iri_base, person.uuid))
        progress.start(session, found, learner=who, now=parts.now(), new_id=parts.new_id)


def test_it_is_not_loaded_twice(loaded_file: Path) -> None:
    database = Database(f"sqlite:///{loaded_file}")

    with pytest.raises(Conflict, match="demo remove"):
        demonstration.load(database, (), now=MONDAY, **SMALL)

    database.close()


def test_a_load_that_was_broken_off_is_removed_before_the_next(
    company: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(demonstration, "live_week", interrupted(after=3))
        with pytest.raises(KeyboardInterrupt):
            load(company)

    load(company)

    assert rows(company.database)["people"] == 11


def interrupted(*, after: int) -> Callable[..., None]:
    calls = iter(range(after))

    def live_week(*_: Any, **__: Any) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt

    return live_week


def test_without_a_course_nothing_is_loaded(parts: Parts) -> None:
    before = rows(parts.database)

    with pytest.raises(NotFound, match="no course"):
        load(parts)

    assert rows(parts.database) == before


def test_answers_keep_to_their_bound(company: Parts) -> None:
    loaded = load(company, answers_max=60)

    assert loaded.answers <= 60 + 20  # the person-week that reaches it is finished


def test_what_is_said_is_kept_until_the_end_and_lost_with_an_error(company: Parts) -> None:
    before = rows(company.database)["xapi_statements"]

    with (
        pytest.raises(RuntimeError),
        company.database.writing() as session,
        statements.gathered(
            session, iri_base="https://crossdesk.test", now=company.now(), new_id=company.new_id
        ),
    ):
        raise RuntimeError("in the middle")

    assert rows(company.database)["xapi_statements"] == before


def test_the_shown_learner_has_a_quiz_done_a_lesson_half_way_and_reviews_waiting(
    company: Parts, sign_in: Enter
) -> None:
    load(company, weeks=26, staff=1)
    with company.database.reading() as session:
        shown = session.scalars(select(Person).where(Person.email == rules.SHOWN_EMAIL)).one()
        due = cards.due_summary(session, person_id=shown.id, now=company.now(), daily_minutes=5)
        quizzes = session.scalars(select(ModuleResult.best_score)).all()
        lessons = session.scalars(select(LessonProgress).where(LessonProgress.completed_at.is_(None))).all()

        tests = session.scalars(select(Check).where(Check.person_id == shown.id)).all()

    assert [test.marks is not None for test in tests] == [True, True], "both tests of the module's check"
    assert due.count >= 8
    assert len(quizzes) == 1
    assert [one.step_reached > 1 for one in lessons] == [True]
    client = sign_in(shown)
    for page in ("/", "/courses/service-desk", "/review"):
        assert client.get(page).status_code == 200, page


class TestCommands:
    """`flask demo …` and `flask prepare` in development."""

    @pytest.fixture
    def desk(self, sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
        shutil.copyfile(sqlite_template, tmp_path / "desk.sqlite3")
        found = Database(f"sqlite:///{tmp_path / 'desk.sqlite3'}")
        yield found
        found.close()

    @pytest.fixture
    def runner(
        self, desk: Database, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> FlaskCliRunner:
        app = Flask("lms")
        development = replace(settings, mode=Mode.DEVELOPMENT)
        app.extensions["crossdesk"] = build(development, database=desk, now=clock)
        register(app)
        monkeypatch.setattr(demonstration, "load", partial(demonstration.load, staff=2, weeks=1))
        return app.test_cli_runner()

    def test_the_first_start_loads_and_writes_the_accounts_for_oneself_alone(
        self, runner: FlaskCliRunner, tmp_path: Path
    ) -> None:
        done = runner.invoke(args=["prepare"])

        file = tmp_path / "demo-accounts.txt"
        assert done.exit_code == 0, done.output
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [line.split()[2] for line in file.read_text().splitlines()] == [
            "learner",
            "manager",
            "trainer",
            "admin",
        ]
        assert "http://localhost" in done.stdout
        assert file.read_text() in done.stdout

    def test_the_second_start_loads_nothing_and_prints_the_same(
        self, runner: FlaskCliRunner, desk: Database
    ) -> None:
        first = runner.invoke(args=["prepare"])
        before = rows(desk)

        second = runner.invoke(args=["prepare"])

        assert second.stdout == first.stdout
        assert second.stderr == ""
        assert rows(desk) == before

    def test_what_was_removed_by_hand_is_not_loaded_by_the_next_start(
        self, runner: FlaskCliRunner, desk: Database, tmp_path: Path
    ) -> None:
        runner.invoke(args=["prepare"])

        removed = runner.invoke(args=["demo", "remove"])
        runner.invoke(args=["prepare"])

        assert removed.stdout.startswith("removed 7 people, 6 cohorts")
        assert rows(desk)["people"] == 0
        assert not (tmp_path / "demo-accounts.txt").exists()

    def test_it_can_be_loaded_again_by_hand_but_not_beside_itself(
        self, runner: FlaskCliRunner, tmp_path: Path
    ) -> None:
        runner.invoke(args=["prepare"])
        kept = (tmp_path / "demo-accounts.txt").read_text()

        beside = runner.invoke(args=["demo", "load"])

        assert beside.exit_code == 1
        assert "already" in beside.stderr
        assert (tmp_path / "demo-accounts.txt").read_text() == kept
        runner.invoke(args=["demo", "remove"])
        again = runner.invoke(args=["demo", "load"])
        assert again.exit_code == 0
        assert len(again.stdout.splitlines()) == 4


def test_all_that_was_said_follows_the_profile_and_each_run_its_pattern(session: Session) -> None:
    profile = parse_json(read_profile(session.scalars(select(Organisation.iri_base)).one()).text)
    patterns = {one["id"]: one for one in profile["patterns"]}
    (primary,) = (id for id, one in patterns.items() if one.get("primary"))
    runs: dict[str, list[tuple[datetime, int, set[str]]]] = {}
    said = session.execute(select(Statement.seq, Statement.occurred, Statement.payload))

    for seq, occurred, payload in said:
        statement = parse_json(payload)
        matched = set(templates_of(statement, profile["templates"]))
        assert len(matched) == 1, payload
        registration = statement["context"].get("registration")
        if registration is not None:
            runs.setdefault(registration, []).append((occurred, seq, matched))

    assert len(runs) >= 4
    for told in runs.values():
        in_order = [matched for _, _, matched in sorted(told, key=lambda one: one[:2])]
        assert rest_after(primary, in_order, patterns) == 0
