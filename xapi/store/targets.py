"""Targets of forwarding: add, list with their lag, pause, lease, and write down how far they came."""

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import CursorResult, Update, delete, func, or_, select, update
from sqlalchemy.orm import Session

from xapi.errors import Conflict, Invalid, NotFound
from xapi.spec.datatypes import check_iri
from xapi.spec.timestamp import microseconds, moment_of
from xapi.spec.version import Version, version_of
from xapi.store.sequence import last_seq
from xapi.store.tables import DeadLetter, Statement, Target

COUNTED = 10_000
"""A lag is counted up to here: counting a million rows for a page would take longer than reading it."""
MAX_ERROR = 500
"""Characters of an error that are kept."""


@dataclass(frozen=True)
class Filter:
    """Which statements go to a target; an empty tuple leaves nothing out."""

    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    """The statement's object, or in its context."""
    since: datetime | None = None
    """Only what was stored after it."""


@dataclass(frozen=True)
class Destination:
    """What sending to a target takes; holds the secret."""

    id: UUID
    name: str
    endpoint: str
    key: str
    secret: str
    version: Version
    filter: Filter
    allow_private: bool
    cursor: int
    failures: int
    leased: datetime

    def __repr__(self) -> str:
        return f"Destination({self.name!r}, {self.endpoint!r})"


@dataclass(frozen=True)
class TargetState:
    """A target as an administrator sees it, without its secret."""

    id: UUID
    name: str
    endpoint: str
    key: str
    version: str
    filter: Filter
    allow_private: bool
    enabled: bool
    waiting: int
    """Statements stored after its place, before its filter; `COUNTED` stands for that many or more."""
    reached: datetime | None
    """Everything stored up to then is delivered or a dead letter; None before the first."""
    dead_letters: int
    created: datetime
    last_success: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    failures: int
    next_try: datetime | None


def add_target(
    session: Session,
    name: str,
    endpoint: str,
    *,
    key: str,
    secret: str,
    now: datetime,
    new_id: Callable[[], UUID],
    version: str = Version.V1.value,
    chosen: Filter | None = None,
    allow_private: bool = False,
) -> UUID:
    """Add a target and answer its id; raise `Invalid` for a bad value, `Conflict` for a name that is taken.

    It gets what was stored after `chosen.since`, everything where that is None.
    """
    chosen = chosen or Filter()
    if not name.strip() or len(name) > 200:
        raise Invalid("name", "expected 1 to 200 characters")
    _check_credential(key, secret)
    for iri in chosen.verbs:
        check_iri(iri, at="verbs")
    for iri in chosen.activities:
        check_iri(iri, at="activities")
    if session.scalar(select(Target.id).where(Target.name == name)) is not None:
        raise Conflict(f"there is a target {name!r} already")
    target = Target(
        id=new_id(),
        name=name,
        endpoint=_endpoint(endpoint, allow_private=allow_private),
        key=key,
        secret=secret,
        version=version_of(version, at="version").value,
        verbs=json.dumps(chosen.verbs) if chosen.verbs else None,
        activities=json.dumps(chosen.activities) if chosen.activities else None,
        since=chosen.since,
        allow_private=allow_private,
        enabled=True,
        cursor=-1 if chosen.since is None else microseconds(chosen.since),
        created=now,
        failures=0,
    )
    session.add(target)
    session.flush()
    return target.id


def list_targets(session: Session, id: UUID | None = None) -> list[TargetState]:
    """Answer all targets by name, or the one with this id, with how far behind they are.

    As many queries for many targets as for one.
    """
    chosen = select(Target).order_by(Target.name)
    counted = select(DeadLetter.target_id, func.count()).group_by(DeadLetter.target_id)
    if id is not None:
        chosen, counted = chosen.where(Target.id == id), counted.where(DeadLetter.target_id == id)
    rows = session.scalars(chosen).all()
    dead = {row[0]: row[1] for row in session.execute(counted)}
    newest = last_seq(session)
    waiting = _waiting(session, {row.cursor for row in rows if row.cursor < newest})
    return [
        TargetState(
            id=row.id,
            name=row.name,
            endpoint=row.endpoint,
            key=row.key,
            version=row.version,
            filter=_filter(row),
            allow_private=row.allow_private,
            enabled=row.enabled,
            waiting=waiting.get(row.cursor, 0),
            reached=None if row.cursor < 0 else moment_of(row.cursor),
            dead_letters=dead.get(row.id, 0),
            created=row.created,
            last_success=row.last_success,
            last_error=row.last_error,
            last_error_at=row.last_error_at,
            failures=row.failures,
            next_try=row.next_try,
        )
        for row in rows
    ]


def find_target(session: Session, name: str) -> UUID:
    """Answer the id of the target with this name; raise `NotFound`."""
    id = session.scalar(select(Target.id).where(Target.name == name))
    if id is None:
        raise NotFound(f"there is no target {name!r}")
    return id


def describe_target(session: Session, id: UUID) -> Destination:
    """Answer a target as it is, with its secret; raise `NotFound`."""
    row = session.get(Target, id)
    if row is None:
        raise NotFound("there is no such target")
    session.refresh(row)
    return _destination(row, leased=row.created)


def replace_secret(session: Session, id: UUID, *, key: str, secret: str) -> None:
    """Send with another key and secret, and at once. Raise `NotFound`, `Invalid`."""
    _check_credential(key, secret)
    _change(session, id, update(Target).values(key=key, secret=secret, failures=0, next_try=None))


def pause_target(session: Session, id: UUID) -> None:
    """Send nothing more to a target; its place is kept. Raise `NotFound`."""
    _change(session, id, update(Target).values(enabled=False))


