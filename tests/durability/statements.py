"""Statements as somebody else's client sends them, and the writers that repeat what was not acknowledged."""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import uuid4

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.05
VERB = "https://verbs.example/did"


@dataclass(frozen=True)
class Credential:
    """Where the record store is, and the key that opens it."""

    port: int
    key: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        basic = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        return {
            "Authorization": f"Basic {basic}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }


@dataclass(frozen=True)
class Answered:
    """An answer that came whole."""

    status: int
    body: bytes
    headers: dict[str, str]
    sent: float
    """time.monotonic() when the request was begun."""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """One kept-alive connection to the record store, made anew when it breaks."""

    def __init__(self, credential: Credential, *, seconds: float = 15) -> None:
        self._credential = credential
        self._seconds = seconds
        self._connection: HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, headers: dict[str, str] | None = None
    ) -> Answered:
        """Send a request and answer what came. Raises OSError or HTTPException where nothing did."""
        sent = time.monotonic()
        try:
            if self._connection is None:
                self._connection = HTTPConnection("127.0.0.1", self._credential.port, timeout=self._seconds)
            self._connection.request(method, path, body, self._credential.headers | (headers or {}))
            with self._connection.getresponse() as answer:
                found = Answered(answer.status, answer.read(), dict(answer.getheaders()), sent)
        except (OSError, HTTPException):
            self.close()
            raise
        if found.headers.get("Connection", "").lower() == "close":
            self.close()
        return found

    def until_answered(self, method: str, path: str, body: bytes | None = None) -> Answered:
        """Repeat a request until the answer is not 503. Raises AssertionError when patience runs out."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                answer = self.ask(method, path, body)
                if answer.status != 503:
                    return answer
            except (OSError, HTTPException):
                pass
            time.sleep(PAUSE_SECONDS)
        raise AssertionError(f"{method} {path} was not answered in {PATIENCE_SECONDS} s")

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def statement(id: str, **given: Any) -> dict[str, Any]:
    """A valid statement with this id."""
    return {
        "id": id,
        "actor": {"account": {"homePage": "https://desk.example", "name": "li"}},
        "verb": {"id": VERB},
        "object": {"id": "https://desk.example/parcels/1"},
    } | given


@dataclass
class Batch:
    """What one request holds, and when it was acknowledged."""

    ids: tuple[str, ...]
    acknowledged: float | None = None
    """time.monotonic(); None while nobody said that it is stored."""
    sent: float = 0.0
    mark: int = 0
    """What `Writer.marker` said just after the acknowledgement."""


@dataclass
class Writer:
    """Posts singles and batches one after the other, each until it is acknowledged, with the same ids."""

    credential: Credential
    stop: threading.Event
    seed: int
    marker: Callable[[], int] = lambda: 0
    batches: list[Batch] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Answers that should not have come."""
    pause: float = 0.0

    def run(self) -> None:
        """Write until told to stop; the last batch may stay open."""
        chance = random.Random(self.seed)
        client = Client(self.credential)
        while not self.stop.is_set():
            batch = Batch(tuple(str(uuid4()) for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8)))))
            self.batches.append(batch)
            self._store(client, batch)
            time.sleep(self.pause)
        client.close()

    def since(self, moment: float) -> Iterator[float]:
        """Answer when what was sent after a moment was acknowledged, the last one first."""
        for batch in reversed(self.batches):
            if batch.acknowledged is not None:
                if batch.sent <= moment:
                    return
                yield batch.acknowledged

    def _store(self, client: Client, batch: Batch) -> None:
        said = [statement(id) for id in batch.ids]
        body = json.dumps(said[0] if len(said) == 1 else said).encode()
        while not self.stop.is_set():
            try:
                answer = client.ask("POST", "/xapi/statements", body)
            except (OSError, HTTPException):
                time.sleep(PAUSE_SECONDS)
                continue
            if answer.status == 200:
                batch.mark = self.marker()
                batch.sent = answer.sent
                batch.acknowledged = time.monotonic()
                if answer.json != list(batch.ids):
                    self.wrong.append(f"other ids came back: {answer.body[:200]!r}")
                return
            if answer.status != 503:
                self.wrong.append(f"{answer.status}: {answer.body[:200]!r}")
                return
            time.sleep(PAUSE_SECONDS)


class Writers:
    """Several writers at once: `with Writers(...) as writers:` writes until the block's end."""

    def __init__(
        self,
        credential: Credential,
        *,
        count: int = 8,
        marker: Callable[[], int] = lambda: 0,
        pause: float = 0.0,
    ) -> None:
        self._stop = threading.Event()
        self.writers = [
            Writer(credential, self._stop, seed, marker=marker, pause=pause) for seed in range(count)
        ]
        self._threads = [threading.Thread(target=writer.run, daemon=True) for writer in self.writers]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
        assert not any(thread.is_alive() for thread in self._threads), "a writer did not come back"

    @property
    def batches(self) -> list[Batch]:
        """Everything that was sent."""
        return [batch for writer in self.writers for batch in writer.batches]

    @property
    def acknowledged(self) -> list[Batch]:
        """What was said to be stored, in the order of acknowledgement."""
        found = [batch for batch in self.batches if batch.acknowledged is not None]
        return sorted(found, key=lambda batch: batch.acknowledged or 0.0)

    @property
    def wrong(self) -> list[str]:
        """Answers that should not have come."""
        return [line for writer in self.writers for line in writer.wrong]

    def first_after(self, moment: float, *, seconds: float = PATIENCE_SECONDS) -> float:
        """Wait for an acknowledgement of what was sent after a moment; answer when it came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            came = [when for writer in self.writers for when in writer.since(moment)]
            if came:
                return min(came)
            time.sleep(0.02)
        raise AssertionError(f"nothing was acknowledged in {seconds} s")
