"""/admin/xapi as an administrator sees it: statements, refusals, credentials, privacy."""

from __future__ import annotations

import html
import io
import json
import re
import secrets
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from sqlalchemy import event, func, select

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.services import records
from tests.conftest import IRI_BASE, Clock
from tests.kept_attachments import kept
from tests.made_statements import statements
from xapi.lrs import store_statements
from xapi.spec.mentions import agent_key
from xapi.store import audit
from xapi.store.attachments import Kept
from xapi.store.credentials import create_credential, create_token, list_credentials, verify_credential
from xapi.store.documents import Kind, Place, save_document
from xapi.store.refusals import Refused, record_refusal
from xapi.store.tables import AuditEntry, Credential, Statement

LIST = "/admin/xapi"
ADL = "http://adlnet.gov/expapi/verbs/"
LI = {"mbox": "mailto:li@elsewhere.test", "name": "Li Na"}
TOOL = {"mbox": "mailto:tool@elsewhere.test"}
BYTES = b"a recording"
SHA2 = sha256(BYTES).hexdigest()


def said(verb: str = "answered", about: str = "https://o.example/1", **given: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": LI,
        "verb": {"id": ADL + verb, "display": {"en": verb, "zh-CN": f"中文{verb}"}},
        "object": {
            "id": about,
            "definition": {"name": {"en": f"Thing {about[-1]}", "zh-CN": f"东西 {about[-1]}"}},
        },
    } | given


@pytest.fixture
def store(parts: Parts) -> Callable[..., list[str]]:
    def put(*statements: dict[str, Any], attachments: tuple[Kept, ...] = ()) -> list[str]:
        with parts.database.writing() as session:
            return store_statements(
                session,
                statements,
                authority=TOOL,
                now=parts.now(),
                new_id=parts.new_id,
                attachments=attachments,
            )

    return put


