"""SCORM 2004 packages as archives: valid, and refused where a state could outgrow the edition."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from courses.course import Course
from courses.packages import scorm2004
from courses.packages.errors import TooLarge, UnknownOption
from courses.packages.playable import check_state, playable, player_data
from quizzes.item import Form

Build = Callable[..., bytes]
Unzip = Callable[[bytes], dict[str, bytes]]
Player = Callable[..., Any]
CP = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
ADL = "{http://www.adlnet.org/xsd/adlcp_v1p3}"
SS = "{http://www.imsglobal.org/xsd/imsss}"
EDITIONS = [3, 4]
ALL_SCHEMAS = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.imsglobal.org/xsd/imscp_v1p1" schemaLocation="imscp_v1p1.xsd"/>
<xs:import namespace="http://www.adlnet.org/xsd/adlcp_v1p3" schemaLocation="adlcp_v1p3.xsd"/>
<xs:import namespace="http://www.adlnet.org/xsd/adlseq_v1p3" schemaLocation="adlseq_v1p3.xsd"/>
<xs:import namespace="http://www.adlnet.org/xsd/adlnav_v1p3" schemaLocation="adlnav_v1p3.xsd"/>
<xs:import namespace="http://www.imsglobal.org/xsd/imsss" schemaLocation="imsss_v1p0.xsd"/>
</xs:schema>"""


def schema_of(files: dict[str, bytes], folder: Path) -> etree.XMLSchema:
    """Answer the schemas that a package itself carries, as one; nothing is fetched."""
    for name, body in files.items():
        if name.endswith((".xsd", ".dtd")):
            (folder / name).write_bytes(body)
    (folder / "all.xsd").write_text(ALL_SCHEMAS)
    parser = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.parse(str(folder / "all.xsd"), parser))


def manifest_of(files: dict[str, bytes]) -> etree._Element:
    return etree.fromstring(files["imsmanifest.xml"])


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("scope", ["course", "module:foundation"])
def test_the_manifest_is_valid_against_the_schemas_in_the_archive(
    build: Build, unzip: Unzip, tmp_path: Path, edition: int, scope: str
) -> None:
    files = unzip(build(format="scorm2004", edition=edition, scope=scope))
    schema = schema_of(files, tmp_path)
    manifest = manifest_of(files)

    assert schema.validate(manifest), schema.error_log
    next(manifest.iter(f"{CP}resource")).set(f"{ADL}scormType", "SCO")
    assert not schema.validate(manifest)


@pytest.mark.parametrize(
    ("edition", "version", "threshold"),
    [
        (3, "2004 3rd Edition", ({}, "1.0")),
        (
            4,
            "2004 4th Edition",
            ({"completedByMeasure": "true", "minProgressMeasure": "1.0", "progressWeight": "1.0"}, None),
        ),
    ],
)
def test_each_edition_says_its_name_and_its_threshold_in_its_own_way(
    build: Build, unzip: Unzip, edition: int, version: str, threshold: tuple[dict[str, str], str | None]
) -> None:
    manifest = manifest_of(unzip(build(format="scorm2004", edition=edition, scope="module:foundation")))

    assert next(manifest.iter(f"{CP}schemaversion")).text == version
    element = next(manifest.iter(f"{ADL}completionThreshold"))
    assert (dict(element.attrib), element.text) == threshold
    assert next(manifest.iter(f"{SS}minNormalizedMeasure")).text == "0.8"
    (resource,) = manifest.iter(f"{CP}resource")
    assert resource.get(f"{ADL}scormType") == "sco"
    assert resource.get(f"{ADL}scormtype") is None


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_file_is_listed_once_and_there(build: Build, unzip: Unzip, edition: int) -> None:
    archive = build(format="scorm2004", edition=edition, scope="module:foundation")
    files = unzip(archive)
    manifest = manifest_of(files)

    listed = [file.get("href") for file in manifest.iter(f"{CP}file")]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(files) - {"imsmanifest.xml"}
    assert next(manifest.iter(f"{CP}resource")).get("href") in listed
    assert archive == build(format="scorm2004", edition=edition, scope="module:foundation")


