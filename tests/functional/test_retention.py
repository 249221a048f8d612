"""The 7-day check through the client: in its window, once, with no feedback before the window closes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from courses.course import Course
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card
from lms.db.retention import Check
from lms.jobs.worker import look_at_checks
from lms.services import check_plans
from lms.services.authoring import import_course
from quizzes.retention import Occasion
from tests.checked_course import checked_course
from tests.conftest import Clock
from tests.practice_course import MODULE, NOTHING, RIGHT, SLUG, WRONG
from xapi.spec.payload import parse_json
from xapi.store.tables import Statement

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
QUIZ = f"/courses/{SLUG}/modules/{MODULE}/quiz"
LESSON = f"/courses/{SLUG}/lessons/first"
DAY = timedelta(days=1)
Enter = Callable[..., FlaskClient]


def kind_and_token(html: str) -> tuple[str, str]:
    kind = re.search(r"The (\w+) question", html)
    token = re.search(r'name="token" value="([^"]+)"', html)
    assert kind and token, html[-2000:]
    return kind[1], token[1]


def answer_at(client: FlaskClient, address: str, answers: dict[str, Any] = RIGHT) -> str:
    kind, token = kind_and_token(client.get(address).text)
    response = client.post(address, data={**answers[kind], "token": token})
    assert response.status_code == 303, response.text
    return response.location


def finish_module(client: FlaskClient) -> None:
    """Take the lesson and the quiz of the course, every answer right."""
    assert client.post(f"/courses/{SLUG}/start").status_code in (302, 303)
    html = client.get(LESSON).text
    token = re.search(r'name="token" value="([^"]+)"', html)
    assert token
    client.post(f"{LESSON}/interactions/in-lesson", data={"answer": "b", "token": token[1]})
    client.post(f"{LESSON}/step", data={"step": "1"})
    address = client.post(QUIZ).location
    base = address.rpartition("/")[0]
    for place in range(1, 100):
        page = client.get(f"{base}/{place}")
        if page.status_code == 404:
            return
        answer_at(client, f"{base}/{place}")


def take(client: FlaskClient, address: str, answers: dict[str, Any] = RIGHT, *, places: int = 100) -> None:
    """Begin a test and answer it, or its first places."""
    assert client.post(address).status_code == 303
    for place in range(1, places + 1):
        page = client.get(f"{address}/{place}")
        if page.status_code != 200:
            return
        answer_at(client, f"{address}/{place}", answers)


def review_next(client: FlaskClient) -> str | None:
    """Answer the review that is served, right; answers the card, None where nothing is."""
    html = client.get("/review?more=1").text
    found = re.search(r'action="/review/([0-9a-f-]{36})/(\d+)', html)
    if not found:
        return None
    kind, token = kind_and_token(html)
    done = client.post(f"/review/{found[1]}/{found[2]}?more=1", data={**RIGHT[kind], "token": token})
    assert done.status_code == 303
    return found[1]


@pytest.fixture
def publish(parts: Parts) -> Callable[[Course], None]:
    def put(course: Course) -> None:
        with parts.database.writing(seconds=60) as session:
            import_course(session, course, now=parts.now())

    return put


@pytest.fixture
def learner(sign_in: Enter, publish: Callable[[Course], None]) -> FlaskClient:
    """Somebody who has just finished the module."""
    publish(checked_course())
    client = sign_in("learner", email="learner@desk.test", timezone="Asia/Shanghai")
    finish_module(client)
    return client


def checks(parts: Parts) -> dict[str, Check]:
    with parts.database.reading() as session:
        return {check.occasion.value: check for check in session.scalars(select(Check))}


def page_of(check: Check) -> str:
    return f"/checks/{check.uuid}"


def said(parts: Parts, word: str) -> list[dict[str, Any]]:
    with parts.database.reading() as session:
        payloads = [
            parse_json(one) for one in session.scalars(select(Statement.payload).order_by(Statement.seq))
        ]
    return [one for one in payloads if word in str(one["object"].get("id", ""))]


def held_cards(parts: Parts) -> set[str]:
    with parts.database.reading() as session:
        return set(session.scalars(select(Card.point_id).where(Card.held_out)))


def test_a_check_is_taken_on_the_day_and_a_week_later(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    made = checks(parts)
    first, second = made["immediate"], made["delayed"]
    assert {first.form.value, second.form.value} == {"A", "B"}
    assert "Check of the day" in learner.get("/").text
    assert "about 3 min" in learner.get(page_of(first)).text

    take(learner, page_of(first))
    sealed = learner.get(page_of(first)).text
    clock.now += 7 * DAY
    assert "7-day check" in learner.get("/").text
    take(learner, page_of(second), {**RIGHT, "single": WRONG["single"], "order": WRONG["order"]})

    assert "Handed in" in sealed and "Result" not in sealed
    done = checks(parts)
    assert done["immediate"].taken_day == first.first_day
    assert done["delayed"].taken_day == first.first_day + 7
    assert len(done["delayed"].marks) == len(done["immediate"].marks) == 10
    points = [{mark[1] for mark in check.marks} for check in done.values()]
    assert points[0] == points[1] and set(second.held_out) <= points[0]
    assert not {mark[0] for mark in done["delayed"].marks} & {mark[0] for mark in done["immediate"].marks}
    statements = said(parts, "/checks/")
    assert [one["object"]["id"].rsplit("/", 1)[1] for one in statements] == [
        first.form.value,
        second.form.value,
    ]
    told = {key.rsplit("/", 1)[1]: value for key, value in statements[1]["context"]["extensions"].items()}
    assert (told["occasion"], told["check-day"], told["form"]) == ("delayed", 7, second.form.value)
    assert statements[1]["result"]["score"]["scaled"] == pytest.approx(
        sum(mark[2] for mark in done["delayed"].marks) / 10, abs=0.3
    )


def test_no_answer_is_told_before_the_window_closes_and_then_all_are(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    made = checks(parts)
    address = page_of(made["delayed"])
    take(learner, page_of(made["immediate"]))
    clock.now += 6 * DAY
    learner.post(address)
    kind, token = kind_and_token(learner.get(f"{address}/1").text)
    after = learner.post(f"{address}/1", data={**WRONG[kind], "token": token}, follow_redirects=True).text
    back = learner.get(f"{address}/1", follow_redirects=True).text
    for place in range(2, 11):
        answer_at(learner, f"{address}/{place}")

    before = [after, back, learner.get(address).text, learner.get("/checks").text, learner.get("/").text]
    clock.now += 4 * DAY
    told = learner.get(address).text

    for page in before:
        assert "Not this one" not in page and "Why the" not in page and "of 10 right" not in page
    assert "You still know 9 of 10" in told and "On the day it was 10 of 10" in told
    assert "Not this one" in told and "Why the" in told
    assert "9 of 10" in learner.get("/").text, "Today points to it"
    assert learner.get(page_of(made["immediate"])).status_code == 200


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "It opens on"),
        (5, "It opens on"),
        (6, "Begin the check"),
        (9, "Begin the check"),
        (10, "This check is closed"),
    ],
)
@ON_SQLITE
def test_the_delayed_test_is_open_from_day_6_to_day_9(
    learner: FlaskClient, parts: Parts, clock: Clock, days: int, words: str
) -> None:
    check = checks(parts)["delayed"]
    clock.now += days * DAY

    page = learner.get(page_of(check)).text
    began = learner.post(page_of(check)).location

    assert words in page
    assert began.endswith("/1") == (words == "Begin the check")


@ON_SQLITE
def test_the_window_ends_at_four_in_the_morning_of_the_persons_zone(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    check = checks(parts)["delayed"]

    assert check.opens_at.isoformat() == "2026-11-28T20:00:00+00:00", "04:00 on the 29th in Shanghai"
    assert check.closes_at.isoformat() == "2026-12-02T20:00:00+00:00", "04:00 on 3 December"
    clock.now = check.closes_at - timedelta(seconds=1)
    assert "Begin the check" in learner.get(page_of(check)).text
    clock.now = check.closes_at
    assert "It was open from Sunday 29 November to Wednesday 2 December" in learner.get(page_of(check)).text


def test_a_check_is_begun_once_gone_on_with_and_closed_with_its_window(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    address = page_of(checks(parts)["delayed"])
    clock.now += 9 * DAY
    take(learner, address, places=3)

    assert learner.get(f"{address}/1").location.endswith("/4")
    assert learner.get(f"{address}/9").location.endswith("/4")
    assert "3 of 10 answered" in learner.get(address).text
    again = learner.post(address)
    kind, token = kind_and_token(learner.get(f"{address}/4").text)
    clock.now += DAY
    late = learner.post(f"{address}/4", data={**RIGHT[kind], "token": token})

    assert again.status_code == 303 and late.location.endswith(address)
    assert "3 of 10 questions were answered" in learner.get(address).text
    with parts.database.reading() as session:
        begun = select(func.count()).select_from(Attempt).where(Attempt.kind == AttemptKind.CHECK)
        given = (
            select(func.count()).select_from(Answer).join(Attempt).where(Attempt.kind == AttemptKind.CHECK)
        )
        assert (session.scalar(begun), session.scalar(given)) == (1, 3)


def test_the_same_answer_sent_twice_counts_once(learner: FlaskClient, parts: Parts) -> None:
    address = page_of(checks(parts)["immediate"])
    learner.post(address)
    kind, token = kind_and_token(learner.get(f"{address}/1").text)
    before = len(said(parts, ""))

    first = learner.post(f"{address}/1", data={**RIGHT[kind], "token": token})
    second = learner.post(f"{address}/1", data={**WRONG[kind], "token": token})

    assert first.location.endswith("/2") and second.location.endswith("/2")
    assert len(said(parts, "")) == before + 1
    with parts.database.reading() as session:
        answers = session.scalars(
            select(Answer.correct).join(Attempt).where(Attempt.kind == AttemptKind.CHECK)
        ).all()
    assert answers == [True]


@ON_SQLITE
def test_a_form_without_an_answer_comes_back_with_what_to_mend(learner: FlaskClient, parts: Parts) -> None:
    address = page_of(checks(parts)["immediate"])
    learner.post(address)
    kind, token = kind_and_token(learner.get(f"{address}/1").text)

    response = learner.post(f"{address}/1", data={**NOTHING[kind], "token": token})

    assert response.status_code == 400
    assert 'class="error"' in response.text and 'name="token"' in response.text


@ON_SQLITE
def test_other_people_find_nothing(learner: FlaskClient, sign_in: Enter, parts: Parts) -> None:
    address = page_of(checks(parts)["immediate"])
    learner.post(address)
    for stranger in (sign_in("learner"), sign_in("admin"), sign_in("manager")):
        for path in (address, f"{address}/1"):
            assert stranger.get(path).status_code == 404
            assert stranger.post(path).status_code == 404
        assert "No checks yet" in stranger.get("/checks").text


# The built-in experiment


def test_held_out_points_are_never_served_before_the_delayed_test_and_are_ordinary_after(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    check = checks(parts)["delayed"]
    held = set(check.held_out)
    assert len(held) == 4 == len(held_cards(parts)) and held == held_cards(parts)
    with parts.database.reading() as session:
        points = dict(session.execute(select(Card.uuid, Card.point_id)).all())
    served: set[str] = set()
    for _ in range(7):
        clock.now += DAY
        while card := review_next(learner):
            served |= {point for uuid, point in points.items() if str(uuid) == card}
    assert len(served) == 12 and not served & held

    take(learner, page_of(check))

    assert held_cards(parts) == set()
    done = checks(parts)["delayed"]
    assert {mark[1] for mark in done.marks if mark[4] == "held_out"} == held
    clock.now += DAY
    assert 'action="/review/' in learner.get("/review").text


def test_a_window_that_closes_releases_what_was_held_out(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    clock.now += 9 * DAY
    look_at_checks(parts)
    before = held_cards(parts)
    clock.now += 2 * DAY
    look_at_checks(parts)

    assert len(before) == 4 and held_cards(parts) == set()
    with parts.database.reading() as session:
        due = session.scalars(select(Card.due_at).where(Card.point_id.in_(before))).all()
    assert {parts.now() < one <= parts.now() + 3 * DAY for one in due} == {True}


def test_a_quiz_taken_again_does_not_ask_about_held_out_points(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    clock.now += 3 * DAY
    attempt = learner.post(QUIZ).location.split("/")[-2]
    held = held_cards(parts)

    with parts.database.reading() as session:
        [items] = [one.item_ids for one in session.scalars(select(Attempt)) if str(one.uuid) == attempt]
    assert len(items) == 12
    assert not {item.rpartition("-")[0] for item in items} & held


@ON_SQLITE
def test_points_that_everybody_must_know_are_never_held_out(
    sign_in: Enter, publish: Callable[[Course], None], parts: Parts
) -> None:
    must = tuple(f"point-{n + 1:02}" for n in range(14))
    publish(checked_course(compliance=must))

    finish_module(sign_in("learner"))

    assert held_cards(parts) == {"point-15", "point-16"}


@ON_SQLITE
def test_a_module_with_too_few_items_has_no_check(
    sign_in: Enter, publish: Callable[[Course], None], parts: Parts
) -> None:
    publish(checked_course(points=9))

    finish_module(sign_in("learner"))

    assert checks(parts) == {} and held_cards(parts) == set()


def test_the_experiment_can_be_switched_off_by_an_administrator(
    learner: FlaskClient, sign_in: Enter, parts: Parts
) -> None:
    admin = sign_in("admin")
    assert "Switch it off" in admin.get("/manage/memory").text
    assert len(held_cards(parts)) == 4

    assert admin.post("/manage/memory/experiment", data={"experiment": "off"}).status_code == 303

    assert held_cards(parts) == set()
    finish_module(sign_in("learner"))
    assert held_cards(parts) == set()
    with parts.database.reading() as session:
        assert session.scalars(select(Check.held_out).order_by(Check.id.desc()).limit(1)).one() == []
    manager = sign_in("manager")
    assert "Switch it" not in manager.get("/manage/memory").text
    assert manager.post("/manage/memory/experiment", data={"experiment": "on"}).status_code == 404


def test_what_was_practised_all_the_same_is_in_neither_arm(
    learner: FlaskClient, sign_in: Enter, parts: Parts, clock: Clock
) -> None:
    """Switched off in the middle of the window, held-out points are reviewed: they prove nothing then."""
    check = checks(parts)["delayed"]
    with parts.database.writing() as session:
        check_plans.switch_experiment(session, on=False)
    clock.now += 4 * DAY
    while review_next(learner):
        pass
    clock.now += 3 * DAY
    take(learner, page_of(check))

    arms = {mark[1]: mark[4] for mark in checks(parts)["delayed"].marks}
    assert {arms[point] for point in check.held_out} == {"exposed"}


def test_cards_held_out_of_a_module_that_nobody_finishes_are_served_in_the_end(
    sign_in: Enter, publish: Callable[[Course], None], parts: Parts, clock: Clock
) -> None:
    publish(checked_course())
    client = sign_in("learner")
    client.post(f"/courses/{SLUG}/start")
    base = client.post(QUIZ).location.rpartition("/")[0]
    for place in range(1, 17):
        answer_at(client, f"{base}/{place}")
    assert len(held_cards(parts)) == 4 and checks(parts) == {}

    clock.now += (check_plans.LONGEST_WAIT - 1) * DAY
    look_at_checks(parts)
    kept = len(held_cards(parts))
    clock.now += 3 * DAY
    look_at_checks(parts)

    assert kept == 4 and held_cards(parts) == set()


@ON_SQLITE
def test_pages_ask_the_database_at_most_twelve_times(
    learner: FlaskClient, parts: Parts, clock: Clock, count_queries: Callable[[], int], sign_in: Enter
) -> None:
    made = checks(parts)
    take(learner, page_of(made["immediate"]))
    clock.now += 7 * DAY
    address = page_of(made["delayed"])
    learner.post(address)
    asked: dict[str, int] = {}

    def ask(client: FlaskClient, path: str) -> None:
        count_queries()
        assert client.get(path).status_code == 200
        asked[path] = count_queries()

    for path in ("/", "/checks", address, f"{address}/1"):
        ask(learner, path)
    take(learner, address)
    clock.now += 4 * DAY
    ask(learner, address)
    ask(sign_in("admin"), "/manage/memory")

    assert {path: number for path, number in asked.items() if number > 12} == {}


@ON_SQLITE
def test_the_immediate_test_is_of_one_day(learner: FlaskClient, parts: Parts, clock: Clock) -> None:
    check = checks(parts)["immediate"]
    clock.now += DAY

    page = learner.get(page_of(check)).text

    assert "It was of Monday 23 November alone" in page
    assert learner.post(page_of(check)).location.endswith(page_of(check))
    assert check.occasion is Occasion.IMMEDIATE


@ON_SQLITE
def test_a_person_deleted_takes_their_checks_along(learner: FlaskClient, parts: Parts) -> None:
    take(learner, page_of(checks(parts)["immediate"]))
    with parts.database.writing() as session:
        session.delete(session.scalars(select(Person).where(Person.email == "learner@desk.test")).one())

    assert checks(parts) == {}
