"""Files of attachments in an installation: removed with a person, tidied once a day, in folder or bucket."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from lms.bootstrap import Parts, files_of
from lms.cli import register
from lms.config import Settings
from lms.jobs.worker import tidy
from lms.services import records
from tests.kept_attachments import content_of, kept
from xapi.lrs import store_statements
from xapi.store.files import DiskFiles, FilesAway
from xapi.store.s3 import S3Files
from xapi.store.tables import Attachment, RemovedFile

LI = {"mbox": "mailto:li@desk.example"}


@pytest.fixture
def say(parts: Parts) -> Callable[..., Path]:
    """Store a statement with an attachment, and answer the file."""

    def say(content: bytes, actor: dict[str, Any] = LI) -> Path:
        one = kept(parts.files, content)
        attached = {
            "usageType": "https://u.example/file",
            "display": {"en": "A file"},
            "contentType": "text/plain",
            "length": len(content),
            "sha2": one.sha2,
        }
        with parts.database.writing() as session:
            store_statements(
                session,
                [
                    {
                        "id": str(uuid4()),
                        "actor": actor,
                        "verb": {"id": "https://v.example/did"},
                        "object": {"id": "https://o.example/1"},
                        "attachments": [attached],
                    }
                ],
                authority=LI,
                now=parts.now(),
                new_id=parts.new_id,
                attachments=[one],
            )
        assert one.file is not None
        return parts.settings.instance / "attachments" / one.file[:2] / one.file

    return say


def removed(parts: Parts) -> list[str]:
    with parts.database.reading() as session:
        return list(session.scalars(select(RemovedFile.name)))


def test_a_persons_files_go_with_their_statements(parts: Parts, say: Callable[..., Path]) -> None:
    hers, his = say(b"hers"), say(b"his", {"mbox": "mailto:wu@desk.example"})

    done = records.delete_person(parts.database, [LI], who="x", now=parts.now(), files=parts.files)

    assert done.statements == 1
    assert not hers.exists() and his.exists()
    assert removed(parts) == []


def test_the_command_and_the_page_remove_files_too(
    parts: Parts, app: Flask, say: Callable[..., Path], sign_in: Callable[..., FlaskClient]
) -> None:
    register(app)
    first = say(b"first")

    done = app.test_cli_runner().invoke(args=["lrs", "forget", "li@desk.example", "--yes"])

    assert done.exit_code == 0, done.output
    assert not first.exists()
    second = say(b"second")
    answer = sign_in("admin").post(
        "/admin/xapi/privacy/delete", data={"delete-person": "li@desk.example", "delete-sure": "y"}
    )
    assert answer.status_code == 303
    assert not second.exists()


def test_files_that_cannot_be_removed_now_are_removed_by_the_days_housekeeping(
    parts: Parts, say: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = say(b"hers")

    def away(*_: Any) -> None:
        raise FilesAway("not now")

    with monkeypatch.context() as broken:
        broken.setattr(DiskFiles, "remove", away)
        records.delete_person(parts.database, [LI], who="x", now=parts.now(), files=parts.files)
        tidy(parts)
    assert file.exists() and removed(parts) == [file.name]

    tidy(parts)

    assert not file.exists() and removed(parts) == []


def test_the_day_moves_what_is_in_the_database_and_removes_what_nobody_names(
    parts: Parts, say: Callable[..., Path]
) -> None:
    one = kept(parts.files, b"from before")
    stray = parts.settings.instance / "attachments" / str(one.file)[:2] / str(one.file)
    with parts.database.writing() as session:
        session.execute(
            insert(Attachment).values(
                sha2=one.sha2,
                content_type="text/plain",
                length=one.length,
                content=b"from before",
                received=parts.now(),
            )
        )
    named = say(b"named")
    long_ago = (parts.now() - timedelta(days=2)).timestamp()
    for path in (stray, named):
        os.utime(path, (long_ago, long_ago))

    tidy(parts)
    tidy(parts)

    assert not stray.exists() and named.exists()
    assert content_of(parts.database, parts.files, one.sha2) == b"from before"
    with parts.database.reading() as session:
        assert session.scalars(select(Attachment.content)).all() == [None, None]


def test_the_settings_choose_a_folder_or_a_bucket(settings: Settings, tmp_path: Path) -> None:
    own = files_of(settings, now=lambda: None)  # type: ignore[arg-type, return-value]
    elsewhere = files_of(replace(settings, attachments=str(tmp_path / "x")), now=lambda: None)  # type: ignore[arg-type, return-value]
    bucket = files_of(
        replace(settings, attachments="https://s3.example.com/desk", s3_key="k", s3_secret="s"),
        now=lambda: None,  # type: ignore[arg-type, return-value]
    )

    one, other = kept(own, b"x"), kept(elsewhere, b"x")
    assert (settings.instance / "attachments" / str(one.file)[:2] / str(one.file)).is_file()
    assert (tmp_path / "x" / str(other.file)[:2] / str(other.file)).is_file()
    assert isinstance(bucket, S3Files)
