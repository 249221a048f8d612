"""What no person types: every address and every field of a form is given it, and nothing falls over."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from courses.course import Course, Interaction, Step
from lms.bootstrap import Parts
from lms.services import authoring
from tests.functional.test_access_matrix import ADMIN, LEARNER, SLUG, TABLE, World, routes
from tests.practice_course import RIGHT, TYPES, practice_course, practice_item
from xapi.http.call import MAX_BODY, MAX_JSON
from xapi.store.credentials import create_credential

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FORM = "application/x-www-form-urlencoded"

HOSTILE = [str(2**63), "a%00b", "%ED%A0%80%FF%FE", "x" * 5_000, "1e309%F0%9F%98%80%E2%80%AE%0D%0AA:b"]
"""Percent-encoded: too big for a row number, NUL, half a surrogate pair and no UTF-8, long, odd."""
OF_LEARNERS = frozenset(
    endpoint
    for (endpoint, _), row in TABLE.items()
    if endpoint.startswith(("needs.", "quizzes.", "retention.", "scenes.")) and LEARNER in row.allowed
)


def says_why(answer: TestResponse) -> bool:
    """Whether an error is a page with words, and one with nothing of the inside."""
    return (
        len(answer.text) > 20 and "Traceback" not in answer.text and "sqlalchemy" not in answer.text.lower()
    )


def raw_paths(world: World, rule: Rule) -> Iterator[str]:
    """Each address of a rule with one of its parts hostile; encoded as it goes over the wire."""
    real = {name: quote(str(world.values[name]), safe="") for name in rule.arguments}
    for name in rule.arguments:
        for value in [*HOSTILE, "0" * 32, "00000000-0000-0000-0000-000000000000"]:
            path = rule.rule
            for part, put in {**real, name: value}.items():
                path = re.sub(rf"<(?:\w+:)?{part}>", put, path)
            yield path


def ask(
    client: FlaskClient, path: str, *, environ: dict[str, str] | None = None, **given: Any
) -> TestResponse:
    """Ask for a path as it is written; the client's own builder would decode and mend it."""
    raw, _, query = path.partition("?")
    decoded = re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), raw)  # WSGI: bytes as latin-1
    asked = {"PATH_INFO": decoded, "QUERY_STRING": query, "REQUEST_URI": path}
    return client.open("/", environ_overrides={**asked, **(environ or {})}, **given)


def test_no_address_brings_a_page_down(app: Flask, world: World) -> None:
    clients = {True: world.enter(LEARNER), False: world.enter(ADMIN)}
    answers = {
        (method, path): ask(clients[rule.endpoint in OF_LEARNERS], path, method=method, buffered=True)
        for rule, method in routes(app)
        if rule.arguments and rule.endpoint != "static"
        for path in raw_paths(world, rule)
    }

    wrong = [(place, answer.status_code) for place, answer in answers.items() if answer.status_code >= 500]
    assert wrong == []
    refused = [answer for answer in answers.values() if answer.status_code >= 400]
    assert len(refused) > 150
    assert all(says_why(answer) for answer in refused)


QUERIES = {
    "accounts.sign_in": ("next",),
    "accounts.users": ("page", "q"),
    "learning.today": ("no-such-name",),
    "scenes.scenes": ("lang", "kind"),
    "handbook.glossary": ("q", "topic", "page"),
    "handbook.scripts": ("q", "kind"),
    "quizzes.review": ("more",),
    "quizzes.review_card": ("more",),
    "retention.memory": ("course", "cohort"),
    "retention.memory_file": ("course", "cohort"),
    "assignments.cohort": ("course", "state", "sort", "page", "undo"),
    "assignments.progress_file": ("course", "state", "sort"),
    "records.statements": (
        "person",
        "verb",
        "activity",
        "registration",
        "statement",
        "since",
        "until",
        "before",
    ),
}
"""What is read from behind the question mark."""


def test_nothing_behind_the_question_mark_brings_a_page_down(app: Flask, world: World) -> None:
    clients = {True: world.enter(LEARNER), False: world.enter(ADMIN)}
    answers = {
        path: ask(clients[rule.endpoint in OF_LEARNERS], path)
        for rule, method in routes(app)
        if method == "GET"
        for name in QUERIES.get(rule.endpoint, ())
        for value in HOSTILE
        for path in [f"{world.path(rule)}?{name}={value}"]
    }

    assert [(path, one.status_code) for path, one in answers.items() if one.status_code >= 500] == []
    assert {one.status_code for path, one in answers.items() if "%00" in path} == {400}


