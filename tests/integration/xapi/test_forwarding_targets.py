"""What a target refuses, and what becomes of targets and dead letters."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.xapi.conftest import Clock, Database
from tests.integration.xapi.second_store import (
    LI,
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
from xapi import lrs
from xapi.errors import Conflict, Invalid, NotFound
from xapi.forwarding import HttpClient, Pace
from xapi.forwarding.client import Reply
from xapi.store import dead_letters, targets
from xapi.store.tables import Statement, StatementId


def test_the_neighbours_of_a_bad_statement_go(database: Database, other: Other) -> None:
    ids = store(database, *many(60))
    taken = [ids[7], ids[41]]
    store(other.database, *(statement(id=id, result={"response": "something else"}) for id in taken))
    add(database, other)

    forwarder(database).run_once()

    ours, theirs = held(database), held(other.database)
    assert theirs.keys() == ours.keys()
    assert [id for id in ids if theirs[id] != ours[id]] == taken
    found = letters(database)
    assert {str(one.statement_id) for one in found} == set(taken)
    assert all(one.status == 409 and "another statement" in one.reason for one in found)
    assert (state(database).dead_letters, state(database).waiting) == (2, 0)


def test_a_conflict_over_an_equal_statement_is_a_delivery(database: Database, other: Other) -> None:
    ids = store(database, *many(3))
    forward_to = add(database, other)

    class Strict(HttpClient):
        """A store that answers 409 for whatever it has already, as some do."""

        def post(self, to: Any, body: bytes, **given: Any) -> Any:
            known = held(other.database)
            if any(one["id"] in known for one in json.loads(body)):
                return Reply(409, b"duplicate")
            return super().post(to, body, **given)

    with database.reading() as session:
        kept = [json.loads(lrs.get_statement(session, UUID(id))) for id in ids]
    store(other.database, kept[1])
    store(other.database, {**kept[2], "result": {"response": "other"}})

    forwarder(database, client=Strict()).forward(forward_to)

    assert [str(one.statement_id) for one in letters(database)] == [ids[2]]
    assert held(other.database)[ids[0]] == held(database)[ids[0]]


def test_a_store_of_version_1_gets_no_statement_that_only_version_2_knows(
    database: Database, other: Other
) -> None:
    agents = {"contextAgents": [{"objectType": "contextAgent", "agent": LI}]}
    (plain,) = store(database, statement(), version="2.0.0")
    (new,) = store(database, statement(context=agents), version="2.0.0")
    (nested,) = store(
        database,
        statement(object={"objectType": "SubStatement", **statement(context=agents)}, version="1.0.3"),
        version="2.0.0",
    )
    (old,) = store(database, statement())
    add(database, other, "old")

    forwarder(database).run_once()

    theirs = held(other.database)
    assert theirs.keys() == {plain, old}
    assert theirs[plain] == {**held(database)[plain], "version": "1.0.0"}
    found = {str(one.statement_id): one for one in letters(database)}
    assert found.keys() == {new, nested}
    assert "context" in found[new].reason and "2.0" in found[new].reason
    assert found[new].next_try is None and found[new].status is None

    add(database, other, "new", version="2.0.0")
    forwarder(database).run_once()
    assert held(other.database).keys() == {plain, new, nested, old}
    assert held(other.database)[new] == held(database)[new]


def test_a_dead_letter_is_tried_again_by_time_or_hand_and_dropped(database: Database, other: Other) -> None:
    clock: Clock = database.clock
    ids = store(database, *many(2))
    store(other.database, *(statement(id=id, result={"response": "other"}) for id in ids))
    target = add(database, other)
    run = forwarder(database)
    run.run_once()
    assert [one.attempts for one in letters(database)] == [1, 1]

    clock.advance(hours=1)
    run.run_once()
    assert [(one.attempts, one.next_try) for one in letters(database)] == [
        (2, clock() + timedelta(hours=6))
    ] * 2

    with other.database.writing() as session:
        lrs.forget_agents(session, [("https://nobody.example", "x")])
        session.execute(Statement.__table__.delete())  # type: ignore[attr-defined]
        session.execute(StatementId.__table__.delete())  # type: ignore[attr-defined]
    first, second = letters(database)
    with database.writing() as session:
        dead_letters.retry_dead_letter(session, first.id, now=clock())
        dead_letters.drop_dead_letter(session, second.id)
    run.run_once()

    assert letters(database) == []
    assert held(other.database).keys() == {str(first.statement_id)}
    with pytest.raises(NotFound), database.writing() as session:
        dead_letters.retry_dead_letter(session, first.id, now=clock())
    assert state(database).id == target


def test_deleting_a_person_deletes_their_dead_letters(database: Database, other: Other) -> None:
    actor = {"objectType": "Agent", "account": {"homePage": "https://desk.example", "name": "p1"}}
    (id,) = store(database, statement(actor=actor))
    store(other.database, statement(id=id))
    add(database, other)
    forwarder(database).run_once()
    assert len(letters(database)) == 1

    with database.writing() as session:
        lrs.forget_agents(session, [("https://desk.example", "p1")])

    assert letters(database) == []


def test_a_wrong_secret_blames_no_statement(database: Database, other: Other) -> None:
    store(database, *many(2))
    target = add(database, other, secret="wrong")

    forwarder(database).run_once()

    assert letters(database) == []
    assert "wrong" in (state(database).last_error or "") and state(database).waiting == 2
    with database.writing() as session:
        targets.remove_target(session, target)
    add(database, other)
    forwarder(database).run_once()
    assert held(other.database) == held(database)


def test_a_statement_that_breaks_the_target_does_not_block_the_others(
    database: Database, other: Other
) -> None:
    clock: Clock = database.clock
    ids = store(database, *many(12))
    add(database, other)

    class Breaking(HttpClient):
        def post(self, to: Any, body: bytes, **given: Any) -> Any:
            return Reply(500, b"oops") if ids[5].encode() in body else super().post(to, body, **given)

    run = forwarder(database, client=Breaking())
    for _ in range(40):
        run.run_once()
        clock.advance(minutes=10)

    assert [str(one.statement_id) for one in letters(database)] == [ids[5]]
    assert held(other.database).keys() == set(ids) - {ids[5]}


def test_a_target_that_refuses_everything_is_paused(
    database: Database, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xapi.forwarding.forwarder.FULL", 5)
    store(database, *many(30))
    add(database, other)

    class Refusing(HttpClient):
        def post(self, *_: Any, **__: Any) -> Any:
            return Reply(400, b"not for me")

    forwarder(database, client=Refusing()).run_once()

    now = state(database)
    assert (now.enabled, now.dead_letters, now.waiting) == (False, 5, 25)
    assert "5 dead letters" in (now.last_error or "")
    with database.writing() as session:
        dead_letters.retry_dead_letters(session, now.id, now=database.clock())
        targets.resume_target(session, now.id)
    while forwarder(database).run_once():
        pass
    assert held(other.database) == held(database)


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("", "https://lrs.example.com"),
        ("x", "ftp://lrs.example.com"),
        ("x", "https://user@lrs.example.com"),
        ("x", "https://lrs.example.com/?a=b"),
        ("x", "https://lrs.example.com:99999"),
        ("x", "https://"),
        ("x", "http://[::1]/"),
        ("x", "http://169.254.169.254/latest"),
        ("x", "https://lrs.example.com/a b"),
    ],
)
def test_a_target_that_cannot_be_one_is_refused(database: Database, name: str, endpoint: str) -> None:
    with pytest.raises(Invalid), database.writing() as session:
        targets.add_target(session, name, endpoint, key="k", secret="s", now=database.clock(), new_id=uuid4)


def test_a_name_is_taken_once_and_a_secret_is_not_shown(database: Database, other: Other) -> None:
    add(database, other)

    with pytest.raises(Conflict):
        add(database, other)

    assert other.secret not in repr(state(database))
    with database.writing() as session:
        leased = targets.lease_target(
            session, state(database).id, owner="x", now=database.clock(), until=database.clock()
        )
    assert other.secret not in repr(leased)


def test_a_paused_target_rests_and_goes_on_where_it_stopped(database: Database, other: Other) -> None:
    store(database, *many(2))
    target = add(database, other)
    run = forwarder(database)
    run.run_once()
    with database.writing() as session:
        targets.pause_target(session, target)
    store(database, *many(3))

    assert run.run_once() == 0
    assert state(database).waiting == 3 and not state(database).enabled

    with database.writing() as session:
        targets.resume_target(session, target)
    assert run.run_once() == 3
    assert held(other.database) == held(database)


def test_two_processes_do_not_serve_one_target_at_once(database: Database, other: Other) -> None:
    clock: Clock = database.clock
    store(database, statement())
    target = add(database, other)
    pace = Pace(lease=timedelta(minutes=3))
    with database.writing() as session:
        taken = targets.lease_target(session, target, owner="killed", now=clock(), until=clock() + pace.lease)
    assert taken is not None

    assert forwarder(database).run_once() == 0
    assert forwarder(database).forward(target) == 0
    clock.advance(minutes=3)
    assert forwarder(database).run_once() == 1

    with database.writing() as session:
        assert not targets.reach(session, target, owner="killed", cursor=2**60, now=clock(), sent=True)
    assert state(database).waiting == 0
