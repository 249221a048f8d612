"""Items as a table: a row an item, a column a path of the course format, such as `choices.1.why.en`.

Carries everything. An empty cell is something that the item does not have.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from courses.exchange.errors import Fault, Reading
from courses.exchange.raw import RawItem, read_raw
from quizzes.item import Item
from quizzes.parse import item_document

MAX_BYTES = 8_000_000
MAX_ROWS = 2_000
MAX_COLUMNS = 1_000
MAX_PLACES = 60
"""Entries of one list: `accepted.en.1` … `accepted.en.60`."""

_FIRST = ("id", "type", "form", "point", "skill", "market", "lang", "prior", "stem", "passage", "audio")
_LAST = ("explanation", "source")
_NUMBERS = re.compile(r"prior|answer\.(?:value|tolerance)", re.ASCII)
_BOOLEANS = re.compile(r"choices\.\d+\.right", re.ASCII)
_NUMBER = re.compile(r"[-+]?\d{1,13}(?:\.\d{1,18})?(?:[eE][-+]?\d{1,2})?", re.ASCII)
_COLUMN = re.compile(r"[a-z_]+(?:\.(?:[A-Za-z_][A-Za-z0-9_-]*|[1-9][0-9]?))*", re.ASCII)


def write_table(items: Sequence[Item]) -> tuple[list[str], list[list[str]]]:
    """Answer the header and the rows; who writes the file guards them against formulas (`csv_cells`)."""
    flat = [_flat(item_document(item)) for item in items]
    columns = sorted({column for row in flat for column in row}, key=_order)
    return columns, [[_kept(row.get(column, "")) for column in columns] for row in flat]


def read_table(content: bytes, *, point: str | None = None) -> Reading:
    """Answer the items of a CSV file; faults name the row (the header is row 1) and the column.

    point: for rows that name none.
    """
    if len(content) > MAX_BYTES:
        return _refused(f"is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
        rows = list(_rows(text))
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        return _refused(f"is not CSV in UTF-8: {error}")
    if not rows:
        return _refused("is empty")
    columns = [name.strip() for name in rows[0]]
    faults = _header_faults(columns)
    if faults:
        return Reading((), (), tuple(faults))
    raw: list[RawItem] = []
    for number, row in enumerate(rows[1:], start=2):
        place = f"row {number}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(columns):
            faults.append(Fault(place, "", f"has {len(row)} cells, the header has {len(columns)}"))
            continue
        document, wrong = _document(columns, row)
        faults += [Fault(place, column, message) for column, message in wrong]
        if not wrong:
            raw.append(RawItem(place, {**({"point": point} if point else {}), **document}))
    return read_raw(raw, faults=faults)


def _rows(text: str) -> list[list[str]]:
    dialect = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True):
        rows.append(row)
        if len(rows) > MAX_ROWS + 1:
            raise ValueError(f"more than {MAX_ROWS} rows")
        if len(row) > MAX_COLUMNS:
            raise ValueError(f"more than {MAX_COLUMNS} columns")
    return rows


def _header_faults(columns: Sequence[str]) -> list[Fault]:
    faults = []
    for column in columns:
        if not _COLUMN.fullmatch(column):
            faults.append(Fault("row 1", column[:60], "is no column of items"))
        elif columns.count(column) > 1:
            faults.append(Fault("row 1", column, "stands twice"))
    return faults


def _flat(value: Any, path: str = "") -> dict[str, str]:
    match value:
        case dict():
            parts = value.items()
        case list():
            parts = {str(number): part for number, part in enumerate(value, start=1)}.items()
        case bool():
            return {path: "true" if value else "false"}
        case float() | int():
            return {path: repr(value)}
        case _:
            return {path: str(value)}
    found: dict[str, str] = {}
    for key, part in parts:
        found |= _flat(part, f"{path}.{key}" if path else key)
    return found


def _order(column: str) -> tuple[Any, ...]:
    head = column.split(".")[0]
    ranks = (*_FIRST, "", *_LAST)
    rank = ranks.index(head if head in ranks else "")
    parts = column.split(".")
    return (rank, [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts])


def _kept(text: str) -> str:
    """Double an apostrophe in front, since one in front is how text is kept from being a formula."""
    return "'" + text if text.startswith("'") else text


def _unkept(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:2] and not cell[1].isalnum() else cell


def _document(columns: Sequence[str], row: Sequence[str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    tree: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for column, cell in zip(columns, row, strict=False):
        if cell == "":
            continue
        try:
            _put(tree, column.split("."), _value(column, _unkept(cell)))
        except ValueError as error:
            wrong.append((column, str(error)))
    document: dict[str, Any] = {}
    if not wrong:
        try:
            document = _listed(tree)
        except ValueError as error:
            wrong.append(("", str(error)))
    return document, wrong


def _value(column: str, cell: str) -> Any:
    if _NUMBERS.fullmatch(column):
        if not _NUMBER.fullmatch(cell.strip()):
            raise ValueError(f"{cell[:40]!r} is no number such as 0.6")
        return float(cell)
    if _BOOLEANS.fullmatch(column):
        if cell.strip().lower() not in ("true", "false"):
            raise ValueError(f"{cell[:40]!r} must be true or false")
        return cell.strip().lower() == "true"
    return cell


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise ValueError("stands beside a column that already holds the whole")
    if path[-1] in tree:
        raise ValueError("stands beside columns that hold its parts")
    tree[path[-1]] = value


def _listed(value: Any) -> Any:
    """Turn mappings whose keys are 1, 2, 3 … into lists; gaps between them close up."""
    if not isinstance(value, dict):
        return value
    if all(key.isdigit() for key in value):
        if len(value) > MAX_PLACES:
            raise ValueError(f"more than {MAX_PLACES} entries in one list")
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(part) for key, part in value.items()}


def _refused(message: str) -> Reading:
    return Reading((), (), (Fault("", "", message),))
