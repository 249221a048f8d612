"""An engine and transactions of the store's own, for applications that bring none."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from xapi.store.partitions import ensure_partitions
from xapi.store.tables import metadata

BUSY_MS = 4_000
"""How long a writer waits for another on SQLite."""
POSTGRES_OPTIONS = (
    f"-c timezone=UTC -c statement_timeout={BUSY_MS} -c lock_timeout={BUSY_MS} -c synchronous_commit=on"
)


@dataclass(frozen=True)
class OwnDatabase:
    """`reading` never commits, `writing` commits when its block ends well."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session whose changes are rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            self._begin(session, "BEGIN")
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is committed; on SQLite writers queue from the start."""
        with Session(self.engine, expire_on_commit=False) as session:
            self._begin(session, "BEGIN IMMEDIATE")
            yield session
            session.commit()

    def create_tables(self, *, now: datetime) -> None:
        """Make the tables that are missing, and on PostgreSQL the partitions of the coming quarters."""
        metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            ensure_partitions(connection, now=now)

    def _begin(self, session: Session, how: str) -> None:
        if self.engine.dialect.name == "sqlite":
            session.connection().exec_driver_sql(how)


def own_database(url: str) -> OwnDatabase:
    """Answer a database from SQLAlchemy's form of address, SQLite or PostgreSQL; nothing is connected yet."""
    if url.startswith("sqlite:"):
        engine = create_engine(url)
        event.listen(engine, "connect", _prepare_sqlite)
        return OwnDatabase(engine)
    engine = create_engine(url, pool_pre_ping=True)
    event.listen(engine, "do_connect", _prepare_postgres)
    return OwnDatabase(engine)


def _prepare_sqlite(connection: Any, _entry: Any) -> None:
    connection.isolation_level = None  # a transaction begins as its session says
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # acknowledged means on disk
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgres(_dialect: Any, _record: Any, _given: Any, parameters: dict[str, Any]) -> None:
    parameters["options"] = f"{POSTGRES_OPTIONS} {parameters.get('options', '')}"
    parameters.setdefault("connect_timeout", 2)
