"""What is found wrong with the glossary, scripts, markets, rules, the needs analysis and scenes."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from courses.check import check_course
from courses.errors import Severity
from courses.reader import read_course
from tests.shelf_course import put_shelf

TODAY = date(2026, 11, 23)
KNOWN = {
    "expired on 2025-01-10",  # the rule that is old on purpose
    "turns; a scene has 4 to 8",
}
Change = Callable[[str, str, str], None]


@pytest.fixture
def shelf(folder: Path) -> Path:
    put_shelf(folder)
    return folder


def check(folder: Path) -> list[str]:
    found = [str(finding) for finding in check_course(folder, today=TODAY)]
    return [line for line in found if not any(known in line for known in KNOWN)]


def test_a_whole_shelf_is_read_and_nothing_is_found(shelf: Path) -> None:
    course = read_course(shelf)

    assert check(shelf) == []
    assert list(course.shelf.terms) == ["tracking-number", "tracking", "invoicing"]
    assert course.shelf.rules["old-rule"].unverified
    assert course.shelf.scenes["en-late-parcel"].turns["opening"].reply("a") is not None
    assert [item.skill for item in course.shelf.needs.values()] == [
        "language",
        "product",
        "tools",
        "emotion",
        "culture",
    ]


def test_a_course_without_a_shelf_is_whole(folder: Path) -> None:
    assert check(folder) == []
    assert not read_course(folder).shelf.has("glossary")


GLOSSARY, SCRIPT, MARKET = "glossary.yaml", "scripts/refund-steps.yaml", "markets/de.yaml"
SCENE, NEEDS = "scenarios/en-late-parcel.yaml", "needs.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (GLOSSARY, ", fr: numéro de suivi", "", "glossary.yaml:4: terms[0].words.fr: missing"),
        (GLOSSARY, "topic: logistics", "topic: magic", "glossary.yaml:3: terms[0].topic: `magic` is none of"),
        (GLOSSARY, "id: tracking\n", "id: tracking-number\n", "terms[1].id: term `tracking-number` is there"),
        (GLOSSARY, ", en: The number of a parcel.", "", "terms[0].meaning.en: missing translation"),
        (GLOSSARY, "en: tracking,", "en: Tracking-Number,", "terms[1].words.en: `Tracking-Number` is also in"),
        (SCRIPT, "rules: [withdrawal]", "rules: [gone]", "refund-steps.yaml:6: rules[0]: there is no rule `gone`"),
        (SCRIPT, "Hi {name},", "Hi {buyer},", "replies[0].text: `{buyer}` is not among the placeholders"),
        (SCRIPT, "Hi {name},", "Hi {Name},", "replies[0].text: a placeholder is written"),
        (SCRIPT, "  amount: {", "  link: {zh-CN: 链接, en: A link}\n  amount: {", "placeholders.link: `{link}` is used"),
        (SCRIPT, "- lang: ja", "- lang: de", "replies[2].lang: is there twice, first in replies[1]"),
        (SCRIPT, "- lang: ja", "- lang: en", "replies: has no reply in ja"),
        (SCRIPT, ", en: Too casual.}\n- lang: de", "}\n- lang: de", "replies[1].why.en: missing translation"),
        (MARKET, "Europe/Berlin", "Europe/Nowhere", "de.yaml:4: zone: there is no zone"),
        (MARKET, "month: 12, day: 25", "month: 2, day: 30", "holidays[0].on: makes no sense"),
        (MARKET, "{easter: -2}", "{easter: -2, day: 3}", "holidays[1].on: makes no sense"),
        (MARKET, "{easter: -2}", "{plus: 3}", "holidays[1].on: makes no sense"),
        (MARKET, "nth: 4, plus: 1", "nth: 5", "holidays[2].on.nth: a month has a fifth such day only"),
        (MARKET, '"2027-03-10"', '"2027-02-30"', "holidays[3].on: makes no sense"),
        (MARKET, '"2027-03-10"', '"2026-03-10"', "holidays[3].on.dates: the last known day of `fair` is past"),
        (MARKET, "id: good-friday", "id: christmas", "holidays[1].id: holiday `christmas` is there twice"),
        (MARKET, "old-rule]", "gone]", "rules[1]: there is no rule `gone`"),
        (NEEDS, "form: needs", "form: practice", "items[0].form: `practice` is none of needs"),
        (NEEDS, "  skill: tools\n", "  skill: culture\n", "needs.yaml:1: items: skills are not asked alike"),
        (NEEDS, "  skill: language\n", "", "items[0].skill: missing"),
        (NEEDS, "id: need-product", "id: p-1", "items[1].id: item `p-1` is there twice, first in quizzes/one.yaml"),
        (NEEDS, 'en: "About tools"', 'en: "Ask p-1"', "items[2].stem: asks the same (en) as `p-1`"),
        (NEEDS, "share: 62", "share: 162", "stated[0].share: `162` is out of range"),
        (SCENE, "id: en-late-parcel", "id: other", "id: the file is named like the scene: other.yaml"),
        (SCENE, "points: [point-1]", "points: [gone]", "points[0]: there is no point `gone`"),
        (SCENE, "start: opening", "start: gone", "start: there is no turn `gone`"),
        (SCENE, "to: kept", "to: gone", "turns.solution.replies[1].to: there is no turn or end `gone`"),
        (SCENE, "to: kept", "to: opening", "turns.opening: a way from turn `opening` comes back to it"),
        (SCENE, "      to: left\n  solution", "      to: solution\n  solution", None),
        (SCENE, "ends:\n", "ends:\n  never:\n    outcome: fair\n    text: x\n    gloss: {zh-CN: 字}\n"
         "    lesson: {zh-CN: 字, en: w}\n", "ends.never: no way from the start reaches `never`"),
        (SCENE, "rests_on: [refund-limit, withdrawal]", "rests_on: [gone]", "there is no policy fact or rule `gone`"),
        (SCENE, "      to: kept\n      rests_on", "      to: kept\n      facts: [gone]\n      rests_on", "there is no fact `gone`"),
        (SCENE, "- {id: return-window", "- {id: refund-limit", "policy[0].id: `refund-limit` is there twice"),
        (SCENE, "lang: en", "lang: de", "turns.opening.gloss.en: missing translation"),
        (SCENE, "      why: {zh-CN: 先承认等了多久。, en: It names the nine days first.}\n", "", "replies[0].why: missing"),
        (SCENE, "points: 0", "points: -1", "replies[1].points: only an invented fact"),
        (SCENE, "temper: -15", "temper: -41", "replies[0].temper: `-41` is out of range"),
        (SCENE, "does: [blame]", "does: [shout]", "replies[1].does[0]: `shout` is none of"),
        (SCENE, "points: 3", "points: 1", "turns.opening.replies: no reply is worth 2 points or more"),
        (SCENE, "outcome: bad", "outcome: fair", "ends: no end has `outcome: bad`"),
        (SCENE, "kind: role_play", "kind: debate", "sides: a debate says what each side holds"),
        (SCENE, "kind: role_play", "kind: demonstration", "facts: a demonstration needs the true facts"),
        ("lessons/en/01-first.md", "points: [point-1]", "points: [point-1]\nrules: [gone]", "there is no rule `gone`"),
        ("lessons/en/01-first.md", "points: [point-1]", "points: [point-1]\nrules: [withdrawal]", "rules: differs from"),
        ("quizzes/one.yaml", "point: point-1", "point: point-1\n  rules: [gone]", "items[0].rules: there is no rule"),
    ],
)  # fmt: skip
def test_each_fault_is_found_at_its_place(
    shelf: Path, change: Change, file: str, old: str, new: str, finding: str | None
) -> None:
    change(file, old, new)

    found = check(shelf)

    if finding is None:
        assert found == []
    else:
        assert any(finding in line for line in found), found


def test_a_broken_entry_breaks_the_course_and_hides_no_other(shelf: Path, change: Change) -> None:
    change(GLOSSARY, "topic: logistics", "topic: magic")
    change(SCENE, "start: opening", "start: gone")
    findings = check_course(shelf, today=TODAY)

    assert {finding.file for finding in findings if finding.severity is Severity.ERROR} == {GLOSSARY, SCENE}


def test_a_broken_rule_does_not_make_its_readers_dangle(shelf: Path, change: Change) -> None:
    change("rules/eu.yaml", "  jurisdiction: EU\n", "")

    assert check(shelf) == ["rules/eu.yaml:2: rules[0].jurisdiction: missing"]


def scene_text(number: int, *, best_at: int, longest: bool) -> str:
    """A scene of one turn, whose best reply stands where it is said."""
    replies = "".join(
        f"    - {{id: {id}, does: [ask], text: {'word ' * (9 if at == best_at and longest else 3)}x, "
        f"gloss: {{zh-CN: 字}}, temper: 0, points: {3 if at == best_at else 0}, "
        f"why: {{zh-CN: 字, en: w}}, to: {'good' if at else 'bad'}}}\n"
        for at, id in enumerate("abcd")
    )
    return (
        f"id: s{number}\nkind: role_play\nlang: en\nmarket: US\nchannel: chat\ntitle: {{zh-CN: 字, en: w}}\n"
        "summary: {zh-CN: 字, en: w}\nskills: [emotion]\npoints: [point-1]\nminutes: 4\n"
        "buyer: {name: D, temper: 60, goal: {zh-CN: 字, en: w}, history: {zh-CN: 字, en: w}}\n"
        "policy: [{id: p, label: {zh-CN: 字, en: w}, value: 3}]\nstart: one\nturns:\n  one:\n    text: x\n"
        f"    gloss: {{zh-CN: 字}}\n    replies:\n{replies}"
        "ends:\n"
        "  good: {outcome: good, text: x, gloss: {zh-CN: 字}, lesson: {zh-CN: 字, en: w}}\n"
        "  bad: {outcome: bad, text: x, gloss: {zh-CN: 字}, lesson: {zh-CN: 字, en: w}}\n"
        "source: own\n"
    )


@pytest.mark.parametrize(
    ("best_at", "longest", "expected"),
    [
        (lambda number: number % 4, False, []),
        (lambda number: 0, False, ["scenarios:1: the best replies are not evenly placed; found (even): a 24 (6)"]),
        (lambda number: number % 4, True, ["scenarios:1: the best reply is the longest in 24 of 24 turns"]),
    ],
)  # fmt: skip
def test_best_replies_that_give_themselves_away_are_found(
    folder: Path, best_at: Callable[[int], int], longest: bool, expected: list[str]
) -> None:
    (folder / "scenarios").mkdir()
    for number in range(24):
        text = scene_text(number, best_at=best_at(number), longest=longest)
        (folder / f"scenarios/s{number}.yaml").write_text(text, encoding="utf-8")

    found = check(folder)

    assert len(found) == len(expected), found
    assert all(line.startswith(start) for line, start in zip(found, expected, strict=True))
