"""The outbox: what follows a commit is done once in effect, again after a failure, given up in the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.adapters.mail import FileMailer
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.notices import OutboxRow
from lms.jobs.worker import run_once, tasks
from lms.services import notices
from tests.conftest import Clock


class Refusing:
    """A mail server that is down."""

    def send(self, *, key: str, to: str, subject: str, text: str) -> None:
        raise ConnectionRefusedError(to)


def put_mail(parts: Parts, person: Person) -> None:
    with parts.database.writing() as session:
        notices.send_set_password(session, person, link="https://x/1", now=parts.now(), new_id=parts.new_id)


def test_a_mail_goes_out_once_and_its_secret_is_not_kept(
    parts: Parts, make_person: Callable[..., Person], tmp_path: Path
) -> None:
    put_mail(parts, make_person("learner", email="lin@desk.test"))
    known = tasks(parts, mailer=FileMailer(tmp_path / "out"))

    taken = [run_once(parts, known), run_once(parts, known)]

    assert taken == [1, 0]
    (file,) = (tmp_path / "out").glob("*.eml")
    assert b"lin@desk.test" in file.read_bytes()
    with parts.database.reading() as session:
        row = session.scalars(select(OutboxRow)).one()
        assert row.done_at is not None and row.payload == {}


def test_what_is_rolled_back_sends_nothing(parts: Parts, make_person: Callable[..., Person]) -> None:
    person = make_person("learner")
    with pytest.raises(RuntimeError), parts.database.writing() as session:
        notices.send_set_password(session, person, link="x", now=parts.now(), new_id=parts.new_id)
        raise RuntimeError

    assert run_once(parts, tasks(parts)) == 0


def test_a_failure_is_tried_again_later_and_given_up_with_its_reason(
    parts: Parts, make_person: Callable[..., Person], clock: Clock
) -> None:
    put_mail(parts, make_person("learner"))
    known = tasks(parts, mailer=Refusing())

    assert [run_once(parts, known), run_once(parts, known)] == [1, 0]
    for _ in range(notices.ATTEMPTS - 1):
        clock.now += timedelta(hours=1)
        assert run_once(parts, known) == 1
    clock.now += timedelta(days=1)

    assert run_once(parts, known) == 0
    with parts.database.reading() as session:
        row = session.scalars(select(OutboxRow)).one()
        assert row.failed_at is not None and "ConnectionRefusedError" in (row.last_error or "")


def test_a_leased_row_is_left_alone_until_the_lease_has_run_out(parts: Parts, clock: Clock) -> None:
    with parts.database.writing() as session:
        notices.put(session, "mail", {}, now=parts.now(), new_id=uuid4)
    with parts.database.writing() as session:
        first = notices.lease(session, now=parts.now())
    with parts.database.writing() as session:
        meanwhile = notices.lease(session, now=parts.now())
    clock.now += notices.LEASE + timedelta(seconds=1)
    with parts.database.writing() as session:
        after = notices.lease(session, now=parts.now())

    assert [len(first), len(meanwhile), len(after)] == [1, 0, 1]
