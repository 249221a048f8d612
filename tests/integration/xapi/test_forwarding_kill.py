"""Forwarding whose process is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

from tests.integration.xapi.conftest import Database
from tests.integration.xapi.faulty_proxy import FAULTS
from tests.integration.xapi.second_store import (
    Other,
    add,
    forwarder,
    held,
    letters,
    many,
    state,
    store,
)
from xapi.forwarding import Pace

ROOT = Path(__file__).resolve().parents[3]


def test_kill_9_under_load_loses_nothing_and_doubles_nothing(database: Database, other: Other) -> None:
    """§5: at least once, and once in effect; the network fails as well, and statements keep coming."""
    rolls = random.Random(5)
    turns = cycle(fault for kind in FAULTS for fault in ("", "", kind))
    other.proxy.fault = lambda: next(turns)
    database.clock = lambda: datetime.now(UTC)  # type: ignore[assignment]
    add(database, other)
    done = threading.Event()
    acknowledged: list[str] = []

    def write() -> None:
        while not done.is_set():
            acknowledged.extend(store(database, *many(rolls.randint(1, 8))))
            time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(12):
            with started(database) as process:
                asked = len(other.proxy.met) + rolls.randint(1, 6)
                eventually(lambda asked=asked: len(other.proxy.met) >= asked)  # type: ignore[misc]
                time.sleep(rolls.uniform(0, 0.05))  # in the request, in its answer, or after it
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                process.send_signal(signal.SIGKILL)
    finally:
        done.set()
        writer.join()
    before = len(held(other.database))
    other.proxy.fault = lambda: ""
    last = forwarder(
        database,
        clock=lambda: datetime.now(UTC) + timedelta(hours=1),  # after every pause and lease
        pace=Pace(first=timedelta(0)),
    )
    eventually(lambda: last.run_once() == 0 and state(database).waiting == 0)

    ours = held(database)
    assert ours.keys() == set(acknowledged) and len(acknowledged) == len(set(acknowledged))
    assert held(other.database) == ours
    assert before > 0
    assert set(FAULTS) <= set(other.proxy.met)
    assert letters(database) == []


def eventually(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


class started:
    """A process that forwards until it is killed, begun and at work."""

    def __init__(self, database: Database) -> None:
        url = database.engine.url
        if url.get_backend_name() == "postgresql":
            with database.reading() as session:
                path = session.connection().exec_driver_sql("SHOW search_path").scalar()
            url = url.update_query_dict({"options": f"-csearch_path={path}"})
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.xapi.forwarding_process",
                url.render_as_string(hide_password=False),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> subprocess.Popen[str]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "at work\n", self.process.communicate()[1]
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
