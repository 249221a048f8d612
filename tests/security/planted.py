"""An installation in which every text that a person can write holds a script, and the pages that show it."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient

from courses.course import Course, Interaction, Lesson, Step
from courses.lesson import read_body
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.services import authoring, people_file
from quizzes.item import Item
from quizzes.parse import parse_item
from tests.practice_course import MODULE, SLUG, TYPES, both, practice_course
from tests.security.payloads import MARKDOWN, PAYLOADS
from xapi.store.credentials import create_credential

ALL = " ".join(PAYLOADS)
HERE = f"/courses/{SLUG}"
LESSON = f"{HERE}/lessons/first"
ROLES = ("learner", "manager", "trainer", "admin")
Enter = Callable[..., FlaskClient]


@dataclass(frozen=True)
class Planted:
    """Where to look."""

    people: dict[str, Person]
    """Role -> somebody whose name is a script, who has started the course."""
    pages: dict[str, tuple[str, ...]]
    """Role -> every page that shows a text of somebody's."""
    key: str
    secret: str
    """A credential of the record store, whose statements and documents hold scripts too."""


def _evil(text: str) -> dict[str, str]:
    return both(f"{text} {ALL}")


def _item(kind: str, number: int, *, form: str, point: str) -> Item:
    given = json.loads(json.dumps(TYPES[kind]))
    for choice in given.get("choices", ()):
        choice["text"] = _evil(choice["id"])
        choice["why"] = _evil("because")
    for pair in given.get("pairs", ()):
        pair["left"], pair["right"] = _evil("left " + pair["id"]), _evil("right " + pair["id"])
    if "audio" in given:
        given["audio"]["text"] = ALL
    name = f"{form.lower()}-{kind.replace('_', '-')}-{number}"
    words = {"stem": _evil(f"The {kind} question"), "explanation": _evil("why")}
    return parse_item(
        {"id": name, "type": kind, "form": form, "point": point, "market": "DE", **words, **given}, at=name
    )


def evil_course() -> Course:
    """The practice course with scripts in every text; its lesson asks for a short answer once a payload."""
    course = practice_course(siblings=())
    [module] = course.modules
    items = tuple(
        _item(item.type.value, number, form="practice", point=item.point)
        for number, item in enumerate(module.items)
        if item.form.value == "practice"
    )
    typed = tuple(
        _item("short_text", number, form="lesson", point=items[0].point) for number in range(len(PAYLOADS))
    )
    body = "\n\n".join(f"- {text}" for text in MARKDOWN)
    steps = {
        tag: (
            *read_body(f"## {ALL}\n\n{body}\n\n::: note accent\n{ALL}\n:::\n", lang=tag).steps,
            Step(ALL, tuple(Interaction(item.id) for item in typed)),
        )
        for tag in course.languages
    }
    lesson: Lesson = replace(
        module.lessons[0],
        title=_evil("Lesson"),
        outcome=_evil("Outcome"),
        sources=dict.fromkeys(course.languages, PAYLOADS),
        steps=steps,
    )
    return replace(
        course,
        title=_evil("Course"),
        summary=_evil("Summary"),
        modules=(
            replace(
                module,
                title=_evil("Module"),
                summary=_evil("Summary"),
                lessons=(lesson,),
                items=(*items, *typed),
            ),
        ),
        points=tuple(replace(point, title=_evil("Point")) for point in course.points),
    )


def plant(parts: Parts, make_person: Callable[..., Person], sign_in: Enter) -> Planted:
    """Write a script into every text field there is, through what people use."""
    people = {role: make_person(role, name=PAYLOADS[n + 3]) for n, role in enumerate(ROLES)}
    with parts.database.writing() as session:
        authoring.import_course(session, evil_course(), now=parts.now())
    _import_people(parts)
    admin, manager, learner = (sign_in(people[role]) for role in ("admin", "manager", "learner"))
    for number, payload in enumerate(PAYLOADS):
        admin.post(
            "/admin/people/new",
            data={"email": f"p{number}@desk.test", "name": payload, "team": payload, "role": "learner"},
        )
        made = manager.post("/manage/cohorts/new", data={"name": payload, "starts_on": "2026-11-23"})
    cohort = made.location
    for data in (
        {"team": PAYLOADS[0]},
        {"emails": ",".join(f"p{n}@desk.test" for n in range(len(PAYLOADS)))},
    ):
        assert manager.post(f"{cohort}/people", data=data).status_code == 303
    assert manager.post(f"{cohort}/assign", data={"course": SLUG}).status_code == 303
    for role in ROLES:
        sign_in(people[role]).post(f"{HERE}/start")
        sign_in(people[role]).post(f"{LESSON}/step", data={"step": "2"})
    _answer_lesson(learner)
    quiz = _answer_quiz(learner)
    key, secret = _say(parts, learner)
    own = ("/", "/courses", HERE, LESSON, "/review", "/me", f"{HERE}/modules/{MODULE}/quiz")
    managed = ("/manage", "/manage/cohorts/new", f"{cohort}?course={SLUG}&undo={quote(ALL[:40])}")
    asked = tuple(f"/author/{SLUG}/items/{item.id}" for item in evil_course().items)
    authored = ("/author", f"/author/{SLUG}", *asked)
    person = f"/admin/people/{people['learner'].uuid}"
    administered = ("/admin/people", f"/admin/people?q={quote(PAYLOADS[3])}", "/admin/people/new", person)
    nowhere = f"/courses/{quote(ALL, safe='')}"
    return Planted(
        people=people,
        pages={
            "nobody": (f"/sign-in?next={quote(ALL)}", nowhere),
            "learner": (*own, *quiz),
            "manager": (*own, *managed),
            "trainer": (*own, *authored),
            "admin": (*own, *managed, *authored, *administered, nowhere),
        },
        key=key,
        secret=secret,
    )


