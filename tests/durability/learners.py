"""Learners who answer their quiz through the pages and submit again what was not acknowledged."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException, HTTPResponse

from benchmarks.instance import Instance
from benchmarks.learners import Quiz, answers_of, make_answerers, sign_in
from tests.durability.statements import PATIENCE_SECONDS, PAUSE_SECONDS, Answered


class Learners:
    """Takes quizzes one after the other, an answer at a time, until the block ends."""

    def __init__(self, instance: Instance, *, people: int, pause: float) -> None:
        """Make the people and sign them in: the server must run."""
        parts = instance.parts()
        self._port = instance.port
        self._pause = pause
        self._stop = threading.Event()
        self.quizzes = make_answerers(parts, people)
        parts.database.close()
        secret = parts.settings.secret_key
        self._sessions = [(quiz, sign_in(instance.port, quiz.email), secret) for quiz in self.quizzes]
        self.acknowledged: list[tuple[Quiz, int]] = []
        """Quiz and place of each answer that got its 303."""
        self.wrong: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Learners:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def another(self) -> None:
        """Wait until one more answer is acknowledged. Raises AssertionError when patience runs out."""
        count = len(self.acknowledged) + len(self.wrong)
        end = time.monotonic() + PATIENCE_SECONDS
        while len(self.acknowledged) + len(self.wrong) == count:
            assert time.monotonic() < end, f"no answer was acknowledged in {PATIENCE_SECONDS} s"
            time.sleep(0.01)

    def _run(self) -> None:
        for quiz, place, request in self._requests():
            status = self._until_answered(request)
            if status == 303:
                self.acknowledged.append((quiz, place))
            elif status is not None:
                self.wrong.append(f"answer {place} of {quiz.email}: {status}")
            if self._stop.wait(self._pause):
                return

    def _requests(self) -> Iterator[tuple[Quiz, int, bytes]]:
        for quiz, session, secret in self._sessions:
            for place, request in enumerate(answers_of(quiz, session, secret), start=1):
                yield quiz, place, request

    def _until_answered(self, request: bytes) -> int | None:
        while not self._stop.is_set():
            with suppress(OSError, HTTPException):
                status = ask(self._port, request).status
                if status != 503:
                    return status
            time.sleep(PAUSE_SECONDS)
        return None


def ask(port: int, request: bytes) -> Answered:
    """Send a request made beforehand. Raises OSError or HTTPException where no answer came."""
    sent = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(request)
        with HTTPResponse(connection) as answer:
            answer.begin()
            return Answered(answer.status, answer.read(), dict(answer.getheaders()), sent)
