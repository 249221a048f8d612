"""Packages as archives: the same bytes, every file listed once, valid against the standard's schemas."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from courses.course import Course
from courses.packages import scorm12
from courses.packages.archive import write_archive
from courses.packages.bundle import ascii_script, bundle
from courses.packages.errors import PackageError, TooLarge, UnknownOption
from quizzes.item import Form

Build = Callable[..., bytes]
Unzip = Callable[[bytes], dict[str, bytes]]
SCHEMAS = Path(scorm12.__file__).parent / "schemas" / "scorm12"
XML_NAMESPACE = SCHEMAS / "ims_xml.xsd"
CP = "{http://www.imsproject.org/xsd/imscp_rootv1p1p2}"
ADL = "{http://www.adlnet.org/xsd/adlcp_rootv1p2}"


class _Local(etree.Resolver):
    """Schemas import one another by name; nothing is fetched."""

    def resolve(self, url: str, public_id: str, context: Any) -> Any:
        return self.resolve_filename(str(SCHEMAS / Path(url).name), context)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(str(SCHEMAS / "adlcp_rootv1p2.xsd"), parser))


def manifest_of(files: dict[str, bytes]) -> etree._Element:
    return etree.fromstring(files["imsmanifest.xml"])


@pytest.mark.parametrize("scope", ["course", "module:foundation"])
@pytest.mark.parametrize("language", ["all", "en", "zh-CN"])
def test_the_manifest_is_valid(
    build: Build, unzip: Unzip, schema: etree.XMLSchema, scope: str, language: str
) -> None:
    manifest = manifest_of(unzip(build(scope=scope, language=language)))

    assert schema.validate(manifest), schema.error_log


def test_a_manifest_that_breaks_the_schema_is_noticed(
    build: Build, unzip: Unzip, schema: etree.XMLSchema
) -> None:
    manifest = manifest_of(unzip(build()))
    next(manifest.iter(f"{CP}resource")).set(f"{ADL}scormtype", "SCO")

    assert not schema.validate(manifest)


def test_the_same_course_gives_the_same_bytes(build: Build) -> None:
    assert build() == build()


def test_every_file_is_listed_once_and_there(build: Build, unzip: Unzip) -> None:
    files = unzip(build())
    manifest = manifest_of(files)

    listed = [file.get("href") for file in manifest.iter(f"{CP}file")]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(files) - {"imsmanifest.xml"}
    assert {path.name for path in SCHEMAS.glob("*.xsd")} < set(listed)
    (resource,) = manifest.iter(f"{CP}resource")
    assert resource.get("href") in listed
    assert resource.get(f"{ADL}scormtype") == "sco"
    assert next(manifest.iter(f"{ADL}masteryscore")).text == "80"


def test_ids_last_over_another_version(build: Build, unzip: Unzip, course: Course) -> None:
    def ids(archive: bytes) -> list[str | None]:
        return [
            element.get("identifier")
            for element in manifest_of(unzip(archive)).iter()
            if element.get("identifier")
        ]

    later = replace(course, version="2.0.0", title={"en": "Other", "zh-CN": "别的"})

    assert ids(build()) == ids(build(later))
    assert len(set(ids(build()))) == 4


def test_names_are_ascii_and_nothing_points_outside(build: Build, unzip: Unzip) -> None:
    archive = build()
    files = unzip(archive)

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert {entry.compress_type for entry in opened.infolist()} == {zipfile.ZIP_DEFLATED}
        assert opened.namelist() == sorted(opened.namelist())
    for name, body in files.items():
        assert name.isascii()
        if name.endswith((".html", ".css", ".js")):
            text = body.decode("ascii" if name.endswith(".js") else "utf-8")
            assert not re.search(
                r"https?://(?!crossdesk\.test|www\.w3\.org/2000/svg)[^\s\"'<]*\.(?:js|css|woff)", text
            )
            assert not re.search(
                r"\b(?:eval|Function)\(|\bon[a-z]+=\"|@import|serviceWorker|window\.top\b", text
            )


def test_a_package_is_small_and_quickly_made(build: Build) -> None:
    began = time.perf_counter()
    archive = build()

    assert time.perf_counter() - began < 2
    assert len(archive) < 3_000_000


def test_items_of_the_check_stay_out(build: Build, unzip: Unzip, course: Course) -> None:
    script = unzip(build())["course.js"].decode()

    held = [item.id for item in course.items if item.form in (Form.A, Form.B)]
    assert held
    assert not [id for id in held if f'"{id}"' in script]


def test_one_language_leaves_the_other_out(build: Build, unzip: Unzip) -> None:
    english = unzip(build(language="en"))

    assert "zh-cn" not in " ".join(english)
    assert 'lang="en"' in english["index.html"].decode()
    assert len(build(language="en")) < len(build(language="all"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "pdf"}, "expected one of scorm12, scorm2004, cmi5, xapi"),
        ({"scope": "check:foundation"}, "checks are not available as packages yet"),
        ({"scope": "module:nothing"}, "has the modules"),
        ({"scope": "lesson:prep"}, "expected course, module:ID or check:ID"),
        ({"language": "fr"}, "has zh-CN, en, all"),
    ],
)
def test_an_option_that_cannot_be_is_named(build: Build, options: dict[str, str], message: str) -> None:
    with pytest.raises(UnknownOption, match=re.escape(message)):
        build(**options)


def test_a_course_whose_state_could_outgrow_scorm_12_is_refused_with_advice(
    build: Build, course: Course
) -> None:
    module = course.modules[0]
    practice = next(item for item in module.items if item.form is Form.PRACTICE)
    more = tuple(replace(practice, id=f"more-{number}") for number in range(600))
    large = replace(course, modules=(replace(module, items=module.items + more), *course.modules[1:]))

    with pytest.raises(TooLarge, match=r"could take \d+ characters, and SCORM 1\.2 keeps 4096"):
        build(large)


def test_a_missing_picture_is_named(build: Build) -> None:
    with pytest.raises(PackageError, match=r"media/.*\.svg"):
        build(media={})


@pytest.mark.parametrize("name", ["../up", "/root", "课.html", "a b.html", "run.php", ".htaccess", "a//b"])
def test_an_archive_takes_plain_names_only(name: str) -> None:
    with pytest.raises(PackageError):
        write_archive({name: b""})


def test_a_module_form_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import b from "./b.js";\n')

    with pytest.raises(PackageError, match="not understood"):
        bundle("a.js", folder=tmp_path)


def test_a_circle_of_imports_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')

    with pytest.raises(PackageError, match="imports itself"):
        bundle("a.js", folder=tmp_path)


def test_a_script_is_escaped_to_ascii() -> None:
    assert ascii_script("'课🙂'") == r"'\u8bfe\ud83d\ude42'"
