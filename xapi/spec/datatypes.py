"""The kinds of value that statements are made of (xAPI 1.0.3 part 2, 2.2 and 4): each check raises
`Invalid`."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from xapi.errors import Invalid

SHOWN = 60
"""Characters of a wrong value that a message repeats."""

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+\Z")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+(?:\s*;[\x20-\x7e]*)?\Z", re.ASCII)
_DURATION = re.compile(
    r"P(?:\d+(?:[.,]\d+)?W\Z|(?=[\dT])"
    r"(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?)\Z",
    re.ASCII,
)
_FRACTION_BEFORE_THE_END = re.compile(r"[.,]\d+[A-Z].")
_LANGUAGE_TAG = re.compile(
    r"""(?:
      (?:[a-z]{2,3}(?:-[a-z]{3}){0,3} | [a-z]{4,8})   # language, extended language
      (?:-[a-z]{4})?                                  # script
      (?:-(?:[a-z]{2}|[0-9]{3}))?                     # region
      (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*        # variants
      (?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*            # extensions
      (?:-x(?:-[a-z0-9]{1,8})+)?                      # private use
    | x(?:-[a-z0-9]{1,8})+
    | en-gb-oed | i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)
    | sgn-(?:be-fr|be-nl|ch-de) | art-lojban | cel-gaulish | no-(?:bok|nyn) |
    zh-(?:guoyu|hakka|min|min-nan|xiang)
    )\Z""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def check_object(
    value: Any, *, at: str, allowed: Collection[str], required: Collection[str] = ()
) -> Mapping[str, Any]:
    """Answer a JSON object that has only `allowed` keys, all `required` ones, and null nowhere."""
    if not isinstance(value, dict):
        raise Invalid(at, f"expected an object, got {_shown(value)}")
    for key, member in value.items():
        if key not in allowed:
            raise Invalid(_join(at, key[:SHOWN]), f"expected one of {', '.join(allowed)}")
        if member is None:
            raise Invalid(_join(at, key), "expected a value, got null")
    for key in required:
        if key not in value:
            raise Invalid(_join(at, key), "expected this property, which is missing")
    return value


def check_list(value: Any, *, at: str) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid(at, f"expected an array, got {_shown(value)}")
    return value


def check_string(value: Any, *, at: str) -> str:
    if not isinstance(value, str):
        raise Invalid(at, f"expected a string, got {_shown(value)}")
    return value


def check_boolean(value: Any, *, at: str) -> bool:
    if not isinstance(value, bool):
        raise Invalid(at, f"expected true or false, got {_shown(value)}")
    return value


def check_number(value: Any, *, at: str) -> int | float | Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Invalid(at, f"expected a number, got {_shown(value)}")
    return value


def check_count(value: Any, *, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Invalid(at, f"expected a whole number from 0 up, got {_shown(value)}")
    return value


def check_iri(value: Any, *, at: str) -> str:
    """An IRI with a scheme (4.3)."""
    if not isinstance(value, str) or not _IRI.match(value):
        raise Invalid(at, f"expected an IRI with a scheme, got {_shown(value)}")
    return value


def check_uuid(value: Any, *, at: str) -> UUID:
    """A UUID in the form with four hyphens (4.4)."""
    if not isinstance(value, str) or not _UUID.match(value):
        raise Invalid(at, f"expected a UUID, got {_shown(value)}")
    return UUID(value)


def check_language_tag(value: Any, *, at: str) -> str:
    """A tag well formed by RFC 5646 (4.2)."""
    if not isinstance(value, str) or not _LANGUAGE_TAG.match(value):
        raise Invalid(at, f"expected a language tag of RFC 5646, got {_shown(value)}")
    return value


def check_language_map(value: Any, *, at: str) -> None:
    if not isinstance(value, dict):
        raise Invalid(at, f"expected a map of language tags to strings, got {_shown(value)}")
    for tag, text in value.items():
        check_language_tag(tag, at=at)
        if not isinstance(text, str):
            raise Invalid(_join(at, tag), f"expected a string, got {_shown(text)}")


def check_duration(value: Any, *, at: str) -> str:
    """An ISO 8601 duration (4.6): `P4W` or years to seconds, only the last number with a fraction."""
    if not isinstance(value, str) or not _DURATION.match(value) or _FRACTION_BEFORE_THE_END.search(value):
        raise Invalid(at, f"expected an ISO 8601 duration such as PT1H30M, got {_shown(value)}")
    return value


def check_media_type(value: Any, *, at: str) -> str:
    if not isinstance(value, str) or not _MEDIA_TYPE.match(value):
        raise Invalid(at, f"expected a media type such as text/plain, got {_shown(value)}")
    return value


def check_extensions(value: Any, *, at: str) -> None:
    """A map of IRIs to any JSON, null included (4.1)."""
    if not isinstance(value, dict):
        raise Invalid(at, f"expected a map of IRIs to values, got {_shown(value)}")
    for key in value:
        check_iri(key, at=at)


def check_choice(value: Any, *, at: str, choices: Collection[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise Invalid(at, f"expected one of {', '.join(choices)}, got {_shown(value)}")
    return value


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "an array"
        case str():
            return repr(value if len(value) <= SHOWN else value[:SHOWN] + "…")
        case _:
            return str(value)[:SHOWN]
