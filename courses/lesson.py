"""The body of a lesson file in one language: steps, and the directives between `:::` lines.

`note`, `example`, `compare` and `takeaways` become HTML; `interaction` places an item. What is wrong is
collected with its line, so that an author sees all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from courses.course import Block, Html, Interaction, Step
from courses.markdown import (
    LANGUAGE_TAG,
    Fault,
    Rendered,
    clean_html,
    plain_heading,
    render_inline,
    render_markdown,
)

ITEM_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
NOTE_KINDS = ("accent", "success", "warning", "danger")

# What follows is cut by `strip`: two open repeats side by side take quadratic time on a hostile line.
_STEP = re.compile(r"##[ \t]+([^ \t#].*)")
_TITLE = re.compile(r"#(?:[ \t].*)?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,}).*")
_OPENING = re.compile(r":::+[ \t]*([A-Za-z][A-Za-z-]*)(.*)")
_CLOSING = re.compile(r":::+[ \t]*")
_FIELD = re.compile(r"([a-z]{1,20})[ \t]*:(.*)")
_BULLET = re.compile(r"[-*][ \t]+(.*)")
_MARKS = {"bad": "✕", "good": "✓"}


@dataclass(frozen=True)
class Line:
    """One line of the file; numbers count from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Body:
    """A lesson's steps, what is wrong with them, and what they refer to."""

    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]
    media: tuple[tuple[int, str], ...]
    """Line and `media/name.svg` of each picture."""
    interactions: tuple[tuple[int, str], ...]
    """Line and item id of each interaction."""


def read_body(source: str, *, lang: str, prefix: str = "lesson", first_line: int = 1) -> Body:
    """Answer the steps of a lesson's text; `prefix` makes the ids in its HTML its own."""
    lines = [Line(first_line + index, text) for index, text in enumerate(source.split("\n"))]
    return _BodyReader(lang=lang, prefix=prefix).read(lines)


