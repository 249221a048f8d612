"""Nothing is changed from another site, no answer is kept or framed, and no redirect leads away."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.domain.errors import Unavailable
from lms.web.access import public
from tests.conftest import PASSWORD
from tests.functional.test_access_matrix import ADMIN, LEARNER, MANAGER, NOBODY, UNSAFE, World, routes, stored

FOREIGN = [
    {"Origin": "https://elsewhere.test"},
    {"Origin": "null"},
    {"Origin": "http://localhost.elsewhere.test"},
    {"Origin": "http://localhost:8001"},
    {"Referer": "https://elsewhere.test/http://localhost/"},
    {"Referer": "http://localhost@elsewhere.test/"},
]
"""What a browser says of a form on another site; ours is http://localhost."""
OWN = [
    {},
    {"Origin": "http://localhost"},
    {"Origin": "https://LOCALHOST"},
    {"Referer": "http://localhost/me?x=1"},
    {"Origin": "http://localhost", "Referer": "https://elsewhere.test/"},
]
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what no database has a part in."""


def csrf_token(client: FlaskClient, path: str = "/me") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def test_no_unsafe_route_takes_anything_from_elsewhere_even_with_a_token(
    app: Flask, world: World, parts: Parts
) -> None:
    """A token that leaked, as the worst case: the browser's own word still refuses."""
    app.config["WTF_CSRF_ENABLED"] = True
    clients = {who: world.enter(who) for who in (NOBODY, LEARNER, MANAGER, ADMIN)}
    tokens = {
        who: csrf_token(client, "/sign-in" if who == NOBODY else "/me") for who, client in clients.items()
    }
    before = stored(parts)
    answers = {
        (rule.endpoint, who, str(headers)): client.open(
            world.path(rule), method=method, headers={**headers, "X-CSRFToken": tokens[who]}
        )
        for rule, method in routes(app)
        if method in UNSAFE
        for who, client in clients.items()
        for headers in FOREIGN
    }

    assert {answer.status_code for answer in answers.values()} == {400}
    assert not [place for place, answer in answers.items() if "Set-Cookie" in answer.headers]
    assert stored(parts) == before


@ON_SQLITE
def test_our_own_form_is_taken(sign_in: Callable[..., FlaskClient], app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = sign_in("learner")
    data = {"language": "en", "csrf_token": csrf_token(client)}

    statuses = [client.post("/language", data=data, headers=headers).status_code for headers in OWN]

    assert statuses == [303] * len(OWN)


@ON_SQLITE
def test_a_token_of_somebody_elses_session_is_refused(
    sign_in: Callable[..., FlaskClient], app: Flask, client: FlaskClient
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    inside = sign_in("learner")
    inside.get("/me")
    theirs = csrf_token(client, "/sign-in")

    assert inside.post("/language", data={"language": "en", "csrf_token": theirs}).status_code == 400


@ON_SQLITE
def test_every_answer_is_kept_by_nobody_and_framed_by_nobody(app: Flask, world: World) -> None:
    """Pages, redirects and refusals alike; only files that never change may be kept, privately."""
    wrong = []
    for rule, method in routes(app):
        for who in (NOBODY, LEARNER, MANAGER, ADMIN):
            answer = world.ask(who, method, rule)
            picture = rule.endpoint == "learning.picture" and answer.status_code == 200
            file = rule.endpoint == "static" and answer.status_code == 200
            download = "attachment" in answer.headers.get("Content-Disposition", "")
            if not (
                is_guarded(answer)
                and (
                    has_page_policy(answer)
                    or (picture and has_picture_policy(answer))
                    or (download and does_nothing(answer))
                )
                and (is_kept_by_nobody(answer) or picture or file)
            ):
                wrong.append((who, method, rule.rule, answer.status_code, dict(answer.headers)))

    assert wrong == []


def is_guarded(answer: TestResponse) -> bool:
    policy = answer.headers["Content-Security-Policy"]
    kind = answer.content_type
    says_how_to_read = not answer.data or not kind.startswith("text/") or "charset=utf-8" in kind
    sniffed = answer.headers["X-Content-Type-Options"] != "nosniff"
    return "frame-ancestors 'none'" in policy and says_how_to_read and not sniffed


def has_page_policy(answer: TestResponse) -> bool:
    policy = answer.headers["Content-Security-Policy"]
    return "default-src 'self'" in policy and "unsafe-" not in policy


def has_picture_policy(answer: TestResponse) -> bool:
    """A picture may style itself, where it can do nothing else."""
    policy = answer.headers["Content-Security-Policy"]
    nothing = "default-src 'none'" in policy and policy.endswith("sandbox") and "script-src" not in policy
    return nothing and answer.headers["Cache-Control"].startswith("private")


def does_nothing(answer: TestResponse) -> bool:
    """What comes from other people's tools runs nothing, styles nothing, and is put into no frame."""
    policy = answer.headers["Content-Security-Policy"]
    return policy == "default-src 'none'; frame-ancestors 'none'; sandbox"


def is_kept_by_nobody(answer: TestResponse) -> bool:
    return answer.headers["Cache-Control"] == "no-store" and "Cookie" in answer.headers.get("Vary", "")


@ON_SQLITE
def test_error_pages_carry_the_same_policy(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    @public
    def broken() -> str:
        raise RuntimeError("a fault of ours")

    @public
    def away() -> str:
        raise Unavailable("no database")

    app.testing = False
    app.add_url_rule("/broken", view_func=broken)
    app.add_url_rule("/away", view_func=away)
    client = sign_in("learner")

    answers = [
        client.get("/nothing-here"),
        client.get("/sign-out"),
        client.get("/courses/x%00"),
        client.post("/sign-in", data={"email": "a" * 2_000_000}),
        client.get("/broken"),
        client.get("/away"),
    ]

    assert [answer.status_code for answer in answers] == [404, 405, 400, 413, 500, 503]
    for answer in answers:
        assert is_guarded(answer) and has_page_policy(answer) and is_kept_by_nobody(answer)
        assert "a fault of ours" not in answer.text


ELSEWHERE = [
    "//elsewhere.test/",
    "///elsewhere.test/",
    "/\\elsewhere.test/",
    "\\\\elsewhere.test/",
    "https:elsewhere.test",
    "https:/elsewhere.test",
    "https://elsewhere.test/",
    "%2f%2felsewhere.test",
    "/%2f%2felsewhere.test",
    "/\t/elsewhere.test",
    "/\n/elsewhere.test",
    "\x01//elsewhere.test",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/.//elsewhere.test",
    "http://localhost@elsewhere.test",
    "/\u2028//elsewhere.test",
    "／／elsewhere.test",
]


@ON_SQLITE
def test_no_spelling_of_a_target_leads_away(app: Flask, make_person: Callable[..., Person]) -> None:
    make_person("learner", email="lin@desk.test")
    client = app.test_client()
    for target in ELSEWHERE:
        answers = [
            client.post("/language", data={"language": "en", "next": target}),
            client.post("/sign-in", data={"email": "lin@desk.test", "password": PASSWORD, "next": target}),
            client.get("/sign-in", query_string={"next": target}),
        ]

        assert [answer.status_code for answer in answers] == [303, 303, 302], repr(target)
        for answer in answers:
            location = answer.headers["Location"]
            # as a browser reads it: control characters are dropped, a backslash is a slash
            read = re.sub(r"[\x00-\x20]", "", location).replace("\\", "/")
            assert location.startswith("/") and not read.startswith("//"), (target, location)
            assert urlsplit(urljoin("http://localhost/sign-in", read)).netloc == "localhost", target
