"""A learner's week in a real browser: lessons, the quiz, a review on day 2; and every page looked over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page
from sqlalchemy import func, select, text
from werkzeug.serving import WSGIRequestHandler, make_server

from courses.course import Course
from courses.library import SHIPPED
from courses.reader import read_course
from lms.app import create_app
from lms.bootstrap import Parts, build
from lms.config import Settings
from lms.db.accounts import Person
from lms.db.database import Database
from lms.db.quizzes import Answer, Card
from lms.db.retention import Check
from lms.domain.accounts import Role
from lms.services import accounts, authoring, check_plans, learning, progress
from lms.services.progress import Learner
from lms.services.statements import Speaker
from tests.browser.pages import faults, fill_in, sign_in
from tests.conftest import PASSWORD, Clock
from tests.practice_course import practice_course
from tests.shelf_course import shelf

pytestmark = pytest.mark.browser
SLUG = "service-desk"
COURSE = f"/courses/{SLUG}"


@pytest.fixture
def parts(tmp_path: Path, sqlite_template: Path, settings: Settings, clock: Clock) -> Iterator[Parts]:
    file = tmp_path / "walk.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{file}")
    found = build(settings, database=database, now=clock)
    with database.writing(seconds=60) as session:
        authoring.import_course(session, SHIPPED / SLUG, now=clock())
    yield found
    database.close()


class KeepsAlive(WSGIRequestHandler):
    """One connection for the many files of a page, as gunicorn does."""

    protocol_version = "HTTP/1.1"


@pytest.fixture
def address(parts: Parts) -> Iterator[str]:
    app: Flask = create_app(parts)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepsAlive)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def person(parts: Parts) -> Callable[[str, str], str]:
    """Make a person of a role who reads a language; answers the e-mail."""

    def make(role: str, language: str) -> str:
        email = f"{role}-{language.lower()}@desk.test"
        with parts.database.writing() as session:
            accounts.create_person(
                session,
                email=email,
                name="林悦",
                role=Role(role),
                password=PASSWORD,
                language=language,
                now=parts.now(),
                new_id=parts.new_id,
            )
        return email

    return make


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    found = context.new_page()
    found.set_default_timeout(10_000)
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))

    def hear(message: ConsoleMessage) -> None:
        # the tab's icon is fetched beside the page; a busy machine resets it at times, nobody knows why
        if message.type == "error" and "/img/mark.svg" not in message.location["url"]:
            wrong.append(f"{message.text} {message.location}")

    found.on("console", hear)
    yield found
    context.close()
    assert wrong == [], "the browser complained"


@pytest.fixture(scope="module")
def course() -> Course:
    return read_course(SHIPPED / SLUG)


def take_lesson(page: Page, address: str, course: Course, lesson_id: str) -> None:
    """Open every step of a lesson and answer each interaction, the first one wrong before right."""
    page.goto(f"{address}{COURSE}/lessons/{lesson_id}")
    lesson = course.lesson(lesson_id)
    tried = False
    for _ in range(40):
        forms = page.locator("form[action*='/interactions/']:has([name=token])")
        if forms.count():
            action = forms.first.get_attribute("action") or ""
            item = course.item(action.partition("#")[0].rsplit("/", 1)[1])
            fill_in(page, f"form[action='{action}']", item, right=tried)
            page.locator(f"form[action='{action}'] button.btn").last.click()
            page.wait_for_load_state()
            tried = True
            continue
        step = page.locator("form[action$='/step'] button")
        if not step.count():
            return
        step.first.click()
        page.wait_for_load_state()
    raise AssertionError(f"{lesson.id} did not come to an end")


def take_quiz(page: Page, address: str, course: Course) -> None:
    """Answer the foundation quiz, everything right but the first."""
    page.goto(f"{address}{COURSE}/modules/foundation/quiz")
    page.locator("main form button.btn-main").first.click()
    page.wait_for_load_state()
    for place in range(60):
        asked = page.locator("[id^='ask-']").first
        if not asked.count():
            return
        item = course.item((asked.get_attribute("id") or "").removeprefix("ask-"))
        if page.locator("form:has([name=token])").count():
            fill_in(page, "form:has([name=token])", item, right=place > 0)
            page.locator("form:has([name=token]) [name=sure][value=yes]").click()
        else:
            page.locator("main a.btn-main, main form button.btn-main").first.click()
        page.wait_for_load_state()


def test_a_learner_takes_the_foundation_and_comes_back_on_day_two(
    page: Page, address: str, parts: Parts, person: Callable[[str, str], str], course: Course, clock: Clock
) -> None:
    sign_in(page, address, person("learner", "zh-CN"), PASSWORD)
    page.goto(f"{address}{COURSE}")
    page.locator(f"form[action$='{COURSE}/start'] button").first.click()
    page.wait_for_load_state()

    for lesson in course.module("foundation").lessons:
        take_lesson(page, address, course, lesson.id)
    take_quiz(page, address, course)

    with parts.database.reading() as session:
        verbs = dict(session.execute(text("SELECT payload, 1 FROM xapi_statements")).all())
        said = " ".join(verbs)
        assert session.scalar(select(func.count()).select_from(Card)) == 32, "two cards a point"
    for verb in ("launched", "initialized", "experienced", "answered", "completed", "passed"):
        assert f'/{verb}"' in said, verb

    clock.now += timedelta(days=2)
    page.context.clear_cookies()
    sign_in(page, address, "learner-zh-cn@desk.test", PASSWORD)
    page.goto(f"{address}/review")
    asked = page.locator("[id^='ask-']").first
    item = course.item((asked.get_attribute("id") or "").removeprefix("ask-"))
    assert page.locator("details:has-text('为什么')").count() == 1
    fill_in(page, "form:has([name=token])", item, right=True)
    page.locator("form:has([name=token]) [name=sure][value=yes]").click()
    page.wait_for_load_state()
    with parts.database.reading() as session:
        reviewed = session.scalar(
            select(func.count()).select_from(Answer).where(Answer.answered_at == clock.now)
        )
    assert reviewed == 1


def take_check(page: Page, address: str, course: Course, check: Check, *, wrong: int = 0) -> None:
    """Take a test of a check from its row on Today, the first questions wrong, and look over each page."""
    page.goto(f"{address}/")
    page.locator(f"main a[href='/checks/{check.uuid}']").first.click()
    page.wait_for_load_state()
    assert faults(page) == []
    page.locator("main .btn-main").click()
    page.wait_for_load_state()
    for place in range(10):
        asked = page.locator("[id^='ask-']").first
        item = course.item((asked.get_attribute("id") or "").removeprefix("ask-"))
        fill_in(page, "form:has([name=token])", item, right=place >= wrong)
        if place == 0:
            assert faults(page) == []
        page.locator("form:has([name=token]) button.btn-main").click()
        page.wait_for_load_state()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_check_is_taken_on_a_phone_and_told_when_its_window_has_closed(
    page: Page,
    address: str,
    parts: Parts,
    person: Callable[[str, str], str],
    course: Course,
    clock: Clock,
    language: str,
) -> None:
    email = person("learner", language)
    checks = checks_of(parts, email)

    clock.now += timedelta(days=7)
    sign_in(page, address, email, PASSWORD)
    take_check(page, address, course, checks["delayed"], wrong=2)
    sealed = page.locator("main").inner_text()
    clock.now += timedelta(days=3)
    page.context.clear_cookies()
    sign_in(page, address, email, PASSWORD)
    page.goto(f"{address}/checks/{checks['delayed'].uuid}")

    assert ("已交卷" if language == "zh-CN" else "Handed in") in sealed and "8" not in sealed
    assert page.locator(".ring").inner_text().strip() == "8/10"
    for fold in page.locator("details.fold").all():
        fold.evaluate("fold => fold.open = true")
    assert faults(page) == []
    page.goto(f"{address}/checks/{checks['immediate'].uuid}")
    assert faults(page) == [], "closed, not taken"


def checks_of(parts: Parts, email: str) -> dict[str, Check]:
    """Somebody's checks of the first module, which they have just finished."""
    with parts.database.writing() as session:
        person = session.scalars(select(Person).where(Person.email == email)).one()
        found = learning.enrolment(session, parts.courses, slug=SLUG, person_id=person.id)
        who = Learner(person.id, Speaker(parts.settings.iri_base, person.uuid))
        progress.start(session, found, learner=who, now=parts.now(), new_id=parts.new_id)
        found = learning.enrolment(session, parts.courses, slug=SLUG, person_id=person.id)
        check_plans.plan_checks(
            session,
            registration_id=found.registered(),
            run=found.run,
            module_id="foundation",
            now=parts.now(),
        )
        return {check.occasion.value: check for check in session.scalars(select(Check))}


