"""People who load a server: made through the services, signed in through the page, with quizzes to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from random import Random
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Transaction

from benchmarks.load import Unexpected, post
from courses.library import SHIPPED, find_courses
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.domain.accounts import Role
from lms.domain.quizzes import Calendar
from lms.services import accounts, learning, progress, quizzes
from lms.services.answers import Response
from lms.services.catalogue import CourseCache
from lms.services.progress import Learner
from lms.services.statements import Speaker
from lms.web.quizzes import Tickets
from quizzes.grading import correct_response
from quizzes.item import Item, ItemType

PASSWORD = "benchmark learners only 7"
PREPARE_SECONDS = 300.0
AGO = timedelta(days=3)
"""When readers took their quiz: their cards are due by now, so that today shows reviews."""
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Reader:
    """Somebody with a history, who reads."""

    email: str
    lesson_path: str


@dataclass(frozen=True)
class Quiz:
    """Somebody who has begun a quiz, and the questions in their order."""

    person_id: int
    email: str
    path: str
    attempt: UUID
    begun: datetime
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Session:
    """A signed-in browser's cookie, and the token for its forms."""

    cookie: str
    token: str


def make_readers(parts: Parts, count: int) -> list[Reader]:
    """Make people in the middle of the course: a whole lesson open, a quiz three days ago, reviews due."""
    cache, before = CourseCache(), parts.now() - AGO
    with parts.database.writing(seconds=PREPARE_SECONDS) as session:
        return [_reader(session, parts, cache, f"reader-{n}@desk.example", before) for n in range(count)]


def make_answerers(parts: Parts, count: int) -> list[Quiz]:
    """Make people who have begun the first module's quiz."""
    cache = CourseCache()
    with parts.database.writing(seconds=PREPARE_SECONDS) as session:
        return [
            _quiz(session, parts, cache, _person(session, parts, f"learner-{n}@desk.example"), parts.now())
            for n in range(count)
        ]


def sign_in(port: int, email: str) -> Session:
    """Sign in as a browser does and answer its session. Raises Unexpected."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    cookies: SimpleCookie = SimpleCookie()

    def ask(method: str, path: str, form: dict[str, str] | None = None) -> tuple[HTTPResponse, bytes]:
        headers = {"Cookie": _cookie(cookies), "Accept-Language": "en"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body=urlencode(form) if form else None, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        for line in answer.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        return answer, body

    _, page = ask("GET", "/sign-in")
    answer, page = ask("POST", "/sign-in", {"csrf_token": _token(page), "email": email, "password": PASSWORD})
    if answer.status != 303:
        raise Unexpected(f"sign-in of {email}: expected 303, found {answer.status}")
    _, page = ask("GET", "/")
    connection.close()
    return Session(_cookie(cookies), _token(page))


def answers_of(quiz: Quiz, session: Session, secret: str) -> Iterator[bytes]:
    """Answer the requests that answer a quiz rightly, question by question."""
    tickets = Tickets(secret)
    for place, item in enumerate(quiz.items, start=1):
        token = tickets.write(f"{quiz.attempt}:{place}", now=quiz.begun, new_id=quiz.attempt)
        form = [("csrf_token", session.token), ("token", token), ("sure", "yes"), *_fields(item)]
        yield post(f"{quiz.path}/{quiz.attempt}/{place}", urlencode(form), cookie=session.cookie)


def _reader(session: Transaction, parts: Parts, cache: CourseCache, email: str, before: datetime) -> Reader:
    person = _person(session, parts, email)
    quiz = _quiz(session, parts, cache, person, before)
    learner = Learner(person.id, Speaker(parts.settings.iri_base, person.uuid))
    organisation = accounts.organisation(session)
    calendar = Calendar(ZoneInfo(organisation.timezone), organisation.working_days)
    for place, item in enumerate(quiz.items, start=1):
        quizzes.answer_question(
            session,
            cache,
            attempt_uuid=quiz.attempt,
            place=place,
            response=Response(value=correct_response(item)),
            learner=learner,
            calendar=calendar,
            now=before,
            new_id=parts.new_id,
        )
    found = learning.enrolment(session, cache, slug=_slug(), person_id=person.id)
    lesson = found.loaded.course.modules[0].lessons[0]
    for step in range(1, max(len(steps) for steps in lesson.steps.values()) + 1):
        progress.open_step(
            session,
            found,
            lesson_id=lesson.id,
            step=step,
            learner=learner,
            now=before,
            new_id=parts.new_id,
        )
    return Reader(email, f"/courses/{_slug()}/lessons/{lesson.id}")


def _person(session: Transaction, parts: Parts, email: str) -> Person:
    return accounts.create_person(
        session,
        email=email,
        name="Li Wei",
        role=Role.LEARNER,
        password=PASSWORD,
        language="en",
        now=parts.now(),
        new_id=parts.new_id,
    )


def _quiz(session: Transaction, parts: Parts, cache: CourseCache, person: Person, now: datetime) -> Quiz:
    learner = Learner(person.id, Speaker(parts.settings.iri_base, person.uuid))
    found = learning.enrolment(session, cache, slug=_slug(), person_id=person.id)
    progress.start(session, found, learner=learner, now=now, new_id=parts.new_id)
    found = learning.enrolment(session, cache, slug=_slug(), person_id=person.id)
    module = found.loaded.course.modules[0]
    attempt = quizzes.start_or_resume_attempt(
        session,
        found,
        module_id=module.id,
        person_id=person.id,
        random=Random(person.id),
        now=now,
        new_id=parts.new_id,
    )
    questions = [quizzes.quiz_question(session, cache, attempt_uuid=attempt, place=1, person_id=person.id)]
    length = questions[0].length
    questions += [
        quizzes.quiz_question(session, cache, attempt_uuid=attempt, place=place, person_id=person.id)
        for place in range(2, length + 1)
    ]
    path = f"/courses/{_slug()}/modules/{module.id}/quiz"
    return Quiz(person.id, person.email, path, attempt, now, tuple(question.item for question in questions))


def _fields(item: Item) -> list[tuple[str, str]]:
    """Answer the fields that a browser sends for the right answer."""
    right = correct_response(item)
    match item.type:
        case ItemType.MULTIPLE:
            assert isinstance(right, list)
            return [("answer", str(choice)) for choice in right]
        case ItemType.ORDER:
            assert isinstance(right, list)
            return [(f"place-{line}", str(place)) for place, line in enumerate(right, start=1)]
        case ItemType.MATCH:
            assert isinstance(right, dict)
            return [(f"pair-{left}", str(partner)) for left, partner in right.items()]
        case ItemType.CLOZE:
            assert isinstance(right, dict)
            return [(f"gap-{gap}", str(words)) for gap, words in right.items()]
        case _:
            return [("answer", str(right))]


def _slug() -> str:
    return find_courses(SHIPPED)[0].name


def _token(page: bytes) -> str:
    found = _TOKEN.search(page)
    if found is None:
        raise Unexpected("expected a form with a token on the page")
    return found.group(1).decode("ascii")


def _cookie(cookies: SimpleCookie) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
