"""Items as an Anki package: a zip with `collection.anki2`, an SQLite file of Anki's schema 11, and no media.

A note's GUID and number come from the item's id, so that a later package updates the cards of an earlier one.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from courses.course import Course, in_language
from courses.exchange.said import choice_words
from courses.exchange.texts import ALL, escaped
from courses.packages.archive import write_archive
from quizzes.item import REQUIRED_LANGUAGES, Form, Item, ItemType, Wording
from quizzes.parse import GAP, MARK

FIELD_END = "\x1f"
MODEL_NAME = "Crossdesk"
_CSS = ".card { font-family: sans-serif; font-size: 18px; text-align: left; }"
_BACK = "{{FrontSide}}<hr id=answer>{{Back}}"
_SCHEMA = """
CREATE TABLE col (id integer PRIMARY KEY, crt integer NOT NULL, mod integer NOT NULL, scm integer NOT NULL,
  ver integer NOT NULL, dty integer NOT NULL, usn integer NOT NULL, ls integer NOT NULL, conf text NOT NULL,
  models text NOT NULL, decks text NOT NULL, dconf text NOT NULL, tags text NOT NULL);
CREATE TABLE notes (id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, mod integer NOT NULL,
  usn integer NOT NULL, tags text NOT NULL, flds text NOT NULL, sfld integer NOT NULL, csum integer NOT NULL,
  flags integer NOT NULL, data text NOT NULL);
CREATE TABLE cards (id integer PRIMARY KEY, nid integer NOT NULL, did integer NOT NULL, ord integer NOT NULL,
  mod integer NOT NULL, usn integer NOT NULL, type integer NOT NULL, queue integer NOT NULL,
  due integer NOT NULL, ivl integer NOT NULL, factor integer NOT NULL, reps integer NOT NULL,
  lapses integer NOT NULL, left integer NOT NULL, odue integer NOT NULL, odid integer NOT NULL,
  flags integer NOT NULL, data text NOT NULL);
CREATE TABLE revlog (id integer PRIMARY KEY, cid integer NOT NULL, usn integer NOT NULL,
  ease integer NOT NULL, ivl integer NOT NULL, lastIvl integer NOT NULL,
  factor integer NOT NULL, time integer NOT NULL, type integer NOT NULL);
