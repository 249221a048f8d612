"""Credentials and wrong attempts to use one. A secret has 256 random bits and is kept as its SHA-256 only."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from xapi.errors import NotFound
from xapi.spec.mentions import agent_key
from xapi.store.tables import SCOPES, Credential, WrongAttempt

KEY_BYTES, SECRET_BYTES = 12, 32
TOUCH_EVERY = timedelta(hours=1)
WINDOW = timedelta(minutes=1)
ALLOWED_WRONG = 10
"""Wrong attempts within `WINDOW` from one address; the next wrong one is told to wait."""
KEPT_EXPIRED = timedelta(days=1)
"""How long an expired token stays, to be told from an unknown one when somebody looks."""

_NOBODY = hashlib.sha256(b"nobody").digest()


@dataclass(frozen=True)
class Binding:
    """What a token may speak of: one agent, one activity and what lies below its IRI, one registration."""

    agent: bytes
    activity: str
    registration: UUID

    def covers(self, iri: str) -> bool:
        """Tell whether an activity is the token's, or lies below it."""
        return iri == self.activity or iri.startswith((f"{self.activity}/", f"{self.activity}#"))


@dataclass(frozen=True)
class Client:
    """Who is asking, and what it may do."""

    key: str
    scope: str
    name: str = ""
    rate_limit: int | None = None
    """Requests a minute."""
    bound: Binding | None = None
    """Set for a token, which then may do what tokens may, within it."""
    until: datetime | None = None
    """From then on the secret that was shown is worth nothing."""


def create_credential(
    session: Session,
    name: str,
    scope: str,
    *,
    now: datetime,
    secrets: Callable[[int], str],
    rate_limit: int | None = None,
) -> tuple[str, str]:
    """Make a credential and answer its key and secret; the secret cannot be shown again.

    `secrets` makes a text from that many random bytes, such as `secrets.token_urlsafe`. `rate_limit` is in
    requests a minute.
    """
    if scope not in SCOPES:
        raise ValueError(f"expected one of {', '.join(SCOPES)}, got {scope!r}")
    if rate_limit is not None and rate_limit < 1:
        raise ValueError(f"expected a rate limit of 1 or more, got {rate_limit}")
    key, secret = secrets(KEY_BYTES), secrets(SECRET_BYTES)
    session.add(
        Credential(
            key=key,
            name=name,
            scope=scope,
            secret_hash=_hash(secret),
            created=now,
            last_used=None,
            rate_limit=rate_limit,
        )
    )
    session.flush()
    return key, secret


def create_token(
    session: Session,
    name: str,
    *,
    agent: Mapping[str, Any],
    activity: str,
    registration: UUID,
    lasting: timedelta,
    now: datetime,
    secrets: Callable[[int], str],
) -> tuple[str, str]:
    """Make a credential for one launch of a package and answer its key and secret.

    Until it expires it may store and read statements of this agent about the activity (or one below it) in
    this registration, keep State documents there, and read what is known of both. `agent` is a valid agent
    with an identifier. Tokens that expired a day ago are deleted.
    """
    bound = agent_key(agent)
    if bound is None or not activity or lasting <= timedelta(0):
        raise ValueError("expected an agent with an identifier, an activity, and a time above zero")
    session.execute(
        delete(Credential).where(Credential.agent_key.is_not(None), Credential.expires < now - KEPT_EXPIRED)
    )
    key, secret = secrets(KEY_BYTES), secrets(SECRET_BYTES)
    session.add(
        Credential(
            key=key,
            name=name,
            scope="write",
            secret_hash=_hash(secret),
            created=now,
            expires=now + lasting,
            agent_key=bound,
            activity=activity,
            registration=registration,
        )
    )
    session.flush()
    return key, secret


