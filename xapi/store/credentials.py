"""Credentials and wrong attempts to use one. A secret has 256 random bits and is kept as its SHA-256 only."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from xapi.store.tables import SCOPES, Credential, WrongAttempt

KEY_BYTES, SECRET_BYTES = 12, 32
TOUCH_EVERY = timedelta(hours=1)
WINDOW = timedelta(minutes=1)
ALLOWED_WRONG = 10
"""Wrong attempts within `WINDOW` from one address; the next one is turned away unread."""

_NOBODY = hashlib.sha256(b"nobody").digest()


@dataclass(frozen=True)
class Client:
    """Who is asking, and what it may do."""

    key: str
    scope: str
    name: str = ""


def create_credential(
    session: Session, name: str, scope: str, *, now: datetime, secrets: Callable[[int], str]
) -> tuple[str, str]:
    """Make a credential and answer its key and secret; the secret cannot be shown again.

    `secrets` makes a text from that many random bytes, such as `secrets.token_urlsafe`.
    """
    if scope not in SCOPES:
        raise ValueError(f"expected one of {', '.join(SCOPES)}, got {scope!r}")
    key, secret = secrets(KEY_BYTES), secrets(SECRET_BYTES)
    session.add(
        Credential(key=key, name=name, scope=scope, secret_hash=_hash(secret), created=now, last_used=None)
    )
    session.flush()
    return key, secret


def verify_credential(session: Session, key: str, secret: str) -> Client | None:
    """Answer whose secret it is, None for a wrong one; unknown keys take as long as wrong secrets."""
    row = session.execute(
        select(Credential.secret_hash, Credential.scope, Credential.name, Credential.revoked).where(
            Credential.key == key
        )
    ).one_or_none()
    known = hmac.compare_digest(_hash(secret), _NOBODY if row is None else row.secret_hash)
    if row is None or not known or row.revoked is not None:
        return None
    return Client(key=key, scope=row.scope, name=row.name)


def revoke_credential(session: Session, key: str, *, now: datetime) -> bool:
    """End a credential; answer whether there was one to end."""
    credential = session.get(Credential, key)
    if credential is None or credential.revoked is not None:
        return False
    credential.revoked = now
    session.flush()
    return True


def list_credentials(session: Session) -> list[Credential]:
    """Answer all credentials, oldest first."""
    return list(session.scalars(select(Credential).order_by(Credential.created, Credential.key)))


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
