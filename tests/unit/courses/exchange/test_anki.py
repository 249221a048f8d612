"""An Anki package: its collection opens, each practice item is one card in the deck of its module."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from courses.course import Course
from courses.exchange.anki import FIELD_END, carried, write_anki
from courses.library import SHIPPED
from courses.reader import read_course
from quizzes.item import Form
from tests.practice_course import practice_course

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def opened(package: bytes, folder: Path) -> sqlite3.Connection:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"collection.anki2", "media"}
        assert json.loads(archive.read("media")) == {}
        (folder / "collection.anki2").write_bytes(archive.read("collection.anki2"))
    return sqlite3.connect(folder / "collection.anki2")


def rows(package: bytes, folder: Path, query: str) -> list[Any]:
    connection = opened(package, folder)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def course() -> Course:
    return read_course(SHIPPED / "service-desk")


def test_the_collection_holds_each_practice_item_in_the_deck_of_its_module(
    course: Course, tmp_path: Path
) -> None:
    items = carried(course.items)
    package = write_anki(course, items, language="en", now=NOW)

    assert rows(package, tmp_path, "PRAGMA integrity_check") == [("ok",)]
    [(ver, models, decks)] = rows(package, tmp_path, "SELECT ver, models, decks FROM col")
    assert ver == 11
    names = {int(id): deck["name"] for id, deck in json.loads(decks).items()}
    [model] = json.loads(models).values()
    assert [field["name"] for field in model["flds"]] == ["Front", "Back"]
    found = rows(
        package,
        tmp_path,
        "SELECT n.flds, n.mid, n.guid, c.did FROM notes n JOIN cards c ON c.nid = n.id ORDER BY c.due",
    )
    assert len(found) == len(items) == len({guid for _, _, guid, _ in found}) > 100
    for (fields, mid, _, deck), item in zip(found, items, strict=True):
        front, back = fields.split(FIELD_END)
        module = course.module(course.point(item.point).module)
        assert front and back and mid == model["id"]
        assert names[deck] == f"{course.title['en']}::{module.title['en']}"


def test_items_of_checks_and_lessons_stay_out(course: Course) -> None:
    assert {item.form for item in carried(course.items)} == {Form.PRACTICE}


def test_words_are_text_and_the_answer_is_on_the_back_alone(tmp_path: Path) -> None:
    course = practice_course(kinds=("short_text",), siblings=())
    [item] = carried(course.items)
    evil = replace(item, stem={"zh-CN": "问", "en": "<script>alert(1)</script>"})

    [(fields,)] = rows(write_anki(course, [evil], now=NOW), tmp_path, "SELECT flds FROM notes")

    front, back = fields.split(FIELD_END)
    assert "<script" not in fields and "&lt;script&gt;" in front and "问" in front
    assert "first response time" in back and "first response time" not in front


def test_a_later_package_has_the_same_notes_and_the_same_input_the_same_bytes(tmp_path: Path) -> None:
    course = practice_course()
    items = carried(course.items)
    query = "SELECT id, guid FROM notes ORDER BY id"
    first = write_anki(course, items, now=NOW)

    assert first == write_anki(course, items, now=NOW)
    later = write_anki(course, items[::-1], now=NOW.replace(year=2027))
    assert rows(first, tmp_path, query) == rows(later, tmp_path, query)
