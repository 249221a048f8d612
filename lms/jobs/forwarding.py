"""Forwarding beside the pages: a thread that sends new statements to other record stores."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import structlog

from lms.bootstrap import Parts
from xapi.forwarding import Forwarder, HttpClient

log = structlog.get_logger(__name__)

POLL_SECONDS = 2.0


def make_forwarder(parts: Parts, *, stopped: Callable[[], bool] = lambda: False) -> Forwarder:
    """Answer a forwarder with a name that no other process has."""
    return Forwarder(
        reading=parts.database.reading,
        writing=parts.database.writing,
        clock=parts.now,
        chance=random.SystemRandom().random,
        client=HttpClient(),
        files=parts.files,
        owner=str(parts.new_id()),
        stopped=stopped,
    )


class Forwarding:
    """A thread of its own: a target that dawdles must not hold up mail."""

    def __init__(self, parts: Parts, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._poll = poll_seconds
        self._stop = threading.Event()
        self._forwarder = make_forwarder(parts, stopped=self._stop.is_set)
        self._thread = threading.Thread(target=self.run, name="forwarding", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request in hand, or leave it: whatever was not written down is sent again."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=3)

    def run(self) -> None:
        """Forward until stopped; wait for a database that is away, and for one that is not migrated."""
        while not self._stop.is_set():
            try:
                done = self._forwarder.run_once()
            except Exception as error:
                log.warning("forwarding waits", error=repr(error))
                done = 0
            if not done:
                self._stop.wait(self._poll)
