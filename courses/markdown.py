"""Markdown to the HTML that lessons may hold: CommonMark and tables, no raw HTML, cleaned by an allow list.

Also marks `[words]{lang=de}` (foreign words) and `[words]{.emo}` (a highlighted fault: lang, emo or sol).
Pictures stay `media/name.svg`; whoever serves the HTML says where that is with `with_media_base`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_plugin

MEDIA_PATH = re.compile(r"media/[a-z0-9][a-z0-9._-]*\.(?:svg|png|jpg|webp)", re.ASCII)
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
HIGHLIGHTS = frozenset({"lang", "emo", "sol"})

_TAGS = {
    *("p", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "hr", "div", "section"),
    *("strong", "em", "code", "br", "a", "img", "span", "mark"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_CLASSES = {
    "div": {
        "compare",
        "reply-text",
        "note",
        "note-accent",
        "note-success",
        "note-warning",
        "note-danger",
        "turn",
    },
    "section": {"reply", "reply-bad", "reply-good"},
    "h3": {"reply-head"},
    "p": {"reply-text", "turn-who"},
    "ul": {"reply-why"},
    "ol": {"takeaways", "card"},
    "span": {"avatar", "avatar-buyer", "gloss", "reply-mark"},
    "blockquote": {"bubble", "quote"},
    "table": {"table"},
    "mark": {"span", "span-lang", "span-emo", "span-sol"},
}
_ATTRIBUTES = {
    "*": {"lang"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "section": {"aria-labelledby"},
    "h3": {"id"},
    "span": {"aria-hidden"},
}
_OWN_ID = re.compile(r"[a-z0-9-]+-compare-\d+-(?:bad|good)", re.ASCII)
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_WEB_ADDRESS = re.compile(r"(?:https://|mailto:)[^\s]+", re.IGNORECASE)
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_PICTURE = re.compile(r"""(<img(?:\s+[a-z-]+="[^"]*")*?\s+src=")(?=media/)""")


@dataclass(frozen=True)
class Fault:
    """Something wrong in a text, at a line counted from 1 in its file."""

    line: int
    message: str


@dataclass(frozen=True)
class Rendered:
    """HTML still to be cleaned, with what was found on the way."""

    html: str
    faults: tuple[Fault, ...] = ()
    media: tuple[tuple[int, str], ...] = ()
    """Line and `media/name.svg` of each picture."""


def render_markdown(source: str, *, first_line: int = 1) -> Rendered:
    """Answer the HTML of paragraphs, lists, tables and so on; `first_line` is where it stands."""
    tokens = _parser().parse(source)
    return _rendered(tokens, first_line=first_line)


def render_inline(source: str, *, first_line: int = 1) -> Rendered:
    """Answer the HTML of one run of text, without a paragraph around it."""
    tokens = _parser().parseInline(source)
    return _rendered(tokens, first_line=first_line)


def plain_heading(source: str) -> str:
    """Answer a heading without its marks: `**Two** replies` -> `Two replies`."""
    tokens = _parser().parseInline(source.strip())
    return " ".join(_plain(tokens).split())


def clean_html(html: str) -> str:
    """Answer the HTML with only what is allowed; cleaning twice is the same as once."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed_value,
        allowed_classes=_CLASSES,
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer",
    )


def with_media_base(html: str, base: str) -> str:
    """Answer the HTML with its pictures taken from `base`, such as `/courses/x/` for `/courses/x/media/…`."""
    return _PICTURE.sub(lambda found: found[1] + escape(base), html)


def own_language_text(html: str, lang: str) -> str:
    """Answer the text of HTML in the page's own language: what is marked as another language is left out."""
    reader = _TextReader(lang)
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.parts).split())


def _rendered(tokens: Sequence[Token], *, first_line: int) -> Rendered:
    faults: list[Fault] = []
    media: list[tuple[int, str]] = []
    for token in tokens:
        line = first_line + (token.map[0] if token.map else 0)
        match token.type:
            case "heading_open" if token.tag not in ("h3", "h4"):
                faults.append(Fault(line, "only `###` and `####` headings can stand inside a step"))
            case "table_open":
                token.attrSet("class", "table")
            case "inline":
                _look_at_inline(token.children or [], line, faults, media)
                _join_wide_lines(token.children or [])
    html = _parser().renderer.render(list(tokens), _parser().options, {})
    return Rendered(html, tuple(faults), tuple(media))


