"""Every route, as every role: who gets in, and that what is somebody else's does not exist."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from courses.library import SHIPPED
from lms.bootstrap import Parts
from lms.db.accounts import Cohort, CohortManager, Person
from lms.db.quizzes import Attempt
from lms.domain.access import Right
from lms.services import authoring
from lms.web.access import PUBLIC, right_of

ROLES = ("learner", "manager", "trainer", "admin")
EVERYBODY = frozenset(ROLES)
SLUG = "service-desk"

PUBLIC_PAGES = {
    "static", "accounts.sign_in", "accounts.sign_in_post", "accounts.sign_out", "accounts.set_password",
    "accounts.set_language", "operations.healthz", "operations.readyz",
}  # fmt: skip
"""Open without an account; the record store asks for its own credentials."""

ALLOWED: dict[str, frozenset[str]] = {
    "learning": EVERYBODY,
    "quizzes": EVERYBODY,
    "assignments": frozenset({"manager", "admin"}),
    "authoring": frozenset({"trainer", "admin"}),
    "exports": frozenset({"manager", "trainer", "admin"}),
    "demonstration": frozenset({"admin"}),
}
"""By blueprint; exceptions by endpoint below."""
ALLOWED_ENDPOINTS: dict[str, frozenset[str]] = {
    "accounts.settings": EVERYBODY,
    "accounts.save_settings": EVERYBODY,
    "accounts.change_password": EVERYBODY,
    "accounts.admin": frozenset({"admin"}),
    "accounts.users": frozenset({"admin"}),
    "accounts.add_user": frozenset({"admin"}),
    "accounts.edit_user": frozenset({"admin"}),
    "accounts.new_link": frozenset({"admin"}),
}
SAFE_FOR_ALL = frozenset({200, 302, 303, 400, 404, 409})
"""What a permitted request to a made-up object may answer: never another person's data, never a 5xx."""


def allowed(endpoint: str) -> frozenset[str]:
    """Who may use an endpoint; a new one without a row here fails the test."""
    return ALLOWED_ENDPOINTS.get(endpoint) or ALLOWED[endpoint.split(".")[0]]


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("xapi.")]


@pytest.fixture
def others(parts: Parts, make_person: Callable[..., Person]) -> dict[str, object]:
    """Somebody else's objects, to be put into every address."""
    with parts.database.writing(seconds=30) as session:
        version = authoring.import_course(session, SHIPPED / SLUG, now=parts.now())
        version_id, digest = version.id, version.content_hash
    owner = make_person("manager", email="owner@desk.test")
    with parts.database.writing() as session:
        cohort = Cohort(
            uuid=parts.new_id(), name="Theirs", starts_on=parts.now().date(), created_at=parts.now()
        )
        session.add(cohort)
        session.flush()
        session.add(CohortManager(cohort_id=cohort.id, person_id=owner.id))
        attempt = Attempt(
            uuid=parts.new_id(),
            person_id=owner.id,
            kind="quiz",
            course_version_id=version_id,
            module_id="foundation",
            item_ids=["csat-formula-1"],
            started_at=parts.now(),
        )
        session.add(attempt)
        session.flush()
        return {
            "slug": SLUG, "lesson_id": "prep", "module_id": "foundation", "item_id": "lesson-csat-formula",
            "cohort_id": cohort.uuid, "attempt": attempt.uuid, "place": 1, "card": UUID(int=7), "sequence": 0,
            "user_id": owner.uuid, "secret": "no-such-secret", "digest": digest, "path": "x.svg",
            "filename": "css/tokens.css",
            "version": digest, "version_id": version_id,
        }  # fmt: skip


def address(app: Flask, rule: Rule, others: dict[str, object]) -> str:
    values = {name: others[name] for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)  # type: ignore[arg-type]


def send(client: FlaskClient, rule: Rule, url: str) -> list[tuple[str, int]]:
    methods = sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})
    return [(method, client.open(url, method=method).status_code) for method in methods]


def test_every_view_says_who_may_come_in(app: Flask) -> None:
    for rule in rules(app):
        right = right_of(app, rule.endpoint)
        assert right == PUBLIC or isinstance(right, Right), f"{rule.endpoint} says nothing: it is closed"
        assert (right == PUBLIC) == (rule.endpoint in PUBLIC_PAGES), rule.endpoint


def test_without_an_account_every_page_leads_to_the_sign_in(
    app: Flask, client: FlaskClient, others: dict[str, object]
) -> None:
    for rule in rules(app):
        if rule.endpoint in PUBLIC_PAGES:
            continue
        url = address(app, rule, others)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = client.open(url, method=method)
            assert answer.status_code == 302, (rule.endpoint, method)
            assert answer.location.startswith("/sign-in"), rule.endpoint


@pytest.mark.parametrize("role", ROLES)
def test_every_route_lets_in_whom_the_table_names_and_nobody_else(
    app: Flask, sign_in: Callable[..., FlaskClient], others: dict[str, object], role: str
) -> None:
    client = sign_in(role)
    for rule in rules(app):
        if rule.endpoint in PUBLIC_PAGES:
            continue
        url = address(app, rule, others)
        for method, status in send(client, rule, url):
            place = f"{role} {method} {url}"
            if role in allowed(rule.endpoint):
                assert status in SAFE_FOR_ALL, f"{place}: {status}"
            else:
                assert status == 404, f"{place}: {status}"


@pytest.mark.parametrize("role", ["learner", "manager", "trainer"])
def test_somebody_elses_objects_do_not_exist(
    app: Flask, sign_in: Callable[..., FlaskClient], others: dict[str, object], role: str
) -> None:
    client = sign_in(role)
    foreign = {"cohort_id", "attempt", "card", "user_id"}
    seen = 0
    for rule in rules(app):
        if rule.endpoint in PUBLIC_PAGES or not foreign & rule.arguments:
            continue
        for method, status in send(client, rule, address(app, rule, others)):
            # a form that is incomplete may be refused before its object is looked at; it is never carried out
            assert status in (404, 400), f"{role} {method} {rule.rule}: {status}"
            if method == "GET":
                assert status == 404, rule.rule
            seen += 1
    assert seen >= 8
