"""Trainers' pages: what is published, counted as it is, with its versions and what the check says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html

from courses.course import Course
from courses.library import SHIPPED
from courses.reader import read_course
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.services import authoring
from tests.conftest import Clock
from tests.practice_course import MODULE, SLUG, practice_course
from tests.shelf_course import shelf

FOLDER = SHIPPED / "service-desk"
PAGE = f"/author/{FOLDER.name}"
Enter = Callable[..., FlaskClient]


@pytest.fixture(scope="module")
def shipped() -> Course:
    return read_course(FOLDER)


@pytest.fixture
def trainer(sign_in: Enter) -> FlaskClient:
    return sign_in("trainer")


def publish(parts: Parts, course: Course | Path, *, by: int | None = None) -> str:
    """Publish a course; answer its content hash."""
    with parts.database.writing(seconds=60) as session:
        media = dict.fromkeys(course.media, b"<svg/>") if isinstance(course, Course) else None
        return authoring.import_course(session, course, now=parts.now(), by=by, media=media).content_hash


def words(page: html.HtmlElement, where: str) -> str:
    """The text of a part of the page, its white space as one reads it."""
    [found] = page.xpath(where)
    return " ".join(found.text_content().split())


def test_before_a_course_is_published_the_list_says_how_to(trainer: FlaskClient) -> None:
    answer = trainer.get("/author")

    assert answer.status_code == 200
    assert "No course is published yet" in answer.text
    assert "/author/" not in answer.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("%d lessons", "%d points", "%d questions", "Version %s", "Course content")),
        ("zh-CN", ("%d 课", "%d 个知识点", "%d 题", "版本 %s", "课程内容")),
    ],
)
def test_the_list_counts_a_course_as_it_is(
    sign_in: Enter, parts: Parts, shipped: Course, language: str, said: tuple[str, ...]
) -> None:
    publish(parts, FOLDER)

    page = sign_in("trainer", language=language).get("/author")

    text = " ".join(html.document_fromstring(page.text).text_content().split())
    counts = (len(shipped.lessons), len(shipped.points), len(shipped.items), shipped.version)
    assert shipped.title[language] in text and said[-1] in text
    for words_of, count in zip(said, counts, strict=False):
        assert words_of % count in text


def test_the_figures_of_a_course_are_those_of_its_items(
    trainer: FlaskClient, parts: Parts, shipped: Course
) -> None:
    publish(parts, FOLDER)

    page = html.document_fromstring(trainer.get(PAGE).text)

    by_list = [
        {line.xpath("./span")[0].text: int(line.xpath("./span")[1].text) for line in block.xpath(".//li")}
        for block in page.xpath("//section[@aria-labelledby='bank']//ul")
    ]
    skills = {point.id: point.skill for point in shipped.points}
    names = {"practice": "Practice", "A": "Check A", "B": "Check B", "lesson": "In a lesson"}
    forms = Counter(names[item.form.value] for item in shipped.items)
    assert by_list[0] == {name: forms[name] for name in names.values()}
    assert list(by_list[1].values()) == [
        count for _, count in Counter(item.type for item in shipped.items).most_common()
    ]
    assert sorted(by_list[2].values()) == sorted(
        Counter(item.skill or skills[item.point] for item in shipped.items).values()
    )
    rows = page.xpath("//section[starts-with(@aria-labelledby,'module-')]//tbody/tr")
    assert len(rows) == len(shipped.points)
    for row, point in zip(rows, shipped.points, strict=True):
        on_point = Counter(names[item.form.value] for item in shipped.items if item.point == point.id)
        figures = {
            cell.get("data-label"): int(cell.text_content()) if cell.text_content().isdigit() else 0
            for cell in row.xpath("./td[contains(@class,'num')]")
        }
        assert point.title["en"] in row.text_content()
        assert figures == {name: on_point[name] for name in names.values()}
    shown = {code.text for code in page.xpath("//section[@class]//li//code")}
    assert shown >= {item.id for item in shipped.items}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_questions_stand_under_their_point_in_the_language_of_the_page(
    sign_in: Enter, parts: Parts, language: str
) -> None:
    course = practice_course()
    publish(parts, course)

    page = html.document_fromstring(sign_in("trainer", language=language).get(f"/author/{SLUG}").text)

    for point in course.points:
        fold = words(page, f"//*[@id='point-{point.id}']")
        items = [item for item in course.items if item.point == point.id]
        assert items and f"{point.title[language]} · {len(items)}" in fold
        for item in items:
            assert item.stem[language] in fold and item.explanation[language] in fold


def test_every_version_is_listed_with_who_published_it_and_the_last_is_current(
    trainer: FlaskClient, parts: Parts, clock: Clock, make_person: Callable[..., Person]
) -> None:
    course = practice_course()
    old = publish(parts, course)
    clock.now += timedelta(days=1)
    changed = replace(course, version="1.1.0", title={"en": "Desk, again", "zh-CN": "再来"})
    new = publish(parts, changed, by=make_person("admin", name="Wu Min").id)
    publish(parts, changed)  # the same again is no new version

    page = html.document_fromstring(trainer.get(f"/author/{SLUG}").text)

    rows = [
        [" ".join(cell.text_content().split()) for cell in row]
        for row in page.xpath("//section[@aria-labelledby='versions']//tbody/tr")
    ]
    assert rows == [
        ["1.1.0 Current", new[:12], "Nov 24, 2026", "Wu Min"],
        ["1.0.0", old[:12], "Nov 23, 2026", "import"],
    ]
    assert words(page, "//h1") == "Desk, again"


def test_going_back_to_an_older_content_makes_it_current_and_keeps_both(
    trainer: FlaskClient, parts: Parts, clock: Clock
) -> None:
    course = practice_course()
    publish(parts, course)
    clock.now += timedelta(days=1)
    publish(parts, replace(course, version="1.1.0"))
    publish(parts, course)

    page = html.document_fromstring(trainer.get(f"/author/{SLUG}").text)

    versions = [
        " ".join(head.text_content().split())
        for head in page.xpath("//section[@aria-labelledby='versions']//tbody/tr/th")
    ]
    assert versions == ["1.1.0", "1.0.0 Current"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_the_check_finds_in_the_folder_is_shown(
    trainer: FlaskClient, parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(parts, FOLDER)
    fine = trainer.get(PAGE).text
    copy = tmp_path / "courses" / FOLDER.name
    for file in [path for path in FOLDER.rglob("*") if path.is_file()]:
        to = copy / file.relative_to(FOLDER)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(file.read_bytes())
    (copy / "media" / "unused.svg").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    with (copy / "course.yaml").open("a", encoding="utf-8") as course:
        course.write("no_such_key: 1\n")
    monkeypatch.setattr("lms.web.authoring.SHIPPED", copy.parent)

    found = html.document_fromstring(trainer.get(PAGE).text)

    assert "errors," in fine or "The check found nothing to mend" in fine
    section = words(found, "//section[@aria-labelledby='findings']")
    assert "no_such_key" in section and "course.yaml:" in section
    counted = re.search(r"(\d+) errors, (\d+) warnings", section)
    assert counted is not None and int(counted[1]) >= 1
    assert section.count("Error") == int(counted[1])


def test_a_course_from_elsewhere_has_no_findings_here(trainer: FlaskClient, parts: Parts) -> None:
    publish(parts, practice_course())

    assert "This course did not come with Crossdesk" in trainer.get(f"/author/{SLUG}").text


@pytest.mark.parametrize("slug", ["no-such-course", "..", "service-desk"])
def test_a_course_that_is_not_published_is_not_there(trainer: FlaskClient, slug: str) -> None:
    assert trainer.get(f"/author/{slug}").status_code == 404


def test_the_pages_ask_few_queries_whatever_a_course_holds(
    trainer: FlaskClient, parts: Parts, count_queries: Callable[[], int]
) -> None:
    publish(parts, FOLDER)
    publish(parts, practice_course())
    asked = {}
    for path in ("/author", PAGE, f"/author/{SLUG}"):
        trainer.get(path)  # versions never change: each process reads one once
        count_queries()
        assert trainer.get(path).status_code == 200
        asked[path] = count_queries()

    assert max(asked.values()) <= 5, asked


def test_the_bar_says_where_one_is(trainer: FlaskClient, parts: Parts) -> None:
    publish(parts, practice_course())

    page = html.document_fromstring(trainer.get(f"/author/{SLUG}").text)

    assert set(page.xpath("//nav//*[@aria-current='page']/@href")) == {"/author"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_leans_on_an_expired_rule_is_marked_as_stale(
    trainer: FlaskClient, parts: Parts, clock: Clock
) -> None:
    course = practice_course()
    [module] = course.modules
    lessons = tuple(replace(lesson, rules=("old-rule",)) for lesson in module.lessons)
    items = (replace(module.items[0], rules=("old-rule", "withdrawal")), *module.items[1:])
    course = replace(
        course,
        modules=(replace(module, lessons=lessons, items=items),),
        shelf=shelf(point="point-single"),
    )
    publish(parts, course)
    page = html.document_fromstring(trainer.get(f"/author/{SLUG}").text)

    old = words(page, "//tr[@id='rule-old-rule']")
    assert old.startswith("An old rule UK UnverifiedA page Jan 10, 2025Expired Jan 10, 2024 Stale")
    assert "Lesson: The first lesson" in old and "Market: Germany" in old and "Question: single-1" in old
    young = words(page, "//tr[@id='rule-withdrawal']")
    assert "Expired" not in young and "Stale" not in young
    assert "Script: Refund in three steps" in young and "Scene: The parcel is late" in young
    rows = page.xpath("//tr[starts-with(@id, 'rule-')]/@id")
    assert rows == ["rule-old-rule", "rule-withdrawal"], "the one to be read again first stands first"
    assert "The first lesson Stale" in words(page, f"//section[@aria-labelledby='module-{MODULE}']")
    marked = page.xpath("//li[code or p//code][contains(., 'Stale')]//code/text()")
    assert marked == ["single-1"]
    assert "1 rule expired" in trainer.get("/author").text

    clock.now += timedelta(days=60)
    assert "2 rules expired" in trainer.get("/author").text
