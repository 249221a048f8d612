"""Shared by the tests of forwarding: a source's statements, and a second store with a proxy before it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select

from tests.integration.xapi.conftest import Database, sqlite_engine
from tests.integration.xapi.faulty_proxy import Proxy, served
from xapi import lrs
from xapi.forwarding import Forwarder, HttpClient
from xapi.http import create_blueprint
from xapi.store import dead_letters, targets
from xapi.store.credentials import create_credential
from xapi.store.files import DiskFiles
from xapi.store.tables import DeadLetter, Statement

AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://desk.example", "name": "crossdesk"}}
LI = {"objectType": "Agent", "mbox": "mailto:li@desk.example"}
COURSE = "https://desk.example/courses/service-desk"
DID = "https://v.example/did"


def statement(**given: Any) -> dict[str, Any]:
    return {"actor": LI, "verb": {"id": DID}, "object": {"id": COURSE, "objectType": "Activity"}} | given


def many(count: int) -> list[dict[str, Any]]:
    return [
        statement(result={"response": f"answer {number}", "score": {"raw": 1.10}}) for number in range(count)
    ]


def store(database: Database, *given: dict[str, Any], **options: Any) -> list[str]:
    with database.writing() as session:
        return lrs.store_statements(
            session, given, authority=AUTHORITY, now=database.clock(), new_id=uuid4, **options
        )


def held(database: Database) -> dict[str, dict[str, Any]]:
    """Answer all statements of a store as their senders wrote them."""
    with database.reading() as session:
        rows = session.execute(select(Statement.id, Statement.payload)).all()
    assert len({row.id for row in rows}) == len(rows)
    found = {}
    for row in rows:
        said = json.loads(row.payload)
        del said["stored"], said["authority"]  # these two belong to whoever stores
        found[str(row.id)] = said
    return found


class Other:
    """The second store, its credential, and the proxy before it."""

    def __init__(self, database: Database, proxy: Proxy, key: str, secret: str) -> None:
        self.database = database
        self.proxy = proxy
        self.key = key
        self.secret = secret


def add(database: Database, other: Other, name: str = "other", **given: Any) -> UUID:
    given = {"key": other.key, "secret": other.secret, "allow_private": True} | given
    with database.writing() as session:
        return targets.add_target(
            session, name, f"{other.proxy.address}/xapi/", now=database.clock(), new_id=uuid4, **given
        )


def forwarder(database: Database, **given: Any) -> Forwarder:
    parts: dict[str, Any] = {
        "reading": database.reading,
        "writing": database.writing,
        "clock": database.clock,
        "chance": lambda: 1.0,
        "client": HttpClient(),
        "files": database.files,
        "owner": "this",
    }
    return Forwarder(**(parts | given))


def state(database: Database, name: str = "other") -> targets.TargetState:
    with database.reading() as session:
        return next(one for one in targets.list_targets(session) if one.name == name)


def letters(database: Database) -> list[DeadLetter]:
    with database.reading() as session:
        return dead_letters.list_dead_letters(session)


@contextmanager
def second_store(folder: Path) -> Iterator[Other]:
    """A store on SQLite in `folder`, served on loopback through a proxy."""
    engine = sqlite_engine(folder / "other.db")
    database = Database(engine, DiskFiles(folder / "other"), clock=lambda: datetime.now(UTC))  # type: ignore[arg-type]
    with database.writing() as session:
        key, secret = create_credential(
            session, "crossdesk", "all", now=database.clock(), secrets=secrets.token_urlsafe
        )
    app = Flask("other")
    app.register_blueprint(
        create_blueprint(
            reading=database.reading,
            writing=database.writing,
            clock=database.clock,
            files=database.files,
            new_id=uuid4,
            secret="a secret of the other one",
            home="https://other.example",
        )
    )
    with served(app) as address, Proxy(address).running() as proxy:
        yield Other(database, proxy, key, secret)
    engine.dispose()
