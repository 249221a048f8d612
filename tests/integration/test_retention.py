"""Checks in the database: what managers are told of them, reminders, and what is excluded."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lms.bootstrap import Parts
from lms.db.accounts import Cohort, CohortManager, CohortMember, Person
from lms.db.assignments import Assignment, Registration
from lms.db.learning import CourseVersion
from lms.db.notices import OutboxRow
from lms.db.retention import Check, CheckForm
from lms.domain.access import Actor
from lms.domain.errors import NotFound
from lms.domain.retention import Standing
from lms.jobs.worker import look_at_checks, run_once, tasks
from lms.services import notices, retention_report
from lms.services.authoring import import_course
from lms.services.retention_report import MemoryReport
from quizzes.retention import Occasion
from tests.checked_course import checked_course
from tests.conftest import Clock
from tests.practice_course import MODULE

DAY = timedelta(days=1)
HELD = ["point-01", "point-02"]
Make = Callable[..., Person]


@dataclass
class Desk:
    """People with checks, written straight into the tables."""

    parts: Parts
    clock: Clock
    course_id: int
    version_id: int
    random: Random

    def check(
        self, person: Person, *, taken: int | None = 7, right: float = 0.8, shift: timedelta = timedelta(0)
    ) -> UUID:
        """Give somebody a check that begins now, or later, and was taken so many days on, or never."""
        new_id, now, first_day = self.parts.new_id, self.clock.now + shift, 20_000
        with self.parts.database.writing() as session:
            assignment = Assignment(
                uuid=new_id(), person_id=person.id, course_id=self.course_id, assigned_at=now
            )
            session.add(assignment)
            session.flush()
            run = Registration(uuid=new_id(), assignment_id=assignment.id, course_version_id=self.version_id)
            session.add(run)
            session.flush()
            made = []
            for occasion, opens, closes in ((Occasion.IMMEDIATE, 0, 1), (Occasion.DELAYED, 6, 10)):
                day = 0 if occasion is Occasion.IMMEDIATE else taken
                made.append(
                    Check(
                        uuid=new_id(),
                        person_id=person.id,
                        registration_id=run.id,
                        course_id=self.course_id,
                        module_id=MODULE,
                        occasion=occasion,
                        form=CheckForm("AB"[(person.id + (occasion is Occasion.DELAYED)) % 2]),
                        held_out=HELD,
                        first_day=first_day,
                        check_day=7,
                        opens_at=now + opens * DAY,
                        closes_at=now + closes * DAY,
                        told_at=now + 10 * DAY,
                        finished_at=None if day is None else now + day * DAY,
                        taken_day=None if day is None else first_day + day,
                        marks=None if day is None else self._marks(right),
                    )
                )
            session.add_all(made)
            session.flush()
            return made[1].uuid

    def _marks(self, right: float) -> list[list[Any]]:
        return [
            [
                f"point-{n:02}-a",
                f"point-{n:02}",
                int(self.random.random() < (right if n > 2 else right / 2)),
                0.25,
                "spaced" if n > 2 else "held_out",
                "tools" if n % 2 else "culture",
                "DE" if n > 8 else None,
                "de" if n > 8 else None,
            ]
            for n in range(1, 11)
        ]

    def report(self, person: Person, cohort: UUID | None = None) -> MemoryReport:
        with self.parts.database.reading() as session:
            read = retention_report.read_checks(
                session,
                self.parts.courses,
                Actor(person.id, person.role),
                slug=None,
                cohort=cohort,
                now=self.clock.now,
            )
        return retention_report.memory_report(read)


@pytest.fixture
def desk(parts: Parts, clock: Clock) -> Desk:
    with parts.database.writing() as session:
        import_course(session, checked_course(), now=clock.now)
        course_id, version_id = session.execute(select(CourseVersion.course_id, CourseVersion.id)).one()
    return Desk(parts, clock, course_id, version_id, Random(7))


@pytest.fixture
def cohort(parts: Parts, clock: Clock) -> Callable[..., UUID]:
    def make(name: str, manager: Person, people: list[Person]) -> UUID:
        with parts.database.writing() as session:
            made = Cohort(uuid=parts.new_id(), name=name, starts_on=clock.now.date(), created_at=clock.now)
            session.add(made)
            session.flush()
            session.add(CohortManager(cohort_id=made.id, person_id=manager.id))
            session.add_all(
                CohortMember(cohort_id=made.id, person_id=person.id, joined_at=clock.now) for person in people
            )
            session.flush()
            return made.uuid

    return make


def test_managers_are_told_of_their_own_cohorts_and_administrators_of_all(
    desk: Desk, cohort: Callable[..., UUID], make_person: Make
) -> None:
    manager, rival, admin = make_person("manager"), make_person("manager"), make_person("admin")
    ours, theirs = [make_person() for _ in range(12)], [make_person() for _ in range(3)]
    for person in ours + theirs:
        desk.check(person, right=0.95)
    own = cohort("Ours", manager, ours)
    other = cohort("Theirs", rival, theirs)
    desk.clock.now += 20 * DAY

    found = desk.report(manager)

    assert [group.name for group in found.by_cohort] == ["Ours"]
    assert found.whole.counts.counted == 12 and found.whole.kept.shown
    assert {group.name for group in found.by_skill} == {"tools", "culture"}
    assert [group.name for group in found.by_market] == ["DE"]
    assert desk.report(rival).whole.kept.standing is Standing.HIDDEN
    assert desk.report(admin).whole.counts.counted == 15
    assert desk.report(admin, cohort=other).whole.counts.counted == 3
    assert desk.report(manager, cohort=own).chosen is not None
    with pytest.raises(NotFound):
        desk.report(manager, cohort=other)


def test_a_test_taken_on_another_day_is_excluded_and_counted_as_such(desk: Desk, make_person: Make) -> None:
    """A journey over the date line moves somebody's study day: the actual day decides."""
    admin = make_person("admin")
    for taken in (5, 6, 7, 9, 10, None):
        desk.check(make_person(), taken=taken)
    waiting = desk.report(admin).whole.counts
    desk.clock.now += 20 * DAY

    counts = desk.report(admin).whole.counts

    assert (counts.counted, counts.excluded, counts.missed, counts.pending) == (3, 2, 1, 0)
    assert waiting.pending == 1


