"""The trainers' page of an item with its figures, in a real browser: no fault, nothing runs over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.quizzes import Confidence
from tests.answer_log import Log
from tests.browser.pages import faults, sign_in
from tests.conftest import PASSWORD
from tests.practice_course import SLUG

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("en", "dark")])
def test_an_item_with_its_figures_has_no_fault(
    browser: Browser,
    address: str,
    parts: Parts,
    make_person: Callable[..., Person],
    language: str,
    scheme: str,
) -> None:
    log = Log(parts, make_person)
    log.publish()
    for place, person in enumerate(log.people(20)):
        log.answer(person, "b" if place < 10 else "c", confidence=Confidence.SURE, response_ms=900 * place)
        log.answer(person, {"a": "a"}, item="match-1", correct=False)
        log.answer(person, "18", item="numeric-1", correct=place >= 10)
    trainer = make_person("trainer", language=language)
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, locale=language
    )
    page = context.new_page()
    sign_in(page, address, trainer.email, PASSWORD)
    found = {}
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for item in ("single-1", "match-1", "numeric-1", "order-1"):
            page.goto(f"{address}/author/{SLUG}/items/{item}")
            assert page.locator("html").get_attribute("lang") == language
            found[f"{item} at {width}"] = faults(page)
    context.close()

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