def pages_of(course: Course) -> list[str]:
    first = course.lessons[0].id
    return [
        "/",
        "/courses",
        COURSE,
        f"{COURSE}/lessons/{first}",
        f"{COURSE}/modules/foundation/quiz",
        "/review",
        "/checks",
        "/me",
        "/admin/people",
        "/admin/people/new",
        "/manage",
        "/manage/memory",
        "/author",
        f"/author/{SLUG}",
        f"/author/{SLUG}/items/{course.items[0].id}",
        "/admin/xapi",
        "/admin/xapi?person=nobody&registration=1",
        "/admin/xapi/refusals",
        "/admin/xapi/credentials",
        "/admin/xapi/targets",
        "/admin/xapi/privacy",
        "/exports",
        "/nothing-here",
        "/needs",
        *handbook_of(course),
    ]


def handbook_of(course: Course) -> list[str]:
    """The lists of what stands beside the lessons, and one page of each kind that there is."""
    shelf = course.shelf
    kinds = {
        "/glossary": list(shelf.terms),
        "/scripts": list(shelf.scripts),
        "/markets": list(shelf.markets),
        "/practice": list(shelf.scenes),
    }
    return [path for base, ids in kinds.items() for path in (base, *(f"{base}/{id}" for id in ids[:1]))]


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("zh-CN", "light", 390), ("zh-CN", "dark", 1280), ("en", "dark", 390), ("en", "light", 1280)],
)
def test_no_page_has_a_serious_fault_on_a_phone_or_a_desk(
    browser: Browser,
    address: str,
    parts: Parts,
    person: Callable[[str, str], str],
    course: Course,
    language: str,
    scheme: str,
    width: int,
) -> None:
    """Each page in each language, of each width, in each scheme; every two of them together once."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        locale=language,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    found = {"/sign-in": faults(page)}
    sign_in(page, address, person("admin", language), PASSWORD)
    page.goto(f"{address}{COURSE}")
    page.locator(f"form[action$='{COURSE}/start'] button").first.click()
    page.wait_for_load_state()
    for path in pages_of(course):
        page.goto(address + path)
        assert page.locator("html").get_attribute("lang") == language
        found[path] = faults(page)
    context.close()

    assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_scene_and_the_needs_analysis_are_played_on_a_phone(
    page: Page, address: str, parts: Parts, person: Callable[[str, str], str], language: str
) -> None:
    """By clicks, on a course of the tests' own, and looked over at every step."""
    with parts.database.writing() as session:
        small = replace(practice_course(), shelf=shelf(point="point-single"))
        authoring.import_course(session, small, now=parts.now())
    sign_in(page, address, person("learner", language), PASSWORD)
    found: dict[str, list[str]] = {}

    page.goto(f"{address}/practice/en-late-parcel")
    page.locator("main form button").first.click()
    for reply in ("b", "b"):
        page.wait_for_load_state()
        found[f"scene before {reply}"] = faults(page)
        page.locator(f"input[name=reply][value={reply}]").check(force=True)
        page.locator("#turn button.btn-main").click()
    page.locator("#end").wait_for()
    found["scene at its end"] = faults(page)
    assert page.locator("#curve circle").count() == 3

    page.goto(f"{address}/needs")
    page.locator("form[action$='/needs/begin/desk/before'] button").click()
    page.locator("input[name=answer]").first.wait_for()
    found["needs"] = faults(page)
    page.goto(f"{address}/glossary/tracking-number")
    page.locator("[data-listen-none]:not([hidden])").first.wait_for()  # no voice here: it says so
    page.goto(f"{address}/scripts/refund-steps/ja")
    page.locator("[data-copy-text]").click()

    assert {place: said for place, said in found.items() if said} == {}