CREATE TABLE graves (usn integer NOT NULL, oid integer NOT NULL, type integer NOT NULL);
CREATE INDEX ix_notes_usn ON notes (usn);
CREATE INDEX ix_cards_usn ON cards (usn);
CREATE INDEX ix_revlog_usn ON revlog (usn);
CREATE INDEX ix_cards_nid ON cards (nid);
CREATE INDEX ix_cards_sched ON cards (did, queue, due);
CREATE INDEX ix_revlog_cid ON revlog (cid);
CREATE INDEX ix_notes_csum ON notes (csum);
"""


def carried(items: Sequence[Item]) -> list[Item]:
    """Answer the practice items: those of the checks must not be met in practice, nor those of lessons."""
    return [item for item in items if item.form is Form.PRACTICE]


def write_anki(course: Course, items: Sequence[Item], *, language: str = ALL, now: datetime) -> bytes:
    """Answer the package: one deck for the course, one inside it for each module; same now, same bytes."""
    seconds = int(now.timestamp())
    tag = REQUIRED_LANGUAGES[0] if language == ALL else language
    title = _deck_name(in_language(course.title, tag))
    decks = {
        module.id: (
            _number(f"deck {course.slug} {module.id}"),
            f"{title}::{_deck_name(in_language(module.title, tag))}",
        )
        for module in course.modules
    }
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(_SCHEMA)
        model = _number(f"model {MODEL_NAME}")
        all_decks = {1: "Default", _number(f"deck {course.slug}"): title} | dict(decks.values())
        connection.execute(
            "INSERT INTO col VALUES (1, ?, ?, ?, 11, 0, 0, 0, ?, ?, ?, ?, '{}')",
            (
                seconds,
                seconds * 1000,
                seconds * 1000,
                json.dumps(
                    {"curModel": model, "curDeck": 1, "nextPos": len(items) + 1, "sortType": "noteFld"}
                ),
                json.dumps({str(model): _model(model, seconds)}),
                json.dumps({str(id): _deck(id, name, seconds) for id, name in all_decks.items()}),
                json.dumps({"1": _options()}),
            ),
        )
        for place, item in enumerate(items, start=1):
            _add(connection, course, item, language, model, decks, place, seconds)
        connection.commit()
        collection = connection.serialize()
    finally:
        connection.close()
    return write_archive({"collection.anki2": collection, "media": b"{}"})


def _add(
    connection: sqlite3.Connection,
    course: Course,
    item: Item,
    language: str,
    model: int,
    decks: dict[str, tuple[int, str]],
    place: int,
    seconds: int,
) -> None:
    point = course.point(item.point)
    front, back = front_of(item, language), back_of(item, language)
    number = _number(f"note {course.slug} {item.id}")
    guid = hashlib.sha256(f"{course.slug} {item.id}".encode()).hexdigest()[:20]
    checksum = int(hashlib.sha1(front.encode(), usedforsecurity=False).hexdigest()[:8], 16)
    tags = f" {course.slug} {point.id} {(item.skill or point.skill).value} "
    connection.execute(
        "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, ?, 0, '')",
        (number, guid, model, seconds, tags, front + FIELD_END + back, front, checksum),
    )
    connection.execute(
        "INSERT INTO cards VALUES (?, ?, ?, 0, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')",
        (number, number, decks[point.module][0], seconds, place),
    )


# What stands on a card


def front_of(item: Item, language: str) -> str:
    """Answer the question as HTML."""
    parts = [_words(item.stem, language)]
    if item.passage:
        quoted = escaped(MARK.sub(lambda found: found[2], item.passage.text))
        parts.insert(0, f'<blockquote lang="{item.passage.lang}">{quoted}</blockquote>')
    if item.audio:
        parts.insert(0, f'<blockquote lang="{item.audio.lang}">{escaped(item.audio.text)}</blockquote>')
    if item.text is not None:
        parts.append(GAP.sub("_____", _words(item.text, language)))
    if item.choices:
        # by their words: written order would give an order item away
        shown = sorted(_words(choice_words(item, choice), language) for choice in item.choices)
        parts.append("<ul>" + "".join(f"<li>{words}</li>" for words in shown) + "</ul>")
    if item.pairs:
        parts.append("<ul>" + "".join(f"<li>{_words(pair.left, language)} → ?</li>" for pair in item.pairs))
        parts[-1] += "</ul>"
    return "".join(f"<div>{part}</div>" for part in parts)


def back_of(item: Item, language: str) -> str:
    """Answer the right answer and its explanation as HTML."""
    return f"<div><b>{_right(item, language)}</b></div><div>{_words(item.explanation, language)}</div>"


def _right(item: Item, language: str) -> str:
    match item.type:
        case ItemType.ORDER:
            return "<br>".join(_words(choice_words(item, one), language) for one in item.choices)
        case ItemType.MATCH:
            return "<br>".join(
                f"{_words(pair.left, language)} → {_words(pair.right, language)}" for pair in item.pairs
            )
        case ItemType.NUMERIC:
            assert item.answer is not None
            unit = f" {_words(item.answer.unit, language)}" if item.answer.unit else ""
            return f"{item.answer.value:.12g}{unit}"
        case ItemType.SHORT_TEXT:
            return "<br>".join(escaped(answers[0]) for answers in (item.accepted or {}).values())
        case ItemType.CLOZE:
            return "<br>".join(
                " / ".join(escaped(answers[0]) for answers in gap.accepted.values()) for gap in item.gaps
            )
        case _:
            return "<br>".join(_words(choice_words(item, one), language) for one in item.choices if one.right)


def _words(words: Wording, language: str) -> str:
    if isinstance(words, str):
        return escaped(words)
    if language != ALL:
        return escaped(in_language(words, language))
    return "<br>".join(f'<span lang="{tag}">{escaped(text)}</span>' for tag, text in words.items())


# Anki's own objects


def _number(words: str) -> int:
    """Answer a number like the milliseconds that Anki uses for ids, always the same for the same words."""
    return (1 << 40) + int(hashlib.sha256(words.encode()).hexdigest()[:10], 16)


def _deck_name(words: str) -> str:
    return " ".join(words.replace("::", ":").split())


def _deck(id: int, name: str, seconds: int) -> dict[str, Any]:
    day = [0, 0]
    return {
        "id": id,
        "name": name,
        "desc": "",
        "conf": 1,
        "mod": seconds,
        "usn": -1,
        "dyn": 0,
        "collapsed": False,
        "extendNew": 0,
        "extendRev": 0,
        "newToday": day,
        "revToday": day,
        "lrnToday": day,
        "timeToday": day,
    }


def _model(id: int, seconds: int) -> dict[str, Any]:
    def field(name: str, place: int) -> dict[str, Any]:
        look = {"font": "Arial", "size": 20, "rtl": False, "sticky": False, "media": []}
        return {"name": name, "ord": place, **look}

    return {
        "id": id,
        "name": MODEL_NAME,
        "type": 0,
        "mod": seconds,
        "usn": -1,
        "sortf": 0,
        "did": 1,
        "tags": [],
        "vers": [],
        "css": _CSS,
        "latexPre": "",
        "latexPost": "",
        "flds": [field("Front", 0), field("Back", 1)],
        "tmpls": [
            {
                "name": "Card 1",
                "ord": 0,
                "qfmt": "{{Front}}",
                "afmt": _BACK,
                "bqfmt": "",
                "bafmt": "",
                "did": None,
            }
        ],
        "req": [[0, "any", [0]]],
    }


def _options() -> dict[str, Any]:
    new = {
        "bury": True,
        "delays": [1, 10],
        "initialFactor": 2500,
        "ints": [1, 4, 7],
        "order": 1,
        "perDay": 20,
    }
    review = {
        "bury": True,
        "ease4": 1.3,
        "fuzz": 0.05,
        "ivlFct": 1,
        "maxIvl": 36500,
        "minSpace": 1,
        "perDay": 200,
    }
    lapse = {"delays": [10], "leechAction": 0, "leechFails": 8, "minInt": 1, "mult": 0}
    return {
        "id": 1,
        "name": "Default",
        "mod": 0,
        "usn": 0,
        "autoplay": True,
        "dyn": False,
        "maxTaken": 60,
        "replayq": True,
        "timer": 0,
        "new": {**new, "separate": True},
        "rev": review,
        "lapse": lapse,
    }
