"""Quizzes, reviews and interactions through the client, as a browser uses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from courses.course import Course
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.assignments import ModuleResult, Registration
from lms.db.quizzes import Answer, Attempt, Card, Confidence, Review
from lms.services import attempts
from lms.services.authoring import import_course
from tests.conftest import Clock
from tests.practice_course import MODULE, NOTHING, RIGHT, SLUG, TYPES, WRONG, practice_course, practice_item
from xapi.store.tables import Statement

QUIZ = f"/courses/{SLUG}/modules/{MODULE}/quiz"
LESSON = f"/courses/{SLUG}/lessons/first"


@pytest.fixture
def publish(parts: Parts) -> Callable[..., None]:
    def put(course: Course | None = None) -> None:
        with parts.database.writing(seconds=60) as session:
            import_course(session, course or practice_course(), now=parts.now())

    return put


@pytest.fixture
def learner(sign_in: Callable[..., FlaskClient], publish: Callable[..., None]) -> FlaskClient:
    """Somebody who has started the course."""
    publish()
    client = sign_in("learner", timezone="Asia/Shanghai")
    assert client.post(f"/courses/{SLUG}/start").status_code in (302, 303)
    return client


@contextmanager
def reading(parts: Parts) -> Iterator[Session]:
    with parts.database.reading() as session:
        yield session


def count(parts: Parts, table: type[Any]) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def start(client: FlaskClient) -> str:
    """Start or resume the quiz; answer the address of the question that is open."""
    response = client.post(QUIZ)
    assert response.status_code == 303
    return response.location


def token(html: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def kind_of(html: str) -> str:
    """Which type a page asks; the stem of each item of the test course says it."""
    found = re.search(r"The (\w+) question", html)
    assert found is not None
    return found[1]


def answer(client: FlaskClient, address: str, answers: dict[str, Any] = RIGHT, **more: str) -> str:
    """Answer the question at an address; answer where the browser is sent."""
    html = client.get(address).text
    form = {**answers[kind_of(html)], "token": token(html), **more}
    response = client.post(address, data=form)
    assert response.status_code == 303, response.text
    return response.location


def next_address(html: str) -> str:
    found = re.search(r'<a class="btn btn-main[^"]*" href="([^"]+)"', html)
    assert found is not None
    return found[1]


def take_quiz(client: FlaskClient, *, wrong: tuple[str, ...] = ()) -> str:
    """Answer the whole quiz, some types wrong; answer the address of the result."""
    address = start(client)
    for _ in TYPES:
        kind = kind_of(client.get(address).text)
        told = answer(client, address, WRONG if kind in wrong else RIGHT)
        address = next_address(client.get(told).text)
    return address


# The quiz


def test_a_quiz_is_taken_from_start_to_result(learner: FlaskClient, parts: Parts) -> None:
    assert "8 questions" in learner.get(QUIZ).text

    result = learner.get(take_quiz(learner, wrong=("single",)))

    assert "7<small> of 8 right" in result.text
    assert "Passed" in result.text
    with parts.database.reading() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert attempt.passed and attempt.score == pytest.approx(7 / 8)
        module = session.scalars(select(ModuleResult)).one()
        assert module.passed_at == parts.now() and module.best_score == pytest.approx(7 / 8)


def test_a_quiz_under_the_mark_is_not_passed_and_can_be_taken_again(
    learner: FlaskClient, parts: Parts
) -> None:
    result = learner.get(take_quiz(learner, wrong=tuple(TYPES)))

    assert "Not passed yet" in result.text
    again = start(learner)
    assert again.endswith("/1")
    assert count(parts, Attempt) == 2
    assert "Take it again" not in learner.get(QUIZ).text  # it is open: "Continue the quiz"


@pytest.mark.parametrize("kind", list(TYPES))
def test_each_type_is_asked_answered_and_explained(
    kind: str, sign_in: Callable[..., FlaskClient], publish: Callable[..., None], parts: Parts
) -> None:
    publish(practice_course(kinds=(kind,), siblings=()))
    client = sign_in()
    client.post(f"/courses/{SLUG}/start")
    address = start(client)

    asked = client.get(address).text
    refused = client.post(address, data={**NOTHING[kind], "token": token(asked)})
    told = client.get(answer(client, address, WRONG)).text

    for page in (asked, refused.text):  # nothing tells what is right before the answer
        assert "Why the" not in page
        assert "choice-right" not in page and "order-right" not in page
        assert "The buyer sees" not in page and "Eighteen" not in page
    assert refused.status_code == 400 and 'role="alert"' in refused.text
    assert f"Why the {kind} answer is right" in told
    assert "choice-right" in told or "order-wrong" in told or "choice-wrong" in told
    with parts.database.reading() as session:
        stored = session.scalars(select(Answer)).one()
        assert not stored.correct and stored.score < 1


@pytest.mark.parametrize("kind", list(TYPES))
def test_each_type_answered_right_says_so(
    kind: str, sign_in: Callable[..., FlaskClient], publish: Callable[..., None]
) -> None:
    publish(practice_course(kinds=(kind,), siblings=()))
    client = sign_in()
    client.post(f"/courses/{SLUG}/start")

    told = client.get(answer(client, start(client))).text

    assert "<strong>Right.</strong>" in told
    assert "choice-wrong" not in told and "order-wrong" not in told


def test_what_was_typed_comes_back_with_the_message(
    sign_in: Callable[..., FlaskClient], publish: Callable[..., None]
) -> None:
    publish(practice_course(kinds=("numeric",), siblings=()))
    client = sign_in()
    client.post(f"/courses/{SLUG}/start")
    address = start(client)

    page = client.post(address, data={"answer": "quite soon", "token": "x"})

    assert page.status_code == 400
    assert 'value="quite soon"' in page.text
    assert "Write a number" in page.text


def test_a_double_submit_keeps_the_first_answer(learner: FlaskClient, parts: Parts) -> None:
    address = start(learner)
    html = learner.get(address).text
    kind = kind_of(html)

    first = learner.post(address, data={**WRONG[kind], "token": token(html)})
    second = learner.post(address, data={**RIGHT[kind], "token": token(html)})

    assert first.location == second.location
    assert (count(parts, Answer), count(parts, Review)) == (1, 1)
    with parts.database.reading() as session:
        assert not session.scalars(select(Answer)).one().correct


def test_an_answer_overtaken_by_another_keeps_the_first(
    learner: FlaskClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = start(learner)
    plan = attempts.plan_answer

    def overtaken(session: Session, asked: attempts.AskedQuestion, **given: Any) -> Any:
        planned = plan(session, asked, **given)
        if "lock" not in given:  # the page's own plan: somebody else answers before it is kept
            with parts.database.writing() as other:
                attempts.answer_question(
                    other, parts.courses, attempt_uuid=asked.attempt, place=asked.place, **given
                )
        return planned

    monkeypatch.setattr(attempts, "plan_answer", overtaken)
    told = answer(learner, address)

    assert told == address
    assert (count(parts, Answer), count(parts, Review)) == (1, 1)
    assert "Right." in learner.get(told).text


def test_the_back_button_shows_the_stored_answer(learner: FlaskClient) -> None:
    address = start(learner)
    answer(learner, address)

    page = learner.get(address).text

    assert '<form class="stack" method="post"' not in page
    assert "Right." in page


def test_two_tabs_share_one_attempt_and_resume_where_it_stands(learner: FlaskClient, parts: Parts) -> None:
    one, other = start(learner), start(learner)
    answer(learner, one)

    resumed = start(learner)

    assert one == other
    assert resumed == one.removesuffix("/1") + "/2"
    assert count(parts, Attempt) == 1
    assert "1 of 8 questions answered" in learner.get(QUIZ).text


def test_no_question_is_reached_before_its_turn(learner: FlaskClient) -> None:
    first = start(learner)
    fifth = first.removesuffix("1") + "5"

    assert learner.get(fifth).location == first
    html = learner.get(first).text
    response = learner.post(fifth, data={**RIGHT["numeric"], "token": token(html)})
    assert response.status_code in (400, 409)


def test_a_quiz_needs_the_course_to_be_started(
    sign_in: Callable[..., FlaskClient], publish: Callable[..., None]
) -> None:
    publish()
    client = sign_in()

    assert client.get(QUIZ).location == f"/courses/{SLUG}"
    assert client.post(QUIZ).status_code == 409


def test_other_peoples_attempts_and_cards_are_not_there(
    learner: FlaskClient, sign_in: Callable[..., FlaskClient], parts: Parts, clock: Clock
) -> None:
    question = start(learner)
    told = answer(learner, question)
    clock.now += timedelta(days=3)
    with parts.database.reading() as session:
        card = session.scalars(select(Card)).first()
        assert card is not None
    strangers = [sign_in(role) for role in ("learner", "manager", "trainer", "admin")]

    for stranger in strangers:
        stranger.post(f"/courses/{SLUG}/start")
        for address in (question, told, question.rsplit("/", 1)[0], f"/review/{card.uuid}/{card.sequence}"):
            assert stranger.get(address).status_code == 404
            if address.count("/") > 2 and address != question.rsplit("/", 1)[0]:
                assert stranger.post(address, data={"answer": "b"}).status_code == 404


def test_the_response_time_is_the_servers(learner: FlaskClient, parts: Parts, clock: Clock) -> None:
    address = start(learner)
    html = learner.get(address).text
    clock.now += timedelta(seconds=7)

    learner.post(address, data={**RIGHT[kind_of(html)], "token": token(html), "sure": "yes"})

    with parts.database.reading() as session:
        stored = session.scalars(select(Answer)).one()
        assert (stored.response_ms, stored.confidence) == (7000, Confidence.SURE)


# Reviews


def test_cards_come_back_on_days_two_and_five_and_then_by_the_model(
    sign_in: Callable[..., FlaskClient], publish: Callable[..., None], parts: Parts, clock: Clock
) -> None:
    publish(practice_course(kinds=("single",), siblings=()))
    client = sign_in("learner", timezone="UTC")
    client.post(f"/courses/{SLUG}/start")
    answer(client, start(client))
    monday = clock.now

    assert "Nothing is due now" in client.get("/review").text
    clock.now = monday + timedelta(days=1)
    assert "Nothing is due now" in client.get("/review").text
    clock.now = monday + timedelta(days=2)
    wednesday = client.get("/review").text
    assert "this is day 2 after you met it" in wednesday
    review(client)
    clock.now = monday + timedelta(days=3)
    assert "Nothing is due now" in client.get("/review").text
    clock.now = monday + timedelta(days=4)  # day 5 is a Saturday: the Friday before is taken
    assert "this is day 4 after you met it" in client.get("/review").text
    review(client)
    with parts.database.reading() as session:
        card = session.scalars(select(Card)).one()
        assert (card.plan_left, card.sequence) == (0, 3)
        assert card.due_at > clock.now + timedelta(days=5)
        reviews = session.scalars(select(Review).order_by(Review.sequence)).all()
        assert [one.algorithm for one in reviews] == ["fsrs-6"] * 3
        assert reviews[0].predicted is None and 0.5 < (reviews[1].predicted or 0) < 1


def review(client: FlaskClient, answers: dict[str, Any] = RIGHT, **more: str) -> str:
    """Answer the card that is asked; answer the address of its answer page."""
    html = client.get("/review").text
    found = re.search(r'action="(/review/[^"]+)"', html)
    assert found is not None, html
    response = client.post(found[1], data={**answers[kind_of(html)], "token": token(html), **more})
    assert response.status_code == 303
    return response.location


def test_a_card_not_known_is_served_again_within_minutes(
    sign_in: Callable[..., FlaskClient], publish: Callable[..., None], clock: Clock
) -> None:
    publish(practice_course(kinds=("single",), siblings=()))
    client = sign_in("learner", timezone="UTC")
    client.post(f"/courses/{SLUG}/start")
    answer(client, start(client), WRONG)
    clock.now += timedelta(days=2)

    told = client.get(review(client, WRONG, sure="yes")).text
    again = client.get("/review").text

    assert "You were sure, so it deserves a second look" in told
    assert "Comes back in about" in told
    assert "The single question" in again
    assert "met this a few minutes ago" in again


def test_a_review_sent_twice_counts_once(
    sign_in: Callable[..., FlaskClient], publish: Callable[..., None], parts: Parts, clock: Clock
) -> None:
    publish(practice_course(kinds=("single",), siblings=()))
    client = sign_in("learner", timezone="UTC")
    client.post(f"/courses/{SLUG}/start")
    answer(client, start(client))
    clock.now += timedelta(days=2)
    html = client.get("/review").text
    found = re.search(r'action="(/review/[^"]+)"', html)
    assert found is not None

    one = client.post(found[1], data={**RIGHT["single"], "token": token(html)})
    two = client.post(found[1], data={**WRONG["single"], "token": token(html)})

    assert one.location == two.location
    assert count(parts, Review) == 2
    assert "Right." in client.get(found[1]).text


def test_today_asks_for_no_more_than_the_persons_minutes(
    learner: FlaskClient, parts: Parts, clock: Clock
) -> None:
    take_quiz(learner)
    with parts.database.writing() as session:
        person = session.scalars(select(Person)).one()
        person.daily_minutes = 1
    clock.now += timedelta(days=2)

    for _ in range(3):  # 20 seconds each
        review(learner)
    full = learner.get("/review")

    assert "minutes for today are full" in full.text
    assert "5 more cards are due" in full.text
    assert "question</" in learner.get("/review?more=1").text


def test_without_cards_the_page_says_where_they_come_from(sign_in: Callable[..., FlaskClient]) -> None:
    assert "Cards are made from the questions of your quizzes" in sign_in().get("/review").text


# Lessons


def test_an_interaction_may_be_tried_again_until_it_is_right(learner: FlaskClient, parts: Parts) -> None:
    learner.post(f"{LESSON}/step", data={"step": "1"})
    address = f"{LESSON}/interactions/in-lesson"

    page = learner.get(LESSON).text
    wrong = learner.post(address, data={**WRONG["single"], "token": token(page)})
    again = learner.get(LESSON).text
    learner.post(address, data={**RIGHT["single"], "token": token(again)})
    done = learner.get(LESSON).text

    assert wrong.location == f"{LESSON}#item-in-lesson"
    assert "Not yet. Try it again." in again and "Asking comes later." in again
    assert "choice-right" not in again
    assert "choice-right" in done and "Lesson finished" in done
    assert (count(parts, Answer), count(parts, Card)) == (2, 0)
    with parts.database.reading() as session:
        assert [one.aided for one in session.scalars(select(Answer).order_by(Answer.id))] == [False, True]


def test_an_interaction_sent_twice_is_one_try(learner: FlaskClient, parts: Parts) -> None:
    address = f"{LESSON}/interactions/in-lesson"
    form = {**WRONG["single"], "token": token(learner.get(LESSON).text)}

    learner.post(address, data=form)
    learner.post(address, data=form)

    assert count(parts, Attempt) == 1


def test_an_empty_interaction_is_asked_for_and_not_kept(learner: FlaskClient, parts: Parts) -> None:
    form = {"token": token(learner.get(LESSON).text)}

    refused = learner.post(f"{LESSON}/interactions/in-lesson", data=form)

    assert refused.status_code == 400
    assert refused.text.count("Choose an answer first.") == 1
    assert count(parts, Answer) == 0


@pytest.mark.parametrize("why", ["a gap is empty", "the page was too old"])
def test_an_interaction_that_is_refused_keeps_what_was_typed(
    sign_in: Callable[..., FlaskClient], publish: Callable[..., None], parts: Parts, why: str
) -> None:
    course = practice_course(kinds=("single",), siblings=())
    module = course.modules[0]
    two_gaps = {
        "text": {"en": "In {{g1}} {{g2}}.", "zh-CN": "在 {{g1}} {{g2}} 内。"},
        "gaps": [*TYPES["cloze"]["gaps"], {"id": "g2", "accepted": {"en": ["minutes"], "zh-CN": ["分钟"]}}],
    }
    item = practice_item("cloze", id="in-lesson", form="lesson", point=module.items[0].point, given=two_gaps)
    publish(replace(course, modules=(replace(module, items=(module.items[0], item)),)))
    learner = sign_in("learner")
    learner.post(f"/courses/{SLUG}/start")
    fresh = token(learner.get(LESSON).text)
    typed = {"gap-g1": "seventy <b>seven", "gap-g2": "" if why == "a gap is empty" else "days"}

    refused = learner.post(
        f"{LESSON}/interactions/in-lesson",
        data={**typed, "token": fresh if why == "a gap is empty" else "of yesterday"},
    )

    assert refused.status_code == 400
    assert 'value="seventy &lt;b&gt;seven"' in refused.text
    assert ("Fill each gap first." in refused.text) == (why == "a gap is empty")
    assert "Not yet" not in refused.text, "a form that was not taken is not a try"
    assert count(parts, Answer) == 0
    sent = {"gap-g1": "eighteen", "gap-g2": "minutes", "token": token(refused.text)}
    assert learner.post(f"{LESSON}/interactions/in-lesson", data=sent).status_code == 303
    assert count(parts, Answer) == 1


def test_lessons_and_quiz_together_complete_module_and_course(learner: FlaskClient, parts: Parts) -> None:
    learner.post(f"{LESSON}/step", data={"step": "1"})
    page = learner.get(LESSON).text
    learner.post(f"{LESSON}/interactions/in-lesson", data={**RIGHT["single"], "token": token(page)})
    take_quiz(learner)

    with parts.database.reading() as session:
        assert session.scalars(select(ModuleResult)).one().completed_at == parts.now()
        assert session.scalars(select(Registration)).one().completed_at == parts.now()
        verbs = [
            verb.rsplit("/", 1)[1] for verb in session.scalars(select(Statement.verb).order_by(Statement.seq))
        ]
    assert verbs.count("completed") == 3  # lesson, module, course
    assert verbs.count("answered") == 9 and verbs.count("passed") == 1
    assert verbs.count("scheduled") == 8


def test_questions_are_in_the_language_of_the_page(
    sign_in: Callable[..., FlaskClient], publish: Callable[..., None]
) -> None:
    publish(practice_course(kinds=("single",), siblings=()))
    client = sign_in("learner", language="zh-CN")
    client.post(f"/courses/{SLUG}/start")

    page = client.get(start(client)).text

    assert '<html lang="zh-CN"' in page
    assert "Confirm first（中）" in page
    assert '<span lang="de">Später</span>' in page


def test_pages_ask_few_queries(learner: FlaskClient, parts: Parts, clock: Clock) -> None:
    asked: list[str] = []
    for engine in parts.database.engines:
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    address = start(learner)
    told = answer(learner, address)
    counts = {}
    for page in (QUIZ, learner.post(QUIZ).location, told, LESSON):
        asked.clear()
        assert learner.get(page).status_code == 200
        counts[page] = len(asked)
    clock.now += timedelta(days=2)
    asked.clear()
    assert "question</" in learner.get("/review").text
    counts["/review"] = len(asked)

    assert max(counts.values()) <= 12, counts
