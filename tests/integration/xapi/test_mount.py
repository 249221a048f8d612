"""The store alone in a bare Flask application, by the lines that docs/xapi.md shows."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import create_engine, text

from tests.conftest import POSTGRES
from xapi.http import mount

ROOT = Path(__file__).resolve().parents[3]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/xapi.md").read_text(encoding="utf-8"), re.DOTALL)
THEN = """
import base64, json, sys
headers = {
    "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
    "X-Experience-API-Version": "1.0.3",
}
said = {
    "actor": {"mbox": "mailto:li@desk.example"},
    "verb": {"id": "https://v.example/did"},
    "object": {"id": "https://o.example/1"},
}
client = app.test_client()
ids = client.post("/xapi/statements", json=[said, said], headers=headers).json
found = client.get("/xapi/statements?limit=1", headers=headers).json
more = client.get(found["more"], headers=headers).json
state = "/xapi/activities/state?stateId=s&activityId=https://o.example/1&agent=" + json.dumps(said["actor"])
put = client.put(state, data=b"kept", headers=headers).status_code
print(json.dumps({
    "ids": ids,
    "found": [one["id"] for one in found["statements"] + more["statements"]],
    "authority": found["statements"][0]["authority"],
    "put": put,
    "state": client.get(state, headers=headers).data.decode(),
    "ours": [name for name in ("lms", "courses", "quizzes", "tincan") if name in sys.modules],
}))
"""


@pytest.fixture
def postgres_url() -> Iterator[str]:
    if not POSTGRES:
        reason = "CROSSDESK_TEST_POSTGRES_URL is not set: not run on PostgreSQL"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    schema = f"mounted_{secrets.token_hex(6)}"
    admin = create_engine(POSTGRES)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield f"{POSTGRES}?options=-csearch_path%3D{schema}"
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


def test_the_documented_lines_are_five() -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line]) == 5


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_documented_lines_make_a_store_without_the_learning_system(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lines = BLOCKS[0] + BLOCKS[1]
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
        lines = lines.replace('"sqlite:///statements.sqlite3"', repr(url))
        assert url in lines

    done = subprocess.run(
        [sys.executable, "-c", lines + THEN],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["found"] == said["ids"][::-1] and len(said["ids"]) == 2
    assert said["authority"]["account"]["homePage"] == "https://learning.example.com"
    assert (said["put"], said["state"]) == (204, "kept")
    assert said["ours"] == []
    assert (tmp_path / "statements.sqlite3").exists() == (kind == "sqlite")


def test_it_stands_beside_protected_forms_and_under_another_path(tmp_path: Path) -> None:
    app = Flask("desk")
    app.secret_key = "of the test"
    CSRFProtect(app)
    store = mount(
        app, f"sqlite:///{tmp_path / 's.sqlite3'}", secret="s", home="https://h.example", url_prefix="/lrs"
    )
    store.create_tables()
    store.create_tables()
    key, secret = store.create_credential("tool", scope="write")

    answer = app.test_client().post(
        "/lrs/statements",
        json={
            "actor": {"mbox": "mailto:li@desk.example"},
            "verb": {"id": "https://v.example/did"},
            "object": {"id": "https://o.example/1"},
        },
        headers={
            "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
            "X-Experience-API-Version": "2.0.0",
        },
    )

    assert answer.status_code == 200
    assert app.test_client().get("/lrs/about").json["version"] == ["1.0.3", "2.0.0"]


def test_what_is_read_is_never_written_and_what_fails_is_not_kept(tmp_path: Path) -> None:
    store = mount(Flask("desk"), f"sqlite:///{tmp_path / 's.sqlite3'}", secret="s", home="https://h.example")
    store.create_tables()
    add = text(
        "INSERT INTO xapi_wrong_attempts (address_key, at) VALUES (x'00', '2026-01-01 00:00:00.000000')"
    )
    count = text("SELECT count(*) FROM xapi_wrong_attempts")

    with store.database.reading() as session:
        session.execute(add)
    with pytest.raises(RuntimeError), store.database.writing() as session:
        session.execute(add)
        raise RuntimeError
    with store.database.writing() as session:
        session.execute(add)

    with store.database.reading() as session:
        assert session.scalar(count) == 1
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
