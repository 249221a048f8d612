"""What goes out: rows in the outbox, written in the same transaction as what they tell of."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db.accounts import Person
from lms.db.notices import OutboxRow

LEASE = timedelta(minutes=2)
ATTEMPTS = 8
BACKOFF_SECONDS = 15
"""Doubled with each failure: the eighth comes about half an hour after the first."""
MAIL = "mail"
HOUSEKEEPING = "housekeeping"
CHECKS = "checks"
"""The day's look at 7-day checks; it plans the two below."""
CHECK_REMINDER = "check_reminder"
CHECK_CLOSING = "check_closing"
DONE_KEPT = timedelta(days=30)
"""How long a row that is done is kept, to answer whether and when."""
REST_AFTER = timedelta(minutes=1)
"""A long job is done in pieces so far apart, so that mail gets its turn and writers theirs."""
DAYS = UUID("6f0d6f6e-6b1c-5f2e-9a53-2f6a2b4f7c10")
"""The namespace of the keys of daily jobs."""


def put(
    session: Session,
    task: str,
    payload: dict[str, Any],
    *,
    now: datetime,
    new_id: Callable[[], UUID],
    after: timedelta = timedelta(0),
) -> OutboxRow:
    """Write one thing to do after the commit."""
    row = OutboxRow(uuid=new_id(), task=task, payload=payload, created_at=now, available_at=now + after)
    session.add(row)
    session.flush()
    return row


def put_daily(session: Session, task: str, *, now: datetime) -> None:
    """Write a job for this day (UTC), once: whichever process asks first. Its key follows from the day."""
    put_once(session, task, {}, key=uuid5(DAYS, f"{task} {now.astimezone(UTC).date()}"), now=now)


def put_rest(session: Session, task: str, key: UUID, *, now: datetime) -> None:
    """Write a job that goes on, after `REST_AFTER`, with what the job of this key left; once for each key."""
    put_once(session, task, {}, key=uuid5(DAYS, f"{key} rest"), now=now, after=REST_AFTER)


def put_once(
    session: Session,
    task: str,
    payload: dict[str, Any],
    *,
    key: UUID,
    now: datetime,
    after: timedelta = timedelta(0),
) -> None:
    """Write one thing to do under a key that it has for ever: whoever writes it again writes nothing."""
    if session.scalar(select(OutboxRow.id).where(OutboxRow.uuid == key)) is not None:
        return
    with contextlib.suppress(IntegrityError), session.begin_nested():  # another process was quicker
        put(session, task, payload, now=now, new_id=lambda: key, after=after)


def send_set_password(
    session: Session, person: Person, *, link: str, now: datetime, new_id: Callable[[], UUID]
) -> None:
    """Put a mail with a one-time link into the outbox, in the person's language."""
    if (person.language or "zh-CN") == "en":
        subject = "Set your Crossdesk password"
        text = (
            f"Hello {person.display_name},\n\nset your password here; the link works once, for three days:\n"
            f"{link}\n\nIf you did not expect this mail, leave it: nothing happens without the link.\n"
        )
    else:
        subject = "设置你的 Crossdesk 密码"
        text = (
            f"{person.display_name}，你好：\n\n请在这里设置密码。链接三天内有效，只能用一次：\n{link}\n\n"
            "如果这封邮件与你无关，不用理会；没有这个链接，什么都不会发生。\n"
        )
    put(session, MAIL, {"to": person.email, "subject": subject, "text": text}, now=now, new_id=new_id)


@dataclass(frozen=True)
class Due:
    """A row that a worker has leased."""

    id: int
    uuid: UUID
    task: str
    payload: Any


def lease(session: Session, *, now: datetime, limit: int = 10) -> list[Due]:
    """Take what is due, for two minutes: no other worker takes it meanwhile."""
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now)
    rows = session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None), OutboxRow.available_at <= now, free
        )
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.leased_until = now + LEASE
        row.attempts += 1
    session.flush()
    return [Due(row.id, row.uuid, row.task, row.payload) for row in rows]


def done(session: Session, row_id: int, *, now: datetime) -> None:
    """Note that it is done. What a mail said is not kept: it holds a secret link."""
    session.execute(
        update(OutboxRow).where(OutboxRow.id == row_id).values(done_at=now, leased_until=None, payload={})
    )


def forget_done(session: Session, *, now: datetime) -> None:
    """Delete the rows that were done long ago; those given up stay, with their reason."""
    session.execute(delete(OutboxRow).where(OutboxRow.done_at < now - DONE_KEPT))


def failed(session: Session, row_id: int, error: str, *, now: datetime) -> None:
    """Note a failure: again later, or given up after the last attempt."""
    row = session.get_one(OutboxRow, row_id)
    row.leased_until = None
    row.last_error = error[:1000]
    if row.attempts >= ATTEMPTS:
        row.failed_at = now
    else:
        row.available_at = now + timedelta(seconds=BACKOFF_SECONDS * 2 ** (row.attempts - 1))
    session.flush()


def anything_due(session: Session, *, now: datetime) -> bool:
    """Whether a row waits that no worker has."""
    free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now)
    due = select(OutboxRow.id).where(
        OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None), OutboxRow.available_at <= now, free
    )
    return session.scalar(due.limit(1)) is not None
