"""Who is asking: HTTP Basic with a credential's key and secret, and a bound on wrong attempts."""

import base64
import binascii
import hashlib
import logging
from datetime import datetime, timedelta
from threading import Lock

from xapi.errors import TooManyAttempts, TooManyRequests, Unauthorized
from xapi.http.service import Service
from xapi.store.credentials import (
    Client,
    count_request,
    needs_touch,
    record_wrong,
    too_many_wrong,
    touch_credential,
    verify_credential,
)

log = logging.getLogger(__name__)

REMEMBERED_FOR = timedelta(seconds=10)
"""How long a revoked credential may still be taken."""
REMEMBERED = 1024


class Guard:
    """Verifies credentials and remembers briefly those that it has verified."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[bytes, tuple[Client, datetime]] = {}
        self._used_up: dict[str, int] = {}

    def client(self, service: Service, *, authorization: str | None, address: str) -> Client:
        """Answer who is asking; raise `Unauthorized`, `TooManyAttempts` from the eleventh wrong one
        on, or `TooManyRequests` over the credential's own limit."""
        if authorization is None:
            raise Unauthorized("expected HTTP Basic authentication with a key and its secret")
        now = service.clock()
        digest = hashlib.sha256(authorization.encode("utf-8", "surrogateescape")).digest()
        known = self._recall(digest, now=now)
        if known is None:
            known = _verify(service, authorization, address=address, now=now)
            self._remember(digest, known, now=now)
        if known.rate_limit is not None:
            self._count(service, known, limit=known.rate_limit, now=now)
        return known

    def _count(self, service: Service, client: Client, *, limit: int, now: datetime) -> None:
        """Raise `TooManyRequests` over the limit; who is over it costs the database nothing more."""
        minute, second = divmod(int(now.timestamp()), 60)
        over = TooManyRequests(limit, retry_after=60 - second)
        with self._lock:
            if self._used_up.get(client.key) == minute:
                raise over
        with service.writing() as session:
            count = count_request(session, client.key, now=now)
        if count > limit:
            with self._lock:
                if len(self._used_up) >= REMEMBERED:
                    self._used_up.clear()
                self._used_up[client.key] = minute
            raise over

    def _recall(self, digest: bytes, *, now: datetime) -> Client | None:
        with self._lock:
            client, since = self._known.get(digest, (None, now))
            if client is not None and not (
                timedelta(0) <= now - since < REMEMBERED_FOR and (client.until is None or now < client.until)
            ):
                del self._known[digest]
                return None
            return client

    def _remember(self, digest: bytes, client: Client, *, now: datetime) -> None:
        with self._lock:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[digest] = (client, now)


def _verify(service: Service, authorization: str, *, address: str, now: datetime) -> Client:
    key, secret = _basic(authorization)
    with service.reading() as session:
        # The secret comes first: behind one address stand many tools, and one that errs must not lock out the
        # others. Nothing is lost by it: 256 random bits are not guessed, whatever the number of tries.
        client = verify_credential(session, key, secret, now=now)
        touch = client is not None and needs_touch(session, key, now=now)
        if client is None and too_many_wrong(session, address, now=now):
            raise TooManyAttempts("too many wrong secrets came from this address; wait a minute")
    if client is None:
        with service.writing() as session:
            record_wrong(session, address, now=now)
        raise Unauthorized("the key or its secret is wrong")
    if touch:
        _touch(service, key, now=now)
    return client


def _touch(service: Service, key: str, *, now: datetime) -> None:
    """Write down the use; that this fails, on a full disk say, must not keep anybody from reading."""
    try:
        with service.writing() as session:
            touch_credential(session, key, now=now)
    except Exception:
        log.exception("the use of a credential could not be written down")


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized("expected HTTP Basic authentication with a key and its secret")
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError) as error:
        raise Unauthorized("expected HTTP Basic authentication with a key and its secret") from error
    if not colon or "\x00" in key or len(key) > 64:
        raise Unauthorized("the key or its secret is wrong")
    return key, secret
