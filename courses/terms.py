"""Link a lesson's words to the glossary: each term once a lesson, at its first use, the longest that fits.

Left alone: headings, links, code, and words that are marked as another language. Done on cleaned HTML, so the
addresses are ours and no author's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape, unescape

from courses.glossary import Term

SHORTEST_CHINESE = 2
"""A single character stands in too many words to be a term."""

_TAG = re.compile(r"""<(?:[^<>"]|"[^"]*")*>""")
_NAME = re.compile(r"</?\s*([a-z0-9]+)")
_LANG = re.compile(r'\slang="([^"]*)"')
_CLOSED = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "a", "code", "pre"})
_VOID = frozenset({"br", "hr", "img"})


class TermLinker:
    """Links the terms of a glossary in texts of one language; made once a version."""

    def __init__(self, terms: Iterable[Term], *, lang: str, base: str) -> None:
        """Take the terms; a link is `base` and the term's id."""
        self._lang = lang
        self._base = base
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        patterns: dict[str, str] = {}
        for term in terms:
            for words in term.spellings(lang):
                if lang == "zh-CN" and not words.isascii() and len(words) < SHORTEST_CHINESE:
                    continue
                known = self._exact if _is_name(words) else self._folded
                known.setdefault(_key(words, exact=known is self._exact), term.id)
                patterns.setdefault(_pattern(words), words)
        longest = sorted(patterns, key=lambda pattern: -len(patterns[pattern]))
        latin = "|".join(pattern for pattern in longest if patterns[pattern][0].isascii())
        other = "|".join(pattern for pattern in longest if not patterns[pattern][0].isascii())
        # Latin words are only tried where a word begins: once for all of them, not each for itself.
        begun = [f"(?<![A-Za-z0-9_-])(?:{latin})"] if latin else []
        groups = "|".join([*begun, *([other] if other else [])])
        self._words = re.compile(groups, re.IGNORECASE) if groups else None

    def link(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Answer the pieces of one lesson's HTML, in their order, with its terms linked."""
        if self._words is None:
            return tuple(texts)
        met: set[str] = set()
        return tuple(self._linked(text, met) for text in texts)

    def _linked(self, html: str, met: set[str]) -> str:
        done: list[str] = []
        open_tags: list[tuple[str, bool]] = []
        end = 0
        for tag in _TAG.finditer(html):
            done.append(self._words_of(html[end : tag.start()], met, allowed=_allowed(open_tags)))
            done.append(tag[0])
            end = tag.end()
            _step_into(tag[0], open_tags, own=self._lang)
        done.append(self._words_of(html[end:], met, allowed=_allowed(open_tags)))
        return "".join(done)

    def _words_of(self, text: str, met: set[str], *, allowed: bool) -> str:
        if not allowed or self._words is None or not text.strip():
            return text

        def linked(found: re.Match[str]) -> str:
            id = self._term(found[0])
            if id is None or id in met:
                return found[0]
            met.add(id)
            return f'<a class="term" href="{escape(self._base + id)}">{found[0]}</a>'

        return self._words.sub(linked, text)

    def _term(self, words: str) -> str | None:
        plain = " ".join(unescape(words).split())
        for exact, known in ((True, self._exact), (False, self._folded)):
            for spelling in (plain, plain[:-1] if plain.endswith("s") else plain):
                found = known.get(_key(spelling, exact=exact))
                if found is not None:
                    return found
        return None


def _is_name(words: str) -> bool:
    """Answer whether a word is an abbreviation such as COD, which is not the fish."""
    return sum(sign.isupper() for sign in words) > 1 and not any(sign.islower() for sign in words)


def _key(words: str, *, exact: bool) -> str:
    return words if exact else words.casefold()


def _pattern(words: str) -> str:
    """Answer a pattern for a spelling in escaped HTML; Latin words match to their end, or the plural."""
    body = r"\s+".join(re.escape(escape(part, quote=False)) for part in words.split())
    if _is_name(words):
        body = f"(?-i:{body})"
    return body + (r"s?(?![A-Za-z0-9_-])" if words[-1].isascii() else "")


def _allowed(open_tags: Sequence[tuple[str, bool]]) -> bool:
    return not any(name in _CLOSED for name, _ in open_tags) and (not open_tags or open_tags[-1][1])


def _step_into(tag: str, open_tags: list[tuple[str, bool]], *, own: str) -> None:
    """Keep account of the tags around: their name, and whether their words are in the page's own language."""
    named = _NAME.match(tag)
    if named is None or named[1] in _VOID:
        return
    if tag.startswith("</"):
        if open_tags and open_tags[-1][0] == named[1]:
            open_tags.pop()
        return
    given = _LANG.search(tag)
    inherited = open_tags[-1][1] if open_tags else True
    open_tags.append((named[1], given[1] == own if given else inherited))
