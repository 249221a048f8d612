"""A log of reviews as a CSV file, and the recall that the memory model predicts for each of its rows.

Pure: text in, rows out. The model itself is `quizzes.fsrs`, with its default parameters.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from lms.domain.errors import Invalid
from quizzes import fsrs
from quizzes.fsrs import Memory, Rating

COLUMNS = ("card_id", "review_time", "rating")
PREDICTED = "p"
LATEST_MS = 225_000_000_000_000
"""In the year 9100: a due date may lie a hundred years later and must still be a date."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def predicted_rows(lines: Iterable[str], *, zone: tzinfo) -> Iterator[list[str]]:
    """Answer the header and the rows of a log, each with the recall 0..1 predicted just before its review.

    The first review of a card predicts nothing, and gets an empty cell; a second one on the same study day
    predicts 1. Columns beside `COLUMNS` are handed through. Raises Invalid, which names row and column;
    row 1 is the header, a line break inside quotes begins no row.
    """
    rows = csv.reader(lines, strict=True)
    places = dict[str, int]()
    width = 0
    memories: dict[str, Memory] = {}
    latest: dict[str, datetime] = {}
    for number, row in enumerate(_readable(rows), start=1):
        if number == 1:
            places, width = _places(row), len(row)
            yield [*row, PREDICTED]
        elif row:
            if len(row) != width:
                raise Invalid(f"row {number}", f"expected {width} columns, found {len(row)}")
            card, at, rating = _review(row, places, number)
            if at < latest.get(card, at):
                raise Invalid(
                    f"row {number}, review_time", "expected rows in time order; this one is earlier"
                )
            latest[card] = at
            day = fsrs.study_day(at, zone)
            before = memories.get(card)
            recall = "" if before is None else f"{fsrs.retrievability(before, day=day):.12g}"
            memories[card] = fsrs.review(before, rating, at=at, day=day, zone=zone)
            yield [*row, recall]
    if not places:
        raise Invalid("row 1", f"expected a header with {', '.join(COLUMNS)}; the file is empty")


def _readable(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    number = 0
    try:
        for row in rows:
            number += 1
            yield row
    except csv.Error as error:
        raise Invalid(f"row {number + 1}", f"is not CSV: {error}") from error


def _places(header: list[str]) -> dict[str, int]:
    names = [name.strip() for name in header]
    for name in COLUMNS:
        if names.count(name) != 1:
            found = "none" if name not in names else "several"
            raise Invalid(f"row 1, {name}", f"expected one column of this name, found {found}")
    if PREDICTED in names:
        raise Invalid(f"row 1, {PREDICTED}", "this column is to be written; it must not be there")
    return {name: names.index(name) for name in COLUMNS}


def _review(row: list[str], places: dict[str, int], number: int) -> tuple[str, datetime, Rating]:
    card, time, rating = (row[places[name]].strip() for name in COLUMNS)
    if not card:
        raise Invalid(f"row {number}, card_id", "expected the id of a card, found nothing")
    if not (time.isascii() and time.isdigit()) or len(time) > 20 or int(time) > LATEST_MS:
        expected = f"expected milliseconds since 1970, 0 to {LATEST_MS}"
        raise Invalid(f"row {number}, review_time", f"{expected}, found {time[:40]!r}")
    if rating not in ("1", "2", "3", "4"):
        raise Invalid(f"row {number}, rating", f"expected 1, 2, 3 or 4, found {rating[:40]!r}")
    return card, _EPOCH + timedelta(milliseconds=int(time)), Rating(int(rating))
