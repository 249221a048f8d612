"""Targets side by side: one that does not answer holds up nobody else, and everybody has a turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.xapi.conftest import Database
from tests.integration.xapi.second_store import forwarder, many, state, store
from xapi.forwarding import Rounds
from xapi.store import targets

PATIENCE = 60
"""Seconds after which a test gives up; nothing is measured by them."""


class Silent:
    """A store on loopback that answers when it is let."""

    def __init__(self) -> None:
        self.asked, self.let = threading.Event(), threading.Event()
        self.taken = 0
        silent = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                silent.asked.set()
                assert silent.let.wait(PATIENCE)
                silent.taken += 1
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *given: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/xapi"

    @contextmanager
    def served(self) -> Iterator[Silent]:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield self
        self.let.set()
        self.server.shutdown()
        thread.join()
        self.server.server_close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    with Silent().served() as found:
        yield found


@pytest.fixture
def quick() -> Iterator[Silent]:
    with Silent().served() as found:
        found.let.set()
        yield found


def add(database: Database, name: str, to: Silent) -> UUID:
    with database.writing() as session:
        return targets.add_target(
            session,
            name,
            to.address,
            key="k",
            secret="s",
            allow_private=True,
            now=database.clock(),
            new_id=uuid4,
        )


@pytest.fixture
def rounds(database: Database) -> Iterator[Callable[..., Rounds]]:
    failed: list[Exception] = []
    made: list[Rounds] = []

    def make(**given: Any) -> Rounds:
        made.append(Rounds(forwarder(database), failed=failed.append, **given))
        return made[-1]

    yield make
    for one in made:
        one.stop()
        assert one.wait(PATIENCE)
    assert failed == []


def test_a_target_that_does_not_answer_holds_up_no_other(
    database: Database, rounds: Callable[..., Rounds], silent: Silent, quick: Silent
) -> None:
    store(database, *many(3))
    add(database, "a silent one", silent)
    add(database, "quick", quick)
    both = rounds()

    assert both.begin() == 2
    assert silent.asked.wait(PATIENCE) and both.wait_for_place(PATIENCE) == 3

    assert state(database, "quick").waiting == 0, "while the other one still keeps its thread"
    assert state(database, "a silent one").waiting == 3 and not both.wait(0)
    store(database, *many(1))
    assert both.begin() == 1, "and again, the silent one is not begun twice"
    assert both.wait_for_place(PATIENCE) == 1
    silent.let.set()
    assert both.wait(PATIENCE)
    while both.begin():
        assert both.wait(PATIENCE)
    assert state(database, "a silent one").waiting == 0


def test_everybody_has_a_turn_where_threads_are_few(
    database: Database, rounds: Callable[..., Rounds], quick: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more to send than one turn allows, the first of the list must not come first for ever."""
    monkeypatch.setattr("xapi.forwarding.forwarder.TURNS", 1)
    store(database, *many(500))
    for name in ("a", "b", "c"):
        add(database, name, quick)
    one = rounds(threads=1)

    for _ in range(3):
        assert one.begin() == 1
        assert one.wait(PATIENCE)

    assert [state(database, name).waiting for name in ("a", "b", "c")] == [400, 400, 400]


def test_nothing_is_begun_after_the_end(
    database: Database, rounds: Callable[..., Rounds], quick: Silent
) -> None:
    store(database, *many(1))
    add(database, "a", quick)
    one = rounds()

    one.stop()

    assert one.begin() == 0 and one.wait(0) and one.wait_for_place(PATIENCE) == 0


def test_what_fails_in_a_thread_is_told_and_gives_the_place_back(
    database: Database, quick: Silent, tmp_path: Path
) -> None:
    store(database, *many(1))
    add(database, "a", quick)
    failed: list[Exception] = []
    broken = forwarder(database)

    def away(_id: UUID) -> int:
        raise RuntimeError("the database is away")

    object.__setattr__(broken, "forward", away)
    one = Rounds(broken, failed=failed.append)

    for _ in range(2):
        assert one.begin() == 1 and one.wait(PATIENCE)

    assert [str(error) for error in failed] == ["the database is away"] * 2
