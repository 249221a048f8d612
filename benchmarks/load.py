"""A load generator for loopback: one kept-alive connection a thread, one request after the other.

Requests are bytes made beforehand and answers are read from the socket, since the generator shares the
machine with the server: what it costs would be taken from what it measures.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 30
CHUNK = 262_144


class Unexpected(Exception):
    """An answer was not the one that a measurement stands for."""


@dataclass(frozen=True)
class Measured:
    """What a run of one page took."""

    answered: int
    seconds: float
    latencies_ms: Sequence[float] = field(repr=False)
    """Sorted."""
    refused: int = 0
    """Answers 503: sent again, as a person would, and the time of both counts as one answer's."""
    body_bytes: int = 0
    """Of the last answer."""

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def percentile_ms(self, share: float) -> float:
        """Answer the latency that `share` of the answers stayed within (nearest rank)."""
        if not self.latencies_ms:
            return 0.0
        return self.latencies_ms[min(len(self.latencies_ms) - 1, int(share * len(self.latencies_ms)))]


def get(path: str, *, cookie: str | None = None) -> bytes:
    """Answer a GET request as bytes."""
    return _request("GET", path, cookie, b"")


def post(path: str, form: str, *, cookie: str) -> bytes:
    """Answer a POST of an encoded form as bytes."""
    return _request("POST", path, cookie, form.encode("ascii"))


def measure(port: int, streams: Sequence[Iterable[bytes]], *, status: int, seconds: float) -> Measured:
    """Send each stream over its own connection until all are at their end or the time is up.

    Raises Unexpected at the first answer that has neither this status nor 503.
    """
    clients = [_Client(port, iter(stream), status) for stream in streams]
    begin = threading.Barrier(len(clients) + 1)
    threads = [threading.Thread(target=client.run, args=(begin, seconds), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    for client in clients:
        if client.error is not None:
            raise client.error
    latencies = sorted(latency for client in clients for latency in client.latencies_ms)
    return Measured(
        answered=len(latencies),
        seconds=took,
        latencies_ms=latencies,
        refused=sum(client.refused for client in clients),
        body_bytes=max(client.body_bytes for client in clients),
    )


class _Client:
    def __init__(self, port: int, stream: Iterator[bytes], status: int) -> None:
        self._port = port
        self._stream = stream
        self._status = f" {status} ".encode("ascii")
        self._socket: socket.socket | None = None
        self.latencies_ms: list[float] = []
        self.refused = 0
        self.body_bytes = 0
        self.error: Exception | None = None

    def run(self, begin: threading.Barrier, seconds: float) -> None:
        try:
            self._connect()
            begin.wait()
            end = time.perf_counter() + seconds
            for request in self._stream:
                sent = time.perf_counter()
                if sent >= end:
                    break
                while not self._exchange(request):
                    self.refused += 1
                self.latencies_ms.append((time.perf_counter() - sent) * 1000)
        except Exception as error:
            self.error = error
            begin.abort()
        finally:
            if self._socket is not None:
                self._socket.close()

    def _connect(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _exchange(self, request: bytes) -> bool:
        """Send a request and read its answer; say whether it was not 503."""
        assert self._socket is not None
        self._socket.sendall(request)
        answer = bytearray()
        while (head := answer.find(b"\r\n\r\n")) < 0:
            self._receive(answer)
        headers = bytes(answer[:head]).lower()
        line = headers.split(b"\r\n", 1)[0]
        refused = b" 503 " in line
        if not refused and self._status not in line + b" ":
            raise Unexpected(f"expected{self._status.decode()}, found {line.decode('latin-1')}")
        length = int(headers.split(b"\r\ncontent-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(answer) < head + 4 + length:
            self._receive(answer)
        self.body_bytes = length
        if b"\r\nconnection: close" in headers:
            self._connect()
        return not refused

    def _receive(self, answer: bytearray) -> None:
        assert self._socket is not None
        received = self._socket.recv(CHUNK)
        if not received:
            raise Unexpected("the server closed the connection in the middle of an answer")
        answer += received


def _request(method: str, path: str, cookie: str | None, body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: en"]
    if cookie is not None:
        lines.append(f"Cookie: {cookie}")
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
