"""What a target's answer means, and what a statement is in another version."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from xapi.errors import Invalid
from xapi.forwarding.client import Reply
from xapi.forwarding.verdict import Delivered, Later, Refused, judge
from xapi.spec.conversion import in_version
from xapi.spec.payload import dump_json
from xapi.spec.version import Version

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LI = {"objectType": "Agent", "mbox": "mailto:li@desk.example"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Delivered),
        (204, Delivered),
        (302, Later),
        (400, Refused),
        (401, Later),
        (403, Later),
        (404, Later),
        (408, Later),
        (409, Refused),
        (413, Refused),
        (422, Refused),
        (429, Later),
        (500, Later),
        (503, Later),
    ],
)
def test_only_what_a_statement_is_to_blame_for_refuses_it(status: int, kind: type) -> None:
    assert isinstance(judge(Reply(status, b"said\x00 so"), now=NOW), kind)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0),
        ("7", 7),
        ("Mon, 23 Nov 2026 09:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0),
        ("999999999", 86_400),
        ("soon", 0),
        ("-5", 0),
        ("Mon, 23 Nov 2026 09:01:00", 0),  # no zone
        ("¹", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: int) -> None:
    """RFC 9110 10.2.3"""
    verdict = judge(Reply(503, b"", text), now=NOW)

    assert isinstance(verdict, Later) and verdict.wish == timedelta(seconds=seconds)


def stored(version: str, **given: Any) -> str:
    said = {
        "actor": LI,
        "verb": {"id": "https://v.example/did"},
        "object": {"id": "https://o.example/1"},
        "id": "11111111-2222-4333-8444-555555555555",
        "stored": "2026-11-23T09:00:00.000000Z",
        "authority": LI,
        "timestamp": "2026-11-23T09:00:00.000000Z",
        "version": version,
    }
    return dump_json(said | given)


def test_a_statement_goes_as_it_lies_where_the_target_takes_it() -> None:
    for version in ("1.0.0", "1.0.9"):
        text = stored(version, result={"response": '"contextAgents"'})
        assert in_version(text, Version.V1) == text
    text = stored("2.0.0", context={"contextGroups": []})
    assert in_version(text, Version.V2) == text


def test_for_version_1_the_version_alone_changes_and_numbers_keep_their_value() -> None:
    text = stored("2.0.0").replace('"object"', '"result":{"score":{"raw":1.00000000000000000001}},"object"')

    said = in_version(text, Version.V1)

    assert "1.00000000000000000001" in said
    assert json.loads(said) == {**json.loads(text), "version": "1.0.0"}


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_what_only_version_2_knows_is_named(version: str) -> None:
    text = stored(version, context={"contextAgents": [{"objectType": "contextAgent", "agent": LI}]})

    with pytest.raises(Invalid, match=r"context.*only version 2\.0.*1\.0\.3"):
        in_version(text, Version.V1)
