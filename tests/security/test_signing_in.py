"""Guessing is slow, an unknown address looks like a known one, and a session ends when it should."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from lms.adapters import passwords
from lms.app import create_app
from lms.bootstrap import Parts, build
from lms.config import Settings
from lms.db.accounts import Person
from lms.services import accounts
from tests.conftest import PASSWORD, Clock
from xapi.store.credentials import create_credential

BITS = 128
NEW = "three quiet green lamps"
WRONG = {"email": "lin@desk.test", "password": "wrong wrong wrong"}
UNKNOWN = {**WRONG, "email": "nobody@desk.test"}


class CountingHasher(PasswordHasher):
    """The product's own, which writes down what each check cost."""

    def __init__(self) -> None:
        own = passwords._hasher
        super().__init__(time_cost=own.time_cost, memory_cost=own.memory_cost, parallelism=own.parallelism)
        self.checked: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        """Write down the parameters of the hash, then check it."""
        self.checked.append(str(hash).split("$")[3])
        return super().verify(hash, password)


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    counting = CountingHasher()
    monkeypatch.setattr(passwords, "_hasher", counting)
    return counting


def test_an_unknown_address_costs_what_a_wrong_password_costs(
    client: FlaskClient,
    make_person: Callable[..., Person],
    hasher: CountingHasher,
    count_queries: Callable[[], int],
) -> None:
    """The times themselves: `make bench`."""
    make_person("learner", email="lin@desk.test")
    make_person("learner", email="new@desk.test", password=None)
    done = {}
    client.get("/sign-in")
    for data in (WRONG, UNKNOWN, {**WRONG, "email": "new@desk.test"}):
        hasher.checked.clear()
        count_queries()
        answer = client.post("/sign-in", data=data)
        done[data["email"]] = (answer.status_code, tuple(hasher.checked), count_queries())

    assert len(set(done.values())) == 1, done
    status, checked, _ = done["nobody@desk.test"]
    assert (status, len(checked)) == (401, 1)


def test_the_eleventh_wrong_attempt_costs_no_hash(
    client: FlaskClient, make_person: Callable[..., Person], hasher: CountingHasher
) -> None:
    make_person("learner", email="lin@desk.test")
    for data in (WRONG, UNKNOWN):
        assert [client.post("/sign-in", data=data).status_code for _ in range(10)] == [401] * 10
        hasher.checked.clear()

        answer = client.post("/sign-in", data=data)

        assert (answer.status_code, hasher.checked) == (429, [])


def test_who_errs_locks_neither_another_account_nor_another_place(
    app: Flask, make_person: Callable[..., Person]
) -> None:
    make_person("learner", email="lin@desk.test")
    make_person("learner", email="wu@desk.test")
    here = app.test_client()
    for _ in range(11):
        here.post("/sign-in", data=WRONG)
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}

    other = here.post("/sign-in", data={"email": "wu@desk.test", "password": PASSWORD})
    own = app.test_client().post(
        "/sign-in", data={"email": "lin@desk.test", "password": PASSWORD}, environ_overrides=elsewhere
    )

    assert (other.status_code, own.status_code) == (303, 303)


def test_an_address_that_tries_many_accounts_has_to_wait(client: FlaskClient, clock: Clock) -> None:
    statuses = [
        client.post("/sign-in", data={**WRONG, "email": f"{number}@desk.test"}).status_code
        for number in range(accounts.FAILURES_AN_ADDRESS + 1)
    ]
    clock.now += timedelta(seconds=61)

    assert statuses[-2:] == [401, 429]
    assert client.post("/sign-in", data=WRONG).status_code == 401


def test_the_password_asked_for_a_new_one_is_guarded_too(
    sign_in: Callable[..., FlaskClient], hasher: CountingHasher
) -> None:
    inside = sign_in("learner")
    guess = {"current": "wrong wrong wrong", "new_password": NEW, "repeat": NEW}
    statuses = [inside.post("/me/password", data=guess).status_code for _ in range(10)]
    hasher.checked.clear()

    assert statuses == [400] * 10
    assert (inside.post("/me/password", data=guess).status_code, hasher.checked) == (429, [])


def test_an_unknown_key_costs_what_a_wrong_secret_costs(
    client: FlaskClient, parts: Parts, count_queries: Callable[[], int]
) -> None:
    with parts.database.writing() as session:
        key, _ = create_credential(session, "tool", "all", now=parts.now(), secrets=secrets.token_urlsafe)
    done = []
    for tried in (key, "no-such-key"):
        basic = base64.b64encode(f"{tried}:wrong".encode()).decode()
        count_queries()
        headers = {"Authorization": f"Basic {basic}", "X-Experience-API-Version": "1.0.3"}
        answer = client.get("/xapi/statements", headers=headers)
        done.append((answer.status_code, answer.data, count_queries()))

    assert done[0] == done[1]


