"""Forwarding beside the pages: a thread that sends new statements to other record stores."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import structlog

from lms.bootstrap import Parts
from xapi.forwarding import Forwarder, HttpClient, Rounds

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
    """A thread of its own, and one for each target: one that dawdles holds up neither mail nor the others."""

    def __init__(self, parts: Parts, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._poll = poll_seconds
        self._stop = threading.Event()
        self._forwarder = make_forwarder(parts, stopped=self._stop.is_set)
        self._rounds = Rounds(self._forwarder, failed=_wait)
        self._thread = threading.Thread(target=self.run, name="forwarding", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End after the requests in hand, or leave them: whatever was not written down is sent again."""
        self._stop.set()
        self._rounds.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=3)
        self._rounds.wait(seconds=3)

    def run(self) -> None:
        """Forward until stopped; wait for a database that is away, and for one that is not migrated."""
        while not self._stop.is_set():
            try:
                self._rounds.begin()
            except Exception as error:
                _wait(error)
            self._rounds.wait_for_place(self._poll)


def _wait(error: Exception) -> None:
    log.warning("forwarding waits", error=repr(error))
