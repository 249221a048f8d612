"""A learner who works a package through in Chromium: launches it, answers, leaves, comes back another day."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from courses.course import Course
from courses.library import SHIPPED
from courses.packages.build import build_package
from courses.reader import media_files, read_course

ROOT = Path(__file__).resolve().parents[2]
SCORM_AGAIN = ROOT / "node_modules/scorm-again/dist"
ZONE = "Asia/Shanghai"
MONDAY = "2026-11-23T09:00:00+08:00"

LAUNCH = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Platform</title>
<link rel="stylesheet" href="frame.css"></head>
<body><script src="scorm-again.js"></script><script src="lms.js"></script></body></html>"""
FRAME = "html, body { margin: 0; height: 100%; } #sco { border: 0; width: 100%; height: 100vh; }"


def shortened(course: Course) -> Course:
    """Answer the course with modules of two lessons and five questions: enough to see what a format does."""
    modules = tuple(replace(one, lessons=one.lessons[:2], quiz_length=5) for one in course.modules)
    return replace(course, modules=modules)


@cache
def package(
    language: str = "en", reviews: bool = True, format: str = "scorm12", edition: int = 4
) -> dict[str, bytes]:
    """Answer the files of the real course's package."""
    folder = SHIPPED / "service-desk"
    course = read_course(folder)
    archive = build_package(
        course if format == "scorm12" else shortened(course),
        format=format,
        edition=edition,
        scope="module:foundation",
        language=language,
        iri_base="https://crossdesk.test",
        reviews=reviews,
        media=media_files(folder),
    )
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def platform(
    language: str = "en", reviews: bool = True, format: str = "scorm12", edition: int = 4
) -> dict[str, bytes]:
    """Answer the files of a small platform with the package in it."""
    kept = package(language, reviews, format, edition)
    files = {f"sco/{name}": body for name, body in kept.items()}
    return files | {
        "launch.html": LAUNCH.encode(),
        "frame.css": FRAME.encode(),
        "lms.js": (ROOT / f"tests/browser/{format}_lms.js").read_bytes(),
        "scorm-again.js": (SCORM_AGAIN / f"{format}.min.js").read_bytes(),
    }


def clock_at(time: str) -> str:
    """Answer a script that sets the player's clock, running on from `time`."""
    return (
        f"(() => {{ const began = Date.now(); const at = Date.parse({json.dumps(time)});"
        " window.crossdeskClock = () => at + Date.now() - began; })();"
    )


@dataclass
class Learner:
    """Drives the player in one frame; knows the right answers from the package's own data."""

    page: Any
    frame: Any
    data: Mapping[str, Any]
    language: str = "en"

    def store(self) -> dict[str, Any]:
        """Answer what the platform has kept."""
        kept: dict[str, Any] = json.loads(self.page.evaluate("localStorage.getItem('lms')"))
        return kept

    def lms(self, expression: str) -> Any:
        """Answer `window.lms.<expression>`."""
        return self.page.evaluate(f"window.lms.{expression}")

    def press(self, words: str) -> None:
        self.frame.get_by_role("button", name=words, exact=True).first.click()

    def press_main(self) -> None:
        self.frame.locator("main .btn-main").last.click()

    def heading(self) -> str:
        text: str = self.frame.locator("[data-start], h1:not(:has(~ [data-start]))").first.inner_text()
        return text

    def saving(self) -> str:
        words: str = self.frame.locator("[data-saving]").inner_text()
        return words

    def wait_saving(self, kind: str) -> None:
        self.frame.locator(f"[data-saving={kind}]").wait_for()

    def item_shown(self) -> str:
        """Answer the id of the item that waits for an answer."""
        name = (
            self.frame.locator("section.question-block form")
            .first.locator("..")
            .get_attribute("aria-labelledby")
        )
        assert name is not None
        return str(name).removeprefix("q-").removesuffix("-ask")

    def block(self, item_id: str) -> Any:
        return self.frame.locator(f'section[aria-labelledby="q-{item_id}-ask"]')

    def answer(self, item_id: str, *, wrong: bool = False, button: str = "Answer") -> None:
        """Fill in the right answer (or a wrong one, where there are choices) and press the button."""
        item, block = self.data["items"][item_id], self.block(item_id)
        _FILL[item["type"]](self, item, block, wrong)
        block.get_by_role("button", name=button, exact=True).click()

    def work_lesson(self) -> None:
        """Open every step of the lesson that is shown and answer its interactions rightly."""
        while True:
            for item_id in self.questions():
                self.answer(item_id)
            if self.frame.locator(".finish .note-success").count():
                return
            self.press_main()

    def questions(self) -> list[str]:
        names = self.frame.locator("section.question-block:has(form)").evaluate_all(
            "all => all.map(one => one.getAttribute('aria-labelledby'))"
        )
        return [name.removeprefix("q-").removesuffix("-ask") for name in names]


