"""The trainers' page of one item: as it is served, and figures of first unaided answers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.quizzes import Confidence
from tests.answer_log import Log
from tests.conftest import Clock
from tests.practice_course import SLUG, TYPES, practice_course

Enter = Callable[..., FlaskClient]
PAGE = f"/author/{SLUG}/items/single-1"


@pytest.fixture
def log(parts: Parts, make_person: Callable[..., Person]) -> Log:
    return Log(parts, make_person)


@pytest.fixture
def trainer(sign_in: Enter) -> FlaskClient:
    return sign_in("trainer")


def section(client: FlaskClient, name: str, path: str = PAGE) -> str:
    page = html.document_fromstring(client.get(path).text)
    return " ".join(page.xpath(f"//section[@aria-labelledby='{name}']")[0].text_content().split())


def rows(client: FlaskClient, name: str, path: str = PAGE) -> list[list[str]]:
    page = html.document_fromstring(client.get(path).text)
    found = page.xpath(f"//section[@aria-labelledby='{name}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


def test_under_five_learners_nothing_of_their_answers_is_shown(trainer: FlaskClient, log: Log) -> None:
    log.publish()
    for person in log.people(4):
        log.answer(person, "c", confidence=Confidence.SURE)

    page = trainer.get(PAGE)

    assert page.status_code == 200
    assert "Not enough answers yet" in section(trainer, "figures")
    assert "<figure" not in page.text and "Sure and wrong" not in page.text
    assert rows(trainer, "versions")[0][2:] == ["under 5", "–"]


def test_figures_count_the_first_unaided_answer_of_each_learner(trainer: FlaskClient, log: Log) -> None:
    log.publish()
    people = log.people(8)
    for place, person in enumerate(people[:6]):
        log.answer(person, "b" if place < 3 else "c", response_ms=1000 * (place + 1))
        log.answer(person, "b")  # a second time it counts no more
    for person in people[6:]:
        log.answer(person, "b", aided=True)
        log.answer(person, "b")  # whose first answer had help has no first unaided one

    figures = {row[0]: row[1] for row in rows(trainer, "figures")}
    use = {row[0].split(" · ")[1]: row[1:3] for row in rows(trainer, "use")}

    assert "first unaided answers of 6 learners" in section(trainer, "figures")
    assert figures["Facility"] == "50%" and figures["Time"] == "3.5 s"
    assert figures["Difficulty"] == "0.00"
    assert use == {"Ask first": ["0", "0%"], "Confirm first Right": ["3", "50%"], "Später": ["3", "50%"]}
    assert rows(trainer, "versions")[0][2:] == ["6", "50%"]


def test_an_item_that_strong_learners_get_wrong_is_flagged_in_words(trainer: FlaskClient, log: Log) -> None:
    log.publish()
    for place, person in enumerate(log.people(20)):
        weak = place < 10
        log.answer(person, "b" if weak else "c", confidence=Confidence.SURE)
        log.answer(person, "18", item="numeric-1", correct=not weak)
        log.answer(person, "18", item="numeric-1", correct=weak)  # not first

    page = trainer.get(PAGE).text

    assert {row[0]: row[1] for row in rows(trainer, "figures")}["Discrimination"] == "-1.00"
    assert "does not tell strong learners from weak ones" in page
    assert ["100%", "0%"] in [row[3:5] for row in rows(trainer, "use")]
    assert "Später10 learners" in section(trainer, "sure")


def test_the_plot_says_what_its_table_says(trainer: FlaskClient, log: Log) -> None:
    log.publish()
    for place, person in enumerate(log.people(5)):
        log.answer(person, "abbcc"[place])

    page = html.document_fromstring(trainer.get(PAGE).text)

    bars = page.xpath("//figure//*[local-name()='rect']")
    assert [float(bar.get("width")) for bar in bars] == [48.0, 96.0, 96.0]
    assert [row[2] for row in rows(trainer, "use")] == ["20%", "40%", "40%"]
    assert [bar.get("class") for bar in bars] == ["use-wrong", "use-right", "use-wrong"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_shown_as_it_is_served_with_its_answer(
    sign_in: Enter, log: Log, kind: str, language: str
) -> None:
    course = practice_course()
    log.publish(course)
    item = course.item(f"{kind.replace('_', '-')}-1")
    for person in log.people(5):
        log.answer(person, {"a": 1}, item=item.id, correct=False)  # a shape of another version

    text = sign_in("trainer", language=language).get(f"/author/{SLUG}/items/{item.id}")

    assert text.status_code == 200
    assert item.stem[language] in text.text and item.explanation[language] in text.text


def test_a_changed_wording_is_a_version_with_answers_of_its_own(
    trainer: FlaskClient, log: Log, clock: Clock
) -> None:
    course = practice_course()
    log.publish(course)
    people = log.people(10)
    for person in people[:5]:
        log.answer(person, "b")
    clock.now += timedelta(days=1)
    [module] = course.modules
    changed = tuple(
        replace(item, stem={"en": "Now otherwise", "zh-CN": "现在不同"}) if item.id == "single-1" else item
        for item in module.items
    )
    log.publish(replace(course, version="1.1.0", modules=(replace(module, items=changed),)))
    for person in people:
        log.answer(person, "c")  # five of them have met the older wording

    found = rows(trainer, "versions")

    assert [(row[1], row[2], row[3]) for row in found] == [
        ("Nov 24, 2026", "5", "0%"),
        ("Nov 23, 2026", "5", "100%"),
    ]
    assert "Current" in found[0][0] and "Now otherwise" in section(trainer, "served")
    assert {row[0]: row[1] for row in rows(trainer, "figures")}["Facility"] == "0%"


@pytest.mark.parametrize("path", [f"/author/{SLUG}/items/none", "/author/none/items/single-1"])
def test_what_is_not_there_is_not_found(trainer: FlaskClient, log: Log, path: str) -> None:
    log.publish()

    assert trainer.get(path).status_code == 404


def test_the_page_takes_few_queries_however_many_answered(
    trainer: FlaskClient, log: Log, count_queries: Callable[[], int]
) -> None:
    log.publish()
    for place, person in enumerate(log.people(12)):
        log.answer(person, "abc"[place % 3])
        log.answer(person, "18", item="numeric-1", correct=place % 2 == 0)
    count_queries()

    assert trainer.get(PAGE).status_code == 200
    assert count_queries() <= 12


def test_the_list_of_a_course_leads_to_each_item(trainer: FlaskClient, log: Log) -> None:
    log.publish()

    links = set(html.document_fromstring(trainer.get(f"/author/{SLUG}").text).xpath("//li//a/@href"))

    assert links >= {f"/author/{SLUG}/items/{item.id}" for item in practice_course().items}
