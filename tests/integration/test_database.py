"""The one place that commits, migrations in both directions, and what a database that is away looks like."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from lms.db import migrate
from lms.db.accounts import Organisation, Team
from lms.db.database import Database
from lms.db.tables import metadata
from lms.domain.errors import Conflict, Unavailable
from lms.services import start
from tests.conftest import IRI_BASE
from xapi.spec.mentions import iri_key
from xapi.store.partitions import is_partition
from xapi.store.tables import Statement, StatementIri
from xapi.store.tables import metadata as record_store


def test_what_is_written_is_there_and_what_fails_is_not(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE organisation SET name = 'kept'"))
    with pytest.raises(RuntimeError), database.writing() as session:
        session.execute(text("UPDATE organisation SET name = 'lost'"))
        raise RuntimeError

    with database.reading() as session:
        assert session.scalar(select(Organisation.name)) == "kept"


def test_reading_never_commits(database: Database) -> None:
    refused = pytest.raises(DBAPIError) if database.dialect == "postgresql" else nullcontext()
    with refused, database.reading() as session:
        session.execute(text("UPDATE organisation SET name = 'lost'"))

    with database.reading() as session:
        assert session.scalar(select(Organisation.name)) == "Crossdesk"


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: not (kind == "table" and is_partition(name)),
        }
        context = MigrationContext.configure(
            connection, opts={"target_metadata": [metadata, record_store], **options}
        )
        assert compare_metadata(context, [metadata, record_store]) == []


def test_the_migrations_go_down_to_nothing_and_up_again(database: Database) -> None:
    migrate.downgrade(database, "base")
    left = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
    migrate.upgrade(database)

    assert left == set()
    assert migrate.current(database) == migrate.head()


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)

    assert migrate.current(database) == migrate.head()


def test_the_iri_base_may_not_change_after_the_first_start(database: Database) -> None:
    start.first_start(database, iri_base=IRI_BASE)

    with pytest.raises(Conflict, match="CROSSDESK_IRI_BASE"):
        start.first_start(database, iri_base="https://other.test")


def test_sqlite_waits_for_the_disk_and_two_writers_queue(tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "two.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{file}")
    with database.reading() as session:
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for step in range(20):
                with database.writing() as session:
                    count = session.scalar(select(Team.id).limit(1))
                    session.execute(
                        text("INSERT INTO teams (uuid, name, demonstration) VALUES (:uuid, :name, 0)"),
                        {"uuid": f"{number:016x}{step:016x}", "name": f"{number}-{step}-{count}"},
                    )
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM teams")) == 80
    database.close()
    assert failed == []


def test_a_postgresql_that_accepts_and_never_answers_is_given_up_in_five_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        database = Database(f"postgresql+psycopg://nobody@127.0.0.1:{port}/nothing")
        began = time.monotonic()

        with pytest.raises(Unavailable):
            database.ready()

        assert time.monotonic() - began < 5
        database.close()


def test_a_transaction_that_hangs_is_cut_off_and_the_database_serves_again(database: Database) -> None:
    if database.dialect != "postgresql":
        assert database.url.database
        return
    stuck = Database(database.url.render_as_string(hide_password=False), statement_ms=60_000)
    began = time.monotonic()

    with pytest.raises(Unavailable), stuck.reading() as session:
        session.execute(text("SELECT pg_sleep(30)"))

    assert time.monotonic() - began < 5
    stuck.ready()
    stuck.close()


def test_statements_from_before_are_found_by_their_attachments(database: Database) -> None:
    migrate.downgrade(database, "0002")
    sha2 = "AB" * 32
    payload = {
        "actor": {"mbox": "mailto:li@desk.test"},
        "verb": {"id": "https://v.example/did"},
        "object": {"id": "https://o.example/1"},
        "attachments": [{"usageType": "a:b", "display": {}, "contentType": "a/b", "length": 1, "sha2": sha2}],
    }
    with database.writing() as session:
        for seq, given in ((1, payload), (2, {**payload, "attachments": []})):
            session.execute(
                insert(Statement).values(
                    seq=seq,
                    id=uuid4(),
                    payload=json.dumps(given),
                    version="1.0.0",
                    verb="https://v.example/did",
                    occurred=datetime(2026, 1, 1, tzinfo=UTC),
                    voided=False,
                )
            )

    migrate.upgrade(database)

    with database.reading() as session:
        found = session.execute(
            select(StatementIri.key, StatementIri.seq, StatementIri.source).where(
                StatementIri.usage == "attachment"
            )
        ).all()
    assert [tuple(row) for row in found] == [(iri_key(sha2.lower()), 1, 1)]