def test_the_page_and_its_file_say_the_same(
    desk: Desk, make_person: Make, sign_in: Callable[..., FlaskClient], cohort: Callable[..., UUID]
) -> None:
    manager = make_person("manager")
    people = [make_person() for _ in range(30)]
    for person in people:
        desk.check(person, right=0.9)
    cohort("=cmd()", manager, people)
    cohort("Small", manager, people[:3])
    desk.clock.now += 20 * DAY
    client = sign_in(manager)

    page = client.get("/manage/memory").text
    file = client.get("/manage/memory.csv")

    report = desk.report(manager).whole
    assert report.kept.value is not None and report.kept.interval is not None
    low, high = round(100 * report.kept.interval.low), round(100 * report.kept.interval.high)
    value = round(100 * report.kept.value)
    assert f"Of what was learnt, {value}% [{low}–{high}] is known after 7 days, 30 people" in page
    assert "Fewer than 5 people: nothing is shown" in page
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert file.mimetype == "text/csv" and rows[1][2] == "30"
    assert float(rows[1][7]) == pytest.approx(100 * report.kept.value, abs=0.06)
    named = {row[1]: row for row in rows}
    assert "'=cmd()" in named, "no spreadsheet computes a name"
    assert set(named["Small"][2:7]) == {""}, "nothing of fewer than five"


def test_reminders_go_out_on_the_first_and_the_last_day_once_each(
    desk: Desk, make_person: Make, parts: Parts, clock: Clock
) -> None:
    clock.now = clock.now.replace(hour=20)  # 04:00 in Shanghai, where a study day begins
    there = make_person(name="Lin", timezone="Asia/Shanghai", language="zh-CN", email="lin@desk.test")
    west = make_person(name="Ann", timezone="America/Los_Angeles", language="en", email="ann@desk.test")
    quick = make_person(email="quick@desk.test", timezone="Asia/Shanghai")
    gone = make_person(email="gone@desk.test", timezone="Asia/Shanghai")
    for person in (there, gone):
        desk.check(person, taken=None)
    desk.check(west, taken=None, shift=timedelta(hours=16))
    early = desk.check(quick, taken=None)
    with parts.database.writing() as session:
        session.execute(update(Person).where(Person.email == "gone@desk.test").values(active=False))
    mails: list[tuple[str, str, str]] = []

    class Box:
        def send(self, *, key: str, to: str, subject: str, text: str) -> None:
            mails.append((clock.now.isoformat()[:16], to, subject + "\n" + text))

    known = tasks(parts, mailer=Box())
    until = clock.now + 12 * DAY
    while clock.now < until:
        if clock.now.hour == 0:
            look_at_checks(parts)
            look_at_checks(parts)
        while run_once(parts, known):
            pass
        clock.now += timedelta(hours=1)
        if clock.now.date().isoformat() == "2026-11-30":
            with parts.database.writing() as session:
                check = session.scalars(select(Check).where(Check.uuid == early)).one()
                check.finished_at = clock.now

    assert [(at, to) for at, to, _ in mails if to == "lin@desk.test"] == [
        ("2026-11-30T01:00", "lin@desk.test"),
        ("2026-12-03T01:00", "lin@desk.test"),
    ], "nine in the morning in Shanghai"
    assert len([to for _, to, _ in mails if to == "ann@desk.test"]) == 2
    assert not [to for _, to, _ in mails if to in ("quick@desk.test", "gone@desk.test")]
    first, last = (text for _, to, text in mails if to == "lin@desk.test")
    assert "7 天检查开放了" in first and "12 月 3 日" in first and "/checks/" in first
    assert "今天截止" in last
    assert all("7-day check" in text or "last day" in text for _, to, text in mails if to == "ann@desk.test")
    with parts.database.reading() as session:
        closings = session.scalars(select(OutboxRow).where(OutboxRow.task == notices.CHECK_CLOSING)).all()
        assert closings and all(row.done_at is not None for row in closings)
        assert all(check.closed_at for check in session.scalars(select(Check)) if check.uuid != early
                   and check.occasion is Occasion.DELAYED)  # fmt: skip


def test_the_demonstration_gets_no_mail(desk: Desk, make_person: Make, parts: Parts, clock: Clock) -> None:
    desk.check(make_person(demonstration=True), taken=None)
    clock.now += 6 * DAY

    look_at_checks(parts)

    with parts.database.reading() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.task == notices.CHECK_REMINDER)).all()
    assert rows == []
