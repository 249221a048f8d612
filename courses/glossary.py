"""The glossary: terms of the trade in six languages, and how they are found."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from quizzes.item import Text, Wording

GLOSSARY_LANGUAGES = ("zh-CN", "en", "ja", "de", "es", "fr")

_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
"""Katakana -> hiragana, so that a word is found in either."""
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "œ": "oe", "æ": "ae", "ı": "i"})


class Topic(StrEnum):
    """Where in the work a term belongs."""

    LOGISTICS = "logistics"
    RETURNS = "returns"
    PAYMENT = "payment"
    TAX_CUSTOMS = "tax-customs"
    MARKETPLACE = "marketplace"
    SERVICE = "service"


@dataclass(frozen=True)
class Term:
    """One term in all six languages."""

    id: str
    topic: Topic
    words: Mapping[str, str]
    say: Mapping[str, str]
    """How it is said: pinyin, kana, IPA."""
    forms: Mapping[str, str]
    """Article, plural, gender, where it has them."""
    also: Mapping[str, tuple[str, ...]]
    """Other spellings."""
    meaning: Text
    note: Text | None = None
    source: Wording | None = None

    def spellings(self, lang: str) -> tuple[str, ...]:
        """Answer the word and its other spellings in a language."""
        return (self.words[lang], *self.also.get(lang, ()))

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Every spelling in every language, and the kana, folded for search."""
        return tuple(
            folded(words)
            for lang in GLOSSARY_LANGUAGES
            for words in (*self.spellings(lang), *((self.say[lang],) if lang in ("ja", "zh-CN") else ()))
        )


def term_from(row: Mapping[str, Any]) -> Term:
    """Answer the term of an entry that was checked."""
    return Term(
        id=row["id"],
        topic=Topic(row["topic"]),
        words=row["words"],
        say=row["say"],
        forms=row.get("forms", {}),
        also={lang: tuple(words) for lang, words in row.get("also", {}).items()},
        meaning=row["meaning"],
        note=row.get("note"),
        source=row.get("source"),
    )


def folded(words: str) -> str:
    """Answer words without case, accents, width, hyphens or spaces, katakana as hiragana.

    `Facturación` meets `facturacion`, `ﾂｲｾｷ` and `ツイセキ` meet `ついせき`, `e-mail` meets `email`.
    """
    wide = unicodedata.normalize("NFKC", words).casefold().translate(_LETTERS).translate(_KATAKANA)
    # A kana's voicing mark means another sound; an accent in Latin letters only another spelling.
    plain = "".join(
        sign
        for letter in wide
        for sign in (letter if "\u3040" <= letter <= "\u30ff" else unicodedata.normalize("NFD", letter))
        if not unicodedata.combining(sign)
    )
    return "".join(sign for sign in plain if sign.isalnum() or sign == "ー")


def find_terms(terms: Iterable[Term], words: str, *, topic: Topic | None = None) -> list[Term]:
    """Answer the terms that hold the words in any language, those that begin with them first.

    Where the words find none together, each is looked for by itself. Without words: all, as they stand.
    """
    of_topic = [term for term in terms if topic is None or term.topic is topic]
    whole = folded(words)
    if not whole:
        return of_topic
    found = [term for term in of_topic if any(whole in spelling for spelling in term.searched)]
    if not found:
        each = [part for part in map(folded, words.split()) if part]
        found = [term for term in of_topic if _holds_all(term, each)]
    return sorted(found, key=lambda term: _rank(term.searched, whole))


def _holds_all(term: Term, parts: Sequence[str]) -> bool:
    return bool(parts) and all(any(part in spelling for spelling in term.searched) for part in parts)


def _rank(spellings: Sequence[str], whole: str) -> int:
    if whole in spellings:
        return 0
    return 1 if any(spelling.startswith(whole) for spelling in spellings) else 2