FIELDS: dict[str, dict[str, Any]] = {
    "needs.begin": {"anything": "x"},
    "needs.answer": {"answer": "a", "sure": "yes", "token": "x"},
    "scenes.begin": {"again": "1"},
    "scenes.reply": {"reply": "a"},
    "accounts.sign_in_post": {"email": "x@desk.test", "password": "x", "next": "/me"},
    "accounts.set_language": {"language": "en", "next": "/me"},
    "accounts.sign_out": {"anything": "x"},
    "accounts.set_password": {"new_password": "x", "repeat": "x"},
    "accounts.save_settings": {
        "language": "en", "timezone": "Asia/Tokyo", "working_days": "1", "daily_minutes": "5",
    },
    "accounts.change_password": {"current": "x", "new_password": "three quiet lamps", "repeat": "x"},
    "accounts.add_user": {"email": "a@desk.test", "name": "A", "role": "learner", "team": "T"},
    "accounts.edit_user": {"name": "A", "role": "learner", "team": "T", "active": "y"},
    "accounts.new_link": {"anything": "x"},
    "learning.start": {"lesson": "first"},
    "learning.step": {"step": "1"},
    "quizzes.answer_interaction": {"answer": "a", "token": "x", "sure": "yes"},
    "quizzes.start_quiz": {"anything": "x"},
    "quizzes.answer_question": {"answer": "a", "token": "x", "sure": "yes"},
    "quizzes.answer_review": {"answer": "a", "token": "x", "sure": "yes"},
    "assignments.new_cohort": {"name": "A", "starts_on": "2026-11-23", "managers": "a@desk.test"},
    "assignments.add_people": {"emails": "a@desk.test", "team": "T"},
    "assignments.name_managers": {"managers": "a@desk.test"},
    "assignments.assign": {"course": SLUG, "soft_due": "2027-01-01", "hard_due": "2027-01-02", "past": "y"},
    "assignments.withdraw": {"course": SLUG, "at": ""},
    "assignments.restore": {"course": SLUG, "at": "2026-11-23T09:00:00+00:00"},
    "retention.start_check": {"anything": "x"},
    "retention.answer": {"answer": "a", "token": "x"},
    "retention.switch_experiment": {"experiment": "on"},
    "records.add_credential": {"name": "Reports", "scope": "read", "rate_limit": "60"},
    "records.limit_credential": {"limit-rate_limit": "60"},
    "records.rotate_credential": {"rotate-keep_hours": "24"},
    "records.add_target": {
        "name": "another", "endpoint": "https://lrs.example.com/xapi", "key": "k", "secret": "s",
        "version": "2.0.0", "verbs": "https://x.test/v", "activities": "https://x.test/a",
        "since": "2026-11-23", "allow_private": "y",
    },
    "records.pause_target": {"anything": "x"},
    "records.resume_target": {"anything": "x"},
    "records.replace_target_secret": {"secret-key": "k", "secret-secret": "s"},
    "records.remove_target": {"remove-sure": "y"},
    "records.retry_letters": {"anything": "x"},
    "records.drop_letters": {"drop-sure": "y"},
    "records.retry_letter": {"anything": "x"},
    "records.drop_letter": {"anything": "x"},
    "records.revoke": {"anything": "x"},
    "records.export_person": {"export-person": "learner@desk.test"},
    "records.delete_person": {"delete-person": "nobody@desk.test", "delete-sure": "y"},
    "records.add_rule": {"rule-age_days": "365", "rule-verb": "https://x.test/v", "rule-activity": "https://x.test/a"},
    "records.apply_rule": {"anything": "x"},
    "records.remove_rule": {"anything": "x"},
}  # fmt: skip
"""Every form's fields, well filled: each in turn is made hostile while the others stay."""


def test_every_form_has_its_fields_here(app: Flask) -> None:
    assert {rule.endpoint for rule, method in routes(app) if method == "POST"} == set(FIELDS)


def test_no_field_brings_a_form_down(app: Flask, world: World) -> None:
    clients = {endpoint: world.enter(LEARNER if endpoint in OF_LEARNERS else ADMIN) for endpoint in FIELDS}
    wrong = []
    for rule, method in routes(app):
        if method != "POST":
            continue
        fields = FIELDS[rule.endpoint]
        for name in fields:
            for value in HOSTILE:
                rest = urlencode({key: one for key, one in fields.items() if key != name}, doseq=True)
                body = f"{name}={value}&{rest}".encode()
                answer = clients[rule.endpoint].post(
                    world.path(rule), data=body, content_type=FORM, buffered=True
                )
                if answer.status_code >= 500 or ("%00" in value and answer.status_code != 400):
                    wrong.append((rule.endpoint, name, value[:40], answer.status_code))
                elif answer.status_code >= 400 and not says_why(answer):
                    wrong.append((rule.endpoint, name, value[:40], "says nothing"))

    assert wrong == []


