"""PostgreSQL stopped, killed, cut off, halted, or swallowed by the wire; more callers than threads."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

import pytest

from benchmarks.learners import make_readers, sign_in
from tests.durability.cluster import Cluster, temporary_cluster
from tests.durability.installation import Server, credential_of, installation
from tests.durability.statements import Credential
from tests.durability.wire import Mode, Wire

pytestmark = pytest.mark.postgres
CALLERS = 40
"""More than the 24 threads of both processes."""
AWAY_SECONDS = 6.0
"""Longer than the deadline, so that a second wave meets a database that is still away."""
ANSWER_SECONDS = 5.0
ALIVE_SECONDS = 3.0
BACK_SECONDS = 5.0
IN_A_ROW = 8
CAUSES = ("stopped", "killed", "reset", "halted", "swallowed")


@dataclass
class Desk:
    """A served installation whose database lies behind a wire."""

    server: Server
    cluster: Cluster
    wire: Wire
    credential: Credential
    cookie: str

    @contextmanager
    def away(self, cause: str) -> Iterator[None]:
        """Take the database away for a block."""
        match cause:
            case "stopped":
                self.cluster.stop()
                yield
                self.cluster.start()
            case "killed":
                self.cluster.kill()
                yield
                self.cluster.start()
            case "halted":
                self.cluster.signal(signal.SIGSTOP)
                yield
                self.cluster.signal(signal.SIGCONT)
            case "reset":
                self.wire.set(Mode.RESET)
                yield
                self.wire.set(Mode.PASS)
            case "swallowed":
                self.wire.set(Mode.SWALLOW)
                yield
                self.wire.set(Mode.PASS)
            case _:
                raise ValueError(cause)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with temporary_cluster() as cluster:
        cluster.start()
        wire = Wire(cluster.port)
        with installation(f"postgresql://postgres@127.0.0.1:{wire.port}/postgres") as server:
            parts = server.instance.parts()
            reader = make_readers(parts, 1)[0]
            parts.database.close()
            server.start()
            cookie = sign_in(server.instance.port, reader.email).cookie
            yield Desk(server, cluster, wire, credential_of(server.instance), cookie)
            server.stop()
        wire.close()


@dataclass
class Caller:
    """Asks one thing again and again, and notes what came of it and how long it took."""

    port: int
    path: str
    headers: dict[str, str]
    stop: threading.Event
    pause: float = 0.1
    statuses: list[int | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    without_retry: int = 0

    def run(self) -> None:
        """Ask until told to stop."""
        while not self.stop.is_set():
            began = time.monotonic()
            connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("GET", self.path, headers=self.headers)
                with connection.getresponse() as answer:
                    answer.read()
                    self.statuses.append(answer.status)
                    self.without_retry += answer.status == 503 and "Retry-After" not in answer.headers
            except (OSError, HTTPException):
                self.statuses.append(None)
            finally:
                connection.close()
            self.seconds.append(time.monotonic() - began)
            self.stop.wait(self.pause)


@pytest.mark.parametrize("cause", CAUSES)
def test_every_request_is_answered_in_five_seconds_and_the_process_is_alive_throughout(
    desk: Desk, cause: str, figure: Callable[[str, object], None]
) -> None:
    stop = threading.Event()
    port = desk.server.instance.port
    asked = [
        ("/", {"Cookie": desk.cookie}),
        ("/xapi/statements", desk.credential.headers),
        ("/courses", {"Cookie": desk.cookie}),
        ("/readyz", {}),
    ]
    callers = [Caller(port, *asked[number % len(asked)], stop) for number in range(CALLERS)]
    alive = Caller(port, "/healthz", {}, stop)
    threads = [threading.Thread(target=one.run, daemon=True) for one in (*callers, alive)]

    with desk.away(cause):
        for thread in threads:
            thread.start()
        time.sleep(AWAY_SECONDS)
        stop.set()
        for thread in threads:
            thread.join(30)
        ready = desk.server.status("/readyz")
    began = time.monotonic()
    in_a_row = 0
    while in_a_row < IN_A_ROW and time.monotonic() - began < 30:  # both processes must be back
        in_a_row = in_a_row + 1 if desk.server.status("/readyz") == 200 else 0
    back = time.monotonic() - began

    statuses = {status for caller in callers for status in caller.statuses}
    longest = max(max(caller.seconds) for caller in callers)
    figure(f"{cause}: answers", sum(len(caller.statuses) for caller in callers))
    figure(f"{cause}: longest answer s", round(longest, 2))
    figure(f"{cause}: longest liveness s", round(max(alive.seconds), 2))
    figure(f"{cause}: back after s", round(back, 2))
    assert statuses == {503} and ready == 503
    assert sum(caller.without_retry for caller in callers) == 0
    assert longest <= ANSWER_SECONDS
    assert set(alive.statuses) == {200} and max(alive.seconds) <= ALIVE_SECONDS
    assert back <= BACK_SECONDS and in_a_row == IN_A_ROW
