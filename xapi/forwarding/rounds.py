"""Serving targets side by side: one that dawdles holds up nobody but itself."""

from collections.abc import Callable
from threading import Condition, Thread
from uuid import UUID

from xapi.forwarding.forwarder import Forwarder

THREADS = 8
"""Targets that one process serves at once: a thread mostly waits for answers, seldom for the database."""

Failed = Callable[[Exception], None]


class Rounds:
    """Gives every target that is due a thread of its own, up to so many."""

    def __init__(self, forwarder: Forwarder, *, failed: Failed, threads: int = THREADS) -> None:
        """`failed` is told of what went wrong in a thread, a database that is away say."""
        self._forwarder = forwarder
        self._failed = failed
        self._threads = threads
        self._changed = Condition()
        self._busy: set[UUID] = set()
        self._turns: dict[UUID, int] = {}
        """The number of each target's last turn: who waited longest comes first."""
        self._turn = 0
        self._moved = 0
        self._stopped = False

    def begin(self) -> int:
        """Begin to serve the targets that are due and not being served; answer how many were begun."""
        begun = 0
        due = self._forwarder.due()
        self._turns = {target: self._turns.get(target, 0) for target in due}
        for target in sorted(due, key=lambda target: self._turns[target]):
            with self._changed:
                if target in self._busy:
                    continue
                if self._stopped or len(self._busy) >= self._threads:
                    break
                self._busy.add(target)
                self._turn += 1
                self._turns[target] = self._turn
            thread = Thread(target=self._serve, args=(target,), name="forwarding-target", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the process is ending, or may have no more threads
                self._ended(target, 0)
                raise
            begun += 1
        return begun

    def stop(self) -> None:
        """Begin nothing more, and let nobody wait for a place."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until no target is being served, so long at most; answer whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, timeout=seconds)

    def wait_for_place(self, seconds: float) -> int:
        """Wait until something was sent, so long at most; answer how many statements since the last call."""
        with self._changed:
            self._changed.wait_for(lambda: self._moved > 0 or self._stopped, timeout=seconds)
            moved, self._moved = self._moved, 0
            return moved

    def _serve(self, target: UUID) -> None:
        moved = 0
        try:
            moved = self._forwarder.forward(target)
        except Exception as error:
            self._failed(error)
        finally:
            self._ended(target, moved)

    def _ended(self, target: UUID, moved: int) -> None:
        with self._changed:
            self._busy.discard(target)
            self._moved += moved
            self._changed.notify_all()
