"""Read plain values out of YAML or JSON, with an ItemError that says where and what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from quizzes.errors import ItemError
from quizzes.item import REQUIRED_LANGUAGES, Text, Wording

LARGEST_NUMBER = 1e12
"""Numbers stay below this, so that they print without an exponent."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_E = TypeVar("_E", bound=StrEnum)


def mapping(raw: object, *, at: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ItemError(at, f"must be a mapping, not {_kind(raw)}")
    for key in raw:
        if not isinstance(key, str):
            raise ItemError(at, f"the key {key!r} must be a string (put it in quotes)")
    return raw


def rows(data: Mapping[str, Any], key: str, *, at: str, least: int) -> list[object]:
    rows = required(data, key, at=at.removesuffix(f".{key}"))
    if not isinstance(rows, list | tuple) or len(rows) < least:
        raise ItemError(at, f"must be a list of at least {least}")
    return list(rows)


def required(data: Mapping[str, Any], key: str, *, at: str) -> Any:
    if key not in data:
        raise ItemError(f"{at}.{key}", "is missing")
    return data[key]


def refuse_unknown(data: Mapping[str, Any], known: Collection[str], *, at: str) -> None:
    for key in data:
        if key not in known:
            raise ItemError(f"{at}.{key}", f"is not known here (known: {', '.join(sorted(known))})")


def refuse_repeated(values: list[str], what: str, *, at: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ItemError(at, f"the {what} {value!r} stands twice")


def refuse_same_wording(wordings: list[Wording | None], *, at: str) -> None:
    """Two choices that read the same cannot be told apart."""
    for index, one in enumerate(wordings):
        for other in wordings[:index]:
            if one is not None and other is not None and _reads_like(one, other):
                raise ItemError(f"{at}[{index}]", "reads the same as another one")


def _reads_like(one: Wording, other: Wording) -> bool:
    languages = set(_languages(one)) | set(_languages(other))
    return any(_squeezed(one, language) == _squeezed(other, language) for language in languages or {""})


def _languages(wording: Wording) -> tuple[str, ...]:
    return () if isinstance(wording, str) else tuple(wording)


def _squeezed(wording: Wording, language: str) -> str | None:
    words = wording if isinstance(wording, str) else wording.get(language)
    return None if words is None else " ".join(words.split())


def one_of(enum: type[_E], raw: object, *, at: str) -> _E:
    if isinstance(raw, str) and raw in {member.value for member in enum}:
        return enum(raw)
    raise ItemError(at, f"{raw!r} is not one of {', '.join(member.value for member in enum)}")


def string(raw: object, *, at: str) -> str:
    if not isinstance(raw, str):
        raise ItemError(at, f"must be a string, not {_kind(raw)} (put it in quotes)")
    if not raw.strip():
        raise ItemError(at, "must not be empty")
    return raw


def number(raw: object, *, at: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ItemError(at, f"must be a number, not {_kind(raw)}")
    if abs(raw) >= LARGEST_NUMBER or math.isnan(raw):
        raise ItemError(at, f"must be a finite number below {LARGEST_NUMBER:g}")
    return float(raw)


def language(raw: object, *, at: str) -> str:
    tag = string(raw, at=at)
    if not _LANGUAGE.fullmatch(tag):
        raise ItemError(at, f"{tag!r} is no language tag")
    return tag


def optional_language(data: Mapping[str, Any], key: str, *, at: str) -> str | None:
    return language(data[key], at=f"{at}.{key}") if key in data else None


def text(raw: object, *, at: str) -> Text:
    data = mapping(raw, at=at)
    text = {language(tag, at=at): string(words, at=f"{at}.{tag}") for tag, words in data.items()}
    require_languages(text, REQUIRED_LANGUAGES, at=at)
    return text


def wording(raw: object, *, at: str) -> Wording:
    return string(raw, at=at) if isinstance(raw, str) else text(raw, at=at)


def readings(wording: Wording, *, at: str) -> list[tuple[str, str]]:
    if isinstance(wording, str):
        return [(at, wording)]
    return [(f"{at}.{tag}", words) for tag, words in wording.items()]


def require_languages(data: Collection[str], languages: Collection[str], *, at: str) -> None:
    for tag in languages:
        if tag not in data:
            raise ItemError(f"{at}.{tag}", "is missing")


def _kind(raw: object) -> str:
    return "nothing" if raw is None else type(raw).__name__