def every_type() -> Course:
    """The practice course with a question of each type in its lesson, where each may be tried for ever."""
    course = practice_course(siblings=())
    [module] = course.modules
    asked = {kind: practice_item(kind, id=f"in-lesson-{n}", form="lesson") for n, kind in enumerate(TYPES)}
    blocks = tuple(Interaction(item.id) for item in asked.values())
    lesson = replace(module.lessons[0], steps={tag: (Step("One", blocks),) for tag in course.languages})
    return replace(
        course, modules=(replace(module, lessons=(lesson,), items=(*module.items, *asked.values())),)
    )


def test_no_answer_brings_a_question_down(sign_in: Callable[..., FlaskClient], parts: Parts) -> None:
    with parts.database.writing() as session:
        authoring.import_course(session, every_type(), now=parts.now())
    client = sign_in("learner")
    client.post(f"/courses/{SLUG}/start")
    lesson = f"/courses/{SLUG}/lessons/first"
    seen = set()
    for number, kind in enumerate(TYPES):
        address = f"{lesson}/interactions/in-lesson-{number}"
        for name in RIGHT[kind]:
            for value in HOSTILE:
                token = re.search(
                    rf'{address}#.*?name="token" value="([^"]+)"', client.get(lesson).text, re.S
                )
                assert token is not None, "it was not answered right by any of this"
                others = {key: one for key, one in RIGHT[kind].items() if key != name}
                body = f"token={token[1]}&{name}={value}&{urlencode(others, doseq=True)}"
                answer = client.post(address, data=body.encode(), content_type=FORM)
                assert answer.status_code in (303, 400), (kind, name, value[:40], answer.status_code)
                seen.add((kind, answer.status_code))

    assert ("short_text", 303) in seen and ("cloze", 303) in seen, "some of it is typed, and wrong"
    assert client.get(lesson).status_code == 200


BOUNDARY = "multipart/form-data; boundary=x"


def part(name: str, content: bytes = b"x", head: bytes = b"") -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="'
        + name.encode()
        + b'"'
        + head
        + b"\r\n\r\n"
        + content
        + b"\r\n"
    )


BODIES = {
    "thousands of fields": (b"&".join(b"f%d=1" % n for n in range(5_000)), FORM),
    "one field a thousand times": (b"&".join([b"email=a"] * 5_000), FORM),
    "thousands of parts": (b"".join(part(f"f{n}") for n in range(2_000)) + b"--x--\r\n", BOUNDARY),
    "an oversized part": (part("email", b"a" * 1_500_000) + b"--x--\r\n", BOUNDARY),
    "an oversized field": (b"email=" + b"a" * 1_500_000, FORM),
    "a part that does not end": (part("email") + b"--x\r\nContent-Disposition: form-data", BOUNDARY),
    "a head without an end": (b"--x\r\n" + b"A: b\r\n" * 20_000, BOUNDARY),
    "no boundary": (part("email") + b"--x--\r\n", "multipart/form-data"),
    "a file in place of a text": (
        part("email", b"\x00\xff", b'; filename="../../x"') + b"--x--\r\n",
        BOUNDARY,
    ),
    "UTF-16": ("email=a@b.test&password=x".encode("utf-16"), FORM),
    "a foreign charset": (b"email=\xe9&password=\xe9", FORM + "; charset=utf-7"),
    "JSON": (b'{"email": "a@b.test", "password": 7}', "application/json"),
    "JSON of another shape": (b"[[1]]", "application/json"),
    "nothing": (b"", FORM),
    "a type of a thousand letters": (b"x", "x" * 1_000),
}


@ON_SQLITE
def test_no_body_brings_a_page_down(client: FlaskClient) -> None:
    answers = {
        name: client.post("/sign-in", data=body, content_type=kind) for name, (body, kind) in BODIES.items()
    }

    assert {name: one.status_code for name, one in answers.items() if not 400 <= one.status_code < 500} == {}
    assert all(says_why(answer) for answer in answers.values())
    assert [answers[name].status_code for name in ("an oversized part", "an oversized field")] == [413, 413]


HEADERS = [
    {"Cookie": "crossdesk_session=" + "a" * 4_000},
    {"Cookie": "crossdesk_session=.eJy\xff.x.y; theme=\xff; language=\x01"},
    {"Accept-Language": "a" * 4_000},
    {"Accept-Language": "en;q=nan, zh;q=" + "9" * 400},
    {"X-Request-ID": "a\x0bb" * 20},
    {"If-None-Match": "\xff" * 100},
    {"Range": "bytes=0-" + "9" * 400},
    {"Host": "x" * 300},
    {"Host": "elsewhere.test:99999"},
    {"Origin": "http://[::1"},
    {"Referer": "http://[::1"},
]


