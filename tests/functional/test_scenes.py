"""Practice scenes in the browser's way: begun, gone on with, sent twice, ended, told to the record store."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import func, select, text

from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.scenes import SceneMove, SceneRun
from lms.services import authoring
from tests.conftest import Clock
from tests.practice_course import practice_course
from tests.shelf_course import shelf

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SCENE = "/practice/en-late-parcel"
Enter = Callable[..., FlaskClient]


@pytest.fixture
def published(parts: Parts) -> None:
    with parts.database.writing() as session:
        authoring.import_course(
            session, replace(practice_course(), shelf=shelf(point="point-single")), now=parts.now()
        )


def words(answer: object) -> str:
    [main] = html.document_fromstring(answer.text).xpath("//main")  # type: ignore[attr-defined]
    return " ".join(main.text_content().split())


def begin(client: FlaskClient, **data: str) -> str:
    answer = client.post(SCENE, data=data)
    assert answer.status_code == 303
    return str(answer.location)


def stored(parts: Parts) -> list[tuple[int, str]]:
    with parts.database.reading() as session:
        return [tuple(row) for row in session.execute(select(SceneMove.number, SceneMove.reply_id))]


def said(parts: Parts) -> list[dict[str, object]]:
    with parts.database.reading() as session:
        rows = session.scalars(text("SELECT payload FROM xapi_statements"))
        told = [json.loads(row) for row in rows]
    return [one for one in told if one["verb"]["id"].endswith(("/responded", "/completed"))]


def test_a_scene_is_played_to_a_good_end(sign_in: Enter, published: None, parts: Parts, clock: Clock) -> None:
    client = sign_in()
    assert "The parcel is late" in words(client.get("/practice"))
    assert "Dana Whitfield" in words(client.get(SCENE)) and "39.99 USD" in words(client.get(SCENE))
    run = begin(client)
    first = client.get(run)
    assert "Where is my parcel?" in words(first)
    assert "blames" not in words(first), "what a reply does is said after it"

    clock.now += timedelta(minutes=1)
    answer = client.post(f"{run}/1", data={"reply": "b"})
    assert answer.status_code == 303 and answer.location == f"{run}#reply-1"
    second = words(client.get(run))
    assert "It pushes the blame away." in second and "Temper 60 → 80" in second and "0 of 3 points" in second
    assert "And when will it come?" in second and "A stronger reply" not in second

    clock.now += timedelta(minutes=1)
    client.post(f"{run}/2", data={"reply": "b"})
    end = words(client.get(run))
    assert "It ended well" in end and "Name it, then give a day." in end and "3 of 6 points" in end
    assert "Rests on: Refund limit 39.99 USD" in end and "Rests on: Withdrawal" in end
    assert "A stronger reply" in end
    rows = html.document_fromstring(client.get(run).text).xpath("//section[@id='curve']//tbody/tr")
    assert [" ".join(row.text_content().split()) for row in rows] == ["Start60", "Reply 180", "Reply 250"]
    assert "best 50%" in words(client.get("/practice"))
    assert "You played it 1 time; your best is 50%." in words(client.get(SCENE))

    turns, [done] = said(parts)[:2], said(parts)[2:]
    assert [one["verb"]["id"].rsplit("/", 1)[1] for one in turns] == ["responded"] * 2
    assert done["result"]["score"] == {"scaled": 0.5}
    assert done["result"]["success"] is True and done["result"]["duration"] == "PT02M00S"
    assert done["object"]["id"].endswith("/courses/desk/scenarios/en-late-parcel")


def test_what_is_sent_twice_or_late_counts_once(sign_in: Enter, published: None, parts: Parts) -> None:
    client = sign_in()
    run = begin(client)
    assert begin(client) == run == begin(client, again="1"), "nothing was said yet"
    for reply in ("a", "a", "c"):  # the same again, and another one after going back
        assert client.post(f"{run}/1", data={"reply": reply}).status_code == 303
    assert stored(parts) == [(1, "a")] and len(said(parts)) == 1

    assert client.post(f"{run}/7", data={"reply": "b"}).status_code == 303
    client.post(f"{run}/2", data={"reply": "b"})
    for number in (2, 3):
        assert client.post(f"{run}/{number}", data={"reply": "a"}).status_code == 303
    assert stored(parts) == [(1, "a"), (2, "b")] and len(said(parts)) == 3


def test_a_run_is_gone_on_with_and_can_be_begun_anew(sign_in: Enter, published: None, parts: Parts) -> None:
    client = sign_in()
    run = begin(client)
    client.post(f"{run}/1", data={"reply": "b"})

    assert "going on" in words(client.get("/practice"))
    assert "Go on" in words(client.get(SCENE)) and "Begin anew" in words(client.get(SCENE))
    assert begin(client) == run
    other = begin(client, again="1")
    assert other != run
    assert "And when will it come?" in words(client.get(run)), "what was given up can still be read"
    client.post(f"{other}/1", data={"reply": "c"})
    assert "It ended badly" in words(client.get(other))
    assert begin(client) not in (run, other), "what has ended is begun anew"
    with parts.database.reading() as session:
        open_runs = select(func.count()).select_from(SceneRun).where(SceneRun.finished_at.is_(None))
        assert session.scalar(open_runs) == 1


@ON_SQLITE
def test_a_form_without_a_choice_comes_back(sign_in: Enter, published: None, parts: Parts) -> None:
    client = sign_in()
    run = begin(client)

    nothing = client.post(f"{run}/1", data={})
    assert nothing.status_code == 400 and "Choose a reply first." in words(nothing)
    assert client.post(f"{run}/1", data={"reply": "nonsense"}).status_code == 400
    assert stored(parts) == []


@ON_SQLITE
def test_a_run_is_its_own_persons(
    sign_in: Enter, published: None, make_person: Callable[..., Person]
) -> None:
    run = begin(sign_in())
    stranger = sign_in()

    assert stranger.get(run).status_code == 404
    assert stranger.post(f"{run}/1", data={"reply": "a"}).status_code == 404
    assert stranger.get(run.replace("en-late-parcel", "other")).status_code == 404
    assert stranger.get("/practice/other").status_code == 404
    assert stranger.post("/practice/other").status_code == 404


@ON_SQLITE
def test_a_run_goes_on_by_the_version_that_it_began_with(
    sign_in: Enter, published: None, parts: Parts
) -> None:
    client = sign_in()
    run = begin(client)
    client.post(f"{run}/1", data={"reply": "a"})
    changed = shelf(point="point-single")
    changed.written["scenarios"][0]["turns"]["solution"]["text"] = "Something new?"
    with parts.database.writing() as session:
        authoring.import_course(session, replace(practice_course(), shelf=changed), now=parts.now())

    assert "And when will it come?" in words(client.get(run))
    client.post(f"{run}/2", data={"reply": "b"})
    assert "It ended well" in words(client.get(run))
    again = begin(client)
    client.post(f"{again}/1", data={"reply": "a"})
    assert "Something new?" in words(client.get(again))


@ON_SQLITE
def test_scenes_are_listed_by_language_and_kind(sign_in: Enter, published: None) -> None:
    client = sign_in(language="zh-CN")

    assert "包裹晚了" in words(client.get("/practice?lang=en&kind=role_play"))
    assert "包裹晚了" not in words(client.get("/practice?lang=de"))
    assert "包裹晚了" not in words(client.get("/practice?kind=debate"))


@ON_SQLITE
def test_the_pages_ask_the_database_little(
    sign_in: Enter, published: None, count_queries: Callable[[], int]
) -> None:
    client = sign_in()
    run = begin(client)
    client.post(f"{run}/1", data={"reply": "a"})
    for path in ("/practice", SCENE, run):
        client.get(path)
        count_queries()
        client.get(path)

        assert count_queries() <= 6, path
