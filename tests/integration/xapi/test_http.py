"""The resources as a client sees them. Numbers in brackets: xAPI 1.0.3, part and section."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from xapi.http import create_blueprint
from xapi.store.credentials import create_credential, revoke_credential
from xapi.store.refusals import latest_refusals

LI = {"mbox": "mailto:li@desk.example"}
COURSE = "https://desk.example/courses/service-desk"
HOME = "https://desk.example"
CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"


def statement(**given: Any) -> dict[str, Any]:
    return {"actor": LI, "verb": {"id": "https://v.example/did"}, "object": {"id": COURSE}} | given


class Api:
    """A client with a credential, speaking one version."""

    def __init__(self, client: FlaskClient, key: str, secret: str, version: str = "1.0.3") -> None:
        self.client = client
        self.key = key
        self.headers = {
            "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
            "X-Experience-API-Version": version,
        }

    def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **given: Any
    ) -> TestResponse:
        return self.client.open(
            f"/xapi/{path}", method=method, headers=self.headers | (headers or {}), **given
        )

    def post(self, body: Any) -> TestResponse:
        return self.call("POST", "statements", json=body)

    def get(self, **parameters: Any) -> TestResponse:
        return self.call("GET", "statements", query_string=parameters)

    def ids(self, **parameters: Any) -> list[str]:
        return [one["id"] for one in self.get(**parameters).json["statements"]]


@pytest.fixture
def app(database) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(
        create_blueprint(
            reading=database.reading,
            writing=database.writing,
            clock=database.clock,
            files=database.files,
            new_id=database.new_id,
            secret="a secret of the test",
            home=HOME,
        )
    )
    return app


@pytest.fixture
def credential(database):
    def make(scope: str) -> tuple[str, str]:
        with database.writing() as session:
            return create_credential(
                session, f"{scope} client", scope, now=database.clock(), secrets=secrets.token_urlsafe
            )

    return make


@pytest.fixture
def api(app, credential) -> Api:
    return Api(app.test_client(), *credential("all"))


def test_about_needs_neither_version_nor_credential(app):
    """(3, 2.8)"""
    for path in ("/xapi/about", "/xapi/about/"):
        answer = app.test_client().get(path)

        assert answer.status_code == 200
        assert answer.json["version"] == ["1.0.3", "2.0.0"]


def test_a_statement_posted_comes_back_by_its_id(api):
    """(3, 2.1.2 and 2.1.3)"""
    posted = api.post(statement())

    assert posted.status_code == 200
    [id] = posted.json
    found = api.get(statementId=id)
    assert found.json["authority"] == {
        "objectType": "Agent",
        "account": {"homePage": HOME, "name": api.key},
    }
    assert found.headers[CONSISTENT_THROUGH] >= found.json["stored"]
    assert found.headers["X-Experience-API-Version"] == "1.0.3"


def test_put_answers_204_and_again_for_an_equal_statement_but_409_for_another(api):
    """(3, 2.1.1)"""
    id = str(uuid4())

    def put(**given: Any) -> int:
        return api.call("PUT", f"statements?statementId={id}", json=statement(**given)).status_code

    assert [put(), put(), put(id=id), put(result={"success": True})] == [204, 204, 204, 409]
    assert put(id=str(uuid4())) == 400


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"result": {"score": {"scaled": 1.5}}}, "result.score.scaled"),
        ({"actor": {"mbox": "li@desk.example"}}, "actor.mbox"),
        ({"verb": {"id": "did"}}, "verb.id"),
        ({"Actor": LI}, "Actor"),
        ({"context": {"registration": "1"}}, "context.registration"),
    ],
)
def test_a_refusal_names_the_property_and_is_kept(database, api, given, message):
    """(2, 2.2) 400 with a message; the refused statement can be looked at."""
    answer = api.post(statement(**given))

    assert answer.status_code == 400
    assert message in answer.json["error"]
    assert CONSISTENT_THROUGH in answer.headers
    with database.reading() as session:
        [refusal] = latest_refusals(session)
        assert message in refusal.reason
        assert refusal.credential_key == api.key
    assert api.ids() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"actor": {"mbox": "mailto:li@desk.example"}, "actor": {}}',
        json.dumps(statement(result={"response": "\x00"})).encode(),
        json.dumps(statement(result={"response": "\ud800"})).encode(),
        json.dumps(statement(context={"extensions": {"https://x.example/a\x00": 1}})).encode(),
        '{"actor": "李"}'.encode("gb18030"),
        b'{"actor": NaN}',
        json.dumps(statement()).replace("{", '{"extra": 1e9999999999999999999999, ', 1).encode(),
        b"9" * 5_000_000,
        b"\xff\xfe",
    ],
)
def test_hostile_json_is_refused_with_400(api, body):
    answer = api.call("POST", "statements", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json["error"]


def test_too_much_json_is_refused_with_413(api):
    body = json.dumps(statement(result={"response": "x" * 10_000_000}))

    assert api.call("POST", "statements", data=body, content_type="application/json").status_code == 413


def test_large_numbers_and_deep_extensions_within_bounds_are_stored(api):
    nested: Any = 2**70
    for _ in range(80):
        nested = [nested]

    [id] = api.post(statement(context={"extensions": {"https://x.example/n": nested}})).json

    assert str(2**70) in api.get(statementId=id).text


@pytest.mark.parametrize(
    ("version", "status", "echoed"),
    [
        ("1.0", 200, "1.0"),
        ("1.0.9", 200, "1.0.9"),
        ("2.0.0", 200, "2.0.0"),
        ("0.95", 400, "1.0.3"),
        ("1.1.0", 400, "1.0.3"),
        (None, 400, "0.95"),
    ],
)
def test_the_version_header_is_required_and_echoed(app, credential, version, status, echoed):
    """(3, 3.3)"""
    api = Api(app.test_client(), *credential("all"))
    api.headers["X-Experience-API-Version"] = version
    if version is None:
        del api.headers["X-Experience-API-Version"]

    answer = api.get()

    assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (status, echoed)


@pytest.mark.parametrize(
    "parameters",
    [
        {"unknown": "1"},
        {"Verb": "https://v.example/did"},
        {"verb": "did"},
        {"agent": "{}"},
        {"agent": "li"},
        {"registration": "1"},
        {"since": "yesterday"},
        {"limit": "-1"},
        {"limit": "9" * 30},
        {"ascending": "True"},
        {"format": "long"},
        {"statementId": "1"},
        {"statementId": str(uuid4()), "verb": "https://v.example/did"},
        {"statementId": str(uuid4()), "voidedStatementId": str(uuid4())},
        {"more": "AAAA"},
        {"verb": ["https://v.example/a", "https://v.example/b"]},
        {"activity": "https://o.example/\x00"},
    ],
)
def test_a_wrong_parameter_is_refused(api, parameters):
    """(3, 3.2) unknown, wrongly cased, doubled or malformed: 400."""
    assert api.get(**parameters).status_code == 400


def test_more_leads_through_all_pages_and_ends(api):
    """(2, 2.5)"""
    ids = api.post([statement() for _ in range(5)]).json
    page = api.get(limit=2, agent=json.dumps(LI)).json
    found = [one["id"] for one in page["statements"]]
    while page["more"]:
        assert page["more"].startswith("/xapi/statements?more=")
        page = api.client.get(page["more"], headers=api.headers).json
        found += [one["id"] for one in page["statements"]]

    assert found == ids[::-1]


def test_a_cursor_that_was_altered_is_refused(api):
    api.post([statement() for _ in range(3)])
    more = api.get(limit=1).json["more"]

    broken = more[:-2] + ("AA" if not more.endswith("AA") else "BB")

    assert api.client.get(broken, headers=api.headers).status_code == 400


def test_head_answers_as_get_without_a_body(api):
    """(3, 1.1)"""
    answer = api.call("HEAD", "statements/")

    assert (answer.status_code, answer.data) == (200, b"")
    assert CONSISTENT_THROUGH in answer.headers


def test_the_alternate_syntax_carries_everything_in_a_form(api):
    """(3, 1.3) also credential and version; the statement in `content`."""
    id = str(uuid4())
    form = {**api.headers, "statementId": id, "content": json.dumps(statement())}

    answer = api.client.post("/xapi/statements?method=PUT", data=form)

    assert answer.status_code == 204
    form = {**api.headers, "statementId": id}
    assert api.client.post("/xapi/statements?method=GET", data=form).json["id"] == id
    assert api.client.post("/xapi/statements?method=GET&verb=x", data=form).status_code == 400
    form["X-Experience-API-Version"] = "2.0.0"
    assert api.client.post("/xapi/statements?method=GET", data=form).status_code == 400


def test_another_origin_may_ask_with_a_credential(api):
    answer = api.client.options("/xapi/statements", headers={"Origin": "https://elsewhere.example"})

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Experience-API-Version" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_eleventh_wrong_secret_within_a_minute_is_turned_away(database, app, credential):
    key, _ = credential("all")
    wrong = Api(app.test_client(), key, "wrong")

    turned_away = [wrong.get() for _ in range(11)]
    database.clock.advance(seconds=61)

    assert [answer.status_code for answer in turned_away] == [401] * 10 + [429]
    assert turned_away[-1].headers["Retry-After"] == "60"
    assert wrong.get().status_code == 401


@pytest.mark.parametrize("wrong_key", ["its own", "another tool's"])
def test_wrong_secrets_from_an_address_never_block_the_right_one_from_there(app, credential, wrong_key):
    key, secret = credential("all")
    other = key if wrong_key == "its own" else "no-such-key"
    client = app.test_client()
    while Api(client, other, "wrong").get().status_code != 429:
        pass

    assert Api(client, key, secret).get().status_code == 200
    assert Api(client, key, "wrong").get().status_code == 429


def test_without_a_credential_the_answer_says_how_to_show_one(app):
    answer = app.test_client().get("/xapi/statements", headers={"X-Experience-API-Version": "1.0.3"})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_revoked_credential_ends_within_seconds(database, app, credential):
    key, secret = credential("all")
    api = Api(app.test_client(), key, secret)
    assert api.get().status_code == 200

    with database.writing() as session:
        assert revoke_credential(session, key, now=database.clock())
    database.clock.advance(seconds=11)

    assert api.get().status_code == 401


@pytest.mark.parametrize(
    ("scope", "reads", "writes", "state", "profile"),
    [
        ("all", 200, 200, 204, 204),
        ("read", 200, 403, 403, 403),
        ("mine", 200, 403, 403, 403),
        ("write", 403, 200, 403, 403),
        ("define", 403, 200, 403, 403),
        ("state", 403, 403, 204, 403),
        ("profile", 403, 403, 403, 204),
    ],
)
def test_a_scope_covers_what_it_says_and_no_more(app, credential, scope, reads, writes, state, profile):
    """(3, 4.2)"""
    api = Api(app.test_client(), *credential(scope))
    about = {"activityId": COURSE, "agent": json.dumps(LI), "stateId": "bookmark"}
    profiled = {"agent": json.dumps(LI), "profileId": "colours"}

    assert api.get().status_code == reads
    assert api.post(statement()).status_code == writes
    assert api.call("PUT", "activities/state", query_string=about, data=b"1").status_code == state
    answer = api.call(
        "PUT", "agents/profile", query_string=profiled, data=b"1", headers={"If-None-Match": "*"}
    )
    assert answer.status_code == profile


def test_the_scope_mine_reads_only_what_its_own_credential_stored(database, app, credential):
    everything = Api(app.test_client(), *credential("all"))
    [foreign] = everything.post(statement()).json
    key, secret = credential("mine")
    mine = Api(app.test_client(), key, secret)

    assert mine.ids() == []
    assert mine.get(statementId=foreign).status_code == 404
    assert mine.get(agent=json.dumps(LI)).json["statements"] == []


def test_attachments_travel_as_parts(api):
    """(2, 2.4.11; 3, 1.5.2)"""
    content = b"\x00\r\n--not-the-boundary\r\n\xff"
    sha2 = hashlib.sha256(content).hexdigest()
    attached = statement(
        attachments=[
            {
                "usageType": "https://x.example/screenshot",
                "display": {"en": "Screenshot"},
                "contentType": "image/png",
                "length": len(content),
                "sha2": sha2,
            }
        ]
    )

    def multipart(*parts: tuple[dict[str, str], bytes]) -> TestResponse:
        body = b""
        for headers, part in parts:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            body += b"--b\r\n" + lines.encode() + b"\r\n" + part + b"\r\n"
        return api.call(
            "POST", "statements", data=body + b"--b--\r\n", content_type='multipart/mixed; boundary="b"'
        )

    first = ({"Content-Type": "application/json"}, json.dumps(attached).encode())
    second = (
        {
            "Content-Type": "image/png",
            "Content-Transfer-Encoding": "binary",
            "X-Experience-API-Hash": sha2,
        },
        content,
    )
    stray = ({**second[0], "X-Experience-API-Hash": hashlib.sha256(b"x").hexdigest()}, b"x")

    assert multipart(first).status_code == 400
    assert multipart(first, second, stray).status_code == 400
    assert multipart(first, (second[0], b"other")).status_code == 400
    assert api.post(attached).status_code == 400
    assert multipart(first, second).status_code == 200
    answer = api.get(attachments="true")
    assert answer.mimetype == "multipart/mixed"
    assert content in answer.data
    assert api.get(attachments="false").mimetype == "application/json"


def test_documents_are_kept_byte_for_byte_with_their_etag(api):
    """(3, 2.2, 2.3 and 3.1)"""
    about = {"activityId": COURSE, "agent": json.dumps(LI), "stateId": "bookmark"}
    content = b"\x00\xffpage 3"
    put = api.call(
        "PUT", "activities/state", query_string=about, data=content, content_type="application/x-bookmark"
    )

    found = api.call("GET", "activities/state", query_string=about)

    assert put.status_code == 204
    assert found.data == content
    assert found.mimetype == "application/x-bookmark"
    assert found.headers["ETag"] == f'"{hashlib.sha1(content).hexdigest()}"'
    assert "Last-Modified" in found.headers


def test_post_merges_the_members_of_objects(api):
    """(3, 2.2) only top-level properties are merged."""
    about = {"activityId": COURSE, "agent": json.dumps(LI), "stateId": "progress"}

    def post(value: Any) -> int:
        return api.call("POST", "activities/state", query_string=about, json=value).status_code

    assert [post({"a": {"x": 1}, "b": 1}), post({"a": {"y": 2}}), post([1])] == [204, 204, 400]
    assert api.call("GET", "activities/state", query_string=about).json == {"a": {"y": 2}, "b": 1}


@pytest.mark.parametrize(("version", "new", "again"), [("1.0.3", 400, 409), ("2.0.0", 204, 409)])
def test_a_profile_is_not_replaced_blindly(app, credential, version, new, again):
    """(3, 3.1) If-Match, If-None-Match, and a PUT with neither."""
    api = Api(app.test_client(), *credential("all"), version)
    about = {"activityId": COURSE, "profileId": "settings"}

    def put(content: bytes, **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return api.call(
            "PUT", "activities/profile", query_string=about, data=content, headers=named
        ).status_code

    assert put(b"0") == new
    api.call("DELETE", "activities/profile", query_string=about)
    assert put(b"1", If_None_Match="*") == 204
    assert put(b"2", If_None_Match="*") == 412
    assert put(b"2") == again
    assert put(b"2", If_Match='"0000"') == 412
    assert put(b"2", If_Match=f'"{hashlib.sha1(b"1").hexdigest()}"') == 204
    assert api.call("GET", "activities/profile", query_string=about).data == b"2"


def test_states_are_listed_since_a_moment_and_deleted_together(database, api):
    """(3, 2.3)"""
    about = {"activityId": COURSE, "agent": json.dumps(LI)}
    for name in ("one", "two"):
        api.call("PUT", "activities/state", query_string={**about, "stateId": name}, data=b"x")
        database.clock.advance(minutes=1)

    listed = api.call("GET", "activities/state", query_string={**about, "since": "2026-03-02T09:30:00Z"})
    assert api.call("GET", "activities/state", query_string=about).json == ["one", "two"]
    assert listed.json == ["two"]
    assert api.call("DELETE", "activities/state", query_string=about).status_code == 204
    assert api.call("GET", "activities/state", query_string=about).json == []


def test_unknown_activities_and_agents_are_described_by_their_id(api):
    """(3, 2.4 and 2.5)"""
    api.post(statement(actor={**LI, "name": "Li Na"}))

    activity = api.call("GET", "activities", query_string={"activityId": "https://o.example/never"})
    person = api.call("GET", "agents", query_string={"agent": json.dumps(LI)})

    assert activity.json == {"objectType": "Activity", "id": "https://o.example/never"}
    assert person.json == {"objectType": "Person", "name": ["Li Na"], "mbox": [LI["mbox"]]}


def test_an_id_twice_in_one_batch_is_refused_by_version_2(app, credential):
    api = Api(app.test_client(), *credential("all"), "2.0.0")
    id = str(uuid4())

    assert api.post([statement(id=id), statement(id=id)]).status_code == 400


def test_a_database_that_does_not_answer_gives_503(app, credential, database):
    """503 and Retry-After, with the headers that every answer has."""
    api = Api(app.test_client(), *credential("all"))

    @contextmanager
    def broken() -> Iterator[Session]:
        raise OperationalError("SELECT 1", {}, Exception("no route"))
        yield

    out_of_order = Flask(__name__)
    out_of_order.register_blueprint(
        create_blueprint(
            reading=broken,
            writing=broken,
            clock=database.clock,
            new_id=uuid4,
            secret="a secret of the test",
            files=database.files,
        )
    )
    api.client = out_of_order.test_client()

    answer = api.get()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def test_a_form_cannot_smuggle_a_header_that_no_answer_can_carry(api):
    form = {
        **api.headers,
        "activityId": COURSE,
        "profileId": "p",
        "If-None-Match": "*",
        "Content-Type": "text/plain; x=李",
        "content": "x",
    }

    assert api.client.post("/xapi/activities/profile?method=PUT", data=form).status_code == 400