@pytest.fixture
def admin(sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    return sign_in("admin", email="boss@desk.test", name="Boss")


def ids(page: str) -> list[str]:
    return re.findall(r'href="/admin/xapi/statements/([0-9a-f-]{36})"', page)


def count(parts: Parts, table: Any) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# Statements


def test_an_empty_store_says_how_statements_come(admin: FlaskClient) -> None:
    page = admin.get(LIST)

    assert page.status_code == 200
    assert "No statements yet" in page.text
    assert re.search(r'href="/admin/xapi" aria-current="page"><svg', page.text), "it is where one is"


def test_the_list_is_newest_first_and_goes_on_page_by_page(
    admin: FlaskClient, store: Callable[..., list[str]]
) -> None:
    stored = store(*(said() for _ in range(60)))
    seen, address = [], LIST
    for _ in range(3):
        page = admin.get(address).text
        seen += ids(page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""

    assert seen == stored[::-1]
    assert address == ""


def test_a_statement_is_told_in_the_language_of_the_reader(
    admin: FlaskClient, sign_in: Callable[..., FlaskClient], store: Callable[..., list[str]]
) -> None:
    store(said(result={"score": {"scaled": 0.8}, "success": True}))

    english, chinese = admin.get(LIST).text, sign_in("admin", language="zh-CN").get(LIST).text

    bare = re.sub(r"<[^>]+>", "", english)
    assert "Li Na answered “Thing 1”" in bare and "80%" in bare and "successful" in bare
    bare = re.sub(r"<[^>]+>", "", chinese)
    assert "Li Na 中文answered“东西 1”" in bare and "80%" in bare and "成功" in bare


def test_people_of_this_installation_are_shown_by_their_name(
    admin: FlaskClient, store: Callable[..., list[str]], make_person: Callable[..., Person]
) -> None:
    person = make_person("learner", email="wu@desk.test", name="Wu Lei")
    account = {"account": {"homePage": IRI_BASE, "name": str(person.uuid)}}
    store(said(actor=account), said(actor=LI))

    assert "Wu Lei" in admin.get(LIST).text
    for who in (
        "wu@desk.test",
        "Wu Lei",
        "wu lei",
        str(person.uuid),
        json.dumps(account),
        f"{IRI_BASE} {person.uuid}",
    ):
        found = admin.get(LIST, query_string={"person": who}).text
        assert "Wu Lei" in found and len(ids(found)) == 1, who


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"person": "li@elsewhere.test"}, {0, 1, 2, 3}),
        ({"person": "mailto:li@elsewhere.test"}, {0, 1, 2, 3}),
        ({"person": "wang@elsewhere.test"}, {4}),
        ({"person": "wang@elsewhere.test", "related": "y"}, {3, 4}),
        ({"verb": f"{ADL}passed"}, {1}),
        ({"verb": f"{ADL}passed", "person": "wang@elsewhere.test"}, set()),
        ({"activity": "https://o.example/2"}, {2}),
        ({"activity": "https://o.example/2", "related": "y"}, {2, 3}),
        ({"registration": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"}, {3}),
        ({"since": "2026-11-24"}, {5}),
        ({"until": "2026-11-23"}, {0, 1, 2, 3, 4}),
        ({"since": "2026-11-23", "until": "2026-11-23", "verb": f"{ADL}passed"}, {1}),
        ({}, {0, 1, 2, 3, 4, 5}),
    ],
)
def test_filters_leave_what_fits_and_stay_in_the_address(
    admin: FlaskClient,
    store: Callable[..., list[str]],
    clock: Clock,
    filters: dict[str, str],
    expected: set[int],
) -> None:
    wang = {"mbox": "mailto:wang@elsewhere.test"}
    context = {
        "registration": "8f87ccde-bb56-4c2e-ab83-44982ef22df0",
        "instructor": wang,
        "contextActivities": {"parent": [{"id": "https://o.example/2"}]},
    }
    stored = store(
        said(), said("passed"), said(about="https://o.example/2"), said(context=context), said(actor=wang)
    )
    clock.now += timedelta(days=1)
    stored += store(said(actor=TOOL))

    page = admin.get(LIST, query_string=filters).text

    assert set(ids(page)) == {stored[place] for place in expected}
    for name, value in filters.items():
        if name != "related":
            field = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
            assert field and f'value="{value}"' in field[0]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"person": "nobody at all"}, "Nobody is found by this"),
        ({"person": "{}"}, "Nobody is found by this"),
        ({"verb": "answered"}, "Give the whole IRI"),
        ({"activity": "x y"}, "Give the whole IRI of the activity"),
        ({"registration": "1"}, "Give a UUID"),
        ({"statement": "1"}, "No statement has this id"),
        ({"statement": str(UUID(int=1))}, "No statement has this id"),
        ({"since": "yesterday"}, "Not a valid date"),
        ({"since": "0001-01-01"}, "Choose another day"),
        ({"until": "9999-12-31"}, "Choose another day"),
        ({"before": "x"}, None),
        ({"before": "9" * 19}, None),
        ({"verb": "a:" + "b" * 3000}, "longer than"),
    ],
)
def test_a_filter_that_cannot_be_says_so_beside_its_field(
    admin: FlaskClient, filters: dict[str, str], said: str | None
) -> None:
    page = admin.get(LIST, query_string=filters)

    assert page.status_code == (400 if said else 200)
    if said:
        [name] = filters
        error = re.search(rf'<p class="error" id="{name}-error">.*?</p>', page.text)
        assert error and said in error[0]


def test_a_statement_is_found_by_its_id(admin: FlaskClient, store: Callable[..., list[str]]) -> None:
    [id] = store(said())

    assert admin.get(LIST, query_string={"statement": id}).location == f"/admin/xapi/statements/{id}"


