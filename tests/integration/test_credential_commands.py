"""`flask lrs credential`: make, list, limit, rotate, revoke."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from lms.cli import register
from tests.conftest import Clock


@pytest.fixture
def run(app: Flask) -> Any:
    register(app)
    runner: CliRunner = app.test_cli_runner()

    def run(*args: str) -> str:
        done = runner.invoke(args=["lrs", "credential", *args])
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def key_and_secret(printed: str) -> tuple[str, str]:
    first, second = printed.splitlines()
    assert first.startswith("key ") and second.startswith("secret ")
    return first[4:], second[7:]


def status(app: Flask, key: str, secret: str) -> int:
    authorization = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()
    headers = {"Authorization": authorization, "X-Experience-API-Version": "1.0.3"}
    return app.test_client().get("/xapi/statements", headers=headers).status_code


def test_a_credential_from_its_making_to_its_end(app: Flask, run: Any, clock: Clock) -> None:
    key, secret = key_and_secret(run("create", "a tool", "--scope", "read", "--rate-limit", "2"))
    assert run("list") == f"{key} read valid 2 never a tool\n"
    assert [status(app, key, secret) for _ in range(3)] == [200, 200, 429]
    assert run("list") == f"{key} read valid 2 {clock.now.isoformat(timespec='minutes')} a tool\n"

    assert run("limit", key) == f"{key} without a limit\n"
    same, fresh = key_and_secret(run("rotate", key, "--keep-hours", "0"))
    assert same == key
    clock.now = clock.now.replace(hour=clock.now.hour + 1)
    assert [status(app, key, fresh) for _ in range(3)] == [200, 200, 200]
    assert status(app, key, secret) == 401

    assert run("revoke", key) == f"{key} revoked\n"
    clock.now = clock.now.replace(hour=clock.now.hour + 1)
    assert status(app, key, fresh) == 401
    assert "revoked" in run("list")


@pytest.mark.parametrize("command", ["rotate", "limit", "revoke"])
def test_an_unknown_key_is_said_to_be_none(app: Flask, run: Any, command: str) -> None:
    done = app.test_cli_runner().invoke(args=["lrs", "credential", command, "-starts-with-a-dash"])

    assert done.exit_code == 1
    assert "-starts-with-a-dash" in done.stderr