@ON_SQLITE
def test_no_header_brings_a_page_down(client: FlaskClient) -> None:
    for headers in HEADERS:
        for answer in (client.get("/sign-in", headers=headers), client.post("/language", headers=headers)):
            assert answer.status_code < 500, headers
            assert answer.headers["X-Request-ID"] != headers.get("X-Request-ID")


# The record store


@pytest.fixture
def tool(app: Flask, parts: Parts) -> Callable[..., TestResponse]:
    """Ask the record store with a credential that may do everything."""
    with parts.database.writing() as session:
        key, secret = create_credential(
            session, "tool", "all", now=parts.now(), secrets=secrets.token_urlsafe
        )
    basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
    client = app.test_client()

    def call(method: str, path: str, *, headers: dict[str, str] | None = None, **given: Any) -> TestResponse:
        shown = {"Authorization": f"Basic {basic}", "X-Experience-API-Version": "1.0.3", **(headers or {})}
        return ask(client, f"/xapi/{path}", method=method, headers=shown, **given)

    return call


def statement(**given: Any) -> dict[str, Any]:
    agent = {"mbox": "mailto:li@desk.example"}
    return {
        "actor": agent,
        "verb": {"id": "https://v.example/did"},
        "object": {"id": "https://a.example/x"},
    } | given


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def extension(value: str) -> str:
    return json.dumps(statement(context={"extensions": {"https://e.example/x": 0}})).replace(
        ": 0}", f": {value}}}"
    )


STATEMENTS = {
    "10 MB": (json.dumps(statement(context={"extensions": {"https://e.example/x": "a" * 10_000_000}})), 413),
    "1,000 levels": (extension(nested(1_000)), 400),
    "1,000 levels of objects": (extension('{"https://e.example/a":' * 1_000 + "1" + "}" * 1_000), 400),
    "100,000 levels": (nested(100_000), 400),
    "a list of nothing but lists": ("[" + ",".join(["[]"] * 200_000) + "]", 400),
    "NUL": (extension('"a\\u0000b"'), 400),
    "NUL in a key": (extension('{"a\\u0000b": 1}'), 400),
    "half a pair": (extension('"\\ud800"'), 400),
    "half a pair in a key": (extension('{"\\udfff": 1}'), 400),
    "NaN": (extension("NaN"), 400),
    "an endless number": (extension("1" * 100_000), 400),
    "an endless exponent": (extension("1e" + "9" * 5_000), 400),
    "a key twice": ('{"id": "1", "id": "2"}', 400),
    "no JSON": ("{", 400),
    "a text": ('"x"', 400),
    "nothing": ("", 400),
}
ENCODED = {
    "UTF-16": json.dumps(statement()).encode("utf-16"),
    "UTF-32": json.dumps(statement()).encode("utf-32"),
    "latin-1": b'{"actor": "\xe9"}',
    "surrogates in UTF-8": b'{"actor": "\xed\xa0\x80"}',
}


def test_no_statement_brings_the_store_down(tool: Callable[..., TestResponse]) -> None:
    sent = {
        **{name: (body.encode(), status) for name, (body, status) in STATEMENTS.items()},
        **{name: (body, 400) for name, body in ENCODED.items()},
    }
    for name, (body, status) in sent.items():
        answer = tool("POST", "statements", data=body, content_type="application/json")

        assert (name, answer.status_code) == (name, status)
        assert answer.json["error"], name
    assert tool("GET", "statements").json["statements"] == []


def test_no_multipart_brings_the_store_down(tool: Callable[..., TestResponse]) -> None:
    head = b"--x\r\nContent-Type: application/json\r\n\r\n"
    body = json.dumps(statement()).encode()
    end = b"\r\n--x--\r\n"
    one = b"\r\n--x\r\nContent-Type: text/plain\r\n\r\nx"
    sent = {
        "an oversized JSON part": (head + b" " * (MAX_JSON + 1) + end, 413),
        "thousands of parts": (head + body + one * 5_000 + end, 400),
        "a part that nothing names": (head + body + one + end, 400),
        "no end": (head + body, 400),
        "nothing": (b"", 400),
        "NUL in a head": (b"--x\r\nContent-Type\x00: a\r\n\r\n" + body + end, 400),
    }
    for name, (content, status) in sent.items():
        answer = tool("POST", "statements", data=content, content_type="multipart/mixed; boundary=x")

        assert (name, answer.status_code) == (name, status)
        assert answer.json["error"], name


