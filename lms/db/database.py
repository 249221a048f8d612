"""The engine, and the one place that commits. What differs between the databases is here, nowhere else."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from lms.db.gate import Gate, Place
from lms.db.turns import Turns
from lms.domain.errors import Unavailable

SQLITE_BUSY_MS = 4_000
"""How long a writer waits for another; below the five seconds in which every request is answered."""
CONNECT_SECONDS = 2
STATEMENT_MS = 4_000
DEADLINE_SECONDS = 4.0
"""A transaction older than this is cut off from our side: a server that hangs sends no error.

It counts from when a transaction is asked for, so that waiting for a place or a connection is part of it.
"""
LEAST_SECONDS = 0.5


class Deadlines:
    """Cuts the socket of a PostgreSQL connection whose transaction outlives its deadline.

    `statement_timeout` is the server's promise; a black-holed or stopped server keeps none. Shutting the
    socket down here makes the driver raise at once, so that the request is answered and its thread is free.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, tuple[float, Any]] = {}
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def over(self, driver_connection: Any, *, seconds: float) -> Iterator[None]:
        """Guard a block that uses the connection."""
        key = id(driver_connection)
        with self._lock:
            self._running[key] = (time.monotonic() + seconds, driver_connection)
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
    """Sessions on one database. `reading()` never writes; `writing()` commits once, or not at all."""

    def __init__(self, url: str, *, pool_size: int = 8, statement_ms: int = STATEMENT_MS) -> None:
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        self.engine = _engine(url, self.dialect, pool_size=pool_size, statement_ms=statement_ms)
        self._writer = self.engine.execution_options(crossdesk_writes=True)
        self._reader = self.engine
        if self.dialect == "postgresql":
            # a snapshot a statement is what READ COMMITTED gives anyway: without BEGIN and ROLLBACK a page
            # asks two questions less, and the server refuses what would write
            self._reader = _engine(
                url, self.dialect, pool_size=pool_size, statement_ms=statement_ms, read_only=True
            )
        self._single = self._reader.execution_options(crossdesk_single=True)
        self._deadlines = Deadlines()
        self._gate = Gate(pool_size)
        is_file = self.dialect == "sqlite" and self.url.database not in (None, "", ":memory:")
        self._turns = Turns(str(self.url.database), waiting=pool_size) if is_file else None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; a write in it is refused or rolled back. Raises Unavailable."""
        with self._session(self._reader) as session:
            yield session

    @contextlib.contextmanager
    def writing(self, *, seconds: float | None = None) -> Iterator[Session]:
        """A session whose work is committed when the block ends well. Raises Unavailable.

        On SQLite it begins IMMEDIATE, when its turn has come: two writers queue instead of failing in the
        middle. `seconds` allows a command a longer transaction than a request has.
        """
        turn = self._turns.taken(SQLITE_BUSY_MS / 1000) if self._turns else contextlib.nullcontext()
        with turn, self._session(self._writer, seconds=seconds) as session:
            yield session
            session.commit()

    def one(self, query: Executable, given: Mapping[str, Any]) -> Row[*tuple[Any, ...]] | None:
        """Answer the only row of a query, or None; takes half the time of a session. Raises Unavailable."""
        began = time.monotonic()
        with self._place() as place:
            with _noting(place):
                connection = self._single.connect()
            with self._guard(self._driver(connection), _left(began)), connection:
                return connection.execute(query, given).one_or_none()

    @contextlib.contextmanager
    def _session(self, engine: Engine, *, seconds: float | None = None) -> Iterator[Session]:
        began = time.monotonic()
        with self._place() as place, Session(engine, expire_on_commit=False, autoflush=True) as session:
            driver = None
            if self.dialect == "postgresql":
                with _noting(place):
                    driver = self._driver(session.connection())
            with self._guard(driver, _left(began) if seconds is None else seconds):
                try:
                    if seconds is not None:
                        self._allow(session, seconds)
                    yield session
                finally:
                    session.close()  # under guard still: the rollback too asks a server that may hang

    @contextlib.contextmanager
    def _place(self) -> Iterator[Place]:
        """Hold a place at the database, and say of one that does not answer that it is Unavailable."""
        with self._gate.place() as place:
            try:
                yield place
            except (OperationalError, InterfaceError, PoolTimeout) as error:
                place.away = place.away or getattr(error, "connection_invalidated", False)
                raise Unavailable("the database does not answer; nothing was changed") from error
            except DBAPIError as error:
                if error.connection_invalidated:
                    place.away = True
                    raise Unavailable("the database went away; nothing was changed") from error
                raise

    def _driver(self, connection: Connection) -> Any:
        """Answer the driver's connection where it can be cut off; SQLite's cannot hang."""
        return connection.connection.driver_connection if self.dialect == "postgresql" else None

    def _guard(self, driver_connection: Any, seconds: float) -> contextlib.AbstractContextManager[None]:
        if driver_connection is None:
            return contextlib.nullcontext()
        return self._deadlines.over(driver_connection, seconds=seconds)

    def _allow(self, session: Session, seconds: float) -> None:
        if self.dialect == "postgresql":
            session.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))

    def ready(self) -> None:
        """Ask the database for one row. Raises Unavailable."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back every connection."""
        for engine in self.engines:
            engine.dispose()
        if self._turns:
            self._turns.close()

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Every engine that statements pass through, for those who listen."""
        return (self.engine,) if self._reader is self.engine else (self.engine, self._reader)


def _left(began: float) -> float:
    return max(DEADLINE_SECONDS - (time.monotonic() - began), LEAST_SECONDS)


@contextlib.contextmanager
def _noting(place: Place) -> Iterator[None]:
    """Note that there was no connection to be had."""
    try:
        yield
    except OperationalError:
        place.away = True
        raise


def _engine(url: str, dialect: str, *, pool_size: int, statement_ms: int, read_only: bool = False) -> Engine:
    if dialect == "sqlite":
        engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000}, pool_size=pool_size)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT" if read_only else None,
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=2,
        pool_pre_ping=False,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": 3_000,
            "options": f"-c timezone=UTC -c statement_timeout={statement_ms} -c lock_timeout={statement_ms}"
            " -c synchronous_commit=on -c idle_in_transaction_session_timeout=60000"
            f" -c default_transaction_read_only={'on' if read_only else 'off'}",
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
    options = connection.get_execution_options()
    if options.get("crossdesk_single"):
        return  # one statement is a transaction of its own
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("crossdesk_writes") else "BEGIN")
