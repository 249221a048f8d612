"""cmi5 packages as archives: valid course structure, and the rules that a schema cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from courses.course import Course
from courses.packages import cmi5
from courses.packages.playable import playable, player_data
from lms.domain.interactions import interaction_definition, interaction_response
from quizzes.grading import correct_response
from quizzes.item import Item, ItemType

Build = Callable[..., bytes]
Unzip = Callable[[bytes], dict[str, bytes]]
Player = Callable[..., Any]
CMI5 = "{https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd}"
COURSE = "https://crossdesk.test/courses/service-desk"
SCHEMA = Path(cmi5.__file__).parent / "schemas" / "cmi5" / "CourseStructure.xsd"


@pytest.mark.parametrize("scope", ["course", "module:foundation"])
@pytest.mark.parametrize("language", ["all", "zh-CN"])
def test_the_structure_is_valid_and_keeps_the_rules(
    build: Build, unzip: Unzip, scope: str, language: str
) -> None:
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    files = unzip(build(format="cmi5", scope=scope, language=language))
    root = etree.fromstring(files["cmi5.xml"])

    assert schema.validate(root), schema.error_log
    ids = [str(one.get("id")) for one in root.iter(f"{CMI5}course", f"{CMI5}au")]
    assert len(ids) == len(set(ids))
    assert all(urlsplit(id).scheme == "https" and urlsplit(id).netloc for id in ids)
    for unit in root.iter(f"{CMI5}au"):
        url = unit.findtext(f"{CMI5}url")
        assert url in files
        page = files[str(url)].decode()
        assert all(name in files for name in re.findall(r'(?:src|href)="([^"]+)"', page))
        assert unit.get("moveOn") == "CompletedAndPassed"  # which uses the mark
        assert 0 < float(str(unit.get("masteryScore"))) <= 1
        strings = list(unit.iter(f"{CMI5}langstring"))
        assert {one.get("lang") for one in strings} == ({"zh-CN", "en"} if language == "all" else {"zh-CN"})
        assert all(one.text for one in strings)


def test_every_module_is_a_unit_under_its_own_iri(build: Build, unzip: Unzip, course: Course) -> None:
    root = etree.fromstring(unzip(build(format="cmi5"))["cmi5.xml"])

    assert [unit.get("id") for unit in root.iter(f"{CMI5}au")] == [
        f"{COURSE}/modules/{module.id}" for module in course.modules
    ]
    assert next(root.iter(f"{CMI5}course")).get("id") == COURSE


def test_the_same_course_gives_the_same_bytes_with_plain_names(build: Build, unzip: Unzip) -> None:
    archive = build(format="cmi5")

    assert archive == build(format="cmi5")
    assert len(archive) < 3_000_000
    for name, body in unzip(archive).items():
        assert name.isascii()
        if name.endswith(".js"):
            assert not re.search(r"\b(?:eval|Function)\(|serviceWorker|window\.top\b", body.decode("ascii"))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_questions_are_told_as_the_lms_itself_tells_them(
    player: Player, course: Course, language: str
) -> None:
    part = playable(course, scope="course", language="all", iri_base="https://crossdesk.test", reviews=True)
    data = player_data(part)

    told = player("activities", course=data, items=list(data["items"].values()), language=language)

    items = {item.id: item for item in course.items}
    for one, id in zip(told, data["items"], strict=True):
        item = items[id]
        assert one["object"]["id"] == f"{COURSE}/items/{id}"
        definition = one["object"]["definition"]
        assert definition["type"] == "http://adlnet.gov/expapi/activities/cmi.interaction"
        assert definition["description"] == item.stem
        same_definition(definition, item)
        if item.type not in (ItemType.SHORT_TEXT, ItemType.CLOZE, ItemType.NUMERIC):
            assert one["response"] == interaction_response(item, correct_response(item))


def same_definition(told: dict[str, Any], item: Item) -> None:
    ours = interaction_definition(item)
    assert told["interactionType"] == ours["interaction_type"]
    if item.type is not ItemType.NUMERIC:
        assert told["correctResponsesPattern"] == ours["correct_responses_pattern"]
    for part in ("choices", "source", "target"):
        assert told.get(part) == ours.get(part)


def test_states_that_parted_are_joined_and_nothing_is_undone(player: Player) -> None:
    joined = player("merged")

    assert joined == {
        "lessons": {"a": {"done": True}, "b": {"opened": [0, 1, 2], "right": ["x", "y"], "done": False}},
        "quizzes": {"m": {"attempts": 2, "best": 0.9, "passed": True, "open": None}},
        "cards": {"p": 30, "q": 21, "r": 5},
        "sequence": 8,
    }
