"""Credentials as clients meet them: limits, rotation, expiry, and tokens that are bound."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.integration.xapi.conftest import Database
from tests.integration.xapi.test_http import Api, statement
from xapi import lrs
from xapi.errors import NotFound
from xapi.http import create_blueprint
from xapi.spec.mentions import VOIDED
from xapi.store.credentials import (
    count_request,
    create_credential,
    create_token,
    limit_credential,
    list_credentials,
    revoke_credential,
    rotate_credential,
)
from xapi.store.tables import Credential

COURSE = "https://desk.example/courses/service-desk"
UNIT = f"{COURSE}/units/1"
LI = {"objectType": "Agent", "account": {"homePage": "https://desk.example", "name": "li"}}
BEN = {"objectType": "Agent", "account": {"homePage": "https://desk.example", "name": "ben"}}
REGISTRATION = UUID("aaaaaaaa-2222-4333-8444-555555555555")
OTHER = UUID("bbbbbbbb-2222-4333-8444-555555555555")


def make_app(database: Database) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(
        create_blueprint(
            reading=database.reading,
            writing=database.writing,
            clock=database.clock,
            files=database.files,
            new_id=database.new_id,
            secret="a secret of the test",
        )
    )
    return app


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database)


@pytest.fixture
def make(database: Database) -> Callable[..., tuple[str, str]]:
    def make(scope: str = "all", **given: Any) -> tuple[str, str]:
        with database.writing() as session:
            return create_credential(
                session, scope, scope, now=database.clock(), secrets=secrets.token_urlsafe, **given
            )

    return make


@pytest.fixture
def token(database: Database, app: Flask) -> Api:
    with database.writing() as session:
        key, secret = create_token(
            session,
            "launch",
            agent=LI,
            activity=UNIT,
            registration=REGISTRATION,
            lasting=timedelta(hours=1),
            now=database.clock(),
            secrets=secrets.token_urlsafe,
        )
    return Api(app.test_client(), key, secret)


def said(**given: Any) -> dict[str, Any]:
    context = {"registration": str(REGISTRATION)}
    return statement(actor=LI, object={"id": UNIT}, context=context) | given


def test_without_a_limit_nothing_is_counted(database: Database, app: Flask, make: Any) -> None:
    key, secret = make()

    answers = [Api(app.test_client(), key, secret).get().status_code for _ in range(30)]

    assert answers == [200] * 30
    with database.reading() as session:
        assert session.get_one(Credential, key).counted is None


def test_over_its_limit_a_credential_waits_for_the_next_minute(
    database: Database, app: Flask, make: Any
) -> None:
    database.clock.advance(seconds=20)
    limited = Api(app.test_client(), *make(rate_limit=3))
    other = Api(app.test_client(), *make())
    elsewhere = Api(make_app(database).test_client(), limited.key, "")
    elsewhere.headers = limited.headers

    answers = [limited.get(), elsewhere.get(), limited.get(), limited.get(), elsewhere.get()]

    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429], "counted in all processes"
    assert answers[-1].headers["Retry-After"] == "40"
    assert "3 times a minute" in answers[-1].json["error"]
    assert answers[-1].headers["X-Experience-API-Version"] == "1.0.3"
    assert other.get().status_code == 200
    database.clock.advance(seconds=40)
    assert limited.get().status_code == 200


def test_who_is_over_the_limit_costs_the_database_nothing(database: Database, app: Flask, make: Any) -> None:
    limited = Api(app.test_client(), *make(rate_limit=1))
    for _ in range(5):
        limited.get()

    with database.reading() as session:
        assert session.get_one(Credential, limited.key).counted == 2


def test_a_limit_is_set_and_lifted(database: Database, app: Flask, make: Any) -> None:
    key, secret = make()
    api = Api(app.test_client(), key, secret)
    with database.writing() as session:
        limit_credential(session, key, 1)
    assert [api.get().status_code for _ in range(2)] == [200, 429]
    with database.writing() as session:
        limit_credential(session, key, None)
    database.clock.advance(seconds=11)
    assert [api.get().status_code for _ in range(2)] == [200, 200]
    with pytest.raises(ValueError, match="1 or more"), database.writing() as session:
        limit_credential(session, key, 0)
    with pytest.raises(NotFound), database.writing() as session:
        limit_credential(session, "nobody", 1)


def test_requests_of_one_minute_are_counted_exactly(database: Database, make: Any) -> None:
    key, _ = make(rate_limit=5)
    with database.writing() as session:
        counts = [count_request(session, key, now=database.clock()) for _ in range(3)]
    with database.writing() as session:
        counts.append(count_request(session, key, now=database.clock() + timedelta(minutes=1)))

    assert counts == [1, 2, 3, 1]


def test_after_a_rotation_the_old_secret_is_good_for_a_while(
    database: Database, app: Flask, make: Any
) -> None:
    key, old = make()

    def rotate(**keep: float) -> str:
        with database.writing() as session:
            return rotate_credential(
                session, key, now=database.clock(), keep=timedelta(**keep), secrets=secrets.token_urlsafe
            )

    new = rotate(hours=1)
    assert new != old
    assert [Api(app.test_client(), key, secret).get().status_code for secret in (old, new)] == [200, 200]
    database.clock.advance(minutes=59, seconds=55)
    assert Api(app.test_client(), key, old).get().status_code == 200
    database.clock.advance(seconds=5)
    assert Api(app.test_client(), key, old).get().status_code == 401, "though it was seen 5 seconds ago"
    assert Api(app.test_client(), key, new).get().status_code == 200

    newest = rotate(hours=1)
    rotate(hours=0)
    database.clock.advance(seconds=11)
    statuses = [Api(app.test_client(), key, secret).get().status_code for secret in (new, newest)]
    assert statuses == [401, 401]


def test_only_a_valid_credential_is_rotated(database: Database, make: Any, token: Api) -> None:
    key, _ = make()
    with database.writing() as session:
        revoke_credential(session, key, now=database.clock())

    for dead in (key, "nobody", token.key):
        with pytest.raises(NotFound), database.writing() as session:
            rotate_credential(
                session, dead, now=database.clock(), keep=timedelta(0), secrets=secrets.token_urlsafe
            )


def test_a_token_ends_when_it_expires(database: Database, token: Api) -> None:
    assert token.post(said()).status_code == 200
    database.clock.advance(minutes=59, seconds=59)
    assert token.post(said()).status_code == 200
    database.clock.advance(seconds=1)

    assert token.post(said()).status_code == 401


def test_old_tokens_are_cleared_away_and_never_listed(database: Database, token: Api, make: Any) -> None:
    key, _ = make()
    database.clock.advance(days=2)
    with database.writing() as session:
        create_token(
            session,
            "next",
            agent=LI,
            activity=UNIT,
            registration=REGISTRATION,
            lasting=timedelta(hours=1),
            now=database.clock(),
            secrets=secrets.token_urlsafe,
        )

    with database.reading() as session:
        assert session.get(Credential, token.key) is None
        assert [one.key for one in list_credentials(session)] == [key]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"object": {"id": f"{UNIT}/questions/1"}},
        {"object": {"id": f"{UNIT}#part"}},
        {"context": {"registration": str(REGISTRATION).upper()}},
    ],
)
def test_a_token_stores_what_it_is_for(token: Api, given: dict[str, Any]) -> None:
    assert token.post(said(**given)).status_code == 200


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"actor": BEN}, "agent"),
        ({"actor": {"objectType": "Group", "member": [LI]}}, "agent"),
        ({"object": {"id": COURSE}}, "activity"),
        ({"object": {"id": f"{UNIT}0"}}, "activity"),
        ({"object": LI}, "object"),
        ({"object": {"objectType": "StatementRef", "id": str(OTHER)}}, "object"),
        ({"verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": str(OTHER)}}, "object"),
        ({"object": {"objectType": "SubStatement", **statement(actor=BEN)}}, "object"),
        ({"context": {}}, "registration"),
        ({"context": {"registration": str(OTHER)}}, "registration"),
    ],
)
def test_a_token_stores_nothing_else_not_even_beside_it(
    token: Api, app: Flask, make: Any, given: dict[str, Any], named: str
) -> None:
    wrong = said(**given)

    answers = [
        token.post([said(), wrong]),
        token.call("PUT", "statements", query_string={"statementId": str(uuid4())}, json=wrong),
    ]

    assert [one.status_code for one in answers] == [403, 403]
    assert all(named in one.json["error"] for one in answers)
    assert Api(app.test_client(), *make()).ids() == []


def test_a_token_changes_no_definition(token: Api, app: Flask, make: Any) -> None:
    parent = {"id": COURSE, "definition": {"name": {"en": "mine now"}}}
    context = {"registration": str(REGISTRATION), "contextActivities": {"grouping": [parent]}}

    assert token.post(said(context=context)).status_code == 200

    known = Api(app.test_client(), *make()).call("GET", "activities", query_string={"activityId": COURSE})
    assert "definition" not in known.json


def test_a_token_reads_what_was_said_in_its_registration(
    database: Database, token: Api, app: Flask, make: Any
) -> None:
    everything = Api(app.test_client(), *make())
    before = everything.post(said()).json
    hidden = everything.post(
        [
            said(actor=BEN),
            said(object={"id": COURSE}),
            said(context={"registration": str(OTHER)}),
            said(actor=BEN, object=LI),
        ]
    ).json
    mine = token.post([said(), said()]).json

    assert token.ids() == [*mine[::-1], *before]
    assert token.ids(registration=str(REGISTRATION), agent=json.dumps(LI)) == [*mine[::-1], *before]
    pages = [token.get(limit=1, ascending="true").json]
    while pages[-1]["more"]:
        pages.append(token.client.get(pages[-1]["more"], headers=token.headers).json)
    assert [one["id"] for page in pages for one in page["statements"]] == [*before, *mine]
    assert token.get(statementId=mine[0]).status_code == 200
    assert [token.get(statementId=id).status_code for id in hidden] == [404] * 4
    assert token.get(agent=json.dumps(BEN)).status_code == 403
    assert token.get(registration=str(OTHER)).status_code == 403


def test_a_token_keeps_state_where_it_is_for_and_reads_what_is_known(token: Api) -> None:
    place = {"activityId": UNIT, "agent": json.dumps(LI), "registration": str(REGISTRATION)}

    def call(method: str, path: str = "activities/state", **given: Any) -> int:
        body = {"data": b"x"} if method in ("PUT", "POST") else {}
        return token.call(method, path, query_string=given, **body).status_code

    assert call("PUT", **place, stateId="s") == 204
    assert call("GET", **place, stateId="s") == 200
    assert call("GET", **place) == 200
    assert call("POST", **place, stateId="t") == 204
    for wrong in ({"activityId": COURSE}, {"agent": json.dumps(BEN)}, {"registration": str(OTHER)}):
        for method in ("GET", "PUT", "POST", "DELETE"):
            assert call(method, **(place | wrong), stateId="s") == 403
    without = {name: value for name, value in place.items() if name != "registration"}
    assert call("PUT", **without, stateId="s") == 403
    assert call("DELETE", **without) == 403, "that would clear every registration"
    assert call("DELETE", **place) == 204

    assert call("GET", "agents/profile", agent=json.dumps(LI)) == 200
    assert call("GET", "agents/profile", agent=json.dumps(BEN)) == 403
    assert call("PUT", "agents/profile", agent=json.dumps(LI), profileId="p") == 403
    assert call("GET", "activities/profile", activityId=UNIT) == 200
    assert call("GET", "activities/profile", activityId=COURSE) == 403
    assert call("GET", "activities", activityId=UNIT) == 200
    assert call("GET", "activities", activityId=COURSE) == 403
    assert call("GET", "agents", agent=json.dumps(LI)) == 200
    assert call("GET", "agents", agent=json.dumps(BEN)) == 403


def test_the_store_itself_still_says_what_it_likes(database: Database, token: Api) -> None:
    with database.writing() as session:
        lrs.store_statements(session, [said()], authority=BEN, now=database.clock(), new_id=database.new_id)

    assert len(token.ids()) == 1
