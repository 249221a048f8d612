"""A course as one document: there and back, and what changes its hash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courses.course import Html, in_language
from courses.document import content_hash, course_document, course_from_document
from courses.errors import CourseError
from courses.library import SHIPPED, find_courses
from courses.reader import read_course
from tests.shelf_course import put_shelf


def test_a_course_comes_back_from_its_document_as_it_was(folder: Path) -> None:
    course = read_course(folder)
    stored = json.loads(json.dumps(course_document(course)))

    assert course_from_document(stored) == course
    assert content_hash(stored) == content_hash(course_document(course))


@pytest.mark.parametrize("folder", find_courses(SHIPPED), ids=lambda folder: folder.name)
def test_the_courses_that_ship_come_back_as_they_were(folder: Path) -> None:
    course = read_course(folder)

    assert course_from_document(json.loads(json.dumps(course_document(course)))) == course


def test_what_stands_beside_the_lessons_comes_back_too(folder: Path) -> None:
    plain = course_document(read_course(folder))
    put_shelf(folder)
    document = course_document(read_course(folder))

    found = course_from_document(json.loads(json.dumps(document)))
    assert found == read_course(folder)
    assert found.shelf.scenes == read_course(folder).shelf.scenes
    assert content_hash(document) != content_hash(plain)


def test_a_version_from_before_there_was_a_shelf_still_loads_under_its_hash(folder: Path) -> None:
    document = course_document(read_course(folder))

    assert "shelf" not in document
    assert all("rules" not in lesson for module in document["modules"] for lesson in module["lessons"])
    assert not course_from_document(document).shelf.has("scenarios")


def test_the_hash_does_not_depend_on_the_order_of_keys(folder: Path) -> None:
    document = course_document(read_course(folder))

    assert content_hash(dict(reversed(document.items()))) == content_hash(document)
    assert len(content_hash(document)) == 64


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lessons/en/01-first.md", "Words", "Other words"),
        ("quizzes/one.yaml", "prior: 0.5", "prior: 0.6"),
        ("media/map.svg", 'width="1"', 'width="2"'),
    ],
)
def test_a_change_in_any_file_changes_the_hash(
    folder: Path, change: Callable[[str, str, str], None], file: str, old: str, new: str
) -> None:
    before = content_hash(course_document(read_course(folder)))

    change(file, old, new)

    assert content_hash(course_document(read_course(folder))) != before


def test_html_from_a_document_is_cleaned_again(folder: Path) -> None:
    document = course_document(read_course(folder))
    document["modules"][0]["lessons"][0]["steps"]["en"][0]["blocks"][0]["html"] = (
        "<p onclick=x>a<script>b</script>"
    )

    block = course_from_document(document).lesson("first").steps["en"][0].blocks[0]

    assert block == Html("<p>a</p>")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.clear(),
        lambda document: document.update(format=99),
        lambda document: document.pop("modules"),
        lambda document: document.update(modules=3),
        lambda document: document["modules"][0]["items"][0].pop("stem"),
        lambda document: document["points"][0].update(skill="magic"),
        lambda document: document["modules"][0]["lessons"][0]["steps"].update(en=[{}]),
    ],
)
def test_a_document_that_is_no_course_is_a_course_error(folder: Path, spoil: Callable[[Any], object]) -> None:
    document = course_document(read_course(folder))
    spoil(document)

    with pytest.raises(CourseError):
        course_from_document(document)


@pytest.mark.parametrize(("lang", "answer"), [("zh-CN", "中"), ("en", "E"), ("de", "E"), ("ja", "E")])
def test_a_text_falls_back_to_english(lang: str, answer: str) -> None:
    assert in_language({"zh-CN": "中", "en": "E"}, lang) == answer
