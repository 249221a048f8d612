"""Forwarding to a second record store, through a proxy that cuts, refuses and dawdles."""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.integration.xapi.conftest import Clock, Database
from tests.integration.xapi.faulty_proxy import FAULTS, SLOW_SECONDS
from tests.integration.xapi.second_store import (
    COURSE,
    DID,
    Other,
    add,
    forwarder,
    held,
    letters,
    many,
    state,
    statement,
    store,
)
from tests.kept_attachments import content_of, kept
from xapi.errors import Invalid
from xapi.forwarding import HttpClient, Pace, Timeouts
from xapi.forwarding.client import Reply
from xapi.spec.mentions import VOIDED
from xapi.store import outgoing, targets
from xapi.store.tables import Statement
from xapi.store.targets import Filter


def test_what_is_stored_arrives_as_it_is_in_its_order(database: Database, other: Other) -> None:
    ids = store(database, *many(250))
    voided = store(
        database, statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": ids[3]})
    )
    add(database, other)

    done = forwarder(database).run_once()

    assert done == 251
    assert held(other.database) == held(database)
    with other.database.reading() as session:
        stored = session.execute(select(Statement.id, Statement.voided).order_by(Statement.seq)).all()
    assert [str(row.id) for row in stored] == [*ids, *voided]
    assert [str(row.id) for row in stored if row.voided] == [ids[3]]
    assert b'"raw":1.1' in other.proxy.sent[0][1]
    assert {headers["X-Experience-API-Version"] for headers in other.proxy.headers} == {"1.0.3"}
    now = state(database)
    assert (now.waiting, now.dead_letters, now.last_error, now.last_success) == (0, 0, None, database.clock())
    assert forwarder(database).run_once() == 0


def test_attachments_arrive_byte_for_byte(database: Database, other: Other) -> None:
    content = secrets.token_bytes(200_000) + b"\r\n--\r\n\x00"
    sha2 = hashlib.sha256(content).hexdigest()
    attachment = {
        "usageType": "https://u.example/recording",
        "display": {"en": "the call"},
        "contentType": "audio/ogg",
        "length": len(content),
        "sha2": sha2,
    }
    store(
        database,
        *many(3),
        statement(attachments=[attachment]),
        attachments=[kept(database.files, content, "audio/ogg")],
    )
    add(database, other)

    forwarder(database).run_once()

    assert held(other.database) == held(database)
    assert content_of(other.database, other.database.files, sha2) == content


def test_a_filter_lets_through_what_it_names(database: Database, other: Other) -> None:
    clock: Clock = database.clock
    early = store(database, statement())
    clock.advance(hours=1)
    by_verb = store(database, statement(verb={"id": "https://v.example/passed"}))
    about = store(
        database,
        statement(
            object={"id": "https://o.example/1", "objectType": "Activity"},
            context={"contextActivities": {"grouping": [{"id": COURSE, "objectType": "Activity"}]}},
        ),
    )
    store(database, statement(object={"id": "https://o.example/2", "objectType": "Activity"}))
    run = forwarder(database)

    add(database, other, "verb", chosen=Filter(verbs=("https://v.example/passed",)))
    run.run_once()
    assert held(other.database).keys() == set(by_verb)
    add(
        database, other, "activity", chosen=Filter(activities=(COURSE,), since=clock() - timedelta(minutes=1))
    )
    run.run_once()
    assert held(other.database).keys() == {*by_verb, *about}
    add(database, other, "both", chosen=Filter(verbs=(DID,), activities=(COURSE,)))
    run.run_once()

    assert held(other.database).keys() == {*by_verb, *about, *early}
    assert [state(database, name).waiting for name in ("verb", "activity", "both")] == [0, 0, 0]


@pytest.mark.parametrize(
    "chosen", [Filter(verbs=(DID,)), Filter(activities=(COURSE,)), Filter(verbs=(DID,), activities=(COURSE,))]
)
def test_what_voids_a_statement_passes_every_filter(database: Database, other: Other, chosen: Filter) -> None:
    (id,) = store(database, statement())
    refers = {"objectType": "StatementRef", "id": id}
    (about,) = store(database, statement(verb={"id": "https://v.example/liked"}, object=refers))
    (voiding,) = store(database, statement(verb={"id": VOIDED}, object=refers))
    add(database, other, chosen=chosen)

    forwarder(database).run_once()

    assert held(other.database).keys() == {id, voiding} and about not in held(other.database)
    with other.database.reading() as session:
        assert session.scalars(select(Statement.voided).order_by(Statement.seq)).all() == [True, False]


