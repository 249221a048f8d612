"""What an answer means for the statements that were sent, and how long to wait after a failure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from xapi.forwarding.client import Reply

LONGEST_WISH = timedelta(days=1)
"""However long a target asks us to wait."""
SHOWN = 300
"""Characters of an answer that are kept as the reason."""
_SETUP = {
    401: "the key or its secret is wrong",
    403: "the credential may not store statements",
    404: "there is no record store at this address",
    405: "there is no record store at this address",
    407: "a proxy wants a credential",
}
"""Faults of the target's entry here, which no statement is to blame for."""
_BUSY = (408, 421, 423, 425, 429)


@dataclass(frozen=True)
class Delivered:
    """The target has them all."""


@dataclass(frozen=True)
class Refused:
    """At least one of them is not wanted as it is."""

    status: int
    reason: str


@dataclass(frozen=True)
class Later:
    """Nobody knows, or not now: all are to be sent again."""

    reason: str
    status: int | None = None
    wish: timedelta = timedelta(0)
    """How long the target asks us to wait."""


Verdict = Delivered | Refused | Later


@dataclass(frozen=True)
class Pace:
    """How long is waited, and how long a process has a target for itself."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=10)
    lease: timedelta = timedelta(minutes=3)
    """More than a request may take; so long a target rests after its process was killed."""

    def pause(self, failures: int, *, chance: Callable[[], float]) -> timedelta:
        """Answer the pause after so many failures in a row: doubled each time, the upper half by chance."""
        whole = min(self.longest, self.first * (1 << min(failures, 30)))
        return whole * (0.5 + chance() / 2)


def judge(reply: Reply, *, now: datetime) -> Verdict:
    """Answer what a reply to POST /statements means."""
    status = reply.status
    said = f"{status}: {_text(reply.body)}"
    if 200 <= status < 300:
        return Delivered()
    if status in _SETUP:
        return Later(f"{_SETUP[status]} ({said})", status)
    if status in _BUSY or status >= 500:
        return Later(said, status, wish=_wish(reply.retry_after, now=now))
    if 400 <= status < 500:
        return Refused(status, said)
    return Later(f"answers {status}; redirects are not followed: correct the address", status)


def _wish(text: str | None, *, now: datetime) -> timedelta:
    """Answer what Retry-After asks for, in seconds or as a date (RFC 9110 10.2.3)."""
    if text is None:
        return timedelta(0)
    if re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII):
        return min(timedelta(seconds=int(text)), LONGEST_WISH)
    try:
        moment = parsedate_to_datetime(text)
        return min(max(moment - now, timedelta(0)), LONGEST_WISH)
    except (ValueError, TypeError):
        return timedelta(0)


def _text(body: bytes) -> str:
    return " ".join(body[:SHOWN].decode("utf-8", "replace").split()) or "no text"
