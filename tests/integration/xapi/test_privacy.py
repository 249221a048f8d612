"""Deleting by person and by age: what goes, what stays, what is written down."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from tests.kept_attachments import content_of, kept
from xapi import housekeeping, lrs, privacy
from xapi.privacy import Rule, begin_deletion, delete_step, retention_step
from xapi.spec.mentions import agent_key
from xapi.store import audit
from xapi.store.attachments import Kept, find_attachments
from xapi.store.files import FileMissing, Files
from xapi.store.forgetting import find_old
from xapi.store.query import StatementQuery
from xapi.store.tables import Activity, Statement, StatementAgent, StatementIri

LI = {"mbox": "mailto:li@desk.example"}
WANG = {"mbox": "mailto:wang@desk.example"}
VERB = "https://v.example/did"


def said(actor: dict[str, str] = LI, about: str = "https://o.example/1", **given: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "actor": actor, "verb": {"id": VERB}, "object": {"id": about}} | given


def store(database: Any, *statements: dict[str, Any], attachments: tuple[Kept, ...] = ()) -> list[str]:
    with database.writing() as session:
        return lrs.store_statements(
            session,
            statements,
            authority={"mbox": "mailto:tool@desk.example"},
            now=database.clock(),
            new_id=database.new_id,
            attachments=attachments,
        )


def ids(database: Any) -> list[str]:
    with database.reading() as session:
        return [str(id) for id in session.scalars(select(Statement.id).order_by(Statement.seq))]


def attached(files: Files, *contents: bytes) -> tuple[list[dict[str, Any]], tuple[Kept, ...]]:
    parts = tuple(kept(files, one) for one in contents)
    named = {"usageType": "a:b", "display": {}, "contentType": "text/plain", "length": 1}
    return [{**named, "sha2": part.sha2.upper()} for part in parts], parts


def test_attachments_go_with_the_last_statement_that_names_them(database: Any) -> None:
    names, parts = attached(database.files, b"hers", b"shared")
    store(database, said(attachments=names), said(WANG, attachments=names[1:]), attachments=parts)

    with database.writing() as session:
        entry, _ = begin_deletion(session, [LI], who="x", now=database.clock())
        assert delete_step(session, [LI], entry=entry) == 1
    with database.reading() as session:
        assert find_attachments(session, [one.sha2 for one in parts]) == [parts[1]]
    assert housekeeping.remove_deleted(database.reading, database.writing, database.files) == 1
    with pytest.raises(FileMissing):
        list(database.files.read(parts[0].file))
    assert content_of(database, database.files, parts[1].sha2) == b"shared"
    with database.writing() as session:
        delete_step(session, [WANG], entry=entry)
    with database.reading() as session:
        assert find_attachments(session, [one.sha2 for one in parts]) == []
        for table in (StatementAgent, StatementIri, Activity):
            assert session.scalars(select(table)).all() == [], "nothing of it is left"


def test_steps_delete_so_many_and_the_trail_counts_them(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "STEP", 2)
    store(database, *(said() for _ in range(5)), said(WANG))
    with database.writing() as session:
        entry, _ = begin_deletion(session, [LI], who="somebody", now=database.clock())

    counts = []
    for _ in range(4):
        with database.writing() as session:
            counts.append(delete_step(session, [LI], entry=entry))

    assert counts == [2, 2, 1, 0]
    assert len(ids(database)) == 1
    with database.reading() as session:
        [found] = audit.latest_audits(session)
    assert (found.who, found.action, found.statements) == ("somebody", "delete", 5)
    key = agent_key(LI)
    assert key is not None and json.loads(found.rule) == {"agents": [key.hex()], "by": ["mbox"]}


def test_what_a_failed_step_did_not_delete_is_not_counted(database: Any) -> None:
    store(database, said())
    with database.writing() as session:
        entry, _ = begin_deletion(session, [LI], who="x", now=database.clock())

    with pytest.raises(RuntimeError), database.writing() as session:
        delete_step(session, [LI], entry=entry)
        raise RuntimeError

    assert len(ids(database)) == 1
    with database.reading() as session:
        assert [one.statements for one in audit.latest_audits(session)] == [0]


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (Rule(5), {"new", "saw new"}),
        (Rule(5, verb="https://v.example/saw"), {"old", "other", "ref", "new", "saw new"}),
        (Rule(5, activity="https://o.example/2"), {"old", "saw", "ref", "new", "saw new"}),
        (Rule(5, verb=VERB, activity="https://o.example/2"), {"old", "saw", "ref", "new", "saw new"}),
        (Rule(30), {"old", "saw", "other", "ref", "new", "saw new"}),
    ],
)
def test_a_rule_means_what_is_old_and_has_the_verb_and_activity_itself(
    database: Any, rule: Rule, left: set[str]
) -> None:
    saw = {"id": "https://v.example/saw"}
    names = {}
    for name, statement in {
        "old": said(),
        "saw": said(verb=saw),
        "other": said(about="https://o.example/2"),
        "new": said(),
        "saw new": said(verb=saw),
    }.items():
        if name == "new":
            # what refers to a statement is found by what finds that one: not by a rule
            target = {"objectType": "StatementRef", "id": next(iter(names))}
            names[store(database, said(object=target))[0]] = "ref"
            database.clock.advance(days=10)
        names[store(database, statement)[0]] = name
    with database.writing() as session:
        entry = audit.record_audit(session, "retention", rule.said(), who="x", now=database.clock())
        while retention_step(session, rule, entry=entry, until=rule.until(database.clock())):
            pass

    assert {names[id] for id in ids(database)} == left
    with database.reading() as session:
        [found] = audit.latest_audits(session)
    assert found.statements == 6 - len(left)


def test_what_refers_to_a_deleted_statement_is_not_found_by_what_it_was(database: Any) -> None:
    one = said(verb={"id": "https://v.example/saw"})
    target = {"objectType": "StatementRef", "id": one["id"]}
    store(database, one)
    store(database, said(WANG, object=target))
    with database.reading() as session:
        found = find_old(session, 2**62, verb="https://v.example/saw", activity=None, limit=9)
    assert len(found) == 1, "only the statement itself"

    with database.writing() as session:
        entry, _ = begin_deletion(session, [LI], who="x", now=database.clock())
        delete_step(session, [LI], entry=entry)

    with database.reading() as session:
        inherited = select(StatementIri).where(StatementIri.source != StatementIri.seq)
        assert session.scalars(inherited).all() == []
    assert len(ids(database)) == 1


def test_a_chain_ends_where_a_statement_of_it_is_deleted(database: Any) -> None:
    """One refers to the next: without the middle one nobody finds the first by what the last one is."""
    last = said(WANG, verb={"id": "https://v.example/saw"})
    middle = said(LI, object={"objectType": "StatementRef", "id": last["id"]})
    first = said(WANG, object={"objectType": "StatementRef", "id": middle["id"]})
    other = said(WANG, object={"objectType": "StatementRef", "id": last["id"]})
    for one in (first, last, middle, other):
        store(database, one)
    sent: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement)
    )

    def found() -> set[str]:
        with database.reading() as session:
            page = lrs.query_statements(session, StatementQuery(verb="https://v.example/saw"))
        return {json.loads(text)["id"] for text in page.payloads}

    assert found() == {one["id"] for one in (first, middle, last, other)}
    with database.writing() as session:
        entry, _ = begin_deletion(session, [LI], who="x", now=database.clock())
        delete_step(session, [LI], entry=entry)

    assert found() == {last["id"], other["id"]}
    links = [
        one
        for one in sent
        if one.startswith(("DELETE FROM xapi_statement_agents", "DELETE FROM xapi_statement_iris"))
    ]
    assert links and all("key" in one.partition("WHERE")[2] for one in links), "by key, never the whole table"

    store(database, middle)
    assert found() == {one["id"] for one in (first, middle, last, other)}, "and comes back whole"
