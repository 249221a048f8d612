"""Timestamps and sequence numbers (xAPI 1.0.3, part 2, 4.5)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from xapi.errors import Invalid
from xapi.spec.timestamp import microseconds, moment_of, parse_timestamp, timestamp_text

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T12:00:00Z", NOON),
        ("2026-03-02T12:00:00", NOON),
        ("2026-03-02T20:00:00+08:00", NOON),
        ("2026-03-02T20:00+0800", NOON),
        ("2026-03-02T07:30:00-04:30", NOON),
        ("2026-03-02T12:00:00.1239999Z", NOON + timedelta(microseconds=123999)),
        ("2026-03-02T11:59:60Z", NOON),
        ("2024-02-29T12:00:00+00:00", datetime(2024, 2, 29, 12, 0, tzinfo=UTC)),
    ],
)
def test_a_timestamp_names_a_moment(text, moment):
    assert parse_timestamp(text, at="timestamp") == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-02",
        "2026-02-29T12:00:00Z",
        "2026-03-02T25:00:00Z",
        "2026-03-02T12:00:00-00:00",
        "P1D",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z",
        "2026-03-02T12:00:00+24:00",
        "２026-03-02T12:00:00Z",
    ],
)
def test_what_names_no_moment_is_refused(text):
    with pytest.raises(Invalid):
        parse_timestamp(text, at="timestamp")


def test_sequence_numbers_are_moments():
    shanghai = NOON.astimezone(timezone(timedelta(hours=8)))

    assert moment_of(microseconds(shanghai)) == NOON
    assert timestamp_text(microseconds(NOON) + 7) == "2026-03-02T12:00:00.000007Z"
    with pytest.raises(ValueError, match="zone"):
        microseconds(NOON.replace(tzinfo=None))
