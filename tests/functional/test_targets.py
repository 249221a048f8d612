"""/admin/xapi/targets as an administrator sees it: other record stores, and what they refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lms.bootstrap import Parts
from tests.conftest import Clock
from xapi.lrs import store_statements
from xapi.store import dead_letters, targets
from xapi.store.dead_letters import Dead
from xapi.store.tables import DeadLetter, Target
from xapi.store.targets import Filter, TargetState

LIST = "/admin/xapi/targets"
SECRET = "not to be seen by anybody"
GIVEN = {
    "name": "warehouse",
    "endpoint": "https://lrs.example.com/xapi/",
    "key": "the-key",
    "secret": SECRET,
    "version": "2.0.0",
}
TOOL = {"mbox": "mailto:tool@elsewhere.test"}


@pytest.fixture
def admin(sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    return sign_in("admin", email="boss@desk.test", name="Boss")


@pytest.fixture
def add(parts: Parts) -> Callable[..., UUID]:
    def put(name: str = "warehouse", **given: Any) -> UUID:
        with parts.database.writing() as session:
            return targets.add_target(
                session,
                name,
                "https://lrs.example.com/xapi",
                key="the-key",
                secret=SECRET,
                now=parts.now(),
                new_id=parts.new_id,
                **given,
            )

    return put


@pytest.fixture
def refuse(parts: Parts) -> Callable[..., list[int]]:
    def put(target: UUID, number: int = 1, **given: Any) -> list[int]:
        with parts.database.writing() as session:
            ids = [parts.new_id() for _ in range(number)]
            given = {"reason": "it is <no> statement", "status": 400} | given
            dead = [Dead(seq, id, **given) for seq, id in enumerate(ids)]
            dead_letters.bury(session, target, dead, now=parts.now())
            found = session.scalars(select(DeadLetter).where(DeadLetter.target_id == target))
            return sorted(one.id for one in found)

    return put


def store(parts: Parts, number: int) -> None:
    one = {"actor": TOOL, "verb": {"id": "https://v.example/did"}, "object": {"id": "https://o.example/1"}}
    with parts.database.writing() as session:
        store_statements(session, [one] * number, authority=TOOL, now=parts.now(), new_id=parts.new_id)


def states(parts: Parts) -> list[TargetState]:
    with parts.database.reading() as session:
        return targets.list_targets(session)


def letters(parts: Parts, target: UUID) -> list[DeadLetter]:
    with parts.database.reading() as session:
        return dead_letters.list_dead_letters(session, target)


def bare(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_without_targets_the_page_says_what_one_is(admin: FlaskClient) -> None:
    page = admin.get(LIST)

    assert page.status_code == 200
    assert "No targets yet" in page.text
    assert f'href="{LIST}" aria-current="page"' in page.text


def test_a_target_is_added_and_its_secret_is_never_shown(admin: FlaskClient, parts: Parts) -> None:
    made = admin.post(
        LIST,
        data={
            **GIVEN,
            "name": " warehouse <1> ",
            "verbs": "https://v.example/passed\r\n\r\n https://v.example/did \r\nhttps://v.example/did",
            "activities": "https://o.example/1",
            "since": "2026-11-20",
            "allow_private": "y",
        },
    )

    [one] = states(parts)
    assert made.status_code == 303 and made.location == f"{LIST}/{one.id}"
    assert (one.name, one.endpoint, one.key) == ("warehouse <1>", "https://lrs.example.com/xapi", "the-key")
    assert (one.version, one.allow_private, one.enabled) == ("2.0.0", True, True)
    day = datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert one.filter == Filter(
        ("https://v.example/passed", "https://v.example/did"), ("https://o.example/1",), day
    ), "the day begins where the administrator is, in Shanghai"
    with parts.database.reading() as session:
        assert session.scalars(select(Target.secret)).all() == [SECRET]
    for address in (LIST, made.location):
        page = admin.get(address).text
        assert SECRET not in page
        assert "warehouse &lt;1&gt;" in page and "warehouse <1>" not in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": "taken"}, "name"),
        ({"endpoint": ""}, "endpoint"),
        ({"endpoint": "lrs.example.com"}, "endpoint"),
        ({"endpoint": "ftp://lrs.example.com/xapi"}, "endpoint"),
        ({"endpoint": "https://me:pass@lrs.example.com/xapi"}, "endpoint"),
        ({"endpoint": "http://127.0.0.1/xapi"}, "endpoint"),
        ({"endpoint": "http://[::1]/xapi"}, "endpoint"),
        ({"key": ""}, "key"),
        ({"key": "a:b"}, "key"),
        ({"secret": ""}, "secret"),
        ({"secret": "two\nlines"}, "secret"),
        ({"version": "3.0"}, "version"),
        ({"verbs": "https://v.example/did\npassed"}, "verbs"),
        ({"activities": "course"}, "activities"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01"}, "since"),
    ],
)
def test_what_is_wrong_with_a_target_stands_beside_its_field(
    admin: FlaskClient, parts: Parts, add: Callable[..., UUID], change: dict[str, str], field: str
) -> None:
    add("taken")

    page = admin.post(LIST, data={**GIVEN, **change})

    assert page.status_code == 400
    wrong = re.findall(r'<p class="error" id="(\w+)-error">', page.text)
    assert wrong == [field]
    assert SECRET not in page.text, "not even in the form that comes back"
    if field != "name":
        assert 'value="warehouse"' in page.text, "the rest need not be typed again"
    assert [one.name for one in states(parts)] == ["taken"]


def test_a_refusal_is_said_in_the_language_of_the_reader(sign_in: Callable[..., FlaskClient]) -> None:
    page = sign_in("admin", language="zh-CN").post(LIST, data={**GIVEN, "endpoint": "http://10.0.0.1/"})

    assert page.status_code == 400
    assert "请填写公网地址" in page.text


def test_the_list_shows_how_each_target_stands(
    admin: FlaskClient,
    parts: Parts,
    add: Callable[..., UUID],
    refuse: Callable[..., list[int]],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("xapi.store.targets.COUNTED", 7)
    monkeypatch.setattr("lms.web.targets.COUNTED", 7)
    store(parts, 5)
    names = ("behind", "failing", "far", "ready", "resting")
    _, failing, _, ready, resting = (add(name) for name in names)
    refuse(failing, 3)
    with parts.database.writing() as session:
        for id in (ready, failing):
            assert targets.lease_target(
                session, id, owner="me", now=clock.now, until=clock.now + timedelta(hours=1)
            )
        newest = targets.last_seq(session)
        assert targets.reach(session, ready, owner="me", cursor=newest, now=clock.now, sent=True)
        assert targets.fail(
            session,
            failing,
            owner="me",
            error="answered 503 <b>",
            now=clock.now,
            next_try=clock.now + timedelta(minutes=1),
        )
        targets.pause_target(session, resting)

    rows = {
        name: bare(row)
        for name, row in zip(
            names, re.findall(r"<tr><th scope=\"row\">.*?</tr>", admin.get(LIST).text, re.DOTALL), strict=True
        )
    }

    assert "behind" in rows["behind"] and "sending 5 0 not yet none" in rows["behind"]
    assert "failing 5 3 not yet answered 503 &lt;b&gt;" in rows["failing"]
    assert "up to date 0 0 Nov" in rows["ready"]
    assert "paused 5 0" in rows["resting"]
    page = bare(admin.get(f"{LIST}/{failing}").text)
    assert (
        "The last attempt failed" in page and "failed 1 times in a row" in page and "Next attempt at" in page
    )
    store(parts, 5)
    assert "sending 7 or more" in bare(admin.get(LIST).text)


def test_a_target_is_paused_and_resumed(admin: FlaskClient, parts: Parts, add: Callable[..., UUID]) -> None:
    address = f"{LIST}/{add()}"

    assert admin.post(f"{address}/pause").location == address
    assert not states(parts)[0].enabled
    page = admin.get(address).text
    assert f'action="{address}/resume"' in page and f'action="{address}/pause"' not in page
    assert "nothing more is sent" in page
    assert admin.post(f"{address}/resume").location == address

    assert states(parts)[0].enabled
    assert f'action="{address}/pause"' in admin.get(address).text


def test_a_target_is_removed_only_when_that_is_confirmed(
    admin: FlaskClient, parts: Parts, add: Callable[..., UUID], refuse: Callable[..., list[int]]
) -> None:
    target = add()
    refuse(target)
    address = f"{LIST}/{target}"

    unsure = admin.post(f"{address}/remove")
    left = len(states(parts))
    done = admin.post(f"{address}/remove", data={"remove-sure": "y"})

    assert unsure.status_code == 400 and 'id="remove-sure-error"' in unsure.text and left == 1
    assert done.location == LIST
    assert states(parts) == []
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeadLetter)) == 0
    for path in ("", "/pause", "/resume", "/remove", "/letters/retry", "/letters/drop", "/letters/1/retry"):
        data = {"remove-sure": "y", "drop-sure": "y"}
        gone = admin.post(f"{address}{path}", data=data) if path else admin.get(address)
        assert gone.status_code == 404, path


def test_dead_letters_say_why_and_when_next(
    admin: FlaskClient, parts: Parts, add: Callable[..., UUID], refuse: Callable[..., list[int]], clock: Clock
) -> None:
    target = add()
    refuse(target, 27, again=clock.now + timedelta(hours=1))
    refuse(target, 1)  # once more, and never again by itself
    address = f"{LIST}/{target}"

    page = admin.get(address).text
    older = re.search(r'rel="next" href="([^"]+)"', page)
    last = admin.get(older[1]).text if older else ""

    assert page.count("it is &lt;no&gt; statement") == 25
    assert last.count("it is &lt;no&gt; statement") == 2
    assert bare(page).count("400 it is &lt;no&gt; statement 1 Nov 23") == 25
    assert "400 it is &lt;no&gt; statement 2 by hand only" in bare(last)
    assert "Try all 27 again" in page


def test_one_dead_letter_or_all_are_tried_again(
    admin: FlaskClient, parts: Parts, add: Callable[..., UUID], refuse: Callable[..., list[int]], clock: Clock
) -> None:
    target, other = add(), add("other")
    first, *_ = refuse(target, 3)
    refuse(other, 1)
    address = f"{LIST}/{target}/letters"

    elsewhere = admin.post(f"{LIST}/{other}/letters/{first}/retry")
    assert elsewhere.status_code == 404, "it is none of that target's"
    assert all(one.next_try is None for one in letters(parts, target))
    assert admin.post(f"{address}/{first}/retry").location == f"{LIST}/{target}"
    assert [one.next_try for one in letters(parts, target)] == [None, None, clock.now]
    admin.post(f"{address}/retry")

    assert [one.next_try for one in letters(parts, target)] == [clock.now] * 3
    assert [one.next_try for one in letters(parts, other)] == [None]
    assert "3 dead letters are tried again." in admin.get(f"{LIST}/{target}").text


def test_one_dead_letter_or_all_are_dropped(
    admin: FlaskClient, parts: Parts, add: Callable[..., UUID], refuse: Callable[..., list[int]]
) -> None:
    target, other = add(), add("other")
    first, *rest = refuse(target, 3)
    refuse(other, 1)
    address = f"{LIST}/{target}/letters"

    assert admin.post(f"{LIST}/{other}/letters/{first}/drop").status_code == 404
    assert admin.post(f"{address}/{first}/drop").location == f"{LIST}/{target}"
    assert [one.id for one in letters(parts, target)] == rest[::-1]
    unsure = admin.post(f"{address}/drop")
    assert unsure.status_code == 400 and 'id="drop-sure-error"' in unsure.text
    assert len(letters(parts, target)) == 2
    assert admin.post(f"{address}/drop", data={"drop-sure": "y"}).status_code == 303

    assert letters(parts, target) == [] and len(letters(parts, other)) == 1
    page = admin.get(f"{LIST}/{target}").text
    assert "2 dead letters dropped." in page and "this target took everything" in page


def test_many_targets_ask_the_database_no_more_than_one(
    admin: FlaskClient,
    parts: Parts,
    add: Callable[..., UUID],
    refuse: Callable[..., list[int]],
    count_queries: Callable[[], int],
    clock: Clock,
) -> None:
    """Each has a place of its own, so that each lag is another one."""
    for number in range(20):
        target = add(f"target {number}", chosen=Filter(since=clock.now - timedelta(hours=number)))
        refuse(target, 30)
    store(parts, 3)

    for address in (LIST, f"{LIST}/{target}"):
        count_queries()
        assert admin.get(address).status_code == 200
        assert 0 < count_queries() <= 12, address


def test_a_post_without_the_token_changes_nothing(
    app: Flask, admin: FlaskClient, parts: Parts, add: Callable[..., UUID]
) -> None:
    add()
    app.config["WTF_CSRF_ENABLED"] = True

    assert admin.post(LIST, data={**GIVEN, "name": "another"}).status_code == 400
    assert [one.name for one in states(parts)] == ["warehouse"]
