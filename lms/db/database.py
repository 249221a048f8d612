"""The engine, and the one place that commits. What differs between the databases is here, nowhere else."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from lms.domain.errors import Unavailable

SQLITE_BUSY_MS = 4_000
"""How long a writer waits for another; below the five seconds in which every request is answered."""
CONNECT_SECONDS = 2
STATEMENT_MS = 4_000
DEADLINE_SECONDS = 4.0
"""A transaction older than this is cut off from our side: a server that hangs sends no error."""


class Deadlines:
    """Cuts the socket of a PostgreSQL connection whose transaction outlives its deadline.

    `statement_timeout` is the server's promise; a black-holed or stopped server keeps none. Shutting the
    socket down here makes the driver raise at once, so that the request is answered and its thread is free.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: dict[int, tuple[float, Any]] = {}
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def over(self, driver_connection: Any, *, seconds: float | None = None) -> Iterator[None]:
        """Guard a block that uses the connection."""
        key = id(driver_connection)
        with self._lock:
            self._running[key] = (time.monotonic() + (seconds or self._seconds), driver_connection)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="database-deadlines", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(key, None)

    def _watch(self) -> None:
        while True:
            time.sleep(0.1)
            now = time.monotonic()
            with self._lock:
                late = [key for key, (end, _) in self._running.items() if end < now]
                cut = [self._running.pop(key)[1] for key in late]
            for connection in cut:
                with contextlib.suppress(OSError, Exception):
                    peer = socket.socket(fileno=connection.fileno())
                    try:
                        peer.shutdown(socket.SHUT_RDWR)
                    finally:
                        peer.detach()


class Database:
    """Sessions on one engine. `reading()` never writes; `writing()` commits once, or not at all."""

    def __init__(self, url: str, *, pool_size: int = 8, statement_ms: int = STATEMENT_MS) -> None:
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        self.engine = _engine(url, self.dialect, pool_size=pool_size, statement_ms=statement_ms)
        self._writer = self.engine.execution_options(crossdesk_writes=True)
        self._deadlines = Deadlines(DEADLINE_SECONDS)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; what it changed is rolled back. Raises Unavailable."""
        with self._session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self, *, seconds: float | None = None) -> Iterator[Session]:
        """A session whose work is committed when the block ends well. Raises Unavailable.

        On SQLite it begins IMMEDIATE: two writers queue instead of failing in the middle.
        `seconds` allows a command a longer transaction than a request has.
        """
        with self._session(self._writer, seconds=seconds) as session:
            yield session
            session.commit()

    @contextlib.contextmanager
    def _session(self, engine: Engine, *, seconds: float | None = None) -> Iterator[Session]:
        try:
            with (
                Session(engine, expire_on_commit=False, autoflush=True) as session,
                self._guard(session, seconds),
            ):
                yield session
        except (OperationalError, PoolTimeout) as error:
            raise Unavailable("the database does not answer; nothing was changed") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable("the database went away; nothing was changed") from error
            raise

    @contextlib.contextmanager
    def _guard(self, session: Session, seconds: float | None) -> Iterator[None]:
        if self.dialect != "postgresql":
            yield
            return
        driver_connection = session.connection().connection.driver_connection
        if seconds is not None:
            session.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        with self._deadlines.over(driver_connection, seconds=seconds):
            yield

    def ready(self) -> None:
        """Ask the database for one row. Raises Unavailable."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _engine(url: str, dialect: str, *, pool_size: int, statement_ms: int) -> Engine:
    if dialect == "sqlite":
        engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000}, pool_size=pool_size)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=2,
        pool_pre_ping=False,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": 3_000,
            "options": f"-c timezone=UTC -c statement_timeout={statement_ms} -c lock_timeout={statement_ms}"
            " -c synchronous_commit=on -c idle_in_transaction_session_timeout=60000",
        },
    )


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the begin event says how a transaction begins
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # acknowledged means on disk
        f"busy_timeout={SQLITE_BUSY_MS}",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("crossdesk_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