def _import_people(parts: Parts) -> None:
    """A file of people as a personnel department would send it."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(["email", "name", "role", "team", "cohort"])
    for number, payload in enumerate(PAYLOADS):
        table.writerow([f"<b/onclick=x>{number}@file.test", payload, "learner", payload, f"File {payload}"])
    found = people_file.read_people(file.getvalue().encode())
    assert not found.errors
    with parts.database.writing() as session:
        people_file.import_people(session, found.lines, now=parts.now(), new_id=parts.new_id)


def _token(page: str, action: str = "") -> str:
    found = re.search(rf'{re.escape(action)}.*?name="token" value="([^"]+)"', page, re.S)
    assert found is not None
    return found[1]


def _answer_lesson(learner: FlaskClient) -> None:
    page = learner.get(LESSON).text
    for number, payload in enumerate(PAYLOADS):
        action = f"{LESSON}/interactions/lesson-short-text-{number}"
        answer = learner.post(action, data={"token": _token(page, f"{action}#"), "answer": payload})
        assert answer.status_code == 303


def _answer_quiz(learner: FlaskClient) -> tuple[str, ...]:
    """Answer each question wrong, with scripts where one types; answer the pages that show it."""
    address = learner.post(f"{HERE}/modules/{MODULE}/quiz").location
    attempt, pages = address.rsplit("/", 1)[0], []
    wrong: dict[str, dict[str, Any]] = {
        "single": {"answer": "a"}, "multiple": {"answer": ["a"]}, "listen": {"answer": "c"},
        "order": {"place-a": "3", "place-b": "1", "place-c": "2"}, "match": {"pair-a": "b", "pair-b": "a"},
        "numeric": {"answer": "45"}, "short_text": {"answer": " ".join(PAYLOADS[3:7])[:200]},
        "cloze": {"gap-g1": PAYLOADS[20]},
    }  # fmt: skip
    for place in range(1, len(TYPES) + 1):
        page = learner.get(f"{attempt}/{place}").text
        kind = re.search(r"The (\w+) question", page)
        assert kind is not None
        answer = learner.post(f"{attempt}/{place}", data={**wrong[kind[1]], "token": _token(page)})
        assert answer.status_code == 303
        pages.append(f"{attempt}/{place}")
    return (*pages, attempt)


def _say(parts: Parts, client: FlaskClient) -> tuple[str, str]:
    """Statements with scripts in displays, extensions and file names; a document that says it is a page."""
    with parts.database.writing() as session:
        key, secret = create_credential(
            session, "tool", "all", now=parts.now(), secrets=secrets.token_urlsafe
        )
    page = f"<!doctype html><script>{PAYLOADS[0][8:-9]}</script>{ALL}".encode()
    file = {
        "usageType": "https://e.example/file", "display": {"en": ALL}, "description": {"en": ALL},
        "contentType": "text/html", "length": len(page), "sha2": sha256(page).hexdigest(),
        "fileUrl": f"https://e.example/{quote(ALL)}",
    }  # fmt: skip
    statement = {
        "actor": {"mbox": "mailto:li@desk.example", "name": ALL},
        "verb": {"id": "https://v.example/did", "display": {"en": ALL}},
        "object": {
            "id": "https://a.example/x",
            "definition": {
                "name": {"en": ALL},
                "description": {"en": ALL},
                "extensions": {"https://e.example/x": ALL},
            },
        },
        "result": {"response": ALL},
        "attachments": [file],
    }
    headers = basic(key, secret)
    said = client.post("/xapi/statements", json=statement, headers=headers)
    kept = client.put(
        DOCUMENT, data=page, headers={**headers, "Content-Type": "text/html", "If-None-Match": "*"}
    )
    assert (said.status_code, kept.status_code) == (200, 204), said.text
    return key, secret


DOCUMENT = "/xapi/activities/profile?activityId=https://a.example/x&profileId=page.html"


def basic(key: str, secret: str) -> dict[str, str]:
    """Answer the headers of a credential."""
    shown = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {shown}", "X-Experience-API-Version": "1.0.3"}
