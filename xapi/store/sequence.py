"""Sequence numbers: strictly increasing in the order in which they become visible.

A number taken early on PostgreSQL would become visible late, and cursors over `seq` would skip it. Writers
therefore
take one transaction lock just before allocating and hold it until the commit. On SQLite the caller's BEGIN
IMMEDIATE
does the same. The PostgreSQL transaction must be READ COMMITTED (the default), to see what the last holder
committed.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xapi.spec.timestamp import microseconds
from xapi.store.tables import StatementId

WRITERS_LOCK = 0x78415049
"""The key of the advisory lock: "xAPI" in ASCII."""

_LAST = select(func.max(StatementId.seq))


def lock_writers(session: Session) -> None:
    """Wait until this transaction is the only one that may allocate sequence numbers."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(WRITERS_LOCK)))


def next_seq(session: Session, *, now: datetime) -> int:
    """Answer the first free number, not before `now`; the caller holds the lock."""
    return max(microseconds(now), last_seq(session) + 1)


def last_seq(session: Session) -> int:
    """Answer the number of the last statement that is visible, -1 where there is none."""
    return session.connection().scalar(_LAST) or -1