class _BodyReader:
    def __init__(self, *, lang: str, prefix: str) -> None:
        self.lang = lang
        self.prefix = prefix
        self.faults: list[Fault] = []
        self.media: list[tuple[int, str]] = []
        self.interactions: list[tuple[int, str]] = []
        self.compares = 0

    def read(self, lines: Sequence[Line]) -> Body:
        steps: list[Step] = []
        for heading, body in self._split(lines):
            blocks = self._blocks(body)
            if heading is not None:
                if not blocks:
                    self._fault(heading, "this step is empty")
                steps.append(Step(heading.text, tuple(blocks)))
            elif blocks:
                self._fault(body[0], "text before the first `## ` heading belongs to no step")
        faults = sorted(self.faults, key=lambda fault: fault.line)
        return Body(tuple(steps), tuple(faults), tuple(self.media), tuple(self.interactions))

    def _split(self, lines: Sequence[Line]) -> list[tuple[Line | None, list[Line]]]:
        """Cut at `## ` headings, which do not count inside fences and directives."""
        parts: list[tuple[Line | None, list[Line]]] = [(None, [])]
        fence = ""
        inside = False
        for line in lines:
            fence = _fence_after(fence, line.text)
            if not fence:
                if _CLOSING.fullmatch(line.text):
                    inside = False
                elif _OPENING.fullmatch(line.text):
                    inside = True
            heading = _STEP.fullmatch(line.text)
            if heading and not fence and not inside:
                parts.append((Line(line.number, plain_heading(heading[1].rstrip(" \t#"))), []))
            else:
                parts[-1][1].append(line)
        body = parts[0][1]
        body[:] = _without_outer_blanks(body)
        return parts

    def _blocks(self, lines: Sequence[Line]) -> list[Block]:
        """Answer a step's blocks: neighbouring HTML joined, interactions apart."""
        blocks: list[Block] = []
        html: list[str] = []
        for name, argument, body in self._directives(lines):
            if name is not None and name.text == "interaction":
                blocks += self._joined(html)
                blocks += self._interaction(name, argument, body)
                html = []
            else:
                html.append(self._html(name, argument, body))
        return blocks + self._joined(html)

    def _joined(self, html: Sequence[str]) -> list[Block]:
        cleaned = clean_html("".join(html)).strip()
        return [Html(cleaned)] if cleaned else []

    def _directives(self, lines: Sequence[Line]) -> list[tuple[Line | None, str, list[Line]]]:
        """Cut into plain text (name None) and directives (name, argument, body)."""
        parts: list[tuple[Line | None, str, list[Line]]] = [(None, "", [])]
        opened: Line | None = None
        fence = ""
        for line in lines:
            fence = _fence_after(fence, line.text)
            opening = None if fence else _OPENING.fullmatch(line.text)
            if not fence and _CLOSING.fullmatch(line.text):
                if opened is None:
                    self._fault(line, "`:::` closes nothing")
                opened = None
                parts.append((None, "", []))
            elif opening:
                if opened is not None:
                    self._fault(line, f"`:::{opened.text}` of line {opened.number} is not closed yet")
                opened = Line(line.number, opening[1])
                parts.append((opened, opening[2].strip(), []))
            else:
                parts[-1][2].append(line)
        if opened is not None:
            self._fault(opened, f"`:::{opened.text}` is never closed with `:::`")
        return parts

    def _html(self, name: Line | None, argument: str, body: Sequence[Line]) -> str:
        if name is None:
            return self._markdown(body)
        if argument and name.text != "note":
            self._fault(name, f"`:::{name.text}` takes nothing after its name")
        match name.text:
            case "note":
                return self._note(name, argument, body)
            case "example":
                return self._example(name, body)
            case "compare":
                return self._compare(name, body)
            case "takeaways":
                return self._takeaways(name, body)
            case other:
                self._fault(name, f"`:::{other}` is none of note, example, compare, interaction, takeaways")
                return self._markdown(body)

    def _interaction(self, name: Line, argument: str, body: Sequence[Line]) -> list[Block]:
        for line in _without_outer_blanks(body):
            self._fault(line, "`:::interaction` holds nothing; close it with `:::`")
        if not ITEM_ID.fullmatch(argument):
            self._fault(name, "`:::interaction` is followed by an item id")
            return []
        self.interactions.append((name.number, argument))
        return [Interaction(argument)]

    def _note(self, name: Line, kind: str, body: Sequence[Line]) -> str:
        if kind and kind not in NOTE_KINDS:
            self._fault(name, f"note `{kind}` is none of {', '.join(NOTE_KINDS)}")
            kind = ""
        return f'<div class="note note-{kind or "accent"}"><div>{self._text(name, body)}</div></div>\n'

    def _example(self, name: Line, body: Sequence[Line]) -> str:
        fields, rest = self._fields(body, ("who", "lang"))
        lang = self._language(name, fields)
        text, gloss = _cut(rest, "gloss")
        words = self._quoted(name, text)
        if gloss:
            ends = next((at for at, line in enumerate(gloss) if not line.text.strip()), len(gloss))
            for line in _without_outer_blanks(gloss[ends:]):
                self._fault(line, "nothing can stand after the gloss")
            words += f'<span class="gloss" lang="{self.lang}">{self._inline(gloss[:ends])}</span>'
        who = fields.get("who")
        if who is None:
            return f'<blockquote class="quote"{lang}>{words}</blockquote>\n'
        return (
            '<div class="turn">'
            f'<span class="avatar avatar-buyer" aria-hidden="true">{escape(_initial(who.text))}</span>'
            f'<p class="turn-who">{escape(who.text)}</p>'
            f'<blockquote class="bubble"{lang}>{words}</blockquote></div>\n'
        )

    def _compare(self, name: Line, body: Sequence[Line]) -> str:
        cuts = [index for index, line in enumerate(body) if re.fullmatch(r"={3,}[ \t]*", line.text)]
        if len(cuts) != 1:
            self._fault(name, "`:::compare` has two replies, parted by one line `===`")
            return ""
        self.compares += 1
        halves = (body[: cuts[0]], body[cuts[0] + 1 :])
        replies = [self._reply(name, half) for half in halves]
        if sorted(kind for kind, _ in replies) != ["bad", "good"]:
            self._fault(name, "`:::compare` has one reply that begins `bad: label` and one `good: label`")
            return ""
        return f'<div class="compare">{"".join(html for _, html in replies)}</div>\n'

    def _reply(self, name: Line, body: Sequence[Line]) -> tuple[str, str]:
        fields, rest = self._fields(body, ("bad", "good", "lang"))
        kind = next((key for key in ("bad", "good") if key in fields), "")
        if not kind:
            return "", ""
        label = fields[kind]
        if not label.text:
            self._fault(label, f"`{kind}:` needs a label, such as `{kind}: Makes it worse`")
        lang = self._language(name, fields)
        text, reasons = _cut(rest, "why")
        id = f"{self.prefix}-compare-{self.compares}-{kind}"
        mark = f'<span class="reply-mark" aria-hidden="true">{_MARKS[kind]}</span>'
        why = "".join(f"<li>{mark}<span>{item}</span></li>" for item in self._list(reasons))
        if not why:
            self._fault(label, f"the {kind} reply has no reasons: a line `why:` and a list")
        return kind, (
            f'<section class="reply reply-{kind}" aria-labelledby="{id}">'
            f'<h3 class="reply-head" id="{id}">{mark}<span>{escape(label.text)}</span></h3>'
            f"{self._reply_text(label, text, lang)}"
            f'<ul class="reply-why">{why}</ul></section>'
        )

    def _reply_text(self, label: Line, body: Sequence[Line], lang: str) -> str:
        html = self._text(label, body).strip()
        if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
            return f'<p class="reply-text"{lang}>{html[3:]}'
        return f'<div class="reply-text"{lang}>{html}</div>'

    def _takeaways(self, name: Line, body: Sequence[Line]) -> str:
        items = self._list(body)
        if len(items) != 3:
            self._fault(name, f"`:::takeaways` holds a list of three lines, not {len(items)}")
        lines = "".join(f"<li><span>{item}</span></li>" for item in items)
        return f'<ol class="takeaways card">{lines}</ol>\n'

    def _fields(self, body: Sequence[Line], known: Sequence[str]) -> tuple[dict[str, Line], list[Line]]:
        """Split the `name: value` lines at the top from the rest."""
        lines = _without_outer_blanks(body)
        fields: dict[str, Line] = {}
        while lines and (found := _FIELD.fullmatch(lines[0].text)) and found[1] in known:
            if found[1] in fields:
                self._fault(lines[0], f"`{found[1]}:` is there twice")
            fields[found[1]] = Line(lines.pop(0).number, found[2].strip())
        return fields, _without_outer_blanks(lines)

    def _language(self, name: Line, fields: dict[str, Line]) -> str:
        """Answer ` lang="de"` for the field, or nothing."""
        line = fields.get("lang")
        if line is None:
            return ""
        if not LANGUAGE_TAG.fullmatch(line.text):
            self._fault(line, f"`{line.text}` is not a language tag")
            return ""
        return f' lang="{line.text}"'

    def _list(self, body: Sequence[Line]) -> list[str]:
        """Answer the HTML of each `- ` item; further lines of an item are indented."""
        items: list[list[Line]] = []
        for line in body:
            bullet = _BULLET.fullmatch(line.text)
            if bullet:
                items.append([Line(line.number, bullet[1])])
            elif line.text.strip() and items and line.text[:1] in " \t":
                items[-1].append(Line(line.number, line.text.strip()))
            elif line.text.strip():
                self._fault(line, "a line of this list begins with `- `")
        return [self._inline(item) for item in items]

    def _quoted(self, place: Line, body: Sequence[Line]) -> str:
        html = self._text(place, body).strip()
        if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
            return html[3:-4]
        return html

    def _text(self, place: Line, body: Sequence[Line]) -> str:
        lines = _without_outer_blanks(body)
        if not lines:
            self._fault(place, "there is no text here")
            return ""
        return self._markdown(lines)

    def _markdown(self, lines: Sequence[Line]) -> str:
        if not lines:
            return ""
        source = "\n".join(line.text for line in lines)
        for line in lines:
            if _TITLE.fullmatch(line.text):
                self._fault(line, "a lesson has no `#` heading; its title stands in the front matter")
        return self._kept(render_markdown(source, first_line=lines[0].number))

    def _inline(self, lines: Sequence[Line]) -> str:
        source = "\n".join(line.text for line in lines)
        return self._kept(render_inline(source, first_line=lines[0].number))

    def _kept(self, rendered: Rendered) -> str:
        self.faults += rendered.faults
        self.media += rendered.media
        return rendered.html

    def _fault(self, line: Line, message: str) -> None:
        self.faults.append(Fault(line.number, message))


def _fence_after(fence: str, text: str) -> str:
    """Answer the code fence that is open after this line; "" for none."""
    found = _FENCE.fullmatch(text)
    if not found:
        return fence
    if not fence:
        return found[1]
    closes = found[1][0] == fence[0] and len(found[1]) >= len(fence) and text.strip() == found[1]
    return "" if closes else fence


def _cut(lines: Sequence[Line], key: str) -> tuple[list[Line], list[Line]]:
    """Split at the line `key:`; what stands behind the colon belongs to the second part."""
    for index, line in enumerate(lines):
        found = _FIELD.fullmatch(line.text)
        if found and found[1] == key:
            first = [Line(line.number, found[2].strip())] if found[2].strip() else []
            return list(lines[:index]), first + list(lines[index + 1 :])
    return list(lines), []


def _without_outer_blanks(lines: Sequence[Line]) -> list[Line]:
    kept = list(lines)
    while kept and not kept[0].text.strip():
        kept.pop(0)
    while kept and not kept[-1].text.strip():
        kept.pop()
    return kept


def _initial(who: str) -> str:
    """Answer the letter for a person's picture: `Herr Krüger · Hamburg` -> `K`."""
    name = who.split("·")[0].split()
    return name[-1][0] if name else "?"
