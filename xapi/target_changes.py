"""Changing where statements are forwarded to: each change stands in the audit trail with who made it.

The trail says what the target is, as it was when it was changed, and never a secret.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from xapi.spec.version import Version
from xapi.store import targets
from xapi.store.audit import record_audit
from xapi.store.targets import Filter


def add_target(
    session: Session,
    name: str,
    endpoint: str,
    *,
    key: str,
    secret: str,
    who: str,
    now: datetime,
    new_id: Callable[[], UUID],
    version: str = Version.V1.value,
    chosen: Filter | None = None,
    allow_private: bool = False,
) -> UUID:
    """Add a target as `xapi.store.targets.add_target` does; answer its id."""
    id = targets.add_target(
        session,
        name,
        endpoint,
        key=key,
        secret=secret,
        now=now,
        new_id=new_id,
        version=version,
        chosen=chosen,
        allow_private=allow_private,
    )
    _record(session, "target_add", id, who=who, now=now)
    return id


def replace_secret(session: Session, id: UUID, *, key: str, secret: str, who: str, now: datetime) -> None:
    """Use another key and secret from now on. Raise `NotFound`, `Invalid`."""
    targets.replace_secret(session, id, key=key, secret=secret)
    _record(session, "target_secret", id, who=who, now=now)


def pause_target(session: Session, id: UUID, *, who: str, now: datetime) -> None:
    """Send nothing more to a target; its place is kept. Raise `NotFound`."""
    targets.pause_target(session, id)
    _record(session, "target_pause", id, who=who, now=now)


def resume_target(session: Session, id: UUID, *, who: str, now: datetime) -> None:
    """Send again, and at once, from where it stopped. Raise `NotFound`."""
    targets.resume_target(session, id)
    _record(session, "target_resume", id, who=who, now=now)


def remove_target(session: Session, id: UUID, *, who: str, now: datetime) -> None:
    """Forget a target with its secret and its dead letters. Raise `NotFound`."""
    _record(session, "target_remove", id, who=who, now=now)
    targets.remove_target(session, id)


def _record(session: Session, action: str, id: UUID, *, who: str, now: datetime) -> None:
    record_audit(session, action, _said(targets.describe_target(session, id)), who=who, now=now)


def _said(target: targets.Destination) -> dict[str, Any]:
    chosen = target.filter
    said = {
        "target": target.name,
        "id": str(target.id),
        "endpoint": target.endpoint,
        "key": target.key,
        "version": target.version.value,
        "verbs": list(chosen.verbs),
        "activities": list(chosen.activities),
        "since": None if chosen.since is None else chosen.since.isoformat(),
        "allow_private": target.allow_private,
    }
    return {name: value for name, value in said.items() if value}
