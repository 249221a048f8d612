"""What a careful editor would say about a course."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
import yaml

from courses.check import check_course, summary
from courses.check_lessons import text_length
from courses.errors import Severity
from courses.library import SHIPPED, find_courses

TODAY = date(2026, 11, 23)
Change = Callable[[str, str, str], None]

RULE = """\
rules:
- id: withdrawal
  jurisdiction: EU
  title: {zh-CN: 撤回权, en: Withdrawal}
  text: {zh-CN: 十四天, en: Fourteen days}
  source: "Directive 2011/83/EU, article 9"
  checked: 2026-01-10
  review: 2027-01-10
"""


def check(folder: Path) -> list[str]:
    return [str(finding) for finding in check_course(folder, today=TODAY)]


def write_items(folder: Path, items: Sequence[dict[str, object]]) -> None:
    text = yaml.safe_dump({"items": list(items)}, allow_unicode=True)
    (folder / "quizzes/two.yaml").write_text(text, encoding="utf-8")


def single(number: int, choices: Sequence[str], right: int, *, stem: str | None = None) -> dict[str, object]:
    """Answer an item whose choices read the same in both languages."""
    stem = stem or f"question {number}"
    return {
        "id": f"more-{number}",
        "type": "single",
        "form": "practice",
        "point": "point-1",
        "prior": 0.5,
        "source": "own",
        "stem": {"zh-CN": stem, "en": stem},
        "choices": [
            {
                "id": "abcdef"[at],
                "text": {"zh-CN": words, "en": words},
                "right": at == right,
                "why": {"zh-CN": "因", "en": "so"},
            }
            for at, words in enumerate(choices)
        ],
        "explanation": {"zh-CN": "因", "en": "so"},
    }


def test_a_sound_course_has_no_finding(folder: Path) -> None:
    assert check(folder) == []


@pytest.mark.parametrize("folder", find_courses(SHIPPED), ids=lambda folder: folder.name)
def test_the_courses_that_ship_have_no_error(folder: Path) -> None:
    findings = check_course(folder, today=TODAY)

    assert [str(finding) for finding in findings if finding.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (
            "quizzes/one.yaml",
            ", why: {zh-CN: 错, en: Wrong}",
            "",
            "quizzes/one.yaml:11: items[0].choices[1].why: this choice has no explanation",
        ),
        (
            "quizzes/one.yaml",
            "text: {zh-CN: 乙, en: Two}",
            "text: {zh-CN: 以上都对, en: Two}",
            "quizzes/one.yaml:11: items[0].choices[1].text: `以上都对` leans on the other choices",
        ),
        (
            "quizzes/one.yaml",
            'en: "Ask p-2"',
            'en: "ask:  P 1?"',
            "quizzes/one.yaml:30: items[2].stem.en: asks the same as `p-1` (quizzes/one.yaml:19)",
        ),
        (
            "quizzes/one.yaml",
            "form: A",
            "form: B",
            "course.yaml:16: points[0]: `point-1` has 0 items of form A, needs 1",
        ),
        (
            "quizzes/one.yaml",
            "form: practice",
            "form: A",
            "course.yaml:16: points[0]: `point-1` has 1 items of form practice, needs 2",
        ),
        (
            "quizzes/one.yaml",
            "form: A\n  point: point-1\n  prior: 0.5",
            "form: A\n  point: point-1\n  prior: 0.2",
            "course.yaml:16: points[0]: `point-1`: forms are not parallel: prior of A 0.20, of B 0.50",
        ),
        (
            "quizzes/one.yaml",
            "type: single\n  form: A",
            "type: multiple\n  form: A",
            "course.yaml:16: points[0]: `point-1`: forms are not parallel: A has multiple; B has single",
        ),
        (
            "course.yaml",
            "quiz_length: 2",
            "quiz_length: 3",
            "course.yaml:8: modules[0]: the quiz draws 3 items, `one` has 2 for practice",
        ),
        (
            "lessons/en/01-first.md",
            "gloss: ",
            "gloss: " + "word " * 300,
            "lessons/en/01-first.md:1: is long: 613 words, a lesson has 250 to 450",
        ),
        (
            "lessons/zh-CN/01-first.md",
            "字" * 500,
            "字",
            "lessons/zh-CN/01-first.md:1: is short: 14 characters, a lesson has 400 to 700",
        ),
        (
            "lessons/en/01-first.md",
            ":::takeaways\n- Words\n- Words\n- Words\n:::",
            "",
            "lessons/en/01-first.md:1: has no `:::takeaways`",
        ),
        (
            "quizzes/one.yaml",
            "id: p-1\n  type: single\n  form: practice",
            "id: p-1\n  type: single\n  form: lesson",
            "quizzes/one.yaml:13: items[1]: `p-1` has `form: lesson` and is in no lesson",
        ),
    ],
)
def test_each_weakness_is_a_warning_with_its_place(
    folder: Path, change: Change, file: str, old: str, new: str, finding: str
) -> None:
    change(file, old, new)

    found = check_course(folder, today=TODAY)
    assert finding in [str(one) for one in found]
    assert all(one.severity is Severity.WARNING for one in found)


def test_two_items_may_ask_the_same_of_different_material(folder: Path) -> None:
    items = [
        single(number, ["one", "two"], number % 2, stem="What does the buyer want?") for number in (1, 2)
    ]
    for number, item in enumerate(items):
        item["passage"] = {"lang": "en", "text": f"Message {number}"}
    write_items(folder, items)

    assert check(folder) == []


def test_right_answers_that_stand_mostly_in_one_place_are_reported(folder: Path) -> None:
    write_items(folder, [single(number, ["one", "two", "six", "ten"], 1) for number in range(30)])

    assert any("right answers are not evenly placed; found (even): a 5" in line for line in check(folder))


def test_right_answers_that_are_evenly_placed_are_not_reported(folder: Path) -> None:
    write_items(folder, [single(number, ["one", "two", "six", "ten"], number % 4) for number in range(40)])

    assert not any("evenly" in line for line in check(folder))


def test_right_answers_that_are_mostly_the_longest_are_reported(folder: Path) -> None:
    items = []
    for number in range(40):
        choices = ["short", "words", "stand"]
        choices.insert(number % 4, "longest")
        items.append(single(number, choices, number % 4))
    write_items(folder, items)

    assert any("the right answer is the longest (en) in 40 of 45 items" in line for line in check(folder))


def test_a_right_answer_that_is_far_longer_than_the_others_is_reported(folder: Path) -> None:
    write_items(folder, [single(1, ["short", "w" * 60, "thirty characters, or nearly so"], 1)])

    assert any(
        "the right answer (en) has 60 characters, the longest wrong one 31" in line for line in check(folder)
    )


def test_more_than_half_single_choice_is_reported(folder: Path) -> None:
    write_items(folder, [single(number, ["one", "two"], number % 2) for number in range(20)])

    assert "course.yaml:1: 25 of 25 items are single choice; at most half should be" in check(folder)


def test_a_picture_and_a_point_that_no_lesson_uses_are_reported(folder: Path, change: Change) -> None:
    (folder / "media/old.svg").write_bytes((folder / "media/map.svg").read_bytes())
    change(
        "course.yaml",
        "points:",
        "points:\n- {id: new, module: one, skill: tools, title: {zh-CN: 新, en: New}}",
    )

    assert "media/old.svg:1: is shown in no lesson" in check(folder)
    assert "course.yaml:16: points[0]: `new` is taught in no lesson" in check(folder)


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("", "", None),
        ("2027-01-10", "2026-11-23", "8: rules[0].review: rule `withdrawal` expired on 2026-11-23"),
        ("2027-01-10", "2026-01-10", "8: rules[0].review: is not after the day"),
        ("2027-01-10", "2027-02-30", "8: rules[0].review: `2027-02-30` is no day"),
        ("2027-01-10", "soon", "8: rules[0].review: `soon` is not written"),
        ("2026-01-10", "2026-12-01", "7: rules[0].checked: is after today"),
        ("  jurisdiction: EU\n", "", "2: rules[0].jurisdiction: missing"),
        (", en: Withdrawal", "", "4: rules[0].title.en: missing translation"),
    ],
)
def test_dated_rules_are_checked_against_today(folder: Path, old: str, new: str, finding: str | None) -> None:
    (folder / "rules").mkdir()
    (folder / "rules/eu.yaml").write_text(RULE.replace(old, new), encoding="utf-8")

    found = check(folder)

    if finding is None:
        assert found == []
    else:
        assert any(line.startswith(f"rules/eu.yaml:{finding}") for line in found), found


def test_a_rule_id_is_there_once_in_all_files(folder: Path) -> None:
    (folder / "rules").mkdir()
    for name in ("a.yaml", "b.yaml"):
        (folder / "rules" / name).write_text(RULE, encoding="utf-8")

    assert "rules/b.yaml:2: rules[0].id: rule `withdrawal` is there twice, first in rules/a.yaml:2" in check(
        folder
    )


def test_errors_come_before_warnings_and_the_summary_counts_both(folder: Path, change: Change) -> None:
    change("lessons/zh-CN/01-first.md", "字" * 500, "字")
    change("quizzes/one.yaml", "point: point-1", "point: gone")

    findings = check_course(folder, today=TODAY)

    assert [finding.severity for finding in findings] == sorted(finding.severity for finding in findings)
    assert summary(findings) == "1 errors, 1 warnings"


@pytest.mark.parametrize(
    ("text", "lang", "length"),
    [
        ("Don't send 1,200 e-mails — it's 5 %.", "en", 6),
        ("首次响应时间（FRT）是 12 分钟。", "zh-CN", 11),
        ("", "en", 0),
    ],
)
def test_words_and_characters_are_counted_as_people_count_them(text: str, lang: str, length: int) -> None:
    assert text_length(text, lang) == length