Open = Callable[..., Learner]


def launch_course(
    context: Any,
    address: str,
    *,
    at: str = MONDAY,
    language: str = "en",
    reviews: bool = True,
    query: str = "",
    format: str = "scorm12",
) -> Learner:
    """Launch the package on its platform at a time, and wait for its first page."""
    page = context.new_page()
    page.crossdesk_errors = []
    page.on("pageerror", lambda error: page.crossdesk_errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.crossdesk_errors.append(said.text))
    page.add_init_script(clock_at(at))
    page.goto(f"{address}/launch.html{query}")
    frame = page.frame_locator("#sco")
    frame.locator("#main h1").wait_for()
    data = course_data(language, reviews, format)
    return Learner(page, frame, data, data["languages"][0])


def course_data(language: str = "en", reviews: bool = True, format: str = "scorm12") -> dict[str, Any]:
    """Answer what the player reads."""
    script = package(language, reviews, format)["course.js"].decode()
    data: dict[str, Any] = json.loads(script.removeprefix("window.crossdeskCourse = ").rstrip(";\n"))
    return data


def leave(learner: Learner) -> dict[str, Any]:
    """Close the SCO as a platform does, and answer what is kept."""
    learner.page.evaluate("document.getElementById('sco').remove()")
    kept = learner.store()
    assert learner.lms("finished") == 1
    assert learner.page.crossdesk_errors == []
    learner.page.close()
    return kept


def _words(text: Any, language: str) -> str:
    return text if isinstance(text, str) else text[language]


def _fill_choice(learner: Learner, item: Any, block: Any, wrong: bool) -> None:
    for choice in item["choices"]:
        if choice.get("right", False) != wrong:
            block.locator(f'input[value="{choice["id"]}"]').check()
            if wrong or item["type"] != "multiple":
                return


def _fill_order(learner: Learner, item: Any, block: Any, wrong: bool) -> None:
    ids = [choice["id"] for choice in item["choices"]]
    for place, id in enumerate(reversed(ids) if wrong else ids):
        line = block.locator(f'li[data-id="{id}"]')
        while line.evaluate("line => [...line.parentNode.children].indexOf(line)") > place:
            line.locator("button").first.click()


def _fill_match(learner: Learner, item: Any, block: Any, wrong: bool) -> None:
    rights = [_words(pair["right"], learner.language) for pair in item["pairs"]]
    for at, pair in enumerate(item["pairs"]):
        label = rights[(at + 1) % len(rights)] if wrong else rights[at]
        block.locator(f'select[id$="-{pair["id"]}"]').select_option(label=label)


def _fill_line(learner: Learner, item: Any, block: Any, wrong: bool) -> None:
    if item["type"] == "numeric":
        value = f"{item['answer']['value']:g}"
    else:
        value = next(iter(item["accepted"].values()))[0]
    block.locator("input").fill("123456789" if wrong else value)


def _fill_cloze(learner: Learner, item: Any, block: Any, wrong: bool) -> None:
    for gap in item["gaps"]:
        answer = next(iter(gap["accepted"].values()))[0]
        block.locator(f'input[id$="-{gap["id"]}"]').fill("?" if wrong else answer)


_FILL: dict[str, Callable[[Learner, Any, Any, bool], None]] = {
    "single": _fill_choice,
    "listen": _fill_choice,
    "multiple": _fill_choice,
    "order": _fill_order,
    "match": _fill_match,
    "numeric": _fill_line,
    "short_text": _fill_line,
    "cloze": _fill_cloze,
}
