"""kill -9 of the outbox worker in the middle: every accepted job is done, once in effect."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.instance import ROOT, Instance, temporary_instance
from lms.bootstrap import Parts
from lms.db.notices import OutboxRow
from lms.services import notices
from tests.durability.conftest import postgres_server

MAILS = 120
KILLED_AT = (15, 50, 90)
"""Killed when about so many mails have gone out."""
PATIENCE_SECONDS = 60
WORDS = "many words " * 2000


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def instance(request: pytest.FixtureRequest) -> Iterator[Instance]:
    server = postgres_server() if request.param == "postgresql" else None
    with temporary_instance(postgres=server, mode="test") as found:
        found.flask("db", "upgrade")
        yield found


def test_a_worker_killed_in_the_middle_loses_no_mail_and_sends_none_twice(instance: Instance) -> None:
    clock = instance.folder / "now"
    now = datetime.now(UTC)
    clock.write_text(now.isoformat(), encoding="ascii")
    parts = instance.parts()
    with parts.database.writing() as session:
        for number in range(MAILS):
            payload = {"to": f"li-{number}@desk.test", "subject": str(number), "text": WORDS}
            notices.put(session, notices.MAIL, payload, now=now, new_id=parts.new_id)
        keys = {str(key) for key in session.scalars(select(OutboxRow.uuid))}
    folder = instance.folder / "mail"

    for stop_at in (*KILLED_AT, MAILS):
        worker = start_worker(instance, clock)
        try:
            wait_for(folder, stop_at, worker)
            if stop_at == MAILS:
                wait_until_done(parts, worker)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        now += notices.LEASE + timedelta(seconds=1)  # the dead worker's leases run out
        clock.write_text(now.isoformat(), encoding="ascii")

    with parts.database.reading() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.task == notices.MAIL)).all()
        again = sum(row.attempts > 1 for row in rows)
        assert all(row.done_at is not None and row.failed_at is None for row in rows)
    parts.database.close()
    assert again > 0, "no worker was killed with rows in hand: this test shows nothing"
    assert {file.stem for file in folder.glob("*.eml")} == keys
    assert all(WORDS.strip() in _text(file) for file in folder.glob("*.eml"))


def start_worker(instance: Instance, clock: Path) -> subprocess.Popen[bytes]:
    """Run the outbox worker alone, by a clock in a file."""
    with instance.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "worker"],
            cwd=ROOT,
            env={**instance.environment, "CROSSDESK_NOW_FILE": str(clock)},
            stdout=log,
            stderr=log,
        )


def wait_for(folder: Path, mails: int, worker: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while len(list(folder.glob("*.eml"))) < mails:
        assert worker.poll() is None and time.monotonic() < end
        time.sleep(0.002)


def wait_until_done(parts: Parts, worker: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while _waiting(parts):
        assert worker.poll() is None and time.monotonic() < end
        time.sleep(0.1)


def _waiting(parts: Parts) -> bool:
    with parts.database.reading() as session:
        return session.scalar(select(OutboxRow.id).where(OutboxRow.done_at.is_(None)).limit(1)) is not None


def _text(file: Path) -> str:
    return " ".join(file.read_text(encoding="ascii").replace("=\n", "").split())