def verify_credential(session: Session, key: str, secret: str, *, now: datetime) -> Client | None:
    """Answer whose secret it is, None for a wrong one; unknown keys take as long as wrong secrets."""
    row = session.scalar(select(Credential).where(Credential.key == key))
    shown = _hash(secret)
    current = hmac.compare_digest(shown, _NOBODY if row is None else row.secret_hash)
    previous = hmac.compare_digest(shown, _NOBODY if row is None else row.previous_hash or _NOBODY)
    if row is None or row.revoked is not None or not (current or previous):
        return None
    ends = [row.expires, None if current else row.previous_until]
    until = min((end for end in ends if end is not None), default=None)
    if until is not None and until <= now:
        return None
    bound = None
    if row.agent_key is not None and row.activity is not None and row.registration is not None:
        bound = Binding(row.agent_key, row.activity, row.registration)
    return Client(
        key=key, scope=row.scope, name=row.name, rate_limit=row.rate_limit, bound=bound, until=until
    )


def rotate_credential(
    session: Session, key: str, *, now: datetime, keep: timedelta, secrets: Callable[[int], str]
) -> str:
    """Give a credential a new secret and answer it; the old one is good for `keep` more.

    The one before that ends at once. Raises `NotFound` for a key that is unknown, revoked or a token's.
    """
    credential = session.get(Credential, key)
    if credential is None or credential.revoked is not None or credential.agent_key is not None:
        raise NotFound(f"there is no credential with the key {key!r}")
    secret = secrets(SECRET_BYTES)
    credential.previous_hash, credential.previous_until = credential.secret_hash, now + keep
    credential.secret_hash = _hash(secret)
    session.flush()
    return secret


def limit_credential(session: Session, key: str, rate_limit: int | None) -> None:
    """Set or lift the limit, in requests a minute; it holds within ten seconds. Raises `NotFound`."""
    if rate_limit is not None and rate_limit < 1:
        raise ValueError(f"expected a rate limit of 1 or more, got {rate_limit}")
    change = update(Credential).where(Credential.key == key).values(rate_limit=rate_limit)
    if session.execute(change.returning(Credential.key)).first() is None:
        raise NotFound(f"there is no credential with the key {key!r}")


def count_request(session: Session, key: str, *, now: datetime) -> int:
    """Count a request, and answer how many this minute of the clock has seen, in all processes."""
    minute = int(now.timestamp()) // 60
    again = Credential.counted_minute == minute
    counted = session.scalar(
        update(Credential)
        .where(Credential.key == key)
        .values(counted_minute=minute, counted=case((again, Credential.counted + 1), else_=1))
        .execution_options(synchronize_session=False)
        .returning(Credential.counted)
    )
    return counted or 0


def revoke_credential(session: Session, key: str, *, now: datetime) -> bool:
    """End a credential; answer whether there was one to end."""
    credential = session.get(Credential, key)
    if credential is None or credential.revoked is not None:
        return False
    credential.revoked = now
    session.flush()
    return True


def list_credentials(session: Session) -> list[Credential]:
    """Answer all credentials but tokens, oldest first."""
    found = select(Credential).where(Credential.agent_key.is_(None))
    return list(session.scalars(found.order_by(Credential.created, Credential.key)))


def find_credential(session: Session, key: str) -> Credential | None:
    """Answer a credential, None for an unknown key and a token's."""
    found = session.get(Credential, key)
    return None if found is None or found.agent_key is not None else found


def needs_touch(session: Session, key: str, *, now: datetime) -> bool:
    """Tell whether the last use on record is so old that it should be written anew."""
    last = session.scalar(select(Credential.last_used).where(Credential.key == key))
    return last is None or now - last >= TOUCH_EVERY


def touch_credential(session: Session, key: str, *, now: datetime) -> None:
    """Write down that the credential was used."""
    session.execute(update(Credential).where(Credential.key == key).values(last_used=now))


def too_many_wrong(session: Session, address: str, *, now: datetime) -> bool:
    """Tell whether the address has used up its wrong attempts."""
    count = session.scalar(
        select(func.count())
        .select_from(WrongAttempt)
        .where(WrongAttempt.address_key == _address_key(address), WrongAttempt.at > now - WINDOW)
    )
    return (count or 0) >= ALLOWED_WRONG


def record_wrong(session: Session, address: str, *, now: datetime) -> None:
    """Count a wrong attempt, and forget those that count no more."""
    session.execute(delete(WrongAttempt).where(WrongAttempt.at <= now - WINDOW))
    session.add(WrongAttempt(address_key=_address_key(address), at=now))
    session.flush()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _address_key(address: str) -> bytes:
    return hashlib.blake2b(address.encode(), digest_size=16).digest()
