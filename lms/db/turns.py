"""Whose turn it is to write on SQLite."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator

from lms.domain.errors import Unavailable

ASKED_EVERY_SECONDS = 0.0002
"""How often one thread of each process asks whether it is its turn."""


class Turns:
    """One writer after the other on SQLite, before they ask it: its own waiting sleeps up to 100 ms a try.

    Threads wait for a lock, and one of each process for a lock on a file beside the database, which a killed
    process gives back. Who comes when `waiting` wait already is refused: threads must be left for what does
    not write.
    """

    def __init__(self, database: str, *, waiting: int) -> None:
        self._places = threading.BoundedSemaphore(waiting)
        self._path = f"{database}-writers"
        self._lock = threading.Lock()
        self._file: int | None = None

    @contextlib.contextmanager
    def taken(self, seconds: float) -> Iterator[None]:
        """Wait for the turn, `seconds` at most. Raises Unavailable."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("too many are writing; nothing was changed")
        try:
            with self._first(time.monotonic() + seconds):
                yield
        finally:
            self._places.release()

    @contextlib.contextmanager
    def _first(self, end: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=max(0.0, end - time.monotonic())):
            raise Unavailable("too many are writing; nothing was changed")
        try:
            if self._file is None:
                self._file = self._open()
            while not _locked(self._file):
                if time.monotonic() > end:
                    raise Unavailable("too many are writing; nothing was changed")
                time.sleep(ASKED_EVERY_SECONDS)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._lock.release()

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be opened: {error.strerror}") from error

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
