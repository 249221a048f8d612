"""What tests share: migrated databases of both kinds, the parts, a client, people who sign in."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, text

from lms.app import create_app
from lms.bootstrap import Parts, build
from lms.config import Mode, Settings
from lms.db import migrate
from lms.db.accounts import Person
from lms.db.database import Database
from lms.domain.accounts import Role
from lms.services import accounts, start

IRI_BASE = "https://crossdesk.test"
PASSWORD = "correct horse battery"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POSTGRES = os.environ.get("CROSSDESK_TEST_POSTGRES_URL", "")


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.sqlite3"
    database = Database(f"sqlite:///{file}")
    migrate.upgrade(database)
    start.first_start(database, iri_base=IRI_BASE)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated database that each test's own is copied from."""
    if not POSTGRES:
        yield ""
        return
    name = f"crossdesk_template_{uuid.uuid4().hex[:12]}"
    _postgres(f"CREATE DATABASE {name}")
    database = Database(_postgres_url(name))
    migrate.upgrade(database)
    start.first_start(database, iri_base=IRI_BASE)
    database.close()
    yield name
    _postgres(f"DROP DATABASE {name} WITH (FORCE)")


def _postgres(statement: str) -> None:
    engine = create_engine(_postgres_url(None), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _postgres_url(name: str | None) -> str:
    from sqlalchemy import make_url

    url = make_url(POSTGRES.replace("postgresql://", "postgresql+psycopg://"))
    return (url if name is None else url.set(database=name)).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the test's own, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        file = tmp_path / "test.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        found = Database(f"sqlite:///{file}")
        yield found
        found.close()
        return
    template = request.getfixturevalue("postgres_template")
    if not template:
        if os.environ.get("CI") == "true":
            pytest.fail("CROSSDESK_TEST_POSTGRES_URL is not set: CI runs every test on PostgreSQL too")
        pytest.skip("CROSSDESK_TEST_POSTGRES_URL is not set: not run on PostgreSQL")
    name = f"crossdesk_test_{uuid.uuid4().hex[:12]}"
    _postgres(f"CREATE DATABASE {name} TEMPLATE {template}")
    found = Database(_postgres_url(name))
    yield found
    found.close()
    _postgres(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        mode=Mode.TEST,
        instance=tmp_path,
        database_url="",
        secret_key="a secret for tests only, 32 characters",
        base_url="http://localhost",
        iri_base=IRI_BASE,
        now_file=None,
        redis_url=None,
        proxies=0,
        mail_url=None,
        demonstration=False,
    )


@pytest.fixture
def parts(database: Database, settings: Settings, clock: Clock) -> Parts:
    return build(settings, database=database, now=clock)


@pytest.fixture
def app(parts: Parts) -> Flask:
    app = create_app(parts)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def make_person(parts: Parts) -> Callable[..., Person]:
    """Make a person with PASSWORD: `make_person(role="learner", email=…, name=…)`."""

    def make(role: str = "learner", **given: Any) -> Person:
        email = given.pop("email", f"{role}-{uuid.uuid4().hex[:8]}@desk.test")
        with parts.database.writing() as session:
            return accounts.create_person(
                session,
                email=email,
                name=given.pop("name", f"Test {role}"),
                role=Role(role),
                password=given.pop("password", PASSWORD),
                language=given.pop("language", "en"),
                now=parts.now(),
                new_id=parts.new_id,
                **given,
            )

    return make


@pytest.fixture
def sign_in(app: Flask, make_person: Callable[..., Person]) -> Callable[..., FlaskClient]:
    """Answer a client signed in as a new person of a role, or as a person: `sign_in("manager")`."""

    def enter(who: str | Person = "learner", **given: Any) -> FlaskClient:
        person = make_person(who, **given) if isinstance(who, str) else who
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = f"{person.uuid}.{person.session_version}"
            session["_fresh"] = True
            session["since"] = int(time.time())
        return client

    return enter


@pytest.fixture
def count_queries(database: Database) -> Callable[[], int]:
    """Answer how many statements the database was sent since the last call, transactions left out."""
    sent = 0

    def note(*_: Any) -> None:
        nonlocal sent
        sent += 1

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", note)

    def read() -> int:
        nonlocal sent
        done, sent = sent, 0
        return done

    return read
