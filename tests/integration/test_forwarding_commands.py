"""`flask lrs target`, `flask lrs forward` and the worker's thread, with a store to send to."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from lms.bootstrap import Parts
from lms.cli import register
from lms.jobs.worker import Worker
from xapi import lrs

SECRET = secrets.token_urlsafe(32)
LI = {"objectType": "Agent", "mbox": "mailto:li@desk.example"}


class Store:
    """A record store that takes everything, or answers what it is told."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.status = 200
        self.arrived = threading.Event()
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if store.status == 200:
                    store.ids += [one["id"] for one in batch]
                self.send_response(store.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                store.arrived.set()

            def log_message(self, *given: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/xapi"


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    thread = threading.Thread(target=store.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield store
    store.server.shutdown()
    thread.join()
    store.server.server_close()


@pytest.fixture
def runner(app: Flask) -> CliRunner:
    register(app)
    return app.test_cli_runner()


@pytest.fixture
def say(parts: Parts) -> Any:
    def say(**given: Any) -> str:
        said = {"actor": LI, "verb": {"id": "https://v.example/did"}, "object": {"id": "https://o.example/1"}}
        with parts.database.writing() as session:
            return lrs.store_statements(
                session, [said | given], authority=LI, now=parts.now(), new_id=parts.new_id
            )[0]

    return say


def add(runner: CliRunner, store: Store, *more: str) -> Any:
    given = ["lrs", "target", "add", "warehouse", store.address, "--key", "us", *more]
    return runner.invoke(args=given, input=f"{SECRET}\n")


def test_a_target_is_added_and_gets_what_is_stored(runner: CliRunner, store: Store, say: Any) -> None:
    ids = [say(), say()]

    added = add(runner, store, "--allow-private")
    sent = runner.invoke(args=["lrs", "forward", "--once"])
    listed = runner.invoke(args=["lrs", "target", "list"])

    assert (added.exit_code, added.stdout) == (0, "warehouse added\n")
    assert (sent.exit_code, sent.stdout) == (0, "2 statements\n")
    assert store.ids == ids
    assert listed.stdout == f"warehouse on waiting 0 dead 0 1.0.3 {store.address}\n"
    assert SECRET not in listed.output + added.output + sent.output


def test_a_target_that_fails_is_named_and_the_exit_says_so(runner: CliRunner, store: Store, say: Any) -> None:
    say()
    add(runner, store, "--allow-private")
    store.status = 503

    sent = runner.invoke(args=["lrs", "forward", "--once"])

    assert sent.exit_code == 1
    assert "warehouse on waiting 1 dead 0" in sent.stderr and "error: 503" in sent.stderr


def test_pause_resume_letters_retry_drop_and_remove(runner: CliRunner, store: Store, say: Any) -> None:
    def run(*args: str) -> str:
        done = runner.invoke(args=["lrs", *args])
        assert done.exit_code == 0, done.output
        return done.stdout

    add(runner, store, "--allow-private")
    id = say()
    run("target", "pause", "warehouse")
    assert run("forward", "--once") == "0 statements\n"
    assert "paused waiting 1" in run("target", "list")
    store.status = 400
    run("target", "resume", "warehouse")
    run("forward", "--once")
    assert run("target", "letters", "warehouse") == f"{id} 1 400: no text\n"
    store.status = 200
    assert run("target", "retry", "warehouse") == "1\n"
    run("forward", "--once")
    assert store.ids == [id]
    assert run("target", "drop", "warehouse") == "0\n"
    run("target", "remove", "warehouse")
    assert run("target", "list") == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "private"),
        (["--allow-private", "--verb", "not an iri"], "verbs"),
    ],
)
def test_what_cannot_be_a_target_is_refused(
    runner: CliRunner, store: Store, args: list[str], said: str
) -> None:
    done = add(runner, store, *args)

    assert done.exit_code == 1 and said in done.stderr


def test_an_unknown_target_is_said_to_be_none(runner: CliRunner) -> None:
    done = runner.invoke(args=["lrs", "target", "pause", "nobody"])

    assert done.exit_code == 1 and "nobody" in done.stderr


def test_the_worker_forwards_beside_its_other_work(
    runner: CliRunner, store: Store, say: Any, parts: Parts
) -> None:
    id = say()
    add(runner, store, "--allow-private", "--since", "2020-01-01")
    worker = Worker(parts, poll_seconds=0.02)

    worker.start()
    arrived = store.arrived.wait(timeout=30)
    worker.stop()

    assert arrived and store.ids == [id]
