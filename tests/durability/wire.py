"""A wire between the server and its database that a test can cut, or let swallow everything."""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum

CHUNK = 65_536
LINGER_NONE = struct.pack("ii", 1, 0)
"""Closing sends a reset."""


class Mode(StrEnum):
    """What becomes of the bytes."""

    PASS = "pass"
    SWALLOW = "swallow"
    """Connections stay and are taken, and nothing gets through."""
    RESET = "reset"
    """Connections are reset, new ones too."""


class Wire:
    """Forwards connections on `port` to another port of loopback."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.mode = Mode.PASS
        self._server = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._server.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, mode: Mode) -> None:
        """Change what happens, to connections that are there too."""
        self.mode = mode
        if mode is Mode.RESET:
            self._reset_all()

    def close(self) -> None:
        """End it."""
        self._server.close()
        self._reset_all()

    def _reset_all(self) -> None:
        with self._lock:
            for end in self._open:
                _reset(end)
            self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if self.mode is Mode.RESET:
                _reset(near)
                continue
            threading.Thread(target=self._forward, args=(near,), daemon=True).start()

    def _forward(self, near: socket.socket) -> None:
        """Carry bytes both ways. What came while swallowing is gone for good, as on a dead route."""
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            _reset(near)
            return
        with self._lock:
            self._open |= {near, far}
        other = {near: far, far: near}
        with suppress(OSError, ValueError):
            while True:
                for end in select.select([near, far], [], [], 1)[0]:
                    data = end.recv(CHUNK)
                    if not data:
                        raise ConnectionError
                    if self.mode is Mode.PASS:
                        other[end].sendall(data)
        self._end(near, far)

    def _end(self, *ends: socket.socket) -> None:
        with self._lock:
            self._open -= set(ends)
        for end in ends:
            end.close()


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        # shutting down first wakes whoever waits on it
        end.shutdown(socket.SHUT_RDWR)
    end.close()