def test_more_than_a_request_takes_goes_in_several(
    database: Database, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By number through a filter, by bytes of JSON, and by attachments."""
    monkeypatch.setattr("xapi.store.outgoing.WINDOW", 230)
    monkeypatch.setattr("xapi.store.outgoing.MAX_JSON", 20_000)
    monkeypatch.setattr("xapi.store.outgoing.MAX_PARTS", 3)
    monkeypatch.setattr("xapi.store.outgoing.MAX_ATTACHED", 10_000)
    left_out = store(database, *(statement(verb={"id": "https://v.example/other"}) for _ in range(5)))
    store(database, *many(250))
    store(database, *(statement(result={"response": "a" * 9_000}) for _ in range(5)))
    store(database, statement(result={"response": "a" * 50_000}))
    contents = [secrets.token_bytes(length) for length in (10, 20, 30, 40, 6_000, 6_000, 12_000)]
    parts = [kept(database.files, one) for one in contents]
    attached = [
        {
            "usageType": "https://u.example/note",
            "display": {"en": "a note"},
            "contentType": "text/plain",
            "length": one.length,
            "sha2": one.sha2,
        }
        for one in parts
    ]
    store(database, *(statement(attachments=[one]) for one in attached), attachments=parts)
    add(database, other, chosen=Filter(verbs=(DID,)))

    while forwarder(database).run_once():
        pass

    ours = held(database)
    assert held(other.database) == {id: said for id, said in ours.items() if id not in left_out}
    sizes = [body.count(b'"id":"https://v.example/did"') for _, body in other.proxy.sent]
    assert max(sizes) <= 100 and sum(sizes) == 250 + 6 + 7
    assert max(len(body) for _, body in other.proxy.sent) < 52_000
    assert all(body.count(b"X-Experience-API-Hash") <= 3 for _, body in other.proxy.sent)
    theirs = [content_of(other.database, other.database.files, one.sha2) for one in parts]
    assert theirs == contents


def test_a_statement_that_is_deleted_while_it_is_read_is_passed_over(
    database: Database, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = store(database, *many(3))
    add(database, other)
    read = outgoing.payloads

    def read_less(session: Any, seqs: Any) -> dict[int, str]:
        found = read(session, seqs)
        del found[max(found)]
        return found

    monkeypatch.setattr(outgoing, "payloads", read_less)
    forwarder(database).run_once()

    assert held(other.database).keys() == set(ids[:2])
    assert state(database).waiting == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_everything_is_there_once(database: Database, other: Other, fault: str) -> None:
    clock: Clock = database.clock
    store(database, *many(30))
    add(database, other)
    faults = iter([fault, fault])
    other.proxy.fault = lambda: next(faults, "")
    run = forwarder(database, client=HttpClient(Timeouts(connect=5, read=SLOW_SECONDS / 2, whole=20)))

    failed = [run.run_once()]
    assert state(database).failures == 1 and state(database).last_error is not None
    assert run.run_once() == 0, "a target rests after a failure"
    clock.advance(seconds=1)
    failed.append(run.run_once())
    assert state(database).next_try == clock() + timedelta(seconds=2), "the pause doubles"
    clock.advance(seconds=2)
    while run.run_once():
        pass

    assert failed == [0, 0]
    assert held(other.database) == held(database)
    assert (state(database).failures, state(database).last_error, letters(database)) == (0, None, [])


def test_pauses_grow_to_a_bound_and_differ_by_chance() -> None:
    pace = Pace(first=timedelta(seconds=1), longest=timedelta(minutes=10))

    assert [pace.pause(count, chance=lambda: 1.0).total_seconds() for count in (0, 1, 5, 9, 10, 400)] == [
        1, 2, 32, 512, 600, 600,
    ]  # fmt: skip
    assert pace.pause(1, chance=lambda: 0.0) == timedelta(seconds=1)


def test_a_wish_to_wait_is_honoured(database: Database, other: Other) -> None:
    store(database, statement())
    add(database, other)

    class Busy(HttpClient):
        def post(self, *_: Any, **__: Any) -> Any:
            return Reply(429, b"", "120")

    forwarder(database, client=Busy()).run_once()

    assert state(database).next_try == database.clock() + timedelta(seconds=120)


def test_a_redirect_is_not_followed(database: Database, other: Other) -> None:
    store(database, statement())
    add(database, other)
    other.proxy.fault = lambda: "302"

    forwarder(database).run_once()

    assert len(other.proxy.sent) == 1
    assert "redirect" in (state(database).last_error or "")


def test_an_answer_that_drips_is_given_up(database: Database, other: Other) -> None:
    """Each piece comes in time, the whole does not."""
    store(database, statement())
    with dripping() as address:
        with database.writing() as session:
            targets.add_target(
                session,
                "other",
                address,
                key="k",
                secret="s",
                now=database.clock(),
                new_id=uuid4,
                allow_private=True,
            )
        began = time.monotonic()
        forwarder(database, client=HttpClient(Timeouts(connect=5, read=5, whole=1))).run_once()
        took = time.monotonic() - began

    assert state(database).failures == 1
    assert took < 30, "a drop comes every tenth of a second for a minute"


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends one byte of a header every tenth of a second, for a minute."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with server.accept()[0] as connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                for _ in range(600):
                    connection.sendall(b"a")
                    if over.wait(0.1):
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()


def test_a_private_address_is_refused_unless_it_is_allowed(database: Database, other: Other) -> None:
    with pytest.raises(Invalid, match="public"):
        add(database, other, allow_private=False)
    store(database, statement())
    with database.writing() as session:
        targets.add_target(
            session,
            "by name",
            f"http://localhost:{other.proxy.server.server_port}/xapi",
            key=other.key,
            secret=other.secret,
            now=database.clock(),
            new_id=uuid4,
        )

    forwarder(database).run_once()

    assert other.proxy.sent == []
    assert "private" in (state(database, "by name").last_error or "")
