"""Timestamps (ISO 8601, RFC 3339) and the store's own sequence numbers: microseconds since 1970 in UTC."""

import re
from datetime import UTC, date, datetime, timedelta

from xapi.errors import Invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ]"
    r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?\Z",
    re.ASCII,
)


def parse_timestamp(text: str, *, at: str, zone_required: bool = False) -> datetime:
    """Answer the moment that `text` names, finer digits than microseconds cut off, in UTC when no zone is
    given.

    Refused with `Invalid`: a negative offset of zero (part 2, 4.5), dates that do not exist, durations and
    bare dates.
    """
    if not isinstance(text, str) or not (found := _TIMESTAMP.match(text)):
        raise Invalid(at, "expected an ISO 8601 timestamp such as 2026-03-02T09:30:00Z")
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hour, off_minute = found.groups()
    if zone_required and not (zulu or sign):
        raise Invalid(at, "expected a timestamp with a time zone")
    offset = timedelta(hours=int(off_hour or 0), minutes=int(off_minute or 0))
    if sign == "-" and not offset:
        raise Invalid(at, "expected an offset other than -00, -0000 and -00:00")
    leap = second == "60"
    try:
        date(int(year), int(month), int(day))
        if int(off_hour or 0) > 23 or int(off_minute or 0) > 59:
            raise ValueError("offset")
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), 59 if leap else int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")), tzinfo=UTC,
        )  # fmt: skip
        moment += timedelta(seconds=1) if leap else timedelta(0)
        return moment + offset if sign == "-" else moment - offset
    except (ValueError, OverflowError) as error:
        raise Invalid(at, "expected a date and time that exist") from error


def microseconds(moment: datetime) -> int:
    """Answer the sequence number of a moment; one without a zone raises."""
    if moment.tzinfo is None:
        raise ValueError("expected a moment with a time zone")
    return (moment - EPOCH) // MICROSECOND


def moment_of(seq: int) -> datetime:
    """Answer the moment that a sequence number stands for."""
    return EPOCH + seq * MICROSECOND


def timestamp_text(seq: int) -> str:
    """Answer a sequence number as ISO 8601 text in UTC, always with six digits of a second."""
    return moment_of(seq).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
