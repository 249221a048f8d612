"""JSON as it comes in and goes out: strict on the way in, and every number keeps its value.

The standard parser would keep the last of two equal keys, read NaN, and round long numbers: all three are
mended here.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import orjson

from xapi.errors import Invalid

MAX_DEPTH = 100
MAX_EXACT_DIGITS = 15
"""A decimal of so many digits comes back from a 64-bit float as it was."""
MIN_INT, MAX_INT = -(2**63), 2**64 - 1
"""What the writer takes as an integer; longer ones travel as Decimal."""
MAX_NUMBER_LENGTH = 1000
INDENT = "  "

_SUSPECT = re.compile(r"\\u(?:0000|[dD][89abAB])|\\u[dD][c-fC-F]|\x00")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_UNSEEN = re.compile("[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(body: bytes | str, *, at: str = "body") -> Any:
    """Answer the JSON value of `body`; raise `Invalid` for anything that a strict reader would not take."""
    text = _decode(body, at=at) if isinstance(body, bytes) else body
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise Invalid(at, f"expected at most {MAX_DEPTH} levels of nesting") from error
    except _Refused as refused:
        raise Invalid(at, str(refused)) from refused
    except ValueError as error:
        raise Invalid(at, f"expected JSON: {error}") from error
    _check_depth(value, at=at)
    if _SUSPECT.search(text):
        for string in _strings(value):
            check_text(string, at=at)
    return value


def check_text(text: str, *, at: str) -> str:
    """Answer `text` when it can be stored: no NUL, no half of a surrogate pair."""
    if "\x00" in text or _SURROGATE.search(text):
        raise Invalid(at, "expected text without NUL characters and lone surrogates")
    return text


def dump_json(value: Any) -> str:
    """Answer compact JSON text; `Decimal` is written as the number it is."""
    return orjson.dumps(value, default=_number_text).decode()


def indent_json(text: str) -> str:
    """Answer valid JSON text with a line for each member, every number and string written as it was.

    Characters that are not seen, or turn the direction of a line, are written as escapes.
    """
    out: list[str] = []
    depth = 0
    for piece in _TOKEN.findall(text):
        if piece in ("{", "["):
            depth += 1
            out += [piece, "\n", INDENT * depth]
        elif piece in ("}", "]"):
            depth -= 1
            empty = len(out) >= 3 and out[-3] in ("{", "[")
            out[-2 if empty else len(out) :] = [piece] if empty else ["\n", INDENT * depth, piece]
        elif piece == ",":
            out += [",", "\n", INDENT * depth]
        else:
            out.append(": " if piece == ":" else _UNSEEN.sub(_escape, piece))
    return "".join(out)


class _Refused(ValueError):
    """A hook of the parser found something that it must not let pass."""


def _decode(body: bytes, *, at: str) -> str:
    try:
        return body.decode("utf-8-sig" if body.startswith(b"\xef\xbb\xbf") else "utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(at, "expected text in UTF-8") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        double = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _Refused(f"expected every key once, got {double[:60]!r} twice")
    return found


def _float(text: str) -> float | Decimal:
    if len(text) <= MAX_EXACT_DIGITS and "e" not in text and "E" not in text:
        return float(text)
    exact = _decimal(text)
    return number if (number := float(text)) == exact and Decimal(repr(number)) == exact else exact


def _int(text: str) -> int | Decimal:
    if len(text) > 20:
        return _decimal(text)
    number = int(text)
    return number if MIN_INT <= number <= MAX_INT else _decimal(text)


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_LENGTH:
        raise _Refused(f"expected numbers of at most {MAX_NUMBER_LENGTH} characters")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise _Refused("expected a number with a smaller exponent") from error


def _no_constant(text: str) -> NoReturn:
    raise _Refused(f"expected a number, got {text}")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_keys, parse_float=_float, parse_int=_int, parse_constant=_no_constant
)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _number_text(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"no JSON for {type(value).__name__}")


def _check_depth(value: Any, *, at: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise Invalid(at, f"expected at most {MAX_DEPTH} levels of nesting")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)
