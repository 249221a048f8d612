"""The audit trail of what was deleted or taken out, and the rules by which statements are deleted."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from xapi.spec.payload import dump_json
from xapi.store.tables import AuditEntry, RetentionRule

WHO_MAX = 200
AGE_DAYS = (1, 36_500)
"""The youngest and the oldest age of a rule."""


def record_audit(
    session: Session, action: str, rule: Mapping[str, Any], *, who: str, now: datetime, statements: int = 0
) -> int:
    """Write that somebody does something to statements; answer the entry's number, to count with."""
    entry = AuditEntry(
        at=now, who=who[:WHO_MAX], action=action, rule=dump_json(dict(rule)), statements=statements
    )
    session.add(entry)
    session.flush()
    return entry.id


def count_audited(session: Session, entry: int, statements: int) -> None:
    """Add to an entry's count, in the transaction that deletes so many more."""
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.id == entry)
        .values(statements=AuditEntry.statements + statements)
        .execution_options(synchronize_session=False)
    )


def latest_audits(session: Session, *, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
    """Answer entries older than the number `before`, newest first."""
    found = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return list(session.scalars(found))


def add_rule(
    session: Session,
    *,
    age_days: int,
    verb: str | None,
    activity: str | None,
    who: str,
    now: datetime,
    new_id: Callable[[], UUID],
) -> RetentionRule:
    """Make a rule; it deletes nothing until it is applied."""
    if not AGE_DAYS[0] <= age_days <= AGE_DAYS[1]:
        raise ValueError(f"expected an age of {AGE_DAYS[0]} to {AGE_DAYS[1]} days, got {age_days}")
    rule = RetentionRule(
        id=new_id(), age_days=age_days, verb=verb, activity=activity, created=now, created_by=who[:WHO_MAX]
    )
    session.add(rule)
    session.flush()
    return rule


def list_rules(session: Session) -> list[RetentionRule]:
    """Answer all rules, oldest first."""
    return list(session.scalars(select(RetentionRule).order_by(RetentionRule.created, RetentionRule.id)))


def find_rule(session: Session, id: UUID) -> RetentionRule | None:
    """Answer a rule, None where there is none."""
    return session.get(RetentionRule, id)


def note_applied(session: Session, id: UUID, *, now: datetime) -> None:
    """Write down when a rule was applied, to the end or not."""
    change = update(RetentionRule).where(RetentionRule.id == id).values(applied=now)
    session.execute(change.execution_options(synchronize_session=False))


def remove_rule(session: Session, id: UUID) -> None:
    """Take a rule back; what it deleted stays deleted."""
    session.execute(
        delete(RetentionRule).where(RetentionRule.id == id).execution_options(synchronize_session=False)
    )
