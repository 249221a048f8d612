"""Statements that did not reach a target, with the reason: list, try again, drop."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from xapi.errors import NotFound
from xapi.store.tables import DeadLetter, Statement

MAX_REASON = 2000


@dataclass(frozen=True)
class Dead:
    """Why a statement did not reach a target."""

    seq: int
    statement_id: UUID
    reason: str
    status: int | None = None
    """What the target answered, None where it was not asked."""
    again: datetime | None = None
    """When it is tried again by itself, None for never."""


@dataclass(frozen=True)
class Letter:
    """A dead letter with the statement, as it is tried again; `payload` is None when that was deleted."""

    id: int
    seq: int
    statement_id: UUID
    attempts: int
    payload: str | None


def bury(session: Session, target_id: UUID, dead: Iterable[Dead], *, now: datetime) -> None:
    """Keep dead letters; one that is known gets the new reason and one attempt more."""
    for one in dead:
        values = {
            "status": one.status,
            "reason": one.reason.replace("\x00", "")[:MAX_REASON],
            "last_failed": now,
            "next_try": one.again,
        }
        changed = session.execute(
            update(DeadLetter)
            .where(DeadLetter.target_id == target_id, DeadLetter.seq == one.seq)
            .values(attempts=DeadLetter.attempts + 1, **values)
            .execution_options(synchronize_session=False)
            .returning(DeadLetter.id)
        )
        if changed.first() is None:
            session.add(
                DeadLetter(
                    target_id=target_id,
                    seq=one.seq,
                    statement_id=one.statement_id,
                    attempts=1,
                    first_failed=now,
                    **values,
                )
            )
    session.flush()


def list_dead_letters(
    session: Session, target_id: UUID | None = None, *, before: int | None = None, limit: int = 100
) -> list[DeadLetter]:
    """Answer dead letters, newest first, of one target or all; `before` is the id that a page ended with."""
    found = select(DeadLetter).order_by(DeadLetter.id.desc()).limit(limit)
    if target_id is not None:
        found = found.where(DeadLetter.target_id == target_id)
    if before is not None:
        found = found.where(DeadLetter.id < before)
    return list(session.scalars(found))


def count_dead_letters(session: Session, target_id: UUID) -> int:
    """Answer how many a target has."""
    found = select(func.count()).select_from(DeadLetter).where(DeadLetter.target_id == target_id)
    return session.scalar(found) or 0


def retry_dead_letter(session: Session, id: int, *, now: datetime, target_id: UUID | None = None) -> None:
    """Have one, of this target where it is given, tried again at the next occasion. Raise `NotFound`."""
    change = update(DeadLetter).where(DeadLetter.id == id).values(next_try=now)
    if target_id is not None:
        change = change.where(DeadLetter.target_id == target_id)
    if session.execute(change.returning(DeadLetter.id)).first() is None:
        raise NotFound("there is no such dead letter")


def retry_dead_letters(session: Session, target_id: UUID, *, now: datetime) -> int:
    """Have all of a target tried again, and answer how many they are."""
    change = update(DeadLetter).where(DeadLetter.target_id == target_id).values(next_try=now)
    return len(session.execute(change.returning(DeadLetter.id)).all())


def drop_dead_letter(session: Session, id: int, *, target_id: UUID | None = None) -> None:
    """Give a statement up for its target, this one where it is given. Raise `NotFound`."""
    gone = delete(DeadLetter).where(DeadLetter.id == id)
    if target_id is not None:
        gone = gone.where(DeadLetter.target_id == target_id)
    if session.execute(gone.returning(DeadLetter.id)).first() is None:
        raise NotFound("there is no such dead letter")


def drop_dead_letters(session: Session, target_id: UUID, *, seq: int | None = None) -> int:
    """Give up all of a target, or the statement at `seq`, and answer how many they were."""
    gone = delete(DeadLetter).where(DeadLetter.target_id == target_id)
    if seq is not None:
        gone = gone.where(DeadLetter.seq == seq)
    return len(session.execute(gone.returning(DeadLetter.id)).all())


def forget(session: Session, seqs: Sequence[int]) -> None:
    """Drop the dead letters of statements that are being deleted."""
    gone = delete(DeadLetter).where(DeadLetter.seq.in_(seqs))
    session.execute(gone, execution_options={"synchronize_session": False})


def due_letters(session: Session, target_id: UUID, *, now: datetime, limit: int) -> list[Letter]:
    """Answer the dead letters of a target that are to be tried again now, oldest first."""
    rows: Any = session.execute(
        select(DeadLetter.id, DeadLetter.seq, DeadLetter.statement_id, DeadLetter.attempts, Statement.payload)
        .outerjoin(Statement, Statement.seq == DeadLetter.seq)
        .where(DeadLetter.target_id == target_id, DeadLetter.next_try <= now)
        .order_by(DeadLetter.next_try, DeadLetter.id)
        .limit(limit)
    )
    return [Letter(row.id, row.seq, row.statement_id, row.attempts, row.payload) for row in rows]
