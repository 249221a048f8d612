"""A script that somebody planted in a text is text to everybody who sees it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from courses.course import Html
from courses.lesson import read_body
from courses.shelf import Shelf
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.services import authoring
from tests.practice_course import practice_course
from tests.security.payloads import FOREIGN, MARKDOWN, PAYLOADS, RUN
from tests.security.planted import DOCUMENT, Planted, basic, plant
from tests.shelf_course import shelf

ADDRESSES = ("href", "src", "action", "data", "formaction", "srcdoc", "xlink:href")


@pytest.fixture
def planted(parts: Parts, make_person: Callable[..., Person], sign_in: Callable[..., FlaskClient]) -> Planted:
    return plant(parts, make_person, sign_in)


def runs(page: str) -> list[str]:
    """What of a page would run or reach out: the parsed tree is asked, not the text."""
    found = []
    for element in html.document_fromstring(page).iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in ("iframe", "object", "embed", "base", "math", "style", "noscript", "video"):
            found.append(f"<{element.tag}>")
        if element.tag == "script" and (element.text or not element.get("src", "").startswith("/static/")):
            found.append("<script>")
        for name, value in element.attrib.items():
            address = value.strip().lower()
            if name.lower().startswith("on") or name == "style" or name == "http-equiv":
                found.append(f"{element.tag} {name}={value[:60]}")
            if name in ADDRESSES and not address.startswith(("/", "#", "https://", "mailto:", "data:image/")):
                found.append(f"{element.tag} {name}={value[:60]}")
            if name in ADDRESSES and address.startswith("//"):
                found.append(f"{element.tag} {name}={value[:60]}")
    return found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_on_no_page_is_a_planted_script_more_than_text(
    planted: Planted, app: Flask, sign_in: Callable[..., FlaskClient]
) -> None:
    seen = set()
    for role, paths in planted.pages.items():
        client = app.test_client() if role == "nobody" else sign_in(planted.people[role])
        for path in paths:
            answer = client.get(path)
            page = answer.text
            assert answer.status_code == (404 if "script" in path.partition("?")[0] else 200), (role, path)
            assert runs(page) == [], (role, path)
            words = html.document_fromstring(page)
            shown = " ".join([words.text_content(), *words.xpath("//@value")])
            seen |= {payload for payload in PAYLOADS if " ".join(payload.split()) in shown}

    assert seen == set(PAYLOADS), "each of them was shown somewhere"


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if payload.startswith("<")])
def test_each_payload_would_be_noticed_if_it_were_not_escaped(payload: str) -> None:
    """Otherwise the tests here would show nothing."""
    assert runs(f"<main>{payload}</main>")


@pytest.mark.parametrize("payload", MARKDOWN)
def test_a_lesson_text_holds_no_script(payload: str) -> None:
    body = read_body(f"## One\n\n{payload}\n", lang="en")
    made = "".join(block.html for step in body.steps for block in step.blocks if isinstance(block, Html))

    assert runs(f"<main>{made}</main>") == []
    assert FOREIGN not in "".join(html.document_fromstring(f"<main>{made}</main>").xpath("//@src"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_of_progress_starts_no_formula(
    planted: Planted, sign_in: Callable[..., FlaskClient], make_person: Callable[..., Person]
) -> None:
    cohort = planted.pages["manager"][-1].partition("?")[0]
    make_person("learner", email="f@desk.test", name='=HYPERLINK("http://foreign.test")')
    manager = sign_in(planted.people["manager"])
    manager.post(f"{cohort}/people", data={"emails": "f@desk.test"})

    answer = manager.get(f"{cohort}/progress.csv")

    cells = [cell for row in csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells) and any(RUN in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_tool_stored_is_served_where_nothing_runs(planted: Planted, client: FlaskClient) -> None:
    headers = basic(planted.key, planted.secret)
    statements = client.get("/xapi/statements", headers=headers)
    document = client.get(DOCUMENT, headers=headers)

    assert statements.content_type == "application/json"
    assert document.content_type.startswith("text/html") and b"<script>" in document.data
    for answer in (statements, document):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "sandbox" in policy and "allow-scripts" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


WRITTEN = {"zh-CN", "en", "ja", "de", "es", "fr", "text", "avoid", "local", "name", "source", "jurisdiction"}
"""Keys below which people write words."""


def spoilt(value: Any, payload: str, *, written: bool = False) -> Any:
    """The same entries with a payload behind every text that somebody writes."""
    if isinstance(value, dict):
        return {key: spoilt(one, payload, written=written or key in WRITTEN) for key, one in value.items()}
    if isinstance(value, list):
        return [spoilt(one, payload, written=written) for one in value]
    return value + payload if written and isinstance(value, str) else value


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_stands_beside_the_lessons_runs_nothing(
    parts: Parts, sign_in: Callable[..., FlaskClient]
) -> None:
    course, payload = practice_course(), " ".join(PAYLOADS)
    written = {kind: spoilt(rows, payload) for kind, rows in shelf(point="point-single").written.items()}
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, replace(course, shelf=Shelf(written)), now=parts.now())
    client = sign_in("trainer")
    run = client.post("/practice/en-late-parcel").location
    client.post(f"{run}/1", data={"reply": "a"})
    played = client.get(run).text
    client.post(f"{run}/2", data={"reply": "b"})
    question = client.post(f"/needs/begin/{course.slug}/before").location
    paths = ["/glossary", "/glossary/tracking-number", "/scripts", "/scripts/refund-steps", "/markets"]
    paths += ["/markets/de", "/practice", "/practice/en-late-parcel", run, "/needs", question]
    paths.append(f"/author/{course.slug}")

    pages = {path: client.get(path) for path in paths}
    assert {path: page.status_code for path, page in pages.items() if page.status_code != 200} == {}
    found = {path: runs(page.text) for path, page in pages.items()} | {"played": runs(played)}
    assert {path: said for path, said in found.items() if said} == {}