# Sessions


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("crossdesk_session")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("crossdesk_session", value)
    return client


def test_a_cookie_taken_before_is_worth_nothing_after_a_new_password(
    app: Flask, client: FlaskClient, make_person: Callable[..., Person], parts: Parts
) -> None:
    person = make_person("learner", email="lin@desk.test")
    client.post("/sign-in", data={"email": "lin@desk.test", "password": PASSWORD})
    taken = cookie_of(client)
    assert with_cookie(app, taken).get("/me").status_code == 200

    client.post("/me/password", data={"current": PASSWORD, "new_password": NEW, "repeat": NEW})
    kept = cookie_of(client)
    with parts.database.writing() as session:
        link = accounts.make_link(session, person, now=parts.now(), new_secret=parts.new_secret)
    after_change = [with_cookie(app, value).get("/me").status_code for value in (taken, kept)]
    app.test_client().post(f"/set-password/{link}", data={"new_password": PASSWORD, "repeat": PASSWORD})

    assert after_change == [302, 200]
    assert [with_cookie(app, value).get("/me").status_code for value in (taken, kept)] == [302, 302]


def test_a_session_planted_before_signing_in_is_not_the_one_after(
    app: Flask, client: FlaskClient, make_person: Callable[..., Person]
) -> None:
    make_person("learner", email="lin@desk.test")
    with client.session_transaction() as session:
        session.update({"id": "planted", "csrf_token": "planted", "_user_id": "planted", "more": "planted"})
    planted = cookie_of(client)

    client.post("/sign-in", data={"email": "lin@desk.test", "password": PASSWORD})

    with client.session_transaction() as session:
        assert "planted" not in session.values()
        assert len(bytes.fromhex(session["id"])) * 8 >= BITS
    assert with_cookie(app, planted).get("/me").status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_cookie_signed_with_another_key_is_nobody(
    app: Flask, client: FlaskClient, make_person: Callable[..., Person], parts: Parts
) -> None:
    person = make_person("admin")
    other = Flask("other")
    other.config.update(SECRET_KEY="another key of 32 characters, at least", SESSION_COOKIE_NAME="s")
    with other.test_request_context():
        signer = other.session_interface.get_signing_serializer(other)  # type: ignore[attr-defined]
        forged = signer.dumps({"_user_id": f"{person.uuid}.{person.session_version}", "_fresh": True})

    assert with_cookie(app, forged).get("/admin/people").status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_session_ends_twelve_hours_after_the_sign_in_however_busy_it_was(
    client: FlaskClient, make_person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_person("learner", email="lin@desk.test")
    client.post("/sign-in", data={"email": "lin@desk.test", "password": PASSWORD})
    began = time.time()

    def at(hours: float) -> int:
        monkeypatch.setattr(time, "time", lambda: began + hours * 3600)
        client.post("/language", data={"language": "en"})  # changes the session, which is signed anew
        return client.get("/me").status_code

    assert [at(6), at(11.9), at(12.1)] == [200, 200, 302]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_over_https_the_cookie_is_bound_to_the_host(
    parts: Parts, settings: Settings, make_person: Callable[..., Person]
) -> None:
    make_person("learner", email="lin@desk.test")
    app = create_app(replace(parts, settings=replace(settings, base_url="https://learn.company.test")))
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    data = {"email": "lin@desk.test", "password": PASSWORD}

    answer = client.post("/sign-in", data=data, base_url="https://learn.company.test")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-crossdesk=")
    assert "; Secure" in cookie and "; Path=/" in cookie and "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


# Secrets


def test_secrets_are_drawn_from_the_systems_randomness_and_long_enough(
    parts: Parts, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    real = secrets.token_urlsafe

    def noted(count: int) -> str:
        drawn.append(count)
        return real(count)

    monkeypatch.setattr(secrets, "token_urlsafe", noted)
    fresh = build(settings, database=parts.database, now=parts.now)
    made = {fresh.new_secret() for _ in range(50)}
    with parts.database.writing() as session:
        key, secret = create_credential(
            session, "tool", "all", now=parts.now(), secrets=secrets.token_urlsafe
        )

    assert len(made) == 50
    assert all(len(base64.urlsafe_b64decode(one + "=")) * 8 >= BITS for one in (*made, secret))
    assert drawn == [32] * 50 + [12, 32], "the key is a name, shown in every statement; the secret is longer"
    assert key not in secret
