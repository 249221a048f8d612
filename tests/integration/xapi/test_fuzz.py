"""Whatever is sent: valid statements come back as they were, everything else is refused, nothing breaks."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.made_statements import statements
from xapi.http import create_blueprint
from xapi.store.credentials import create_credential

VERSIONS = ("1.0.3", "2.0.0")
ASSIGNED = ("id", "stored", "authority", "timestamp", "version")
REQUESTS = {"sqlite": 10_000, "postgresql": 400}
EXAMPLES = {"sqlite": 150, "postgresql": 25}
LI = {"mbox": "mailto:li@desk.example"}
STATEMENT = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
CONTENT = b"what was said"
SHA2 = hashlib.sha256(CONTENT).hexdigest()
FULL: dict[str, Any] = {
    "id": STATEMENT,
    "actor": {"objectType": "Group", "name": "Desk", "member": [LI, {"mbox_sha1sum": "a" * 40}]},
    "verb": {"id": "https://v.example/did", "display": {"en": "did", "zh-CN": "做了"}},
    "object": {
        "id": "https://o.example/1",
        "definition": {
            "name": {"en": "One"},
            "type": "https://t.example/question",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
            "extensions": {"https://x.example/level": [1, None, {"a": 1.5}]},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": False,
        "response": "a[,]b",
        "duration": "PT1H2M3.45S",
    },
    "context": {
        "registration": STATEMENT,
        "instructor": {"account": {"homePage": "https://h.example", "name": "li"}},
        "team": {"objectType": "Group", "openid": "https://team.example"},
        "contextActivities": {
            "parent": {"id": "https://o.example"},
            "grouping": [{"id": "https://g.example"}],
        },
        "revision": "1",
        "platform": "Desk",
        "language": "zh-CN",
        "statement": {"objectType": "StatementRef", "id": STATEMENT},
    },
    "timestamp": "2026-03-02T09:30:00.123+08:00",
    "attachments": [
        {
            "usageType": "https://x.example/recording",
            "display": {"en": "Recording"},
            "contentType": "text/plain",
            "length": len(CONTENT),
            "sha2": SHA2,
            "fileUrl": "https://x.example/recording",
        }
    ],
}
SUB: dict[str, Any] = {
    "actor": LI,
    "verb": {"id": "https://v.example/planned"},
    "object": {"objectType": "SubStatement"}
    | {name: FULL[name] for name in FULL if name not in ("id", "attachments")},
}
VOIDING: dict[str, Any] = {
    "actor": LI,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
    "object": {"objectType": "StatementRef", "id": STATEMENT},
}
RELEVANT: dict[str, Any] = {
    "actor": LI,
    "verb": {"id": "https://v.example/did"},
    "object": {"objectType": "Agent", **LI},
    "context": {
        "contextAgents": [{"objectType": "contextAgent", "agent": LI, "relevantTypes": ["https://t.example"]}]
    },
}
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2, 1.5, 10**30, -(10**400), 1e308, "", " ", "\x00", "\ud800", "\U0001f600", "é",
    "a" * 5000, "mailto:", "https://", "urn:x", "P1D", "2026-03-02T09:30:00Z", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:60-23:59", STATEMENT, STATEMENT.upper(), [], {}, [[]], [{}], {"": ""}, {"id": None},
    {"objectType": "Group"}, {"objectType": "SubStatement"}, [LI] * 3, {"en": "x"}, {"urn:x": None},
)  # fmt: skip
ODD_TEXTS = (
    "", "0", "-1", "1" * 30, "true", "TRUE", "null", "[]", "{}", "nan", "\x00", "\x7f", "%00", "%ff", "é",
    "😀", "'", '"', "a" * 3000, "2026-03-02T09:30:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "https://o.example/1", STATEMENT, json.dumps(LI), '{"mbox":"mailto:li@desk.example","mbox":1}',
    '{"mbox":"mailto:\\u0000@x"}', '{"account":{"homePage":"a:b","name":"\\ud800"}}', "exact", "ids",
    "canonical", "[" * 3000, "x;q=nan", "en;q=inf,*;q=0", "*", '"' + "0" * 40 + '"', 'W/"x", *',
    "application/json", "multipart/mixed; boundary=x", 'multipart/mixed; boundary="é"', "text/plain; =",
    "1.0.3", "2.0.0", "1.0", "3.0", "bytes=0-", "gzip, deflate", "chunked", "Bearer x", "Basic", "Basic ==",
    "Basic " + base64.b64encode(b"\x00:\x00").decode(), "Basic " + base64.b64encode(b"\xff:\xff").decode(),
    "Basic " + base64.b64encode(b"no colon").decode(),
)  # fmt: skip
PARAMETERS = (
    "statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "related_activities",
    "related_agents", "since", "until", "limit", "format", "attachments", "ascending", "more", "activityId",
    "stateId", "profileId", "method", "Agent", "",
)  # fmt: skip
HEADERS = (
    "Authorization", "X-Experience-API-Version", "Content-Type", "Accept-Language", "Accept", "If-Match",
    "If-None-Match", "Content-Length", "Range", "Content-Encoding", "Origin", "Expect", "X-Forwarded-For",
)  # fmt: skip
PATHS = (
    "statements", "statements", "statements", "statements/", "activities", "agents", "agents/profile",
    "activities/state", "activities/profile", "about", "statements//", "nothing", "statements/%00", "%ff",
)  # fmt: skip
METHODS = ("GET", "HEAD", "PUT", "POST", "POST", "POST", "DELETE", "OPTIONS", "PATCH")
CODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "utf-7", "gb18030")


class Client:
    """Sends what it is given with a valid credential."""

    def __init__(self, client: FlaskClient, key: str, secret: str) -> None:
        self._client = client
        self.authorization = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()

    def headers(self, version: str) -> dict[str, str]:
        return {"Authorization": self.authorization, "X-Experience-API-Version": version}

    def post(self, body: bytes, version: str) -> TestResponse:
        headers = self.headers(version) | {"Content-Type": "application/json"}
        return self._client.post("/xapi/statements", data=body, headers=headers)

    def get(self, id: str, version: str) -> TestResponse:
        return self._client.get(
            "/xapi/statements", query_string={"statementId": id}, headers=self.headers(version)
        )

    def send(self, raw: dict[str, Any]) -> TestResponse:
        return self._client.open(**raw)


@pytest.fixture
def kind(database: Any) -> Iterator[str]:
    """Which database it is; on SQLite commits do not wait for the disk, since nothing is to outlast it."""
    name = str(database.engine.dialect.name)
    if name == "sqlite":
        event.listen(
            database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF")
        )
        database.engine.dispose()
    yield name


@pytest.fixture
def client(database: Any, kind: str) -> Client:
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
    with database.writing() as session:
        pair = create_credential(
            session, "fuzzer", "all", now=database.clock(), secrets=secrets.token_urlsafe
        )
    return Client(app.test_client(), *pair)


def often(kind: str) -> Any:
    """Run a test on many examples, the same ones every time."""
    return settings(
        max_examples=EXAMPLES[kind],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def as_kept(statement: dict[str, Any]) -> dict[str, Any]:
    """What must come back: nothing that the store assigns, each kind of context activity as an array."""
    kept = {name: value for name, value in statement.items() if name not in ASSIGNED}
    groups = kept.get("context", {}).get("contextActivities")
    if groups is not None:
        arrays = {name: given if isinstance(given, list) else [given] for name, given in groups.items()}
        kept["context"] = {**kept["context"], "contextActivities": arrays}
    if kept["object"].get("objectType") == "SubStatement":
        # the store assigns nothing in there: what as_kept leaves out of a statement stays in this one
        inner = kept["object"]
        kept["object"] = as_kept(inner) | {name: inner[name] for name in ("timestamp",) if name in inner}
    return kept


def exactly(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize(
    ("made_for", "sent_as"), [("1.0.3", "1.0.3"), ("1.0.3", "2.0.0"), ("2.0.0", "2.0.0")]
)
def test_a_valid_statement_is_taken_and_comes_back_as_it_was(
    client: Client, database: Any, kind: str, made_for: str, sent_as: str
) -> None:
    @often(kind)
    @given(statements(version=made_for))
    def check(statement: dict[str, Any]) -> None:
        if "id" in statement:
            statement = statement | {"id": str(database.new_id())}  # examples repeat themselves, ids must not
        body = json.dumps(statement).encode()
        answer = client.post(body, sent_as)

        assert answer.status_code == 200, answer.text
        [id] = answer.json
        found = exactly(client.get(id, sent_as).data)
        sent = exactly(body)
        assert UUID(id) == UUID(sent.get("id", id))
        assert as_kept(found) == as_kept(sent)
        for name in ("timestamp", "version"):
            assert found[name] == sent.get(name, found[name])
        again = client.post(body, sent_as)
        assert again.status_code == 200, "the very same statement is a success"

    check()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_statement_with_a_fault_is_refused_and_nothing_breaks(
    client: Client, kind: str, version: str
) -> None:
    seen: Counter[int] = Counter()

    @often(kind)
    @given(statements(version=version), st.integers(0, 2**32))
    def check(statement: dict[str, Any], seed: int) -> None:
        statement.pop("id", None)
        random = Random(seed)
        for _ in range(random.choice((1, 1, 2))):
            statement = mutated(statement, random)
        answer = client.post(json.dumps(statement).encode(), version)

        seen[answer.status_code] += 1
        assert answer.status_code in (200, 400), (statement, answer.text)
        if answer.status_code == 400:
            assert "expected" in answer.json["error"]

    check()
    assert seen[400] > EXAMPLES[kind] / 3
    assert seen[200] > 0 or kind != "sqlite", f"some faults are none, in so many: {seen}"


def mutated(value: Any, random: Random) -> Any:
    """Answer the value with one thing in it changed."""
    copy = json.loads(json.dumps(value))
    places = list(_places(copy))
    holder, key = random.choice(places)
    match random.randint(0, 5):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[random.choice((key.swapcase(), key + " ", "", key * 2, "x" * 300))] = holder.pop(key)
        case 2:
            holder[key] = [holder[key]]
        case 3:
            other, name = random.choice(places)
            holder[key] = json.loads(json.dumps(other[name]))
        case _:
            holder[key] = random.choice(ODD)
    return copy


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


# Requests


def a_body(random: Random) -> bytes:
    """Answer a statement, a batch or nothing of the kind, broken or not."""
    chosen: Any = random.choice((FULL, SUB, VOIDING, RELEVANT))
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        chosen = mutated(chosen, random)
    if random.random() < 0.6 and isinstance(chosen, dict):
        chosen.pop("id", None) if chosen is not FULL else None
    if random.random() < 0.2:
        chosen = [chosen] * random.choice((0, 1, 2, 3))
    text = json.dumps(chosen, ensure_ascii=random.random() < 0.5)
    match random.randint(0, 9):
        case 0:
            text = text.replace('"actor"', '"verb": 1, "actor"', 1)
        case 1:
            text = text.replace(
                "0.5", random.choice(("NaN", "1e999999999", "-0", "01", "1E400", "0." + "1" * 900))
            )
        case 2:
            text = random.choice(("", "[" * 5000, "null", "{}", "[]", "1", '"x"', "{" * 200, '{"a":' * 150))
    return broken(
        text.encode(random.choice(CODINGS) if random.random() < 0.1 else "utf-8", "replace"), random
    )


def broken(raw: bytes, random: Random) -> bytes:
    """Answer the bytes, one time in five with some of them changed."""
    if not raw or random.random() < 0.8:
        return raw
    data = bytearray(raw)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(data))
        match random.randint(0, 3):
            case 0:
                data[place] = random.randrange(256)
            case 1:
                del data[place : place + random.randint(1, 20)]
            case 2:
                data[place:place] = random.randbytes(random.randint(1, 5))
            case _:
                del data[place:]
        if not data:
            break
    return bytes(data)


def a_multipart(random: Random) -> tuple[bytes, str]:
    """Answer a multipart body and its content type."""
    boundary = random.choice(("frontier", "a b", "é", "-" * 10, "x" * 80))
    other = random.choice((CONTENT, CONTENT, b"something else", b"", b"--frontier\r\n"))
    lines = [
        "Content-Type: text/plain",
        f"Content-Transfer-Encoding: {random.choice(('binary', 'binary', 'base64', ''))}",
        f"X-Experience-API-Hash: {random.choice((SHA2, SHA2, SHA2.upper(), 'a' * 64, ''))}",
    ]
    random.shuffle(lines)
    head = "\r\n".join(lines[: random.choice((3, 3, 3, 2, 0))]).encode()
    body = b"".join(
        (
            f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode(),
            a_body(random),
            b"".join(
                f"\r\n--{boundary}\r\n".encode() + head + b"\r\n\r\n" + other
                for _ in range(random.choice((0, 1, 1, 1, 2, 220)))
            ),
            random.choice((f"\r\n--{boundary}--\r\n", f"\r\n--{boundary}", "")).encode(),
        )
    )
    quoted = random.choice((f'"{boundary}"', boundary, ""))
    return broken(body, random), f"multipart/mixed; boundary={quoted}"


def a_form(random: Random) -> bytes:
    """Answer the body of the alternate request syntax."""
    fields = [
        (random.choice((*PARAMETERS, *HEADERS)), random.choice(ODD_TEXTS))
        for _ in range(random.randint(0, 3))
    ]
    fields += [("X-Experience-API-Version", random.choice(VERSIONS)), ("Content-Type", "application/json")]
    if random.random() < 0.8:
        fields.append(("content", a_body(random).decode("latin-1")))
    return broken(urlencode(fields, errors="replace").encode(), random)


def a_request(client: Client, random: Random) -> dict[str, Any]:
    """Answer arguments for the test client; header and query text reach the application unchecked."""
    headers = client.headers(random.choice(VERSIONS))
    headers["Content-Type"] = "application/json"
    path, method = random.choice(PATHS), random.choice(METHODS)
    query: list[tuple[str, str]] = []
    body = b""
    match random.randint(0, 9):
        case 0 | 1 | 2:
            path, method, body = "statements", random.choice(("POST", "POST", "PUT")), a_body(random)
            if method == "PUT":
                query.append(("statementId", random.choice((STATEMENT, *ODD_TEXTS))))
        case 3:
            path, method = "statements", random.choice(("POST", "PUT"))
            body, headers["Content-Type"] = a_multipart(random)
        case 4:
            method, body = "POST", a_form(random)
            query.append(("method", random.choice(("GET", "PUT", "POST", "DELETE", "get", ""))))
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        case 5 | 6:
            path, method = "statements", random.choice(("GET", "HEAD"))
            names = random.sample(PARAMETERS[:15], random.randint(0, 4))
            query += [(name, random.choice(ODD_TEXTS)) for name in names]
        case 7 | 8:
            path = random.choice(
                ("activities/state", "agents/profile", "activities/profile", "activities", "agents")
            )
            about = {
                "agent": json.dumps(LI),
                "activityId": "https://o.example/1",
                "stateId": "s",
                "profileId": "p",
            }
            names = random.sample(sorted(about), random.randint(1, 4))
            query += [(name, random.choice((about[name],) * 4 + ODD_TEXTS)) for name in names]
            body = broken(
                random.choice((b"", b"{}", b'{"a":1}', b"[1]", b"\x00\xff", a_body(random))), random
            )
        case _:
            query = [
                (random.choice(PARAMETERS), random.choice(ODD_TEXTS)) for _ in range(random.randint(0, 5))
            ]
            body = random.choice((b"", a_body(random)))
    for _ in range(random.choice((0, 0, 0, 1, 2))):
        headers[random.choice(HEADERS)] = random.choice(ODD_TEXTS)
    if random.random() < 0.1:
        headers.pop(random.choice(list(headers)))
    raw_query = urlencode(query, errors="replace")
    if random.random() < 0.1:
        raw_query = broken(raw_query.encode(), random).decode("latin-1")
    overrides = {_in_environment(name): _latin(value) for name, value in headers.items()}
    overrides["QUERY_STRING"] = _latin(raw_query)
    if random.random() < 0.97:
        overrides.setdefault("CONTENT_LENGTH", str(len(body)))
    return {
        "path": f"/xapi/{path if '%' in path else quote(path)}",
        "method": method,
        "data": body,
        "environ_overrides": overrides,
    }


def _in_environment(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def _latin(text: str) -> str:
    """What a server hands on: bytes of the wire as Latin-1."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def test_no_request_breaks_the_store(client: Client, kind: str) -> None:
    random = Random(20260302)
    seen: Counter[int] = Counter()
    wrong: list[Any] = []
    for number in range(REQUESTS[kind]):
        raw = a_request(client, random)
        answer = client.send(raw)
        seen[answer.status_code] += 1
        if answer.status_code >= 500:
            wrong.append((number, answer.status_code, raw))
        elif answer.status_code == 400 and answer.data and answer.mimetype == "application/json":
            assert "expected" in answer.json["error"], (number, raw, answer.text)

    assert wrong == []
    assert all(seen[status] > 0 for status in (200, 204, 400, 401, 404, 405)), seen
    assert seen[200] + seen[204] > REQUESTS[kind] / 20, f"too little gets through to be a test: {seen}"
