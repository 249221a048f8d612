"""Housekeeping: once a day, whoever does it; deletes what is of no use or too old, makes partitions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, text

from lms.bootstrap import Parts
from lms.db.accounts import OneTimeLink, Person
from lms.db.notices import OutboxRow
from lms.jobs.worker import RETENTION_SECONDS, Worker, run_once, tasks
from lms.services import accounts, notices
from tests.conftest import Clock
from xapi.lrs import store_statements
from xapi.store import audit
from xapi.store.tables import Statement


def count(parts: Parts, model: type[OneTimeLink] | type[OutboxRow] | type[Statement]) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def tidy_today(parts: Parts) -> int:
    """Plan the day and do what is due; answers how many rows were taken."""
    Worker(parts).plan()
    return run_once(parts, tasks(parts))


def test_two_workers_plan_each_job_of_the_day_once(parts: Parts, clock: Clock) -> None:
    first, second = Worker(parts), Worker(parts)
    taken = []
    for worker in (first, second, first):
        worker.plan()
        taken.append(run_once(parts, tasks(parts)))
    clock.now += timedelta(days=1)
    for worker in (first, second):
        worker.plan()
        taken.append(run_once(parts, tasks(parts)))

    assert taken == [2, 0, 0, 2, 0]
    with parts.database.reading() as session:
        rows = session.scalars(select(OutboxRow)).all()
        assert [row.task for row in rows] == [notices.HOUSEKEEPING, notices.CHECKS] * 2
        assert all(row.done_at is not None and row.last_error is None for row in rows)


def test_links_that_open_nothing_are_deleted_after_thirty_days(
    parts: Parts, clock: Clock, make_person: Callable[..., Person]
) -> None:
    used, forgotten, fresh = (make_person() for _ in range(3))
    with parts.database.writing() as session:
        secret = accounts.make_link(session, used, now=clock.now, new_secret=parts.new_secret)
        accounts.set_password_by_link(session, secret, new="an entirely new one 9", now=clock.now)
        accounts.make_link(session, forgotten, now=clock.now, new_secret=parts.new_secret)

    clock.now += accounts.LINK_KEPT - timedelta(hours=1)
    tidy_today(parts)
    kept = count(parts, OneTimeLink)
    clock.now += timedelta(hours=2)
    with parts.database.writing() as session:
        accounts.make_link(session, fresh, now=clock.now, new_secret=parts.new_secret)
    clock.now += accounts.LINK_LIFE
    tidy_today(parts)

    assert kept == 2
    with parts.database.reading() as session:
        assert session.scalars(select(OneTimeLink.person_id)).all() == [fresh.id]


def test_rows_that_are_done_are_deleted_after_thirty_days_and_others_stay(parts: Parts, clock: Clock) -> None:
    with parts.database.writing() as session:
        for name in ("done", "given up", "waiting"):
            row = notices.put(session, name, {}, now=clock.now, new_id=parts.new_id)
            row.done_at = clock.now if name == "done" else None
            row.failed_at = clock.now if name == "given up" else None
            row.available_at += timedelta(days=365)

    clock.now += notices.DONE_KEPT - timedelta(hours=1)
    tidy_today(parts)
    before = count(parts, OutboxRow)
    clock.now += timedelta(days=1)
    tidy_today(parts)

    assert before == 5
    with parts.database.reading() as session:
        left = set(session.scalars(select(OutboxRow.task)))
        assert left == {"given up", "waiting", notices.HOUSEKEEPING, notices.CHECKS}


def test_the_next_partitions_are_made_ahead(parts: Parts, clock: Clock) -> None:
    clock.now += timedelta(days=3 * 365)

    assert tidy_today(parts) == 2

    names = inspect(parts.database.engine).get_table_names()
    made = [name for name in names if name.startswith("xapi_statements_2029q")]
    if parts.database.dialect == "postgresql":
        assert made == ["xapi_statements_2029q4"]
        assert "xapi_statements_2031q3" in names
    else:
        assert made == []
    with parts.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM outbox WHERE last_error IS NOT NULL")) == 0


VERBS = "https://v.example/"


def store(parts: Parts, verb: str, number: int) -> None:
    one: dict[str, Any] = {
        "actor": {"mbox": "mailto:li@elsewhere.test"},
        "verb": {"id": VERBS + verb},
        "object": {"id": "https://o.example/1"},
    }
    with parts.database.writing() as session:
        store_statements(
            session, [one] * number, authority=one["actor"], now=parts.now(), new_id=parts.new_id
        )


def keep(parts: Parts, verb: str, *, days: int = 30) -> None:
    with parts.database.writing() as session:
        audit.add_rule(
            session,
            age_days=days,
            verb=VERBS + verb,
            activity=None,
            who="boss@desk.test",
            now=parts.now(),
            new_id=parts.new_id,
        )


def trail(parts: Parts) -> list[tuple[str, str, int]]:
    with parts.database.reading() as session:
        return [(one.who, one.action, one.statements) for one in audit.latest_audits(session)][::-1]


def test_rules_of_retention_are_applied_once_a_day(parts: Parts, clock: Clock) -> None:
    for verb in ("saw", "did"):
        store(parts, verb, 3)
    keep(parts, "saw")
    keep(parts, "never")

    tidy_today(parts)
    young = count(parts, Statement)
    clock.now += timedelta(days=29)
    tidy_today(parts)
    still = count(parts, Statement)
    clock.now += timedelta(days=1, seconds=1)
    tidy_today(parts)

    assert (young, still, count(parts, Statement)) == (6, 6, 3)
    assert trail(parts) == [("housekeeping", "retention", 3)], "where nothing is deleted nothing is said"
    with parts.database.reading() as session:
        assert [rule.applied for rule in audit.list_rules(session)] == [clock.now] * 2
        assert session.scalar(text("SELECT count(*) FROM outbox WHERE last_error IS NOT NULL")) == 0


def test_much_to_delete_is_deleted_in_turns_that_end_in_time(
    parts: Parts, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look at the time takes a third of a turn: two steps fit in after the look at its beginning."""
    monkeypatch.setattr("xapi.privacy.STEP", 2)
    looks = iter(range(1000))
    known = tasks(parts, seconds=lambda: next(looks) * RETENTION_SECONDS / 3)
    for verb in ("saw", "did"):
        store(parts, verb, 5)
        keep(parts, verb)
    clock.now += timedelta(days=31)
    Worker(parts).plan()

    left = []
    for _ in range(8):
        run_once(parts, known)
        run_once(parts, known)  # what is left waits for its turn
        left.append(count(parts, Statement))
        clock.now += notices.REST_AFTER

    assert left[0] == 6 and left[-1] == 0
    assert left == sorted(left, reverse=True) and 0 < left[1] < 6
    assert sum(statements for _, _, statements in trail(parts)) == 10
    with parts.database.reading() as session:
        assert notices.anything_due(session, now=clock.now + timedelta(hours=1)) is False
        assert session.scalar(text("SELECT count(*) FROM outbox WHERE last_error IS NOT NULL")) == 0


def test_a_turn_that_runs_twice_leaves_one_rest(parts: Parts, clock: Clock) -> None:
    key = parts.new_id()
    for _ in range(2):
        with parts.database.writing() as session:
            notices.put_rest(session, notices.HOUSEKEEPING, key, now=clock.now)

    with parts.database.reading() as session:
        [row] = session.scalars(select(OutboxRow)).all()
    assert row.available_at == clock.now + notices.REST_AFTER
