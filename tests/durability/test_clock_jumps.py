"""The system's clock jumps: no page fails, every time has a zone, sessions end in time, order holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.services.authoring import import_course
from lms.web.session import SESSION_SECONDS, SET_BACK_SECONDS
from tests.conftest import PASSWORD, Clock
from tests.practice_course import MODULE, RIGHT, SLUG, practice_course
from xapi.store.tables import Statement

QUIZ = f"/courses/{SLUG}/modules/{MODULE}/quiz"
LESSON = f"/courses/{SLUG}/lessons/first"
ZONED = re.compile(r"(Z|[+-]\d\d:\d\d)$")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Jump:
    """The clock goes from one moment to another, for somebody in a zone."""

    name: str
    before: datetime
    after: datetime
    zone: str = "Asia/Shanghai"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


JUMPS = (
    Jump("back a day", at("2026-11-23T09:00"), at("2026-11-22T09:00")),
    Jump("back an hour", at("2026-11-23T09:00"), at("2026-11-23T08:00")),
    Jump("on a day", at("2026-11-23T09:00"), at("2026-11-24T09:00")),
    Jump("on a year", at("2026-11-23T09:00"), at("2027-11-23T09:00")),
    Jump("into a leap day", at("2028-02-28T15:59"), at("2028-02-28T16:01")),
    Jump("from a leap day on a year", at("2028-02-29T12:00"), at("2029-02-28T12:00")),
    Jump("Berlin loses an hour", at("2027-03-28T00:59"), at("2027-03-28T01:01"), "Europe/Berlin"),
    Jump("Berlin has an hour twice", at("2027-10-31T00:30"), at("2027-10-31T01:30"), "Europe/Berlin"),
    Jump("New York loses an hour", at("2027-03-14T06:59"), at("2027-03-14T07:01"), "America/New_York"),
    # the last time that China had summer time; a clock whose battery is dead may say such a year
    Jump("Shanghai had an hour twice", at("1991-09-14T15:30"), at("1991-09-14T16:30")),
    Jump("2038", at("2038-01-19T03:14:07"), at("2038-01-19T03:14:08")),
    Jump("the year ends in Shanghai", at("2026-12-31T15:59:59"), at("2026-12-31T16:00:01")),
)


@pytest.fixture
def now(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The application's clock and the system's, which sessions are counted by: they jump together."""
    monkeypatch.setattr("lms.web.session.time", SimpleNamespace(time=lambda: clock.now.timestamp()))
    return clock


def test_twelve_jumps_fail_no_page_and_every_time_has_a_zone(
    app: Flask, parts: Parts, now: Clock, make_person: Callable[..., Person]
) -> None:
    with parts.database.writing() as session:
        import_course(session, practice_course(), now=now())
    wrong: list[str] = []
    counts: list[int] = []
    for jump in JUMPS:
        now.now = jump.before
        people = {role: make_person(role, timezone=jump.zone) for role in ("learner", "manager")}
        clients = {role: app.test_client() for role in people}
        for role, client in clients.items():
            sign_in(client, people[role])
        last = last_seq(parts)

        now.now = jump.after
        stays = -SET_BACK_SECONDS <= (jump.after - jump.before).total_seconds() < SESSION_SECONDS
        for role, client in clients.items():
            if client.get("/me").status_code != (200 if stays else 302):
                wrong.append(f"{jump.name}: the session of the {role} ends early or not at all")
            sign_in(client, people[role])
        for path, status, html in walk(clients["learner"]):
            wrong += faults(f"{jump.name}: {path}", status, html)
        for path in ("/manage", "/courses", "/me"):
            answer = clients["manager"].get(path)
            wrong += faults(f"{jump.name}: {path}", answer.status_code, answer.text)

        with parts.database.reading() as session:
            said = [
                json.loads(text)
                for text in session.scalars(select(Statement.payload).where(Statement.seq > last))
            ]
            below = session.scalar(select(func.count()).where(Statement.seq <= last))
        moments = [one[name] for one in said for name in ("timestamp", "stored")]
        wrong += [f"{jump.name}: {moment} without a zone" for moment in moments if not ZONED.search(moment)]
        if len(said) < 3 or below != sum(counts):
            wrong.append(f"{jump.name}: {len(said)} statements after the last one, {below} before")
        counts.append(len(said))

    assert wrong == []


def test_a_session_ends_after_twelve_hours_however_busy_and_not_when_the_clock_is_set_back(
    app: Flask, now: Clock, make_person: Callable[..., Person]
) -> None:
    begun = now.now
    client = app.test_client()
    sign_in(client, make_person("learner"))
    statuses = []
    for moved in (
        timedelta(seconds=SESSION_SECONDS // 2),
        timedelta(hours=-1),  # set back by more than the session is old
        timedelta(seconds=SESSION_SECONDS) - MINUTE,
        timedelta(seconds=SESSION_SECONDS) + MINUTE,
    ):
        now.now = begun + moved
        client.post("/language", data={"language": "en"})  # changes the session, and so signs it anew
        statuses.append(client.get("/me").status_code)
    now.now = begun - timedelta(days=365)  # begun by a clock that was far ahead
    statuses.append(client.get("/me").status_code)

    assert statuses == [200, 200, 200, 302, 302]


def sign_in(client: FlaskClient, person: Person) -> None:
    answer = client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert answer.status_code in (302, 303)


def walk(client: FlaskClient) -> Iterator[tuple[str, int, str]]:
    """What a learner does in a sitting; answers each address with its status and page."""
    for path in ("/", f"/courses/{SLUG}"):
        answer = client.get(path)
        yield path, answer.status_code, answer.text
    for path in (f"/courses/{SLUG}/start", QUIZ):
        answer = client.post(path, follow_redirects=True)
        yield f"POST {path}", answer.status_code, answer.text
    question = answer.request.path
    token = re.search(r'name="token"[^>]*value="([^"]+)"', answer.text)
    if token is None:
        yield question, 500, "there is no question"
        return
    kind = next(kind for kind in RIGHT if f"The {kind} question" in answer.text)
    form = {**RIGHT[kind], "token": token.group(1), "sure": "yes"}
    answer = client.post(question, data=form, follow_redirects=True)
    yield f"POST {question}", answer.status_code, answer.text
    for path in (LESSON, "/review", "/", "/me"):
        answer = client.get(path, follow_redirects=True)
        yield path, answer.status_code, answer.text


def faults(where: str, status: int, html: str) -> list[str]:
    """Answer what is wrong with a page."""
    found = [f"{where}: {status}"] if status >= 400 else []
    for moment in re.findall(r'datetime="([^"]*T[^"]*)"', html):
        if not ZONED.search(moment):
            found.append(f"{where}: {moment} without a zone")
    return found


def last_seq(parts: Parts) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.max(Statement.seq))) or 0
