"""Words as other programs carry them: HTML, with a span for each language where there are several."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from courses.course import in_language
from quizzes.item import REQUIRED_LANGUAGES, Wording

ALL = "all"

_EDGE = re.compile(r"^\s+|\s+$|(?<=\s)\s+")
_BREAKS = frozenset({"br", "p", "div", "li", "tr"})


def html_of(words: Wording, language: str = ALL) -> str:
    """Answer words as HTML; in one language, or in all with a span for each (as Moodle's filter reads it)."""
    if isinstance(words, str):
        return escaped(words)
    if language != ALL:
        return escaped(in_language(words, language))
    return "".join(
        f'<span lang="{tag}" class="multilang">{escaped(text)}</span>' for tag, text in words.items()
    )


def escaped(text: str) -> str:
    """Answer text as HTML that keeps its line breaks and its white space."""
    kept = _EDGE.sub(lambda found: "".join(_space(one) for one in found[0]), html.escape(text))
    return kept.replace("\n", "<br>")


def _space(one: str) -> str:
    return one if one == "\n" else f"&#{ord(one)};"


def words_of(source: str) -> Wording:
    """Answer words out of HTML: a mapping where spans name languages, else one string. Other tags go."""
    if "<" not in source:
        return html.unescape(source)
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return reader.words()


class _Reader(HTMLParser):
    """Collects text outside and inside spans with a language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.outside = ""
        self.languages: dict[str, str] = {}
        self.open: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "span":
            named = dict(attrs)
            lang = named.get("lang") if "multilang" in (named.get("class") or "") else None
            self.open.append(lang)
            if lang:
                self.languages.setdefault(lang, "")
        elif tag == "br" or (tag in _BREAKS and (self.outside or self.languages)):
            self._add("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        lang = next((one for one in reversed(self.open) if one), None)
        if lang:
            self.languages[lang] += text
        else:
            self.outside += text

    def words(self) -> Wording:
        return self.languages if self.languages else self.outside


def both(words: Wording | None) -> tuple[dict[str, str] | None, bool]:
    """Answer words as text in each required language, and whether one string had to stand for all."""
    if words is None:
        return None, False
    if isinstance(words, Mapping):
        return dict(words), False
    return dict.fromkeys(REQUIRED_LANGUAGES, words), True


def identifier(words: str, *, otherwise: str) -> str:
    """Answer an id of small letters, digits and single hyphens out of any words."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-") or otherwise


def letters(number: int) -> str:
    """Answer the id of a choice by its place, counted from 0: a, b, … z, c27."""
    return chr(ord("a") + number) if number < 26 else f"c{number + 1}"


def filled(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not there."""
    return {key: value for key, value in document.items() if value is not None}
