"""Attachments from request to file and back: never a row without its file, and no file that nobody needs."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from tests.kept_attachments import content_of, kept
from xapi import housekeeping, lrs
from xapi.http import create_blueprint
from xapi.store.attachments import find_attachments, store_attachments
from xapi.store.credentials import create_credential
from xapi.store.files import CHUNK, FilesAway
from xapi.store.refusals import latest_refusals
from xapi.store.tables import Attachment, RemovedFile

LI = {"account": {"homePage": "https://desk.example", "name": "li"}}
LIMIT = 2**20
SHA2_SIZES = {"sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}


def sha2(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def said(*contents: bytes, name: str = "sha256", **given: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": LI,
        "verb": {"id": "https://v.example/did"},
        "object": {"id": "https://o.example/1"},
        "attachments": [
            {
                "usageType": "https://u.example/file",
                "display": {"en": "A file"},
                "contentType": "text/plain",
                "length": len(one),
                "sha2": hashlib.new(name, one).hexdigest(),
            }
            for one in contents
        ],
    } | given


class Api:
    def __init__(self, client: FlaskClient, key: str, secret: str, writes: list[Exception]) -> None:
        self.client = client
        self.fails = writes
        """What the next transactions that write raise when their work is done."""
        self.headers = {
            "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
            "X-Experience-API-Version": "1.0.3",
        }

    def post(self, statements: Any, *contents: bytes, name: str = "sha256", **headers: str) -> TestResponse:
        body = b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(statements).encode() + b"\r\n"
        for one in contents:
            body += (
                b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
                + f"X-Experience-API-Hash: {hashlib.new(name, one).hexdigest()}\r\n\r\n".encode()
                + one
                + b"\r\n"
            )
        given = {**self.headers, "Content-Type": "multipart/mixed; boundary=b"} | headers
        return self.client.post("/xapi/statements", data=body + b"--b--\r\n", headers=given)

    def get(self, **parameters: str) -> TestResponse:
        return self.client.get("/xapi/statements", query_string=parameters, headers=self.headers)


@pytest.fixture
def api(database: Any) -> Api:
    fails: list[Exception] = []

    @contextmanager
    def writing() -> Iterator[Any]:
        with database.writing() as session:
            yield session
            if fails:
                raise fails.pop()

    app = Flask("desk")
    app.register_blueprint(
        create_blueprint(
            reading=database.reading,
            writing=writing,
            clock=database.clock,
            new_id=uuid4,
            secret="of the test",
            files=database.files,
            max_attached=LIMIT,
        )
    )
    with database.writing() as session:
        key, secret = create_credential(session, "x", "all", now=database.clock(), secrets=secrets.token_hex)
    return Api(app.test_client(), key, secret, fails)


def files_of(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "attachments").rglob("*") if path.is_file())


def test_an_attachment_lies_in_a_file_and_comes_back_in_pieces(
    api: Api, database: Any, tmp_path: Path
) -> None:
    contents = secrets.token_bytes(3 * CHUNK + 5), b"", b"third"

    assert api.post(said(*contents), *contents).status_code == 200

    assert len(files_of(tmp_path)) == 3
    with database.reading() as session:
        assert session.scalars(select(Attachment.content)).all() == [None] * 3, "none in the database"
    answer = api.get(attachments="true")
    assert answer.status_code == 200 and answer.headers["Content-Length"] == str(len(answer.data))
    for one in contents:
        assert sha2(one).encode() in answer.data and one in answer.data
    head = api.client.head("/xapi/statements?attachments=true", headers=api.headers)
    assert head.status_code == 200 and head.data == b""


@pytest.mark.parametrize("name", sorted(SHA2_SIZES))
def test_every_hash_of_the_family_is_taken(api: Api, database: Any, name: str) -> None:
    assert api.post(said(b"x", name=name), b"x", name=name).status_code == 200

    assert content_of(database, database.files, hashlib.new(name, b"x").hexdigest()) == b"x"


def test_the_same_bytes_are_kept_once(api: Api, tmp_path: Path) -> None:
    for _ in range(3):
        assert api.post(said(b"same"), b"same").status_code == 200
    assert api.post([said(b"same"), said(b"same")], b"same", b"same").status_code == 200

    assert len(files_of(tmp_path)) == 1


REFUSED: dict[str, tuple[Callable[[Api], TestResponse], int]] = {
    "a statement that breaks a rule": (lambda api: api.post(said(b"x", verb={"id": "no"}), b"x"), 400),
    "a part that nobody names": (lambda api: api.post(said(b"x"), b"x", b"y"), 400),
    "no credential": (lambda api: api.post(said(b"x"), b"x", Authorization=""), 401),
    "more than is allowed": (lambda api: api.post(said(b"x" * LIMIT), b"x" * LIMIT), 413),
}


@pytest.mark.parametrize("why", sorted(REFUSED))
def test_what_is_refused_leaves_no_file(why: str, api: Api, database: Any, tmp_path: Path) -> None:
    ask, status = REFUSED[why]

    assert ask(api).status_code == status

    assert files_of(tmp_path) == []
    with database.reading() as session:
        kept_refusals = latest_refusals(session)
        assert len(kept_refusals) == (status == 400)
        assert all(b"u.example" in one.body and b'"li"' not in one.body for one in kept_refusals)


def test_a_conflict_leaves_no_file_of_its_own(api: Api, database: Any, tmp_path: Path) -> None:
    one = said(b"first")
    assert api.post(one, b"first").status_code == 200

    assert api.post(said(b"second", id=one["id"]), b"second").status_code == 409

    assert len(files_of(tmp_path)) == 1
    assert content_of(database, database.files, sha2(b"first")) == b"first"


def test_a_body_without_length_is_bounded_too(api: Api, tmp_path: Path) -> None:
    class Endless:
        def read(self, size: int) -> bytes:
            return b"x" * size

        def close(self) -> None:
            pass

    answer = api.client.post(
        "/xapi/statements",
        headers={**api.headers, "Content-Type": "multipart/mixed; boundary=b"},
        environ_overrides={"wsgi.input_terminated": True, "wsgi.input": Endless(), "CONTENT_LENGTH": ""},
    )

    assert answer.status_code == 413, answer.text
    assert files_of(tmp_path) == []


def test_a_store_without_room_refuses_plainly_and_keeps_nothing(
    api: Api, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise FilesAway("no room", full=True)

    monkeypatch.setattr(type(database.files), "keep", full)
    answer = api.post(said(b"x"), b"x")

    assert (answer.status_code, answer.headers["Retry-After"]) == (507, "5")
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert api.get().json["statements"] == []
    monkeypatch.undo()
    assert files_of(tmp_path) == []
    assert api.post(said(b"x"), b"x").status_code == 200


def test_a_second_file_that_finds_no_room_takes_the_first_along(
    api: Api, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, count = type(database.files).keep, 0

    def second_fails(self: Any, spool: Any) -> str:
        nonlocal count
        count += 1
        if count == 2:
            raise FilesAway("no room", full=True)
        return keep(self, spool)

    monkeypatch.setattr(type(database.files), "keep", second_fails)

    assert api.post(said(b"x", b"y"), b"x", b"y").status_code == 507
    assert files_of(tmp_path) == []


def test_a_commit_of_which_nobody_knows_leaves_the_file_to_housekeeping(
    api: Api, database: Any, tmp_path: Path
) -> None:
    assert api.get().status_code == 200  # the use of the credential is written down by now
    api.fails.append(OperationalError("COMMIT", {}, Exception("gone")))
    assert api.post(said(b"x"), b"x").status_code == 503
    [stray] = files_of(tmp_path)
    assert api.post(said(b"here"), b"here").status_code == 200
    day = (database.clock() - timedelta(days=1, seconds=1)).timestamp()
    for path in files_of(tmp_path):
        os.utime(path, (day, day))
    assert api.post(said(b"fresh"), b"fresh").status_code == 200

    removed = housekeeping.remove_strays(database.reading, database.files, now=database.clock())

    assert removed == 1 and not stray.exists()
    for one in (b"here", b"fresh"):
        assert content_of(database, database.files, sha2(one)) == one


def test_a_file_that_is_about_to_be_named_is_no_stray(database: Any) -> None:
    one = kept(database.files, b"x")

    assert housekeeping.remove_strays(database.reading, database.files, now=database.clock()) == 0
    with database.writing() as session:
        store_attachments(session, [one], now=database.clock())

    assert content_of(database, database.files, one.sha2) == b"x"


def test_who_attaches_again_while_the_old_file_goes_keeps_their_own(api: Api, database: Any) -> None:
    """Forgetting and attaching the same bytes at once: whichever comes first, the row has its file."""
    one = said(b"same")
    assert api.post(one, b"same").status_code == 200
    with database.writing() as session:
        assert lrs.forget_agents(session, [("https://desk.example", "li")]) == 1
    assert api.post(said(b"same"), b"same").status_code == 200

    removed = housekeeping.remove_deleted(database.reading, database.writing, database.files)

    assert removed == 1
    assert content_of(database, database.files, sha2(b"same")) == b"same"
    with database.reading() as session:
        assert session.scalars(select(RemovedFile)).all() == []


def old_row(database: Any, content: bytes) -> str:
    """Store an attachment as it was before there were files."""
    with database.writing() as session:
        session.execute(
            insert(Attachment).values(
                sha2=sha2(content),
                content_type="text/plain",
                length=len(content),
                content=content,
                received=database.clock(),
            )
        )
    return sha2(content)


def test_attachments_from_before_are_read_and_moved_without_loss(
    api: Api, database: Any, tmp_path: Path
) -> None:
    contents = [secrets.token_bytes(2 * CHUNK + 3), b"", b"small"]
    hashes = [old_row(database, one) for one in contents]
    assert api.post(said(*contents), *contents).status_code == 200, "known already: no second copy"
    assert files_of(tmp_path) == []
    before = api.get(attachments="true").data

    moved = housekeeping.move_to_files(database.reading, database.writing, database.files)

    assert moved == 3 and len(files_of(tmp_path)) == 3
    assert api.get(attachments="true").data == before
    assert [content_of(database, database.files, one) for one in hashes] == contents
    with database.reading() as session:
        assert session.scalars(select(Attachment.content)).all() == [None] * 3
    assert housekeeping.move_to_files(database.reading, database.writing, database.files) == 0


def test_moving_that_is_stopped_goes_on_later(database: Any, tmp_path: Path) -> None:
    hashes = [old_row(database, b"%d" % number) for number in range(3)]
    turns = iter([True, False])

    first = housekeeping.move_to_files(
        database.reading, database.writing, database.files, goes_on=lambda: next(turns)
    )
    second = housekeeping.move_to_files(database.reading, database.writing, database.files)

    assert (first, second) == (1, 2)
    assert [content_of(database, database.files, one) for one in hashes] == [b"0", b"1", b"2"]


def test_a_row_without_its_bytes_gets_those_that_come(api: Api, database: Any) -> None:
    with database.writing() as session:
        session.execute(
            insert(Attachment).values(
                sha2=sha2(b"x"), content_type="a/b", length=1, content=None, received=database.clock()
            )
        )
        assert find_attachments(session, [sha2(b"x")]) == []

    assert api.post(said(b"x"), b"x").status_code == 200

    assert content_of(database, database.files, sha2(b"x")) == b"x"
