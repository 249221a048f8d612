"""The needs analysis: once before, once after, nothing told in between; reported per skill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.needs import NeedsAnswer
from lms.services import authoring
from tests.practice_course import SLUG, practice_course
from tests.shelf_course import shelf

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Enter = Callable[..., FlaskClient]
BEFORE, AFTER = f"/needs/begin/{SLUG}/before", f"/needs/begin/{SLUG}/after"


@pytest.fixture
def published(parts: Parts) -> None:
    """One lesson and no quiz, so that a course can be completed in a test."""
    course = practice_course(kinds=("single",), siblings=())
    [module] = course.modules
    items = tuple(item for item in module.items if item.form == "lesson")
    course = replace(course, modules=(replace(module, items=items),), shelf=shelf(point="point-single"))
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, course, now=parts.now())


def words(answer: object) -> str:
    [main] = html.document_fromstring(answer.text).xpath("//main")  # type: ignore[attr-defined]
    return " ".join(main.text_content().split())


def take(client: FlaskClient, address: str, *, right: int = 5) -> None:
    """Answer every question, the first ones right."""
    at = client.post(address).location
    for place in range(1, 6):
        assert at.endswith(f"/{place}")
        at = client.post(at, data={"answer": "a" if place <= right else "b"}).location
    assert at == "/needs"


def complete_course(client: FlaskClient) -> None:
    client.post(f"/courses/{SLUG}/start")
    client.post(f"/courses/{SLUG}/lessons/first/step", data={"step": "1"})
    page = html.document_fromstring(client.get(f"/courses/{SLUG}/lessons/first").text)
    [token] = page.xpath("//form[contains(@action, 'interactions')]//input[@name='token']/@value")
    client.post(f"/courses/{SLUG}/lessons/first/interactions/in-lesson", data={"answer": "b", "token": token})


def figures(client: FlaskClient) -> dict[str, str]:
    rows = html.document_fromstring(client.get("/needs").text).xpath("//tbody/tr")
    cells = [[" ".join(cell.text_content().split()) for cell in row] for row in rows]
    return {row[0]: " | ".join(row[1:]) for row in cells}


def test_it_is_taken_before_and_after_and_reported_per_skill(
    sign_in: Enter, published: None, parts: Parts
) -> None:
    client = sign_in()
    assert "Now: before the course. 5 questions" in words(client.get("/needs"))
    assert client.post(AFTER).status_code == 409, "the course comes first"

    first = client.post(BEFORE).location
    page = client.get(first)
    assert "About language" in words(page) and "Because" not in page.text and "Right" not in page.text
    assert client.post(BEFORE).location == first, "one run before"
    second = client.post(first, data={"answer": "a"}).location
    assert second != first and "Because" not in client.get(second).text
    assert client.get(first).location == second, "what was answered is not asked or told again"
    assert client.post(first, data={"answer": "b"}).location == second, "the first answer counts"
    with parts.database.reading() as session:
        assert session.scalars(select(NeedsAnswer.correct)).all() == [True]
    assert "Go on" in words(client.get("/needs"))
    assert figures(client)["Language"].startswith("– | –"), "half a run says nothing"

    at = second
    for _ in range(4):
        at = client.post(at, data={"answer": "b"}).location
    assert at == "/needs"
    assert figures(client)["Language"] == "100%1 of 1 | – | 62% Language falls shortDeck B (stated)"
    assert figures(client)["Tools"] == "0%0 of 1 | – | –"
    assert "The second time comes when the whole course is done." in words(client.get("/needs"))

    complete_course(client)
    assert "Now: after the course." in words(client.get("/needs"))
    take(client, AFTER)
    assert figures(client)["Tools"] == "0%0 of 1 | 100%1 of 1 | –"
    assert "Both done" in words(client.get("/needs"))
    assert client.post(AFTER).location == "/needs"


def test_who_has_done_a_module_takes_it_only_after(sign_in: Enter, published: None) -> None:
    client = sign_in()
    complete_course(client)

    assert client.post(BEFORE).status_code == 409
    assert "The parcel is late" in words(client.get("/")), "with nothing due, today offers a scene"
    assert "Now: after the course." in words(client.get("/needs"))
    take(client, AFTER, right=0)
    assert figures(client)["Tools"] == "– | 0%0 of 1 | –"


@ON_SQLITE
def test_a_form_without_an_answer_comes_back(sign_in: Enter, published: None) -> None:
    client = sign_in()
    first = client.post(BEFORE).location
    answer = client.post(first, data={})

    assert answer.status_code == 400 and "Choose an answer first." in words(answer)


@ON_SQLITE
def test_a_run_is_its_own_persons(sign_in: Enter, published: None) -> None:
    first = sign_in().post(BEFORE).location
    stranger = sign_in()

    assert stranger.get(first).status_code == 404
    assert stranger.post(first, data={"answer": "a"}).status_code == 404
    assert stranger.post("/needs/begin/nothing/before").status_code == 404
    assert stranger.post(f"/needs/begin/{SLUG}/sometime").status_code == 404


@ON_SQLITE
def test_without_a_course_that_has_one_the_page_says_so(sign_in: Enter) -> None:
    assert "No needs analysis yet" in words(sign_in().get("/needs"))


def test_a_cohort_is_reported_from_five_people_on(
    sign_in: Enter, published: None, make_person: Callable[..., Person], count_queries: Callable[[], int]
) -> None:
    manager, rival = sign_in("manager"), sign_in("manager")
    made = manager.post("/manage/cohorts/new", data={"name": "Autumn", "starts_on": "2026-11-23"})
    people = [make_person(email=f"one{number}@desk.test") for number in range(5)]
    emails = "\n".join(person.email for person in people)
    manager.post(f"{made.location}/people", data={"emails": emails})
    report = f"{made.location}/needs"

    for number, person in enumerate(people[:4]):
        take(sign_in(person), BEFORE, right=number)
    four = words(manager.get(report))
    assert "Before: 4 people · after: 0 people" in four and "%" not in four.replace("62%", "")
    take(sign_in(people[4]), BEFORE, right=4)
    count_queries()
    five = manager.get(report)
    assert count_queries() <= 6
    assert "Language 80% cannot tell yet 62%" in words(five).replace("80%", " 80% ").replace("  ", " ")
    take(sign_in(), BEFORE)  # not of this cohort
    assert words(manager.get(report)) == words(five)
    assert rival.get(report).status_code == 404
    assert sign_in(people[0]).get(report).status_code == 404