def test_ids_last_over_another_version(build: Build, unzip: Unzip, course: Course) -> None:
    later = replace(course, version="9.0.0", title={"en": "Other", "zh-CN": "别的"})

    ids = [
        [one.get("identifier") for one in manifest_of(unzip(build(of, format="scorm2004"))).iter()]
        for of in (course, later)
    ]

    assert ids[0] == ids[1]


def with_more(course: Course, count: int) -> Course:
    """Answer the course with so many more practice items in its first module."""
    module = course.modules[0]
    practice = next(item for item in module.items if item.form is Form.PRACTICE)
    added = tuple(replace(practice, id=f"more-{number}") for number in range(count))
    return replace(course, modules=(replace(module, items=module.items + added), *course.modules[1:]))


def test_a_state_that_the_3rd_edition_could_not_keep_is_refused_with_advice(
    build: Build, course: Course
) -> None:
    large = with_more(course, 600)

    with pytest.raises(TooLarge, match=r"could take \d+ characters, and SCORM 2004 3.* keeps 4000; export"):
        build(large, format="scorm2004", edition=3)
    assert build(large, format="scorm2004", edition=4)


def test_what_is_beyond_the_4th_edition_is_refused_too(course: Course) -> None:
    part = playable(
        with_more(course, 600), scope="course", language="en", iri_base="https://a.test", reviews=True
    )
    beyond = replace(part, modules=with_more(course, 12_000).modules)

    with pytest.raises(TooLarge, match=r"SCORM 2004 4th Edition keeps 64000; export its modules"):
        check_state(beyond, most=64_000, format_name=scorm2004.EDITIONS[4].name)
    assert scorm2004.EDITIONS[4].longest_state == 64_000


def test_an_edition_that_is_none_is_named(build: Build) -> None:
    with pytest.raises(UnknownOption, match="edition 2: expected one of 3, 4"):
        build(format="scorm2004", edition=2)


def test_control_schemas_come_with_their_licence_in_the_repository() -> None:
    for edition in scorm2004.EDITIONS.values():
        folder = Path(scorm2004.__file__).parent / "schemas" / edition.schemas
        assert "MIT" in (folder / "LICENSE").read_text()
        assert set(scorm2004.schema_files(edition)) == {
            path.name for path in folder.iterdir() if path.name not in ("LICENSE", "README.md")
        }


SHORT = re.compile(r"[\w\-]+")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_item_of_the_course_can_be_reported(player: Player, course: Course, language: str) -> None:
    part = playable(
        course, scope="module:foundation", language="all", iri_base="https://crossdesk.test", reviews=True
    )
    data = player_data(part)

    written = player("interactions2004", course=data, items=list(data["items"].values()), language=language)

    kinds = {"order": "sequencing", "match": "matching", "numeric": "numeric"}
    kinds |= {"short_text": "fill-in", "cloze": "fill-in"}
    for one, item in zip(written, data["items"].values(), strict=True):
        assert one["id"] == f"https://crossdesk.test/courses/service-desk/items/{item['id']}"
        assert one["type"] == kinds.get(item["type"], "choice")
        assert one["result"] == "correct"
        assert one["description"].startswith(f"{{lang={language}}}")
        words = one["description"].removeprefix(f"{{lang={language}}}")
        assert 0 < len(words.encode("utf-16-be")) // 2 <= 250 and "\n" not in words
        match one["type"]:
            case "numeric":
                least, most = map(float, one["pattern"].split("[:]"))
                assert least <= float(one["response"]) <= most
            case "matching":
                assert one["response"] == one["pattern"]
                assert re.fullmatch(r"[\w-]+\[\.\]\d+(\[,\][\w-]+\[\.\]\d+)*", one["pattern"])
            case "choice" | "sequencing":
                assert one["response"] == one["pattern"]
                parts = one["pattern"].split("[,]")
                assert len(parts) == len(set(parts)) and all(SHORT.fullmatch(part) for part in parts)
            case _:
                assert one["response"] == one["pattern"] != ""


def test_durations_and_moments_are_iso_8601(player: Player) -> None:
    assert player("durations", times=[0, 61_230, 3_600_000 * 30, -5]) == [
        "PT0H0M0.00S",
        "PT0H1M1.23S",
        "PT30H0M0.00S",
        "PT0H0M0.00S",
    ]
    assert player("moments", times=[1_790_000_000_129]) == ["2026-09-21T14:13:20.12Z"]