@ON_SQLITE
def test_a_body_above_the_stores_bound_is_refused_before_it_is_read(
    tool: Callable[..., TestResponse],
) -> None:
    answer = tool("POST", "statements", environ={"CONTENT_LENGTH": str(MAX_BODY + 1)})

    assert answer.status_code == 413
    assert answer.json["error"]


PARAMETERS = {
    "statements": ("statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "since",
                   "until", "limit", "format", "ascending", "related_agents", "more", "unknown"),
    "activities": ("activityId",),
    "activities/state": ("activityId", "agent", "stateId", "registration", "since"),
    "activities/profile": ("activityId", "profileId", "since"),
    "agents": ("agent",),
    "agents/profile": ("agent", "profileId", "since"),
}  # fmt: skip
AGENT = quote(json.dumps({"mbox": "mailto:li@desk.example"}))
WELL = {"activityId": "https://a.example/x", "agent": AGENT, "stateId": "s", "profileId": "p"}
MORE_HOSTILE = [
    quote(nested(1_000)),
    quote('{"mbox":"mailto:a\\u0000@b.test"}'),
    "2026-13-45T99:99:99Z",
    "9" * 30,
]


def test_no_parameter_brings_the_store_down(tool: Callable[..., TestResponse]) -> None:
    wrong = []
    for path, names in PARAMETERS.items():
        for name in names:
            for value in [*HOSTILE, *MORE_HOSTILE]:
                given = {key: one for key, one in WELL.items() if key in names} | {name: value}
                query = "&".join(f"{key}={one}" for key, one in given.items())
                for method in ("GET", "PUT", "DELETE"):
                    answer = tool(method, f"{path}?{query}", data=b"x" if method == "PUT" else None)
                    if answer.status_code >= 500 or (answer.status_code >= 400 and not answer.data):
                        wrong.append((method, path, name, value[:40], answer.status_code))

    assert wrong == []


PAIRS = (b"\x00:\x00", b"\xff:\xff", b"a" * 70 + b":x", b":", b"no colon")
CREDENTIALS = [
    "Basic", "Basic ", "Basic \xff\xff", "Basic " + "A" * 100_000, "Bearer x", "Digest x", "",
    *("Basic " + base64.b64encode(pair).decode() for pair in PAIRS),
]  # fmt: skip


@ON_SQLITE
def test_no_credential_brings_the_store_down(client: FlaskClient) -> None:
    for credential in CREDENTIALS:
        shown = {"Authorization": credential, "X-Experience-API-Version": "1.0.3"}
        answer = client.get("/xapi/statements", headers=shown)

        assert answer.status_code == 401, credential[:40]
        assert answer.json["error"]


# What was typed is given back

TYPED = "typed <by> \"somebody\" & 'kept'"


@ON_SQLITE
def test_a_form_that_is_refused_gives_back_what_was_typed(app: Flask, world: World) -> None:
    admin, learner = world.enter(ADMIN), world.enter(LEARNER)
    cohort = f"/manage/cohorts/{world.values['cohort_id']}"
    person = f"/admin/people/{world.values['user_id']}"
    refused = {
        "sign in": app.test_client().post("/sign-in", data={"email": TYPED, "password": "x"}),
        "a person": admin.post("/admin/people/new", data={"email": "", "name": TYPED, "team": TYPED}),
        "an account": admin.post(person, data={"name": TYPED, "team": "T" * 200, "role": "learner"}),
        "a cohort": admin.post("/manage/cohorts/new", data={"name": TYPED, "starts_on": "soon"}),
        "a cohort's managers": admin.post(f"{cohort}/managers", data={"managers": TYPED}),
        "a cohort's people": admin.post(f"{cohort}/people", data={"emails": TYPED}),
        "a team": admin.post(f"{cohort}/people", data={"team": TYPED}),
    }
    for name, answer in refused.items():
        assert answer.status_code in (400, 401), name
        assert "typed &lt;by&gt; &#34;somebody&#34; &amp; &#39;kept&#39;" in answer.text, name
        assert "<by>" not in answer.text, name
    dates = admin.post(
        f"{cohort}/assign", data={"course": SLUG, "soft_due": "2031-02-03", "hard_due": "2030-01-02"}
    )
    own = learner.post("/me", data={"daily_minutes": "999", "timezone": "Asia/Tokyo", "working_days": ["6"]})
    assert dates.status_code == own.status_code == 400
    assert "2031-02-03" in dates.text and "2030-01-02" in dates.text
    assert 'value="999"' in own.text
