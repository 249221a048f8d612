"""Who may open what: every route by every kind of person, with objects that belong to one of them.

The table is the contract. A route without a row fails, and so does a row without a route.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.base import Base
from lms.db.learning import CourseVersion
from lms.db.quizzes import Attempt, AttemptKind, Card
from lms.db.retention import Check, CheckForm
from lms.domain.access import Right
from lms.services import accounts, authoring
from lms.web.access import PUBLIC, right_of
from quizzes.retention import Occasion
from tests.conftest import Clock
from tests.kept_attachments import kept
from tests.practice_course import MODULE, RIGHT, SLUG, practice_course
from tests.shelf_course import shelf
from xapi.lrs import store_statements
from xapi.store import audit
from xapi.store.credentials import create_credential
from xapi.store.dead_letters import Dead, bury, list_dead_letters
from xapi.store.tables import metadata as xapi_metadata
from xapi.store.targets import add_target

NOBODY, LEARNER, STRANGER, MANAGER, RIVAL, TRAINER, ADMIN = (
    "nobody", "learner", "stranger", "manager", "rival", "trainer", "admin",
)  # fmt: skip
"""Not signed in · who has the attempts and cards · another learner · who manages the cohort · another one."""
SIGNED_IN = frozenset({LEARNER, STRANGER, MANAGER, RIVAL, TRAINER, ADMIN})
ALL = SIGNED_IN | {NOBODY}
OWN = frozenset({LEARNER})
MANAGERS = frozenset({MANAGER, RIVAL, ADMIN})
COHORT = frozenset({MANAGER, ADMIN})
AUTHORS = frozenset({TRAINER, ADMIN})
ADMINS = frozenset({ADMIN})
LET_IN = (200, 302, 303, 400)
"""A page, a way on, or a form that comes back for what is (not) in it."""
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
COHORT_NAMES = {MANAGER: "Autumn", RIVAL: "Winter"}
SAID = {
    "actor": {"mbox": "mailto:elsewhere@desk.test"},
    "verb": {"id": "https://v.example/drew"},
    "object": {"id": "https://o.example/1"},
}
ATTACHMENT = {
    "usageType": "https://x.example/drawing",
    "display": {"en": "Drawing"},
    "contentType": "image/svg+xml",
    "length": 41,
}
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@dataclass(frozen=True)
class Row:
    """Who is let in to an endpoint by a method; everybody else finds nothing there."""

    allowed: frozenset[str]
    data: dict[str, str] = field(default_factory=dict)
    """What is posted, where a post without it would not be found by anybody."""


TABLE: dict[tuple[str, str], Row] = {
    ("static", "GET"): Row(ALL),
    ("operations.healthz", "GET"): Row(ALL),
    ("operations.readyz", "GET"): Row(ALL),
    ("profile.show", "GET"): Row(ALL),
    ("accounts.sign_in", "GET"): Row(ALL),
    ("accounts.sign_in_post", "POST"): Row(ALL),
    ("accounts.sign_out", "POST"): Row(ALL),
    ("accounts.set_language", "POST"): Row(ALL, {"language": "en"}),
    ("accounts.set_password", "GET"): Row(ALL),
    ("accounts.set_password", "POST"): Row(ALL),
    ("accounts.settings", "GET"): Row(SIGNED_IN),
    ("accounts.save_settings", "POST"): Row(SIGNED_IN),
    ("accounts.change_password", "POST"): Row(SIGNED_IN),
    ("accounts.admin", "GET"): Row(ADMINS),
    ("accounts.users", "GET"): Row(ADMINS),
    ("accounts.add_user", "GET"): Row(ADMINS),
    ("accounts.add_user", "POST"): Row(ADMINS),
    ("accounts.edit_user", "GET"): Row(ADMINS),
    ("accounts.edit_user", "POST"): Row(ADMINS),
    ("accounts.new_link", "POST"): Row(ADMINS),
    ("learning.today", "GET"): Row(SIGNED_IN),
    ("learning.courses", "GET"): Row(SIGNED_IN),
    ("learning.course", "GET"): Row(SIGNED_IN),
    ("learning.start", "POST"): Row(SIGNED_IN),
    ("learning.lesson", "GET"): Row(SIGNED_IN),
    ("learning.step", "POST"): Row(SIGNED_IN, {"step": "1"}),
    ("learning.picture", "GET"): Row(SIGNED_IN),
    ("needs.report", "GET"): Row(SIGNED_IN),
    ("needs.cohort", "GET"): Row(COHORT),
    ("needs.begin", "POST"): Row(SIGNED_IN),
    ("needs.question", "GET"): Row(OWN),
    ("needs.answer", "POST"): Row(OWN),
    ("scenes.scenes", "GET"): Row(SIGNED_IN),
    ("scenes.scene", "GET"): Row(SIGNED_IN),
    ("scenes.begin", "POST"): Row(SIGNED_IN),
    ("scenes.run", "GET"): Row(OWN),
    ("scenes.reply", "POST"): Row(OWN, {"reply": "a"}),
    ("handbook.glossary", "GET"): Row(SIGNED_IN),
    ("handbook.term", "GET"): Row(SIGNED_IN),
    ("handbook.scripts", "GET"): Row(SIGNED_IN),
    ("handbook.script", "GET"): Row(SIGNED_IN),
    ("handbook.script_reply", "GET"): Row(SIGNED_IN),
    ("handbook.markets", "GET"): Row(SIGNED_IN),
    ("handbook.market", "GET"): Row(SIGNED_IN),
    ("quizzes.answer_interaction", "POST"): Row(SIGNED_IN),
    ("quizzes.quiz", "GET"): Row(SIGNED_IN),
    ("quizzes.start_quiz", "POST"): Row(SIGNED_IN),
    ("quizzes.result", "GET"): Row(OWN),
    ("quizzes.question", "GET"): Row(OWN),
    ("quizzes.answer_question", "POST"): Row(OWN),
    ("quizzes.review", "GET"): Row(SIGNED_IN),
    ("quizzes.review_card", "GET"): Row(OWN),
    ("quizzes.answer_review", "POST"): Row(OWN),
    ("retention.checks", "GET"): Row(SIGNED_IN),
    ("retention.check", "GET"): Row(OWN),
    ("retention.start_check", "POST"): Row(OWN),
    ("retention.question", "GET"): Row(OWN),
    ("retention.answer", "POST"): Row(OWN, {"token": "x"}),
    ("retention.memory", "GET"): Row(MANAGERS),
    ("retention.memory_file", "GET"): Row(MANAGERS),
    ("retention.switch_experiment", "POST"): Row(ADMINS, {"experiment": "on"}),
    ("records.statements", "GET"): Row(ADMINS),
    ("records.statement", "GET"): Row(ADMINS),
    ("records.raw", "GET"): Row(ADMINS),
    ("records.attachment", "GET"): Row(ADMINS),
    ("records.refusals", "GET"): Row(ADMINS),
    ("records.credentials", "GET"): Row(ADMINS),
    ("records.add_credential", "POST"): Row(ADMINS, {"name": "Reports", "scope": "read"}),
    ("records.credential", "GET"): Row(ADMINS),
    ("records.limit_credential", "POST"): Row(ADMINS, {"limit-rate_limit": "60"}),
    ("records.rotate_credential", "POST"): Row(ADMINS, {"rotate-keep_hours": "24"}),
    ("records.revoke", "POST"): Row(ADMINS),
    ("records.targets", "GET"): Row(ADMINS),
    ("records.add_target", "POST"): Row(
        ADMINS,
        {
            "name": "another",
            "endpoint": "https://lrs.example.com/xapi",
            "key": "k",
            "secret": "s",
            "version": "2.0.0",
        },
    ),
    ("records.target", "GET"): Row(ADMINS),
    ("records.pause_target", "POST"): Row(ADMINS),
    ("records.resume_target", "POST"): Row(ADMINS),
    ("records.replace_target_secret", "POST"): Row(ADMINS, {"secret-key": "k", "secret-secret": "s"}),
    ("records.remove_target", "POST"): Row(ADMINS, {"remove-sure": "y"}),
    ("records.retry_letters", "POST"): Row(ADMINS),
    ("records.drop_letters", "POST"): Row(ADMINS, {"drop-sure": "y"}),
    ("records.retry_letter", "POST"): Row(ADMINS),
    ("records.drop_letter", "POST"): Row(ADMINS),
    ("records.privacy", "GET"): Row(ADMINS),
    ("records.export_person", "POST"): Row(ADMINS, {"export-person": "learner@desk.test"}),
    ("records.delete_person", "POST"): Row(
        ADMINS, {"delete-person": "learner@desk.test", "delete-sure": "y"}
    ),
    ("records.add_rule", "POST"): Row(ADMINS, {"rule-age_days": "365"}),
    ("records.apply_rule", "POST"): Row(ADMINS),
    ("records.remove_rule", "POST"): Row(ADMINS),
    ("authoring.courses", "GET"): Row(AUTHORS),
    ("authoring.course", "GET"): Row(AUTHORS),
    ("items.show", "GET"): Row(AUTHORS),
    ("items.file", "GET"): Row(AUTHORS),
    ("assignments.manage", "GET"): Row(MANAGERS),
    ("assignments.new_cohort", "GET"): Row(MANAGERS),
    ("assignments.new_cohort", "POST"): Row(MANAGERS),
    ("assignments.cohort", "GET"): Row(COHORT),
    ("assignments.progress_file", "GET"): Row(COHORT),
    ("assignments.add_people", "POST"): Row(COHORT),
    ("assignments.name_managers", "POST"): Row(COHORT, {"managers": "admin@desk.test"}),
    ("assignments.assign", "POST"): Row(COHORT, {"course": SLUG}),
    ("assignments.withdraw", "POST"): Row(COHORT, {"course": SLUG}),
    ("assignments.restore", "POST"): Row(COHORT, {"course": SLUG, "at": "2026-11-23T09:00:00+00:00"}),
}


@dataclass(frozen=True)
class World:
    """People of every kind, and one of everything that an address can name."""

    enter: Callable[[str], FlaskClient]
    values: dict[str, Any]
    """Argument of a rule -> a real one."""

    def path(self, rule: Rule) -> str:
        built = rule.build({name: self.values[name] for name in rule.arguments})
        assert built is not None, rule
        return str(built[1])

    def ask(self, who: str, method: str, rule: Rule) -> Any:
        """Ask as somebody, with a session of its own: what one request does no other one feels."""
        row = TABLE.get((rule.endpoint, method))
        data = row.data if row and method == "POST" else None
        return self.enter(who).open(self.path(rule), method=method, data=data, buffered=True)


@pytest.fixture
def world(
    parts: Parts,
    clock: Clock,
    make_person: Callable[..., Person],
    sign_in: Callable[..., FlaskClient],
    app: Flask,
) -> World:
    kinds = {MANAGER: "manager", RIVAL: "manager", STRANGER: "learner"}
    people = {who: make_person(kinds.get(who, who), email=f"{who}@desk.test") for who in sorted(SIGNED_IN)}

    def enter(who: str) -> FlaskClient:
        return app.test_client() if who == NOBODY else sign_in(people[who])

    with parts.database.writing() as session:
        course = replace(
            practice_course(),
            media={"media/drawing.svg": sha256(DRAWING).hexdigest()},
            shelf=shelf(point="point-single"),
        )
        authoring.import_course(session, course, now=parts.now(), media={"media/drawing.svg": DRAWING})
    cohorts = {who: _cohort(enter(who), name) for who, name in COHORT_NAMES.items()}
    manager = enter(MANAGER)
    manager.post(f"{cohorts[MANAGER]}/people", data={"emails": f"{LEARNER}@desk.test"})
    manager.post(f"{cohorts[MANAGER]}/assign", data={"course": SLUG})
    for who in sorted(SIGNED_IN):
        enter(who).post(f"/courses/{SLUG}/start")  # courses are open to everybody
    attempt = _take_quiz(enter(LEARNER))
    clock.now += timedelta(days=4)
    with parts.database.writing() as session:
        secret = accounts.make_link(session, people[STRANGER], now=parts.now(), new_secret=parts.new_secret)
        card = session.scalars(select(Card)).first()
        digest = session.scalars(select(CourseVersion.content_hash)).one()
        rule = audit.add_rule(
            session, age_days=365, verb=None, activity=None, who="x", now=parts.now(), new_id=parts.new_id
        )
        key, _ = create_credential(session, "x", "read", now=parts.now(), secrets=secrets.token_urlsafe)
        [statement] = store_statements(
            session,
            [{**SAID, "attachments": [{**ATTACHMENT, "sha2": sha256(DRAWING).hexdigest()}]}],
            authority={"mbox": "mailto:tool@desk.test"},
            now=parts.now(),
            new_id=parts.new_id,
            attachments=[kept(parts.files, DRAWING, "image/svg+xml")],
        )
        target = add_target(
            session,
            "warehouse",
            "https://lrs.example.com/xapi",
            key="k",
            secret="s",
            now=parts.now(),
            new_id=parts.new_id,
        )
        bury(session, target, [Dead(1, UUID(statement), "refused")], now=parts.now())
        [letter] = list_dead_letters(session, target)
        check = _check(session, people[LEARNER], parts)
    assert card is not None
    lesson = course.lessons[0]
    values = {
        "filename": "css/tokens.css",
        "phase": "before",
        "analysis": enter(LEARNER).post(f"/needs/begin/{SLUG}/before").location.split("/")[2],
        "scene_id": "en-late-parcel",
        "run": enter(LEARNER).post("/practice/en-late-parcel").location.rsplit("/", 1)[1],
        "number": 1,
        "term_id": "tracking-number",
        "script_id": "refund-steps",
        "reply": "en-US",
        "market_id": "de",
        "secret": secret,
        "user_id": people[STRANGER].uuid,
        "slug": SLUG,
        "lesson_id": lesson.id,
        "item_id": lesson.interactions[0],
        "module_id": MODULE,
        "kind": "csv",
        "attempt": attempt,
        "place": 2,
        "card": card.uuid,
        "check": check,
        "sequence": card.sequence,
        "digest": digest,
        "statement_id": statement,
        "sha2": sha256(DRAWING).hexdigest(),
        "key": key,
        "rule_id": rule.id,
        "target_id": target,
        "letter_id": letter.id,
        "path": "drawing.svg",
        "defined": "verbs/assigned",
        "cohort_id": cohorts[MANAGER].rsplit("/", 1)[1],
    }
    return World(enter, values)


def _check(session: Session, person: Person, parts: Parts) -> UUID:
    """Make a test of a 7-day check that is under way; the course has too few items for one of its own."""
    attempt = session.scalars(select(Attempt).where(Attempt.person_id == person.id)).first()
    assert attempt is not None and attempt.registration_id is not None
    again = Attempt(
        uuid=parts.new_id(),
        person_id=person.id,
        registration_id=attempt.registration_id,
        kind=AttemptKind.CHECK,
        course_version_id=attempt.course_version_id,
        module_id=MODULE,
        item_ids=attempt.item_ids,
        started_at=parts.now(),
    )
    session.add(again)
    session.flush()
    course_id = session.scalar(
        select(CourseVersion.course_id).where(CourseVersion.id == attempt.course_version_id)
    )
    check = Check(
        uuid=parts.new_id(),
        person_id=person.id,
        registration_id=attempt.registration_id,
        course_id=course_id or 0,
        module_id=MODULE,
        occasion=Occasion.IMMEDIATE,
        form=CheckForm.A,
        held_out=[],
        first_day=0,
        check_day=7,
        opens_at=parts.now(),
        closes_at=parts.now() + timedelta(days=1),
        told_at=parts.now() + timedelta(days=9),
        attempt_id=again.id,
    )
    session.add(check)
    session.flush()
    return check.uuid


def _cohort(client: FlaskClient, name: str) -> str:
    answer = client.post("/manage/cohorts/new", data={"name": name, "starts_on": "2026-11-23"})
    return answer.location


def _take_quiz(client: FlaskClient) -> str:
    """Take the whole quiz, every answer right, so that there is a result and there are cards."""
    address = client.post(f"/courses/{SLUG}/modules/{MODULE}/quiz").location
    attempt = address.split("/")[-2]
    for place in range(1, len(RIGHT) + 1):
        address = f"/courses/{SLUG}/modules/{MODULE}/quiz/{attempt}/{place}"
        page = client.get(address).text
        kind = re.search(r"The (\w+) question", page)
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert kind and token
        client.post(address, data={**RIGHT[kind[1]], "token": token[1]})
    return attempt


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Every route of the pages by each of its methods; the record store has keys of its own."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith("xapi.")
        for method in sorted(rule.methods or ())
        if method in ("GET", *UNSAFE)
    ]


def stored(parts: Parts) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with parts.database.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(table.select())))
            for metadata in (Base.metadata, xapi_metadata)
            for table in metadata.sorted_tables
        }


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    assert {(rule.endpoint, method) for rule, method in routes(app)} == set(TABLE)


def test_every_view_says_what_it_asks_for_as_its_row_does(app: Flask) -> None:
    """A view that says nothing is closed; one that is open says so and is open in the table."""
    for rule, method in routes(app):
        right = right_of(app, rule.endpoint)

        assert right == PUBLIC or isinstance(right, Right), f"{rule.endpoint} says nothing"
        assert (right == PUBLIC) == (NOBODY in TABLE[rule.endpoint, method].allowed), rule.endpoint


def test_each_route_lets_in_exactly_those_of_its_row(app: Flask, world: World) -> None:
    wrong = []
    for rule, method in routes(app):
        row = TABLE[rule.endpoint, method]
        for who in sorted(ALL):
            answer = world.ask(who, method, rule)
            to_door = (answer.location or "").startswith("/sign-in")
            if who in row.allowed:
                fits = answer.status_code in LET_IN and (not to_door or row.allowed == ALL)
            elif who == NOBODY:
                fits = answer.status_code == 302 and to_door
            else:
                fits = answer.status_code == 404
            if not fits:
                wrong.append((who, method, rule.rule, answer.status_code, answer.location))

    assert wrong == []


def test_who_is_not_let_in_changes_nothing(app: Flask, world: World, parts: Parts) -> None:
    before = stored(parts)
    for rule, method in routes(app):
        if method in UNSAFE:
            for who in sorted(ALL - TABLE[rule.endpoint, method].allowed):
                world.ask(who, method, rule)

    assert stored(parts) == before


def test_a_post_without_the_pages_token_is_refused_and_changes_nothing(
    app: Flask, world: World, parts: Parts
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    before = stored(parts)
    answers = {
        (rule.endpoint, who): world.ask(who, method, rule).status_code
        for rule, method in routes(app)
        if method in UNSAFE
        for who in (NOBODY, LEARNER, MANAGER, ADMIN)
    }

    assert set(answers.values()) == {400}
    assert stored(parts) == before


def test_a_method_that_a_route_does_not_have_is_refused(app: Flask, world: World) -> None:
    pages = {world.path(rule) for rule, _ in routes(app)}
    known = {(world.path(rule), method) for rule, method in routes(app)}
    statuses = {
        (path, method): world.enter(ADMIN).open(path, method=method).status_code
        for path in sorted(pages)
        for method in ("GET", *UNSAFE)
        if (path, method) not in known
    }

    assert set(statuses.values()) <= {404, 405}, statuses


def test_the_record_store_takes_keys_and_no_session(
    app: Flask, client: FlaskClient, sign_in: Callable[..., FlaskClient]
) -> None:
    version = {"X-Experience-API-Version": "1.0.3"}
    statuses = {
        (rule.rule, method, inside): browser.open(rule.rule, method=method, headers=version).status_code
        for inside, browser in ((False, client), (True, sign_in("admin")))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("xapi.") and rule.endpoint != "xapi.about"
        for method in ("GET", *UNSAFE)
    }

    assert statuses and set(statuses.values()) <= {401, 405}, statuses