def _look_at_inline(
    tokens: Sequence[Token], line: int, faults: list[Fault], media: list[tuple[int, str]]
) -> None:
    open_spans: list[bool] = []
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                line += 1
            case "image":
                source = str(token.attrGet("src") or "")
                if MEDIA_PATH.fullmatch(source):
                    media.append((line, source))
                else:
                    faults.append(Fault(line, f"picture `{source}` is not of the form `media/name.svg`"))
                if not _plain([token]).strip():
                    faults.append(Fault(line, f"picture `{source}` has no alternative text"))
            case "link_open":
                address = str(token.attrGet("href") or "")
                if not _WEB_ADDRESS.fullmatch(address):
                    faults.append(Fault(line, f"link `{address}` does not begin with https:// or mailto:"))
            case "span_open":
                open_spans.append(_mark_highlight(token, line, faults))
            case "span_close":
                if open_spans and open_spans.pop():
                    token.tag = "mark"
        lang = token.attrGet("lang")
        if lang is not None and not LANGUAGE_TAG.fullmatch(str(lang)):
            faults.append(Fault(line, f"`{lang}` is not a language tag"))


def _join_wide_lines(tokens: Sequence[Token]) -> None:
    """Drop line ends between two Chinese or Japanese characters, where a browser would show a space."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.type == "softbreak" and _WIDE.match(before.content[-1:]) and _WIDE.match(after.content[:1]):
            token.type = "text"


def _mark_highlight(token: Token, line: int, faults: list[Fault]) -> bool:
    """Turn `[words]{.emo}` into a mark; answer whether it is one."""
    names = str(token.attrGet("class") or "").split()
    if not names:
        return False
    if len(names) > 1 or names[0] not in HIGHLIGHTS:
        faults.append(
            Fault(line, f"highlight `{' '.join(names)}` is none of {', '.join(sorted(HIGHLIGHTS))}")
        )
        return False
    token.tag = "mark"
    token.attrSet("class", f"span span-{names[0]}")
    return True


def _plain(tokens: Sequence[Token]) -> str:
    parts = []
    for token in tokens:
        if token.children:
            parts.append(_plain(token.children))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        else:
            parts.append(token.content)
    return "".join(parts)


def _allowed_value(tag: str, attribute: str, value: str) -> str | None:
    match attribute:
        case "class" | "alt" | "rel":
            return value
        case "src":
            return value if MEDIA_PATH.fullmatch(value) else None
        case "href":
            return value if _WEB_ADDRESS.fullmatch(value) else None
        case "lang":
            return value if LANGUAGE_TAG.fullmatch(value) else None
        case "id" | "aria-labelledby":
            return value if _OWN_ID.fullmatch(value) else None
        case "start":
            return value if _NUMBER.fullmatch(value) else None
        case "aria-hidden":
            return value if value == "true" else None
        case _:
            return None


@cache
def _parser() -> MarkdownIt:
    # Indented code and underlined headings are switched off: an author who indents a line, or draws
    # a line below one, means neither.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["code", "lheading"])
    return parser.use(attrs_plugin, after=("span_close",), spans=True, allowed=("lang", "class"))


class _TextReader(HTMLParser):
    """Collects text, knowing at each place which language holds."""

    def __init__(self, lang: str) -> None:
        super().__init__(convert_charrefs=True)
        self.own = lang
        self.langs: list[tuple[str, str]] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "img", "hr"):
            self.parts.append(" ")
            return
        given = dict(attrs)
        self.langs.append((tag, "" if "aria-hidden" in given else given.get("lang") or self._lang()))
        if tag not in ("strong", "em", "code", "a", "span", "mark"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self.langs and self.langs[-1][0] == tag:
            self.langs.pop()

    def handle_data(self, data: str) -> None:
        self.parts.append(data if self._lang() == self.own else " ")

    def _lang(self) -> str:
        return self.langs[-1][1] if self.langs else self.own
