"""How many transactions a process has at the database at once, and whom it turns away when none comes back.

A database that hangs holds every thread that asks it until the deadline. With more threads than places here,
some are always left for what needs no database: `/healthz`, and saying 503 at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lms.domain.errors import Unavailable

STALLED_SECONDS = 1.0
"""All places taken and none given back for so long: nobody waits any more."""


@dataclass
class Place:
    """What a transaction holds meanwhile."""

    away: bool = False
    """The database was not reached, or the connection broke: set by whoever noticed."""


class Gate:
    """Gives places to transactions.

    Once the database was away and no transaction has ended well since, one at a time is let through to try;
    the others are refused without waiting. The first that ends well opens the gate again.
    """

    def __init__(
        self,
        places: int,
        *,
        stalled: float = STALLED_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = places
        self._stalled = stalled
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._used = 0
        self._moved = monotonic()
        self._well = monotonic()
        """When a transaction last ended well."""
        self._away = False
        self._trying = False
        self._mine = threading.local()

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Hold a place for a block. Raises Unavailable."""
        found = Place()
        if getattr(self._mine, "held", False):  # a transaction within another one might wait for itself
            yield found
            return
        trying = self._enter()
        began = self._monotonic()
        self._mine.held = True
        try:
            yield found
        finally:
            self._mine.held = False
            self._leave(began, trying=trying, away=found.away)

    def _enter(self) -> bool:
        """Take a place; answer whether it is the one that tries a database that was away."""
        with self._changed:
            while not self._away and self._used >= self._places:
                left = self._moved + self._stalled - self._monotonic()
                if left <= 0:
                    raise Unavailable("the database does not keep up; nothing was changed")
                self._changed.wait(left)
            if self._away and self._trying:
                raise Unavailable("the database does not answer; nothing was changed")
            self._trying = self._away
            self._used += 1
            self._moved = self._monotonic()
            return self._trying

    def _leave(self, began: float, *, trying: bool, away: bool) -> None:
        with self._changed:
            self._used -= 1
            self._moved = self._monotonic()
            if trying:
                self._trying = False
            if not away:
                self._away, self._well = False, self._moved
            elif self._well < began:
                self._away = True
            self._changed.notify_all()
