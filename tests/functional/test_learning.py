"""Today, courses and lessons through the browser's eyes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from courses.course import Course, Lesson
from courses.library import SHIPPED
from courses.reader import media_files, read_course
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.assignments import Assignment, ModuleResult, Registration
from lms.db.learning import CourseVersion, LessonProgress
from lms.db.quizzes import Card
from lms.services import authoring
from quizzes.grading import correct_response
from quizzes.item import Item

FOLDER = SHIPPED / "service-desk"
SignIn = Callable[..., FlaskClient]


@pytest.fixture(scope="module")
def shipped() -> Course:
    return read_course(FOLDER)


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    return media_files(FOLDER)


@pytest.fixture
def course(parts: Parts, shipped: Course, pictures: dict[str, bytes]) -> Course:
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, shipped, now=parts.now(), media=pictures)
    return shipped


@pytest.fixture
def person(make_person: Callable[..., Person]) -> Person:
    return make_person("learner", name="Lin Yue")


@pytest.fixture
def browser(sign_in: SignIn, person: Person) -> FlaskClient:
    return sign_in(person)


def page(client: FlaskClient, url: str, status: int = 200) -> str:
    """The words of a page, its tags taken out; no-break spaces become spaces."""
    response = client.get(url)
    assert response.status_code == status, response.text[:500]
    main = response.text.split("<main", 1)[1]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def lesson_url(lesson: Lesson) -> str:
    return f"/courses/service-desk/lessons/{lesson.id}"


def open_all(client: FlaskClient, lesson: Lesson) -> None:
    for step in range(2, len(lesson.steps["en"]) + 1):
        response = client.post(f"{lesson_url(lesson)}/step", data={"step": step})
        assert response.status_code == 302, response.text


def form_of(item: Item) -> dict[str, object]:
    """What a right answer posts."""
    response = correct_response(item)
    match item.type:
        case "order":
            return {f"place-{choice}": n for n, choice in enumerate(response, 1)}
        case "match":
            return {f"pair-{left}": right for left, right in response.items()}
        case "cloze":
            return {f"gap-{gap}": text for gap, text in response.items()}
        case _:
            return {"answer": response}


def answer(client: FlaskClient, lesson: Lesson, item: Item) -> None:
    html = client.get(lesson_url(lesson)).text
    action = f"{lesson_url(lesson)}/interactions/{item.id}"
    form = html.split(f'action="{action}#item-{item.id}"', 1)[1].split("</form>", 1)[0]
    token = re.search(r'name="token" value="([^"]+)"', form)
    assert token is not None
    response = client.post(action, data={"token": unescape(token[1]), **form_of(item)})
    assert response.status_code == 303 and response.location.endswith(f"#item-{item.id}")


def assign(parts: Parts, person: Person, *, soft: date | None = None, hard: date | None = None) -> None:
    with parts.database.writing() as session:
        course_id = session.scalars(select(CourseVersion.course_id)).first()
        session.add(
            Assignment(
                uuid=uuid4(),
                person_id=person.id,
                course_id=course_id,
                assigned_at=parts.now(),
                soft_due=soft,
                hard_due=hard,
            )
        )


def due_cards(parts: Parts, person: Person, count: int, *, after: timedelta = timedelta(hours=-1)) -> None:
    with parts.database.writing() as session:
        course_id = session.scalars(select(CourseVersion.course_id)).first()
        for n in range(count):
            session.add(
                Card(
                    uuid=uuid4(),
                    person_id=person.id,
                    course_id=course_id,
                    item_id=f"item-{after}-{n}",
                    point_id=f"point-{after}-{n}",
                    due_at=parts.now() + after,
                    first_day=20000,
                )
            )


def finish_course(parts: Parts, course: Course) -> None:
    """As if every lesson were finished and every quiz passed, in the one registration there is."""
    with parts.database.writing() as session:
        registration = session.scalars(select(Registration)).one()
        for lesson in course.lessons:
            session.add(
                LessonProgress(
                    registration_id=registration.id,
                    lesson_id=lesson.id,
                    course_version_id=registration.course_version_id,
                    step_reached=6,
                    opened_at=parts.now(),
                    updated_at=parts.now(),
                    completed_at=parts.now(),
                )
            )
        for module in course.modules:
            session.add(
                ModuleResult(
                    registration_id=registration.id,
                    module_id=module.id,
                    best_score=0.9,
                    passed_at=parts.now(),
                    completed_at=parts.now(),
                )
            )


@contextmanager
def queries(parts: Parts) -> Iterator[list[str]]:
    sent: list[str] = []

    def listen(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            sent.append(sql)

    for engine in parts.database.engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        for engine in parts.database.engines:
            event.remove(engine, "before_cursor_execute", listen)


# Today


def test_today_of_somebody_without_a_course_says_where_to_begin(browser: FlaskClient) -> None:
    words = page(browser, "/")

    assert "Good afternoon, Lin Yue" in words  # 09:00 UTC is 17:00 in Shanghai
    assert "Monday 23 November" in words
    assert "No course has been assigned to you yet" in words
    assert "Choose a course" in words


def test_today_has_one_number_and_one_button(
    browser: FlaskClient, parts: Parts, person: Person, course: Course
) -> None:
    assign(parts, person)

    html = browser.get("/").text

    minutes = min(5, course.lessons[0].minutes)
    assert f'<p class="plan-number num">{minutes}<span>' in html
    assert html.count("btn-on-deep") == 1
    assert f'href="{lesson_url(course.lessons[0])}"' in html


def test_today_puts_reviews_first_and_the_lesson_where_it_fits(
    browser: FlaskClient, parts: Parts, person: Person, course: Course
) -> None:
    assign(parts, person)
    due_cards(parts, person, 40)

    html = browser.get("/").text
    words = page(browser, "/")

    assert "For today 5 minutes" in words
    assert 'btn-on-deep" href="/review"' in html
    assert "A little more, if you like" in words
    assert "more wait; they come on the next days" in words


def test_a_late_course_says_by_how_many_working_days(
    browser: FlaskClient, parts: Parts, person: Person, course: Course
) -> None:
    assign(parts, person, soft=date(2026, 11, 18), hard=date(2026, 11, 20))

    words = page(browser, "/")

    assert "1 working day late" in words
    assert "was due on 20 Nov, still open" in words


def test_a_suggested_date_is_no_deadline(
    browser: FlaskClient, parts: Parts, person: Person, course: Course
) -> None:
    assign(parts, person, soft=date(2026, 12, 5))

    words = page(browser, "/")

    assert "suggested date, not a deadline" in words
    assert "5 Dec" in words
    assert "late" not in words


def test_when_nothing_is_due_today_says_when_the_next_reviews_come(
    browser: FlaskClient, parts: Parts, person: Person, course: Course
) -> None:
    browser.post("/courses/service-desk/start")
    finish_course(parts, course)
    due_cards(parts, person, 3, after=timedelta(days=2))

    words = page(browser, "/")

    assert "Nothing is due today" in words
    assert "The next reviews are planned for Wednesday 25 November: 3." in words
    assert "Your courses" not in words


def test_the_week_shows_days_off_and_the_chart_has_its_table(browser: FlaskClient, course: Course) -> None:
    html = browser.get("/").text

    assert html.count('<li class="rest">') == 2
    assert "Model figures" in html and "<table" in html and 'role="img"' in html


def test_today_greets_in_chinese(
    sign_in: SignIn, make_person: Callable[..., Person], parts: Parts, course: Course
) -> None:
    zh = make_person("learner", name="林悦", language="zh-CN")
    assign(parts, zh, hard=date(2026, 11, 20))

    html = sign_in(zh).get("/").text

    assert '<html lang="zh-CN"' in html
    assert course.title["zh-CN"] in html
    assert "11\u00a0月\u00a023\u00a0日" in html


# Courses


def test_courses_lists_what_is_published_and_a_get_writes_nothing(
    browser: FlaskClient, parts: Parts, course: Course
) -> None:
    words = page(browser, "/courses")
    page(browser, "/courses/service-desk")
    page(browser, lesson_url(course.lessons[0]))

    assert course.title["en"] in words and course.summary["en"] in words
    with parts.database.reading() as session:
        for table in (Assignment, Registration, LessonProgress):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_without_a_course_the_list_says_so(browser: FlaskClient) -> None:
    assert "There is no course yet" in page(browser, "/courses")


def test_a_course_says_what_is_done_and_what_is_missing(
    browser: FlaskClient, parts: Parts, course: Course
) -> None:
    lessons = len(course.modules[0].lessons)
    assert "Start the course" in page(browser, "/courses/service-desk")

    started = browser.post("/courses/service-desk/start")

    assert started.location == lesson_url(course.lessons[0])
    words = page(browser, "/courses/service-desk")
    assert f"0 of {lessons + 1} done: {lessons} lessons and the quiz are missing" in words

    finish_course(parts, course)
    with parts.database.writing() as session:
        module = course.modules[0].id
        taken_back = update(ModuleResult).values(best_score=None, passed_at=None)
        session.execute(taken_back.where(ModuleResult.module_id == module))
    assert f"{lessons} of {lessons + 1} done: the quiz is missing" in page(browser, "/courses/service-desk")


def test_a_prerequisite_is_said_in_words_and_bars_nothing(
    browser: FlaskClient, parts: Parts, shipped: Course, pictures: dict[str, bytes]
) -> None:
    first = shipped.modules[0]
    half = len(first.lessons) // 2
    later = replace(
        first,
        id="later",
        requires=(first.id,),
        items=(),
        lessons=tuple(replace(lesson, module="later") for lesson in first.lessons[half:]),
    )
    split = replace(shipped, modules=(replace(first, lessons=first.lessons[:half]), later))
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, split, now=parts.now(), media=pictures)
    browser.post("/courses/service-desk/start", data={"lesson": later.lessons[0].id})

    assert f"Meant to come after {first.title['en']}" in page(browser, "/courses/service-desk")
    assert "Meant to come after" in page(browser, lesson_url(later.lessons[0]))
    step = browser.post(f"{lesson_url(later.lessons[0])}/step", data={"step": 2})
    assert step.status_code == 302


# Lessons


def test_a_lesson_begins_with_what_one_can_do_afterwards_and_a_start(
    browser: FlaskClient, course: Course
) -> None:
    lesson = course.lessons[1]

    words = page(browser, lesson_url(lesson))
    started = browser.post("/courses/service-desk/start", data={"lesson": lesson.id})

    assert lesson.outcome["en"] in words and "Start the lesson" in words
    assert lesson.steps["en"][0].heading not in words
    assert started.location == lesson_url(lesson)


def test_steps_open_one_by_one_and_the_page_comes_back_to_the_place(
    browser: FlaskClient, course: Course
) -> None:
    lesson = course.lessons[0]
    browser.post("/courses/service-desk/start")

    first = browser.get(lesson_url(lesson)).text
    opened = browser.post(f"{lesson_url(lesson)}/step", data={"step": 2})
    second = browser.get(lesson_url(lesson)).text

    assert 'id="step-1"' in first and 'id="step-2"' not in first
    assert opened.location == f"{lesson_url(lesson)}#step-2"
    assert 'id="step-2"' in second and 'id="step-3"' not in second
    assert f'href="{lesson_url(lesson)}#step-2"' in browser.get("/").text
    assert f'href="{lesson_url(lesson)}#step-2"' in browser.get("/courses/service-desk").text


def test_a_lesson_is_finished_with_its_steps_and_its_questions(browser: FlaskClient, course: Course) -> None:
    lesson = next(lesson for lesson in course.lessons if lesson.interactions)
    browser.post("/courses/service-desk/start")
    open_all(browser, lesson)

    before = page(browser, lesson_url(lesson))
    for item_id in lesson.interactions:
        answer(browser, lesson, course.item(item_id))
    after = page(browser, lesson_url(lesson))

    assert "still to be answered right" in before and "To the open question" in before
    assert "Lesson finished" in after
    assert "Next lesson" in after
    assert "Finished" in page(browser, "/courses/service-desk")


def test_after_the_last_lesson_the_quiz_follows(browser: FlaskClient, course: Course) -> None:
    module = course.modules[0]
    lesson = module.lessons[-1]
    browser.post("/courses/service-desk/start")
    open_all(browser, lesson)
    for item_id in lesson.interactions:
        answer(browser, lesson, course.item(item_id))

    html = browser.get(lesson_url(lesson)).text

    assert f'href="/courses/service-desk/modules/{module.id}/quiz"' in html
    assert "Go to the quiz" in html


def test_pictures_keep_their_type_and_cannot_run_anything(browser: FlaskClient, course: Course) -> None:
    with_picture = next(
        lesson
        for lesson in course.lessons
        if any("media/" in getattr(block, "html", "") for step in lesson.steps["en"] for block in step.blocks)
    )
    browser.post("/courses/service-desk/start")
    open_all(browser, with_picture)
    found = re.search(r'src="(/courses/[^"]+)"', browser.get(lesson_url(with_picture)).text)
    assert found is not None

    response = browser.get(found[1])
    again = browser.get(found[1], headers={"If-None-Match": response.headers["ETag"]})

    assert response.content_type == "image/svg+xml"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert again.status_code == 304
    page(browser, found[1] + "x", status=404)


# What is refused


@pytest.mark.parametrize(
    "url",
    [
        "/courses/no-such-course",
        "/courses/no-such-course/lessons/x",
        "/courses/service-desk/lessons/no-such-lesson",
        "/courses/service-desk/versions/0/media/x.svg",
    ],
)
def test_what_does_not_exist_is_not_found(browser: FlaskClient, course: Course, url: str) -> None:
    page(browser, url, status=404)


@pytest.mark.parametrize("step", ["", "x", "0", "-1", "100", "3", "2.5"])
def test_a_wrong_step_is_refused(browser: FlaskClient, course: Course, step: str) -> None:
    browser.post("/courses/service-desk/start")

    response = browser.post(f"{lesson_url(course.lessons[0])}/step", data={"step": step})

    assert response.status_code == 400


def test_a_step_before_the_start_is_a_conflict(browser: FlaskClient, course: Course) -> None:
    response = browser.post(f"{lesson_url(course.lessons[0])}/step", data={"step": 2})

    assert response.status_code == 409


def test_somebody_elses_progress_is_not_shown(browser: FlaskClient, sign_in: SignIn, course: Course) -> None:
    lesson = course.lessons[0]
    browser.post("/courses/service-desk/start")
    browser.post(f"{lesson_url(lesson)}/step", data={"step": 2})

    other = sign_in("learner")

    assert "Start the lesson" in page(other, lesson_url(lesson))
    assert "No course has been assigned" in page(other, "/")


@pytest.mark.parametrize("url", ["/", "/courses", "/courses/service-desk"])
def test_pages_lead_to_the_sign_in_first(client: FlaskClient, course: Course, url: str) -> None:
    response = client.get(url)

    assert response.status_code == 302 and response.location.startswith("/sign-in")


# How much is asked of the database


@pytest.mark.parametrize(
    ("url", "most"),
    [("/", 6), ("/courses", 5), ("/courses/service-desk", 5), ("lesson", 7)],
)
def test_pages_ask_few_queries(
    browser: FlaskClient, parts: Parts, course: Course, url: str, most: int
) -> None:
    browser.post("/courses/service-desk/start")
    path = lesson_url(course.lessons[0]) if url == "lesson" else url
    browser.get(path)

    with queries(parts) as sent:
        browser.get(path)

    assert len(sent) <= most, "\n".join(sent)
