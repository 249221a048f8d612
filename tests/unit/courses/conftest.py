"""A small whole course on disk that tests spoil in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

COURSE = """\
slug: tiny
version: "1.0.0"
languages: [zh-CN, en]
title: {zh-CN: 小课, en: Tiny}
summary: {zh-CN: 一门小课, en: A tiny course}
retention: {check_day: 7, plan_days: [2, 5], target: 0.8, hold_out: 0.2}
modules:
- id: one
  title: {zh-CN: 一, en: One}
  summary: {zh-CN: 第一单元, en: The first}
  requires: []
  pass_mark: 0.8
  quiz_length: 2
  lessons: [first]
points:
- {id: point-1, module: one, skill: tools, title: {zh-CN: 点, en: Point}}
"""

ITEM = """\
- id: {id}
  type: single
  form: {form}
  point: point-1
  prior: 0.5
  source: {{zh-CN: 自拟, en: Own case}}
  stem: {{zh-CN: "问 {id}", en: "Ask {id}"}}
  choices:
  - {{id: a, text: {{zh-CN: 甲, en: One}}, right: true, why: {{zh-CN: 对, en: Right}}}}
  - {{id: b, text: {{zh-CN: 乙, en: Two}}, why: {{zh-CN: 错, en: Wrong}}}}
  explanation: {{zh-CN: 因为, en: Because}}
"""

LESSON = """\
---
title: {title}
outcome: {title}
minutes: 4
points: [point-1]
sources: ["Deck A, stated"]
---

## {title}

:::example
who: Herr Krüger · Hamburg
lang: de

Seit neun Tagen warte ich.

gloss: {words}
:::

![{title}](media/map.svg)

## {title}

:::compare
bad: {title}
lang: de

Beruhigen Sie sich.

why:
- {title}
===
good: {title}
lang: de

Guten Tag.

why:
- {title}
:::

## {title}

:::interaction first-1
:::

:::takeaways
- {title}
- {title}
- {title}
:::
"""

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>\n'


ITEMS = "items:\n" + "".join(
    ITEM.format(id=id, form=form)
    for id, form in [
        ("first-1", "lesson"),
        ("p-1", "practice"),
        ("p-2", "practice"),
        ("a-1", "A"),
        ("b-1", "B"),
    ]
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course folder without a finding."""
    files = {
        "course.yaml": COURSE,
        "quizzes/one.yaml": ITEMS,
        "lessons/en/01-first.md": LESSON.format(title="Words", words="word " * 300),
        "lessons/zh-CN/01-first.md": LESSON.format(title="字", words="字" * 500),
        "media/map.svg": SVG,
    }
    for name, text in files.items():
        path = tmp_path / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "tiny"


@pytest.fixture
def change(folder: Path) -> Callable[[str, str, str], None]:
    """Replace words in a file of the course, once: `change("course.yaml", "tools", "magic")`."""

    def replace(file: str, old: str, new: str) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
