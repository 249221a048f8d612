"""The tincan package from PyPI as somebody else's client, over HTTP.

Its `about` takes no store that names version 2.0.0 beside 1.0.3; everything else works.
"""

from __future__ import annotations

import base64
import http.client
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from tincan import (
    Activity,
    ActivityDefinition,
    ActivityProfileDocument,
    Agent,
    AgentAccount,
    AgentProfileDocument,
    RemoteLRS,
    StateDocument,
    Statement,
    Verb,
)

from tests.integration.xapi.conftest import Database
from tests.integration.xapi.faulty_proxy import served
from xapi.http import create_blueprint
from xapi.store.credentials import create_credential

LI = Agent(account=AgentAccount(home_page="https://desk.example", name="li"))
BEN = Agent(mbox="mailto:ben@desk.example")
DID = Verb(id="https://v.example/did", display={"en": "did"})
COURSE = Activity(id="https://o.example/1", definition=ActivityDefinition(name={"en": "One", "zh-CN": "一"}))


def said(**given: Any) -> Statement:
    return Statement(**({"actor": LI, "verb": DID, "object": COURSE} | given))


@pytest.fixture
def lrs(database: Database) -> Iterator[RemoteLRS]:
    with database.writing() as session:
        key, secret = create_credential(
            session, "tincan", "all", now=database.clock(), secrets=secrets.token_urlsafe
        )
    app = Flask("store")
    app.register_blueprint(
        create_blueprint(
            reading=database.reading,
            writing=database.writing,
            clock=lambda: datetime.now(UTC),
            files=database.files,
            new_id=uuid4,
            secret="a secret of the test",
        )
    )
    with served(app) as address:
        yield RemoteLRS(endpoint=f"{address}/xapi/", username=key, password=secret)


def test_it_saves_a_statement_and_reads_it_back(lrs: RemoteLRS) -> None:
    mine = said(id=str(uuid4()))

    put = lrs.save_statement(mine)
    posted = lrs.save_statement(said(actor=BEN))
    found = lrs.retrieve_statement(mine.id)

    assert put.success and put.response.status == 204
    assert posted.success and posted.content.id is not None
    assert found.success
    assert found.content.actor.account.name == "li"
    assert found.content.object.definition.name["zh-CN"] == "一"
    assert found.content.stored is not None and found.content.authority is not None
    assert not lrs.retrieve_statement(str(uuid4())).success


def test_it_saves_many_asks_for_some_and_follows_the_pages(lrs: RemoteLRS) -> None:
    saved = lrs.save_statements([said() for _ in range(7)] + [said(actor=BEN) for _ in range(2)])
    assert saved.success and len({one.id for one in saved.content}) == 9

    pages = [lrs.query_statements({"agent": LI, "verb": DID, "activity": COURSE, "limit": 3})]
    while pages[-1].content.more:
        pages.append(lrs.more_statements(pages[-1].content))

    found = [one.id for page in pages for one in page.content.statements]
    assert [len(page.content.statements) for page in pages] == [3, 3, 1]
    assert found == [one.id for one in saved.content][6::-1]


def test_a_voided_statement_is_found_as_such(lrs: RemoteLRS) -> None:
    saved = lrs.save_statement(said()).content
    voiding = {
        "actor": {"mbox": "mailto:ben@desk.example"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": str(saved.id)},
    }

    assert lrs.save_statement(Statement(voiding)).success
    assert lrs.retrieve_statement(saved.id).response.status == 404
    assert lrs.retrieve_voided_statement(saved.id).content.id == saved.id


def test_states_are_saved_listed_read_deleted_and_cleared(lrs: RemoteLRS) -> None:
    def state(id: str, content: bytes) -> StateDocument:
        return StateDocument(
            id=id, activity=COURSE, agent=LI, content=bytearray(content), content_type="text/plain"
        )

    assert lrs.save_state(state("bookmark", b"page 3")).success
    assert lrs.save_state(state("bookmark", b"page 4")).success
    assert lrs.save_state(state("other", b"{}")).success

    assert sorted(lrs.retrieve_state_ids(COURSE, LI).content) == ["bookmark", "other"]
    assert bytes(lrs.retrieve_state(COURSE, LI, "bookmark").content.content) == b"page 4"
    assert bytes(lrs.retrieve_state(COURSE, LI, "other").content.content) == b"{}"
    assert lrs.retrieve_state_ids(COURSE, BEN).content == []
    assert lrs.delete_state(state("bookmark", b"")).success
    assert lrs.retrieve_state_ids(COURSE, LI).content == ["other"]
    assert lrs.clear_state(COURSE, LI).success
    assert lrs.retrieve_state_ids(COURSE, LI).content == []


def test_profiles_are_listed_read_changed_and_deleted(lrs: RemoteLRS) -> None:
    """tincan cannot send If-None-Match, and 1.0.3 asks for it: somebody else makes the documents (3, 3.1)."""
    agent = json.dumps({"mbox": "mailto:ben@desk.example"})
    etags = [
        make(lrs, "activities/profile", {"activityId": COURSE.id, "profileId": "settings"}),
        make(lrs, "agents/profile", {"agent": agent, "profileId": "settings"}),
    ]
    new = {"content": bytearray(b'{"a":2}'), "content_type": "application/json"}
    of_activity = ActivityProfileDocument(id="settings", activity=COURSE, **new)
    of_agent = AgentProfileDocument(id="settings", agent=BEN, **new)

    assert lrs.retrieve_activity_profile_ids(COURSE).content == ["settings"]
    assert lrs.retrieve_agent_profile_ids(BEN).content == ["settings"]
    assert not lrs.save_activity_profile(of_activity).success
    assert not lrs.save_agent_profile(of_agent).success
    of_activity.etag, of_agent.etag = etags
    assert lrs.save_activity_profile(of_activity).success
    assert lrs.save_agent_profile(of_agent).success
    assert bytes(lrs.retrieve_activity_profile(COURSE, "settings").content.content) == b'{"a":2}'
    assert bytes(lrs.retrieve_agent_profile(BEN, "settings").content.content) == b'{"a":2}'
    of_activity.etag = of_agent.etag = None
    assert lrs.delete_activity_profile(of_activity).success
    assert lrs.delete_agent_profile(of_agent).success
    assert lrs.retrieve_activity_profile_ids(COURSE).content == []
    assert lrs.retrieve_agent_profile_ids(BEN).content == []


def make(lrs: RemoteLRS, resource: str, parameters: dict[str, str]) -> str:
    """Make a document as a client does that knows the headers, and answer its ETag."""
    parts = urlsplit(f"{lrs.endpoint}{resource}?{urlencode(parameters)}")
    headers = {"Authorization": lrs.auth, "X-Experience-API-Version": "1.0.3"}
    etag = ""
    for method in ("PUT", "GET"):
        connection = http.client.HTTPConnection(parts.netloc)
        more = {"If-None-Match": "*", "Content-Type": "application/json"} if method == "PUT" else {}
        body = b'{"a":1}' if method == "PUT" else None
        connection.request(method, f"{parts.path}?{parts.query}", body=body, headers=headers | more)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 204)
        etag = answer.headers.get("ETag", "")
        connection.close()
    return etag


def test_a_wrong_secret_is_told(lrs: RemoteLRS) -> None:
    lrs.auth = "Basic " + base64.b64encode(b"nobody:wrong").decode()

    answer = lrs.save_statement(said())

    assert not answer.success and answer.response.status == 401