def test_a_statements_page_shows_it_whole(
    admin: FlaskClient, parts: Parts, store: Callable[..., list[str]]
) -> None:
    named = {"usageType": "a:b", "display": {"en": "Recording"}, "contentType": "text/html", "length": 11}
    elsewhere = {**named, "sha2": "b" * 64, "fileUrl": "javascript:alert(1)"}
    one = said(
        context={"registration": str(uuid4())},
        result={"response": "b", "score": {"raw": 1.50, "max": 10}},
        attachments=[{**named, "sha2": SHA2}, elsewhere],
    )
    store(one, attachments=(kept(parts.files, BYTES, "text/html"),))
    void = {
        "actor": TOOL,
        "verb": {"id": f"{ADL}voided"},
        "object": {"objectType": "StatementRef", "id": one["id"]},
    }
    [voiding] = store(void)

    page = admin.get(f"/admin/xapi/statements/{one['id']}").text

    assert "This statement is voided" in page
    assert ids(page) == [voiding], "what refers to it"
    assert "&#34;response&#34;: &#34;b&#34;" in page and "1.5 / 10" in page
    assert f'href="/admin/xapi/attachments/{SHA2}"' in page
    assert 'href="javascript:' not in page and "javascript:alert(1)" in page
    assert one["id"] in ids(admin.get(f"/admin/xapi/statements/{voiding}").text), "what it refers to"

    raw = admin.get(f"/admin/xapi/statements/{one['id']}/raw")
    assert json.loads(raw.text)["object"] == one["object"]
    file = admin.get(f"/admin/xapi/attachments/{SHA2}")
    for answer in (raw, file):
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert file.data == BYTES and file.mimetype == "application/octet-stream", "never the sender's own type"
    assert admin.get(f"/admin/xapi/attachments/{'c' * 64}").status_code == 404


def test_what_other_tools_say_can_neither_run_nor_flood_a_page(
    admin: FlaskClient, store: Callable[..., list[str]]
) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e"
    [id] = store(
        {
            "actor": {
                "account": {"homePage": "https://h.example", "name": evil},
                "name": evil + "x" * 100_000,
            },
            "verb": {"id": "javascript:alert(1)", "display": {"en": evil}},
            "object": {
                "id": "data:text/html,x",
                "definition": {"name": {"en": evil}, "moreInfo": "javascript:x"},
            },
            "result": {"response": evil},
            "context": {"extensions": {"https://x.example/" + "y" * 1000: evil}},
        }
    )

    for address in (LIST, f"/admin/xapi/statements/{id}"):
        page = admin.get(address).text
        assert "<script>alert" not in page and "<img src=x" not in page
        assert 'href="javascript' not in page and 'href="data:' not in page
        assert "\u202e" not in page.split("On one line")[0], "no text turns the line around"
        assert len(page) < 150_000
    links = re.findall(r'<a [^>]*href="https?://[^>]*>', page)
    assert all('rel="noreferrer noopener nofollow"' in link for link in links)


