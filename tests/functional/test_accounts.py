"""Signing in and out, passwords, links, settings and people, through the pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lms.bootstrap import Parts
from lms.db.accounts import OneTimeLink, Person
from lms.db.notices import OutboxRow
from lms.services import accounts
from lms.web.access import safe_target
from tests.conftest import PASSWORD, Clock

Make = Callable[..., Person]
Enter = Callable[..., FlaskClient]


def enter(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> object:
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def test_the_right_password_opens_a_session_and_leads_where_one_wanted_to_go(
    client: FlaskClient, make_person: Make
) -> None:
    make_person("learner", email="lin@desk.test")

    answer = client.post("/sign-in", data={"email": " Lin@Desk.test ", "password": PASSWORD, "next": "/me"})

    assert (answer.status_code, answer.location) == (303, "/me")
    assert client.get("/me").status_code == 200


def test_a_session_changes_its_id_at_sign_in_and_its_cookie_is_guarded(
    client: FlaskClient, make_person: Make
) -> None:
    make_person("learner", email="lin@desk.test")
    with client.session_transaction() as session:
        session["id"] = "planted"

    answer = client.post("/sign-in", data={"email": "lin@desk.test", "password": PASSWORD})

    with client.session_transaction() as session:
        assert session["id"] != "planted"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("email", ["lin@desk.test", "nobody@desk.test"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: FlaskClient, make_person: Make, email: str
) -> None:
    make_person("learner", email="lin@desk.test")

    wrong = {"email": email, "password": "wrong wrong wrong"}
    answer = client.post("/sign-in", data=wrong, headers={"Accept-Language": "en"})

    assert answer.status_code == 401
    assert "The e-mail or the password is wrong." in answer.text
    assert email in answer.text, "what was typed is kept"
    assert "wrong wrong wrong" not in answer.text


def test_the_eleventh_wrong_attempt_in_a_minute_is_refused_and_a_minute_later_the_right_one_enters(
    client: FlaskClient, make_person: Make, clock: Clock
) -> None:
    make_person("learner", email="lin@desk.test")
    wrong = {"email": "lin@desk.test", "password": "wrong wrong wrong"}

    first_ten = [client.post("/sign-in", data=wrong).status_code for _ in range(10)]
    eleventh = client.post("/sign-in", data=wrong)
    clock.now += timedelta(seconds=61)
    later = client.post("/sign-in", data={"email": "lin@desk.test", "password": PASSWORD})

    assert first_ten == [401] * 10
    assert eleventh.status_code == 429
    assert int(eleventh.headers["Retry-After"]) > 0
    assert later.status_code == 303


def test_a_closed_account_cannot_sign_in_and_its_session_ends(
    client: FlaskClient, make_person: Make, sign_in: Enter, parts: Parts
) -> None:
    person = make_person("learner", email="lin@desk.test")
    inside = sign_in(person)
    admin = sign_in("admin")

    admin.post(f"/admin/people/{person.uuid}", data={"name": "Lin", "role": "learner", "team": ""})

    assert inside.get("/me").status_code == 302
    assert client.post("/sign-in", data={"email": "lin@desk.test", "password": PASSWORD}).status_code == 401


def test_signing_out_ends_the_session(sign_in: Enter) -> None:
    inside = sign_in("learner")

    inside.post("/sign-out")

    assert inside.get("/me").location.startswith("/sign-in")


def test_a_new_password_ends_every_other_session_and_keeps_this_one(
    make_person: Make, sign_in: Enter
) -> None:
    person = make_person("learner", email="lin@desk.test")
    here, elsewhere = sign_in(person), sign_in(person)
    new = "three quiet green lamps"

    answer = here.post("/me/password", data={"current": PASSWORD, "new_password": new, "repeat": new})

    assert answer.status_code == 303
    assert here.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 302


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {
                "current": "not my password",
                "new_password": "three quiet lamps",
                "repeat": "three quiet lamps",
            },
            "current",
        ),
        ({"current": PASSWORD, "new_password": "short", "repeat": "short"}, "12"),
        (
            {"current": PASSWORD, "new_password": "aaaaaaaaaaaaaaaa", "repeat": "aaaaaaaaaaaaaaaa"},
            "different",
        ),
        ({"current": PASSWORD, "new_password": "three quiet lamps", "repeat": "three quiet lamp"}, "differ"),
    ],
)
def test_a_password_that_cannot_be_set_says_why(sign_in: Enter, fields: dict[str, str], said: str) -> None:
    inside = sign_in("learner")

    answer = inside.post("/me/password", data=fields)

    assert answer.status_code == 400
    assert said in answer.text


def test_a_link_sets_a_password_once(app: Flask, sign_in: Enter, clock: Clock, parts: Parts) -> None:
    admin = sign_in("admin")
    made = admin.post("/admin/people/new", data={"email": "new@desk.test", "name": "新人", "role": "learner"})
    link = re.search(r'value="http://localhost(/set-password/[^"]+)"', made.text)
    assert link is not None
    guest = app.test_client()
    new = "three quiet green lamps"

    first = guest.post(link[1], data={"new_password": new, "repeat": new})
    second = guest.post(link[1], data={"new_password": new, "repeat": new})
    entered = guest.post("/sign-in", data={"email": "new@desk.test", "password": new})

    assert (first.status_code, second.status_code, entered.status_code) == (303, 404, 303)
    with parts.database.reading() as session:
        kept = session.scalars(select(OneTimeLink.secret_hash)).one()
        mail = session.scalars(select(OutboxRow.payload)).one()
    assert link[1].split("/")[-1] not in kept
    assert link[1] in json.dumps(mail)


def test_a_link_runs_out_after_three_days(app: Flask, make_person: Make, parts: Parts, clock: Clock) -> None:
    person = make_person("learner")
    with parts.database.writing() as session:
        secret = accounts.make_link(session, person, now=parts.now(), new_secret=parts.new_secret)
    guest = app.test_client()
    opened = guest.get(f"/set-password/{secret}").status_code
    clock.now += timedelta(days=3, seconds=1)

    assert (opened, guest.get(f"/set-password/{secret}").status_code) == (200, 404)


def test_a_forged_form_changes_nothing(app: Flask, make_person: Make, sign_in: Enter, parts: Parts) -> None:
    inside = sign_in("admin")
    app.config["WTF_CSRF_ENABLED"] = True

    answer = inside.post("/admin/people/new", data={"email": "x@desk.test", "name": "X", "role": "admin"})

    assert answer.status_code == 400
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).where(Person.email == "x@desk.test")) == 0


def test_an_administrator_cannot_lock_themselves_out(make_person: Make, sign_in: Enter, parts: Parts) -> None:
    person = make_person("admin")
    inside = sign_in(person)

    answer = inside.post(
        f"/admin/people/{person.uuid}", data={"name": "Me", "role": "learner", "active": "y"}
    )

    assert answer.status_code == 400
    with parts.database.reading() as session:
        assert session.get_one(Person, person.id).role == "admin"


def test_settings_are_kept_and_the_page_follows_the_language(sign_in: Enter) -> None:
    inside = sign_in("learner")
    chosen = {
        "language": "zh-CN",
        "timezone": "Asia/Tokyo",
        "working_days": ["1", "2", "6"],
        "daily_minutes": "7",
    }

    saved = inside.post("/me", data=chosen)
    page = inside.get("/me").text

    assert saved.status_code == 303
    assert '<html lang="zh-CN"' in page
    assert re.search(r'value="7"', page) and re.search(r"selected[^>]*value=\"Asia/Tokyo\"", page)


@pytest.mark.parametrize(
    "wrong",
    [{"timezone": "Mars/Base"}, {"working_days": []}, {"daily_minutes": "0"}, {"daily_minutes": "soon"}],
)
def test_wrong_settings_are_refused_and_nothing_is_changed(sign_in: Enter, wrong: dict[str, object]) -> None:
    inside = sign_in("learner")
    good = {"language": "en", "timezone": "Asia/Tokyo", "working_days": ["1"], "daily_minutes": "7"}

    answer = inside.post("/me", data={**good, **wrong})

    assert answer.status_code == 400
    assert "Asia/Tokyo" not in re.findall(r'selected[^>]*value="([^"]+)"', inside.get("/me").text)


@pytest.mark.parametrize(
    ("header", "expected"),
    [("en-GB,en;q=0.9", "en"), ("zh-TW,zh;q=0.9", "zh-CN"), ("fr", "zh-CN"), ("", "zh-CN")],
)
def test_before_a_choice_the_language_follows_the_browser_then_the_organisation(
    client: FlaskClient, header: str, expected: str
) -> None:
    page = client.get("/sign-in", headers={"Accept-Language": header}).text

    assert f'<html lang="{expected}"' in page


def test_the_language_switch_keeps_the_place(client: FlaskClient) -> None:
    answer = client.post("/language", data={"language": "en", "next": "/sign-in?next=/me"})

    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/me")
    assert '<html lang="en"' in client.get("/sign-in").text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/%09/evil.test\t",
        "javascript:alert(1)", "http:evil.test", " /me", "/\n/evil.test", "data:text/html,x", "", "me",
    ],
)  # fmt: skip
def test_a_redirect_never_leaves_the_site(target: str) -> None:
    assert safe_target(target) == "/"


def test_a_redirect_inside_the_site_is_followed() -> None:
    assert safe_target("/courses/service-desk?x=1#step-2") == "/courses/service-desk?x=1#step-2"


def test_signed_in_answers_are_never_cached_and_carry_the_policy(sign_in: Enter) -> None:
    headers = sign_in("learner").get("/me").headers

    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_page_has_no_inline_script_or_style(sign_in: Enter) -> None:
    for path in ("/sign-in", "/me", "/admin/people", "/admin/people/new"):
        page = sign_in("admin").get(path, follow_redirects=True).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page), path


@pytest.mark.parametrize(
    "given",
    [b"x" * 10_000, b"a%00b@desk.test", b"%ED%A0%80@desk.test", b"%FF%FE", b"1e309", b"%EF%BC%99" * 30],
)
def test_odd_input_to_sign_in_is_answered_not_crashed_on(client: FlaskClient, given: bytes) -> None:
    answer = client.post(
        "/sign-in",
        data=b"email=" + given + b"&password=" + given[:200],
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code in (400, 401)


def test_a_body_above_the_bound_is_refused(client: FlaskClient) -> None:
    assert client.post("/sign-in", data={"email": "a" * 2_000_000}).status_code == 413


def test_the_list_of_people_is_searched_and_escaped(make_person: Make, sign_in: Enter) -> None:
    make_person("learner", name="<img src=x onerror=alert(1)>", email="x@desk.test")
    admin = sign_in("admin")

    page = admin.get("/admin/people?q=x@desk").text

    assert "<img src=x" not in page and "&lt;img" in page
    assert "x@desk.test" not in admin.get("/admin/people?q=%25").text


@pytest.mark.parametrize(
    ("sent_to", "shown_at"), [("/me/password", "/me"), ("/admin/people/new?q=1", "/admin/people/new?q=1")]
)
def test_the_language_switch_of_a_refused_form_leads_to_a_page_that_there_is(
    sign_in: Enter, sent_to: str, shown_at: str
) -> None:
    inside = sign_in("admin")

    refused = inside.post(sent_to, data={})

    assert refused.status_code == 400
    assert f'name="next" value="{shown_at}"' in refused.text
    assert inside.get(shown_at).status_code == 200
