"""Every change of a target stands in the audit trail with who made it, and no secret does."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.integration.xapi.conftest import Database
from tests.integration.xapi.second_store import forwarder, many, store
from xapi import target_changes
from xapi.errors import Invalid, NotFound
from xapi.forwarding.client import Reply
from xapi.store import audit, targets
from xapi.store.tables import AuditEntry, Target
from xapi.store.targets import Filter

SECRETS = [secrets.token_urlsafe(32) for _ in range(2)]


def trail(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with database.reading() as session:
        entries = audit.latest_audits(session)
        return [(one.who, one.action, json.loads(one.rule)) for one in reversed(entries)]


def test_each_change_is_written_down_and_no_secret(database: Database) -> None:
    chosen = Filter(verbs=("https://v.example/did",), since=datetime(2026, 1, 1, tzinfo=UTC))
    with database.writing() as session:
        made = {"now": database.clock(), "new_id": uuid4, "who": "ann", "chosen": chosen}
        id = target_changes.add_target(
            session, "warehouse", "https://lrs.example.com/xapi", key="old", secret=SECRETS[0], **made
        )
    for change in (target_changes.pause_target, target_changes.resume_target):
        with database.writing() as session:
            change(session, id, who="ben", now=database.clock())
    with database.writing() as session:
        target_changes.replace_secret(
            session, id, key="new", secret=SECRETS[1], who="ann", now=database.clock()
        )
    with database.reading() as session:
        assert session.execute(select(Target.key, Target.secret)).one() == ("new", SECRETS[1])
    with database.writing() as session:
        target_changes.remove_target(session, id, who="cho", now=database.clock())

    found = trail(database)
    assert [(who, action) for who, action, _ in found] == [
        ("ann", "target_add"),
        ("ben", "target_pause"),
        ("ben", "target_resume"),
        ("ann", "target_secret"),
        ("cho", "target_remove"),
    ]
    assert found[0][2] == {
        "target": "warehouse",
        "id": str(id),
        "endpoint": "https://lrs.example.com/xapi",
        "key": "old",
        "version": "1.0.3",
        "verbs": ["https://v.example/did"],
        "since": "2026-01-01T00:00:00+00:00",
    }
    assert [said["key"] for _, _, said in found] == ["old", "old", "old", "new", "new"]
    with database.reading() as session:
        kept = "".join(f"{one.who}{one.rule}" for one in session.scalars(select(AuditEntry)))
    assert not any(secret in kept for secret in SECRETS)


def test_what_does_not_happen_is_not_written_down(database: Database) -> None:
    for wrong in (
        lambda session: target_changes.pause_target(session, uuid4(), who="x", now=database.clock()),
        lambda session: target_changes.remove_target(session, uuid4(), who="x", now=database.clock()),
        lambda session: target_changes.replace_secret(
            session, uuid4(), key="k", secret="s", who="x", now=database.clock()
        ),
    ):
        with pytest.raises(NotFound), database.writing() as session:
            wrong(session)
    with pytest.raises(Invalid), database.writing() as session:
        target_changes.replace_secret(session, uuid4(), key="a:b", secret="s", who="x", now=database.clock())

    assert trail(database) == []


def test_a_target_that_pauses_itself_is_written_down_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xapi.forwarding.forwarder.FULL", 2)
    store(database, *many(3))
    with database.writing() as session:
        targets.add_target(
            session, "a", "https://lrs.example.com", key="k", secret="s", now=database.clock(), new_id=uuid4
        )

    class Refuses:
        def post(self, *_: Any, **__: Any) -> Reply:
            return Reply(400, b"no")

    forwarder(database, client=Refuses()).run_once()

    [(who, action, said)] = trail(database)
    assert (who, action, said["target"]) == ("forwarding", "target_pause", "a")