def resume_target(session: Session, id: UUID) -> None:
    """Send again, and at once, from where it stopped. Raise `NotFound`."""
    _change(session, id, update(Target).values(enabled=True, failures=0, next_try=None))


def remove_target(session: Session, id: UUID) -> None:
    """Forget a target with its secret and its dead letters. Raise `NotFound`."""
    session.execute(delete(DeadLetter).where(DeadLetter.target_id == id))
    if session.execute(delete(Target).where(Target.id == id).returning(Target.id)).first() is None:
        raise NotFound("there is no such target")


# For the forwarder


def due_targets(session: Session, *, now: datetime) -> list[UUID]:
    """Answer the targets that may be tried now and that no process is busy with.

    It looks for work too, so that idle workers never ask for the write lock.
    """
    due_letters = select(DeadLetter.target_id).where(DeadLetter.next_try <= now)
    return list(
        session.scalars(
            select(Target.id)
            .where(
                Target.enabled,
                or_(Target.next_try.is_(None), Target.next_try <= now),
                or_(Target.lease_until.is_(None), Target.lease_until <= now),
                or_(Target.cursor < last_seq(session), Target.id.in_(due_letters)),
            )
            .order_by(Target.name)
        )
    )


def lease_target(
    session: Session, id: UUID, *, owner: str, now: datetime, until: datetime
) -> Destination | None:
    """Take a target for this owner alone, or longer where it has it already; None where another has it."""
    taken = session.execute(
        update(Target)
        .where(
            Target.id == id,
            Target.enabled,
            or_(Target.lease_owner == owner, Target.lease_until.is_(None), Target.lease_until <= now),
        )
        .values(lease_owner=owner, lease_until=until)
        .execution_options(synchronize_session=False)
        .returning(Target)
    ).scalar_one_or_none()
    return None if taken is None else _destination(taken, leased=now)


def reach(session: Session, id: UUID, *, owner: str, cursor: int, now: datetime, sent: bool) -> bool:
    """Write down how far a target came, and whether it took something; answer False when the lease went to
    somebody else meanwhile."""
    values: dict[str, Any] = {"cursor": cursor, "failures": 0, "next_try": None}
    if sent:
        values |= {"last_success": now, "last_error": None}
    return _own(session, id, owner, update(Target).where(Target.cursor <= cursor).values(**values))


def fail(session: Session, id: UUID, *, owner: str, error: str, now: datetime, next_try: datetime) -> bool:
    """Write down that an attempt failed and when the next one is due; answer as `reach`."""
    values = {
        "last_error": error.replace("\x00", "")[:MAX_ERROR],
        "last_error_at": now,
        "failures": Target.failures + 1,
        "next_try": next_try,
    }
    return _own(session, id, owner, update(Target).values(**values))


def release_target(session: Session, id: UUID, *, owner: str) -> None:
    """Give a target back."""
    _own(session, id, owner, update(Target).values(lease_owner=None, lease_until=None))


def _check_credential(key: str, secret: str) -> None:
    if not key or ":" in key or not key.isprintable():
        raise Invalid("key", "expected a key without a colon")
    if not secret or not secret.isprintable():
        raise Invalid("secret", "expected a secret of printable characters")


def _own(session: Session, id: UUID, owner: str, change: Update) -> bool:
    done = session.execute(
        change.where(Target.id == id, Target.lease_owner == owner).execution_options(
            synchronize_session=False
        )
    )
    return isinstance(done, CursorResult) and done.rowcount == 1


def _change(session: Session, id: UUID, change: Update) -> None:
    done = session.execute(change.where(Target.id == id).returning(Target.id))
    if done.first() is None:
        raise NotFound("there is no such target")


def _waiting(session: Session, cursors: set[int]) -> dict[int, int]:
    """Answer how many statements are stored after each of these places, in one query."""
    if not cursors:
        return {}
    ordered = sorted(cursors)
    counts = [
        select(func.count())
        .select_from(select(Statement.seq).where(Statement.seq > cursor).limit(COUNTED).subquery())
        .scalar_subquery()
        .label(f"after_{place}")
        for place, cursor in enumerate(ordered)
    ]
    return dict(zip(ordered, session.execute(select(*counts)).one(), strict=True))


def _destination(row: Target, *, leased: datetime) -> Destination:
    return Destination(
        id=row.id,
        name=row.name,
        endpoint=row.endpoint,
        key=row.key,
        secret=row.secret,
        version=Version(row.version),
        filter=_filter(row),
        allow_private=row.allow_private,
        cursor=row.cursor,
        failures=row.failures,
        leased=leased,
    )


def _filter(row: Target) -> Filter:
    return Filter(verbs=_iris(row.verbs), activities=_iris(row.activities), since=row.since)


def _iris(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(json.loads(text))


def _endpoint(text: str, *, allow_private: bool) -> str:
    """Answer an endpoint in the form that is kept; a name is looked up only when it is connected to."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises for a number that is none
    except ValueError as error:
        raise Invalid("endpoint", "expected an address such as https://lrs.example.com/xapi") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isascii():
        raise Invalid("endpoint", "expected an address such as https://lrs.example.com/xapi")
    if parts.username is not None or parts.query or parts.fragment:
        raise Invalid("endpoint", "expected no user, query or fragment in the address")
    if any(character <= " " for character in text):
        raise Invalid("endpoint", "expected no space in the address")
    if not allow_private and is_private(parts.hostname):
        raise Invalid("endpoint", "expected a public address, or that private ones are allowed for it")
    stripped = text.rstrip("/")
    return stripped.removesuffix("/statements")


def is_private(host: str) -> bool:
    """Tell whether a number names a host that is not on the public internet; names are never private."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not address.is_global or address.is_multicast
