"""Record stores on real databases: SQLite in a file, PostgreSQL in a schema of its own."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from xapi.store.files import DiskFiles
from xapi.store.partitions import ensure_partitions
from xapi.store.tables import metadata

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Database:
    """An engine with the two kinds of transaction that the record store is given."""

    engine: Engine
    files: DiskFiles
    clock: Clock = field(default_factory=Clock)
    new_id: Callable[[], UUID] = uuid4

    def reading(self) -> AbstractContextManager[Session]:
        return self._transaction("BEGIN")

    def writing(self) -> AbstractContextManager[Session]:
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            if self.engine.dialect.name == "sqlite":
                session.connection().exec_driver_sql(begin)
            yield session
            session.commit()


def sqlite_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def configure(connection, _record):  # type: ignore[no-untyped-def]
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    metadata.create_all(engine)
    return engine


@pytest.fixture(scope="session")
def postgres_engine() -> Iterator[Engine]:
    url = os.environ.get("CROSSDESK_TEST_POSTGRES_URL")
    if not url:
        reason = "CROSSDESK_TEST_POSTGRES_URL is not set: PostgreSQL is not tested"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    schema = f"xapi_{secrets.token_hex(6)}"
    admin = create_engine(url)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine = create_engine(url, connect_args={"options": f"-csearch_path={schema}"}, pool_size=20)
    metadata.create_all(engine)
    with engine.begin() as connection:
        ensure_partitions(connection, now=START, count=2)
    yield engine
    engine.dispose()
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        engine = sqlite_engine(tmp_path / "lrs.db")
        yield Database(engine, DiskFiles(tmp_path / "attachments"))
        engine.dispose()
        return
    engine = request.getfixturevalue("postgres_engine")
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)}"))
    yield Database(engine, DiskFiles(tmp_path / "attachments"))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Any]:
    """A second store that forwarding sends to, an `Other`."""
    from tests.integration.xapi.second_store import second_store  # it needs what is above

    with second_store(tmp_path) as other:
        yield other
