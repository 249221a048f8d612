"""A course folder on disk becomes a course, or findings that name file, line and path."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.course import Course
from courses.errors import CourseError, Severity, UnknownPart
from courses.library import SHIPPED, find_courses
from courses.reader import MAX_LESSON_BYTES, media_files, read_course, scan_course
from quizzes.item import Form

Change = Callable[[str, str, str], None]


def lines(folder: Path) -> list[str]:
    return [str(finding) for finding in scan_course(folder).findings]


def test_a_folder_becomes_a_course(folder: Path) -> None:
    course = read_course(folder)

    assert course.slug == "tiny"
    assert course.lesson("first").title == {"zh-CN": "字", "en": "Words"}
    assert course.lesson("first").interactions == ("first-1",)
    assert [len(course.lesson("first").steps[lang]) for lang in course.languages] == [3, 3]
    assert course.item("a-1").form is Form.A
    assert course.module("one").quiz_length == 2
    assert course.point("point-1").module == "one"
    assert list(course.media) == ["media/map.svg"]


def test_an_unknown_id_says_what_is_missing(folder: Path) -> None:
    with pytest.raises(UnknownPart, match="no item 'nothing' in this course"):
        read_course(folder).item("nothing")


def test_a_missing_translation_is_placed_to_the_line(folder: Path, change: Change) -> None:
    change("quizzes/one.yaml", "why: {zh-CN: 错, en: Wrong}", "why: {zh-CN: 错}")

    assert "quizzes/one.yaml:11: items[0].choices[1].why.en: missing translation" in lines(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (
            "course.yaml",
            "slug: tiny",
            "slug: Tiny!",
            "course.yaml:1: slug: `Tiny!` is not written as it must be",
        ),
        (
            "course.yaml",
            "slug: tiny",
            "slug: tiny\nslug: two",
            "course.yaml:2: slug: this key is there twice",
        ),
        ("course.yaml", "slug: tiny", "slug: tiny\nowner: me", "course.yaml:2: owner: unknown key"),
        ("course.yaml", 'version: "1.0.0"', "version: 1.0", "course.yaml:2: version: must be text in quotes"),
        (
            "course.yaml",
            "skill: tools",
            "skill: magic",
            "course.yaml:16: points[0].skill: `magic` is none of",
        ),
        (
            "course.yaml",
            "module: one",
            "module: two",
            "course.yaml:16: points[0].module: there is no module `two`",
        ),
        (
            "course.yaml",
            "requires: []",
            "requires: [two]",
            "course.yaml:11: modules[0].requires[0]: there is no",
        ),
        (
            "course.yaml",
            "requires: []",
            "requires: [one]",
            "course.yaml:11: modules[0].requires: the module req",
        ),
        (
            "course.yaml",
            "[first]",
            "[first, second]",
            "course.yaml:14: modules[0].lessons[1]: there is no",
        ),
        (
            "course.yaml",
            "[first]",
            "[first, first]",
            "course.yaml:14: modules[0].lessons[1]: lesson `first` is",
        ),
        (
            "quizzes/one.yaml",
            "type: single",
            "type: reply",
            "quizzes/one.yaml:3: items[0].type: items of type `re",
        ),
        ("quizzes/one.yaml", "type: single", "type: cloze", "quizzes/one.yaml:2: items[0].text: missing"),
        (
            "quizzes/one.yaml",
            "type: single",
            "type: guess",
            "quizzes/one.yaml:3: items[0].type: `guess` is none",
        ),
        (
            "quizzes/one.yaml",
            "point: point-1",
            "point: gone",
            "quizzes/one.yaml:5: items[0].point: there is no po",
        ),
        (
            "quizzes/one.yaml",
            "id: p-1",
            "id: p-2",
            "quizzes/one.yaml:24: items[2].id: item `p-2` is there twice",
        ),
        ("quizzes/one.yaml", "right: true, ", "", "quizzes/one.yaml:9: items[0].choices: exactly one choice"),
        (
            "quizzes/one.yaml",
            "explanation:",
            "explains:",
            "quizzes/one.yaml:2: items[0].explanation: missing",
        ),
        (
            "quizzes/one.yaml",
            "prior: 0.5",
            "prior: .nan",
            "quizzes/one.yaml:6: items[0].prior: must be a number",
        ),
        (
            "lessons/en/01-first.md",
            "minutes: 4",
            "minutes: 5",
            "lessons/en/01-first.md:4: minutes: differs",
        ),
        (
            "lessons/en/01-first.md",
            "[point-1]",
            "[gone]",
            "lessons/en/01-first.md:5: points[0]: there is no point",
        ),
        ("lessons/en/01-first.md", "outcome:", "goal:", "lessons/en/01-first.md:2: outcome: missing"),
        (
            "lessons/en/01-first.md",
            "---\n",
            "",
            "lessons/en/01-first.md:1: a lesson begins with its front matter",
        ),
        (
            "lessons/en/01-first.md",
            "interaction first-1",
            "interaction p-1",
            "lessons/en/01-first.md:44: item `p-1`",
        ),
        (
            "lessons/en/01-first.md",
            "interaction first-1",
            "interaction x",
            "lessons/en/01-first.md:44: there is no",
        ),
        (
            "lessons/en/01-first.md",
            "![Words]",
            "![]",
            "lessons/en/01-first.md:20: picture `media/map.svg` has no alt",
        ),
        (
            "lessons/en/01-first.md",
            "map.svg",
            "gap.svg",
            "lessons/en/01-first.md:20: there is no picture media/gap",
        ),
        (
            "lessons/en/01-first.md",
            "## Words",
            "Words",
            "lessons/en/01-first.md:1: has 2 steps; a lesson has 3 to 6",
        ),
        ("media/map.svg", "<rect", "<script/><rect", "media/map.svg:1: an SVG must not hold <script>"),
    ],
)
def test_each_fault_is_named_with_file_line_and_path(
    folder: Path, change: Change, file: str, old: str, new: str, finding: str
) -> None:
    change(file, old, new)

    found = lines(folder)
    assert any(line.startswith(finding) for line in found), found
    with pytest.raises(CourseError):
        read_course(folder)


def test_all_faults_are_found_in_one_go(folder: Path, change: Change) -> None:
    change("course.yaml", "requires: []", "requires: [two]")
    change("quizzes/one.yaml", "prior: 0.5", "prior: 5")
    change("quizzes/one.yaml", "form: practice", "form: exam")
    change("lessons/en/01-first.md", "## Words", "## Words\n\n:::box\n:::")

    assert len({finding.file for finding in scan_course(folder).findings}) == 3
    assert len(scan_course(folder).findings) >= 4


def test_languages_must_have_the_same_interactions_in_the_same_steps(folder: Path, change: Change) -> None:
    change("lessons/en/01-first.md", ":::interaction first-1\n:::\n", "")
    change("lessons/en/01-first.md", "## Words\n", "## Words\n\n:::interaction first-1\n:::\n")

    found = "has other interactions than lessons/zh-CN/01-first.md, or in other steps"
    assert any(line.endswith(found) for line in lines(folder)), lines(folder)


def test_languages_must_have_the_same_number_of_steps(folder: Path, change: Change) -> None:
    change("lessons/en/01-first.md", ":::takeaways", "## More\n\n:::takeaways")

    assert "lessons/en/01-first.md:1: has 4 steps, lessons/zh-CN/01-first.md has 3" in lines(folder)


def test_a_lesson_in_no_module_is_only_a_warning(folder: Path) -> None:
    shutil.copy(folder / "lessons/en/01-first.md", folder / "lessons/en/02-later.md")

    read_course(folder)
    assert [finding.severity for finding in scan_course(folder).findings] == [Severity.WARNING]


def test_a_link_to_outside_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("items: []\n")
    (folder / "quizzes/two.yaml").symlink_to(tmp_path / "secret.yaml")

    assert "quizzes/two.yaml:1: is a link to outside the course folder" in lines(folder)


def test_a_lesson_that_is_too_large_is_not_read(folder: Path) -> None:
    (folder / "lessons/en/01-first.md").write_text("a" * (MAX_LESSON_BYTES + 1))

    assert "lessons/en/01-first.md:1: is larger than 64 kB" in lines(folder)


def test_a_line_that_is_too_long_is_not_parsed(folder: Path, change: Change) -> None:
    change("lessons/en/01-first.md", "Seit neun", "[" * 5001)

    assert "lessons/en/01-first.md:15: is longer than 5000 characters" in lines(folder)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(folder: Path) -> None:
    before = read_course(folder)
    for name in ("course.yaml", "quizzes/one.yaml", "lessons/en/01-first.md"):
        content = (folder / name).read_bytes().replace(b"\n", b"\r\n")
        (folder / name).write_bytes(b"\xef\xbb\xbf" + content)

    assert read_course(folder) == before


def test_an_empty_folder_and_none_at_all_are_course_errors(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CourseError, match=r"course\.yaml:1: there is no such file"):
            read_course(folder)


def test_media_files_are_given_with_their_bytes(folder: Path) -> None:
    (folder / "media/.hidden").write_text("x")

    assert list(media_files(folder)) == ["media/map.svg"]
    assert media_files(folder)["media/map.svg"].startswith(b"<svg")


def test_course_folders_are_found_by_their_course_file(folder: Path) -> None:
    (folder.parent / "other").mkdir()

    assert find_courses(folder.parent) == [folder]
    assert find_courses(folder.parent / "none") == []


FILES = ("course.yaml", "quizzes/one.yaml", "lessons/en/01-first.md", "media/map.svg")
fuzz = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(file=st.sampled_from(FILES), content=st.binary(max_size=300))
def test_any_bytes_are_a_course_or_a_course_error(folder: Path, file: str, content: bytes) -> None:
    assert_course_or_error(folder, file, content)


@fuzz
@given(
    file=st.sampled_from(FILES),
    at=st.floats(0, 1),
    cut=st.integers(0, 40),
    put=st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b"\n", b": ", b"- ", b"{", b"]", b"'", b"null", b"1e999", b"&a ", b"*a", b"\x00", b"\r"]
        ),
    ),
)
def test_any_damage_is_a_course_or_a_course_error(
    folder: Path, file: str, at: float, cut: int, put: bytes
) -> None:
    whole = (folder / file).read_bytes()
    start = int(at * len(whole))

    assert_course_or_error(folder, file, whole[:start] + put + whole[start + cut :])


def assert_course_or_error(folder: Path, file: str, content: bytes) -> None:
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(content)
    try:
        assert isinstance(read_course(folder), Course)
    except CourseError as error:
        assert error.findings
        assert all(finding.line >= 1 for finding in error.findings)
    finally:
        (folder / file).write_bytes(whole)


@pytest.mark.parametrize("folder", find_courses(SHIPPED), ids=lambda folder: folder.name)
def test_the_courses_that_ship_can_be_read(folder: Path) -> None:
    assert read_course(folder).slug == folder.name