@pytest.mark.parametrize("occurred", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_a_time_that_is_none_where_the_reader_lives_is_shown_all_the_same(
    sign_in: Callable[..., FlaskClient], store: Callable[..., list[str]], occurred: str, zone: str
) -> None:
    admin = sign_in("admin")
    admin.post("/me", data={"language": "en", "timezone": zone, "working_days": "1", "daily_minutes": "5"})
    [id] = store(said(timestamp=occurred))

    assert admin.get(f"/admin/xapi/statements/{id}").status_code == 200


def test_whatever_is_valid_can_be_shown(admin: FlaskClient, store: Callable[..., list[str]]) -> None:
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(statements(version="2.0.0"))
    def check(statement: dict[str, Any]) -> None:
        [id] = store(statement | {"id": str(uuid4())})
        page = admin.get(f"/admin/xapi/statements/{id}")
        assert page.status_code == 200
        shown = re.search(r"<pre[^>]*><code>(.*?)</code>", page.text, re.DOTALL)
        raw = json.loads(admin.get(f"/admin/xapi/statements/{id}/raw").text)
        assert shown and json.loads(html.unescape(shown[1])) == raw, "indented, it is the same"

    check()
    assert admin.get(LIST).status_code == 200


@pytest.mark.parametrize(
    "address", [LIST, "{one}", "/admin/xapi/refusals", "/admin/xapi/credentials", "/admin/xapi/privacy"]
)
def test_no_page_asks_the_database_more_than_twelve_times(
    admin: FlaskClient,
    store: Callable[..., list[str]],
    count_queries: Callable[[], int],
    make_person: Callable[..., Person],
    address: str,
) -> None:
    people = [{"account": {"homePage": IRI_BASE, "name": str(make_person().uuid)}} for _ in range(3)]
    stored = store(
        *(said(actor=people[number % 3], about=f"https://o.example/{number}") for number in range(40))
    )
    store(*(said(object={"objectType": "StatementRef", "id": stored[0]}) for _ in range(30)))
    address = address.format(one=f"/admin/xapi/statements/{stored[0]}")
    count_queries()

    assert admin.get(address).status_code == 200

    assert 0 < count_queries() <= 12


WHOLE = re.compile(
    r"Seq Scan on (xapi_(?:statement|refusal|audit)\w*)|SCAN (xapi_(?:statement|refusal|audit)\w*)(?! USING)"
)
"""A table that is read from one end to the other, as either database says it."""
COUNTS = re.compile(r"count\([^)]*\)[^()]*\sFROM (?!\(SELECT)", re.IGNORECASE)
"""A table that is counted, and not what a limit ends."""


@pytest.mark.parametrize(
    "address",
    [
        LIST,
        f"{LIST}?before=9000000000000000",
        f"{LIST}?person=li@elsewhere.test",
        f"{LIST}?person=li@elsewhere.test&related=y",
        f"{LIST}?verb={ADL}answered",
        f"{LIST}?verb={ADL}answered&activity=https://o.example/1&related=y&person=li@elsewhere.test",
        f"{LIST}?since=2026-11-23&until=2026-11-23",
        f"{LIST}?registration=8f87ccde-bb56-4c2e-ab83-44982ef22df0",
        "{one}",
        "/admin/xapi/refusals",
        "/admin/xapi/privacy",
    ],
)
def test_no_page_reads_a_whole_table(
    admin: FlaskClient, parts: Parts, store: Callable[..., list[str]], address: str
) -> None:
    """What a list asks for ends with its page: a walk along the key that a limit ends is none of these."""
    stored = store(*(said() for _ in range(60)))
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    for engine in parts.database.engines:
        event.listen(engine, "before_cursor_execute", note)
    assert admin.get(address.format(one=f"/admin/xapi/statements/{stored[0]}")).status_code == 200
    for engine in parts.database.engines:
        event.remove(engine, "before_cursor_execute", note)

    whole = []
    with parts.database.writing() as session:
        connection = session.connection()
        sqlite = parts.database.dialect == "sqlite"
        if not sqlite:  # so few rows are cheaper read whole: asked is whether an index serves
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in asked:
            explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
            plan = [
                " ".join(map(str, row)) for row in connection.exec_driver_sql(explain + statement, parameters)
            ]
            walk = sqlite and "LIMIT" in statement and not any("ORDER BY" in line for line in plan)
            whole += [(statement, line) for line in plan if WHOLE.search(line) and not walk]
        count = [
            statement
            for statement, _ in asked
            if COUNTS.search(statement) or (not sqlite and "OFFSET" in statement)
        ]
    assert asked and whole == []
    assert count == [], "neither is counted nor skipped, but for what ends at a limit"


# Refusals


def test_refusals_show_why_without_whom(admin: FlaskClient, parts: Parts) -> None:
    assert "Nothing was refused" in admin.get("/admin/xapi/refusals").text
    body = json.dumps(
        {"actor": {"name": "Li Na", "mbox": "mailto:li@elsewhere.test"}, "verb": {"id": "<b>x"}}
    )
    with parts.database.writing() as session:
        for number in range(30):
            record_refusal(
                session,
                Refused(
                    at=parts.now(),
                    credential_key="k",
                    address="10.0.0.7",
                    status=400,
                    reason=json.dumps({"error": f'verb.id: expected an IRI, got "x" ({number}.)'}),
                    body=body.encode(),
                ),
            )

    page = admin.get("/admin/xapi/refusals").text

    assert page.count("verb.id: expected an IRI, got &#34;x&#34;") == 25, "as it was said, not as JSON"
    assert "(29.)" in page and "(4.)" not in page
    assert "li@elsewhere" not in page and "Li Na" not in page and "[redacted]" in page
    assert "&lt;b&gt;x" in page and "<b>x" not in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older and admin.get(older[1]).text.count("verb.id: expected an IRI") == 5


# Credentials


def test_a_credential_is_made_shown_once_and_revoked(admin: FlaskClient, parts: Parts) -> None:
    assert "No credentials yet" in admin.get("/admin/xapi/credentials").text

    made = admin.post("/admin/xapi/credentials", data={"name": "Reports <1>", "scope": "read"}).text

    key, secret = (re.search(rf'id="made-{name}" value="([^"]+)"', made)[1] for name in ("key", "secret"))  # type: ignore[index]
    with parts.database.reading() as session:
        client = verify_credential(session, key, secret, now=parts.now())
        assert client is not None and (client.scope, client.name) == ("read", "Reports <1>")
    again = admin.get("/admin/xapi/credentials").text
    assert secret not in again and key in again and "Reports &lt;1&gt;" in again

    assert admin.post(f"/admin/xapi/credentials/{key}/revoke").status_code == 303
    with parts.database.reading() as session:
        assert verify_credential(session, key, secret, now=parts.now()) is None
    assert "Revoked" in admin.get("/admin/xapi/credentials").text
    assert admin.post(f"/admin/xapi/credentials/{key}/revoke").status_code == 404


@pytest.mark.parametrize(
    ("data", "field"),
    [({"scope": "read"}, "name"), ({"name": "x"}, "scope"), ({"name": "x", "scope": "root"}, "scope")],
)
def test_a_credential_that_cannot_be_names_the_field(
    admin: FlaskClient, parts: Parts, data: dict[str, str], field: str
) -> None:
    page = admin.post("/admin/xapi/credentials", data=data)

    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert count(parts, Credential) == 0


def made_secret(page: str) -> str:
    found = re.search(r'id="made-secret" value="([^"]+)"', page)
    assert found
    return found[1]


def known(parts: Parts, key: str, secret: str) -> Any:
    with parts.database.reading() as session:
        return verify_credential(session, key, secret, now=parts.now())


@pytest.fixture
def credential(parts: Parts) -> tuple[str, str]:
    with parts.database.writing() as session:
        return create_credential(session, "Reports", "read", now=parts.now(), secrets=secrets.token_urlsafe)


def test_a_limit_is_set_with_a_credential_changed_and_lifted(admin: FlaskClient, parts: Parts) -> None:
    address = "/admin/xapi/credentials"
    admin.post(address, data={"name": "Reports", "scope": "read", "rate_limit": "60"})
    with parts.database.reading() as session:
        [one] = list_credentials(session)
    limits = [one.rate_limit]
    shown = ["60 a minute" in admin.get(address).text]
    for text in ("90", ""):
        assert admin.post(f"{address}/{one.key}/limit", data={"limit-rate_limit": text}).status_code == 303
        with parts.database.reading() as session:
            limits += [one.rate_limit for one in list_credentials(session)]
        page = admin.get(f"{address}/{one.key}").text
        shown += [("90 a minute" if text else "no limit") in page]

    assert limits == [60, 90, None]
    assert shown == [True] * 3


def test_a_secret_is_rotated_shown_once_and_the_old_one_ends_in_time(
    admin: FlaskClient, parts: Parts, credential: tuple[str, str], clock: Clock
) -> None:
    key, old = credential
    address = f"/admin/xapi/credentials/{key}"

    new = made_secret(admin.post(f"{address}/rotate", data={"rotate-keep_hours": "2"}).text)

    assert new != old and known(parts, key, new) and known(parts, key, old)
    for page in (admin.get(address).text, admin.get("/admin/xapi/credentials").text):
        assert new not in page and "good until Nov 23" in page
    clock.now += timedelta(hours=2, seconds=1)
    assert known(parts, key, new) and known(parts, key, old) is None
    assert "good until" not in admin.get(address).text
    newer = made_secret(admin.post(f"{address}/rotate", data={"rotate-keep_hours": "0"}).text)
    assert known(parts, key, newer) and known(parts, key, new) is None


@pytest.mark.parametrize(
    ("path", "field", "text"),
    [
        ("limit", "limit-rate_limit", "0"),
        ("limit", "limit-rate_limit", "9999999999"),
        ("limit", "limit-rate_limit", "x"),
        ("rotate", "rotate-keep_hours", "-1"),
        ("rotate", "rotate-keep_hours", "8785"),
        ("rotate", "rotate-keep_hours", ""),
    ],
)
def test_a_change_that_cannot_be_names_the_field(
    admin: FlaskClient, parts: Parts, credential: tuple[str, str], path: str, field: str, text: str
) -> None:
    page = admin.post(f"/admin/xapi/credentials/{credential[0]}/{path}", data={field: text})

    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    client = known(parts, *credential)
    assert client and (client.rate_limit, client.until) == (None, None)


def test_a_revoked_credential_a_tokens_and_an_unknown_one_are_not_changed(
    admin: FlaskClient, parts: Parts, credential: tuple[str, str]
) -> None:
    with parts.database.writing() as session:
        token, _ = create_token(
            session,
            "launch",
            agent=LI,
            activity="https://o.example/1",
            registration=uuid4(),
            lasting=timedelta(hours=1),
            now=parts.now(),
            secrets=secrets.token_urlsafe,
        )
    address = "/admin/xapi/credentials"
    admin.post(f"{address}/{credential[0]}/revoke")

    assert admin.post(f"{address}/{credential[0]}/rotate", data={"rotate-keep_hours": "1"}).status_code == 404
    page = admin.get(f"{address}/{credential[0]}").text
    assert "Revoked" in page and "/rotate" not in page
    for key in (token, "unknown"):
        assert admin.get(f"{address}/{key}").status_code == 404
        for path, data in (
            ("limit", {"limit-rate_limit": "1"}),
            ("rotate", {"rotate-keep_hours": "1"}),
        ):
            assert admin.post(f"{address}/{key}/{path}", data=data).status_code == 404


# Privacy


def test_a_persons_statements_are_deleted_and_the_trail_says_so(
    admin: FlaskClient, parts: Parts, store: Callable[..., list[str]]
) -> None:
    kept = store(said(actor=TOOL), said(actor=TOOL, object={"objectType": "Agent", **LI}))
    store(said(), said())
    place = Place(Kind.AGENT_PROFILE, agent=agent_key(LI))
    with parts.database.writing() as session:
        save_document(session, place, "p", content_type="text/plain", content=b"x", now=parts.now())
    address = "/admin/xapi/privacy/delete"

    unsure = admin.post(address, data={"delete-person": "li@elsewhere.test"})
    nobody = admin.post(address, data={"delete-person": "nobody", "delete-sure": "y"})

    assert unsure.status_code == nobody.status_code == 400
    assert 'id="delete-sure-error"' in unsure.text and 'id="delete-person-error"' in nobody.text
    assert count(parts, Statement) == 4 and count(parts, AuditEntry) == 0

    done = admin.post(address, data={"delete-person": "li@elsewhere.test", "delete-sure": "y"})

    assert done.status_code == 303
    page = admin.get("/admin/xapi/privacy").text
    assert "2 statements deleted." in page
    assert set(ids(admin.get(LIST).text)) == set(kept)
    with parts.database.reading() as session:
        [entry] = audit.latest_audits(session)
        said_ = json.loads(entry.rule)
    assert (entry.who, entry.action, entry.statements) == ("boss@desk.test", "delete", 2)
    assert said_["agents"] == [agent_key(LI).hex()] and "li@elsewhere" not in entry.rule  # type: ignore[union-attr]
    assert count(parts, Statement) == 2


def test_what_is_known_of_a_person_is_taken_out_whole(
    admin: FlaskClient, parts: Parts, store: Callable[..., list[str]], make_person: Callable[..., Person]
) -> None:
    wu = make_person("learner", email="wu@desk.test")
    account = {"account": {"homePage": IRI_BASE, "name": str(wu.uuid)}}
    mailbox = {"mbox": "mailto:wu@desk.test"}
    attached = {
        "usageType": "a:b",
        "display": {},
        "contentType": "text/plain",
        "length": 11,
        "sha2": SHA2.upper(),
    }
    mine = store(
        said(actor=account, attachments=[attached]),
        said(actor=mailbox),
        said(actor=mailbox, context={"instructor": account}),
        said(context={"instructor": account}),
        attachments=(kept(parts.files, BYTES),),
    )
    store(said())
    place = Place(Kind.AGENT_PROFILE, agent=agent_key(account))
    with parts.database.writing() as session:
        save_document(session, place, "p/1", content_type="text/plain", content=b"likes tea", now=parts.now())

    answer = admin.post("/admin/xapi/privacy/export", data={"export-person": "wu@desk.test"}, buffered=True)

    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        lines = [json.loads(line) for line in archive.read("statements.jsonl").splitlines()]
        assert sorted(line["id"] for line in lines) == sorted(mine), "each once"
        assert archive.read(f"statements.attachments/{SHA2}") == BYTES
        [document] = json.loads(archive.read("documents.json"))
        assert document["id"] == "p/1" and archive.read(document["file"]) == b"likes tea"
    with parts.database.reading() as session:
        [entry] = audit.latest_audits(session)
    assert (entry.action, entry.statements, entry.who) == ("export", 4, "boss@desk.test")
    assert admin.post("/admin/xapi/privacy/export", data={"export-person": ""}).status_code == 400


def test_a_rule_deletes_what_is_old_when_it_is_applied(
    admin: FlaskClient, parts: Parts, store: Callable[..., list[str]], clock: Clock
) -> None:
    store(said("experienced"), said("answered"))
    clock.now += timedelta(days=10)
    store(said("experienced"))
    rules = "/admin/xapi/privacy/rules"
    wrong = [
        admin.post(rules, data=data)
        for data in (
            {"rule-age_days": "0"},
            {"rule-age_days": "x"},
            {"rule-age_days": "5", "rule-verb": "experienced"},
        )
    ]
    assert [page.status_code for page in wrong] == [400] * 3
    assert 'id="rule-age_days-error"' in wrong[0].text and 'id="rule-verb-error"' in wrong[2].text

    assert admin.post(rules, data={"rule-age_days": "5", "rule-verb": f"{ADL}experienced"}).status_code == 303
    assert count(parts, Statement) == 3, "a rule alone deletes nothing"
    page = admin.get("/admin/xapi/privacy").text
    apply = re.search(r'action="(/admin/xapi/privacy/rules/[0-9a-f-]+/apply)"', page)
    assert apply and "older than 5 days" in page
    assert admin.post(apply[1]).status_code == 303

    assert count(parts, Statement) == 2
    page = admin.get("/admin/xapi/privacy").text
    assert "1 statement deleted." in page and "applied a rule" in page and "boss@desk.test" in page
    assert admin.post(apply[1].replace("/apply", "/remove")).status_code == 303
    assert apply[1] not in admin.get("/admin/xapi/privacy").text
    assert admin.post(apply[1]).status_code == 404


def test_one_request_deletes_only_so_much_and_says_that_there_is_more(
    admin: FlaskClient, parts: Parts, store: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store(*(said() for _ in range(7)))
    monkeypatch.setattr("xapi.privacy.STEP", 2)
    monkeypatch.setattr(records, "PAGE_STEPS", 2)
    data = {"delete-person": "li@elsewhere.test", "delete-sure": "y"}

    admin.post("/admin/xapi/privacy/delete", data=data)
    assert "There are more" in admin.get("/admin/xapi/privacy").text
    assert count(parts, Statement) == 3
    admin.post("/admin/xapi/privacy/delete", data=data)

    assert count(parts, Statement) == 0
    with parts.database.reading() as session:
        assert [entry.statements for entry in audit.latest_audits(session)] == [3, 4]
