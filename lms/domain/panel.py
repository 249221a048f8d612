"""A panel: one figure, agent by week, and the week from which each agent counts as trained. And its CSV file.

Weeks are integers in order; what a week is (an ISO week, a sprint) is the caller's business.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lms.domain.errors import Invalid

COLUMNS = ("agent", "week", "g", "y")
ROWS_MAX = 2_000_000
CELLS_MAX = 20_000_000
"""Agents times weeks: the panel is held whole, 8 bytes a cell."""
WEEK_MAX = 10**9

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Panel:
    """One figure of `agents` (rows) in `weeks` (columns)."""

    agents: tuple[str, ...]
    weeks: Ints
    """In ascending order; a week that nobody has is absent."""
    starts: Floats
    """One an agent: the first week after the planned training, `inf` for never."""
    values: Floats
    """Agents x weeks; `nan` where an agent has no figure for a week."""


@dataclass(frozen=True)
class Observation:
    """One agent's figure in one week; `start` is None for an agent who is never trained."""

    agent: str
    week: int
    start: int | None
    value: float


def make_panel(observations: Iterable[Observation]) -> Panel:
    """Order observations into a panel; the order they come in makes no difference.

    An agent with two starts, or two values for a week, keeps the last: the reader refuses both before.
    """
    found = list(observations)
    agents = sorted({one.agent for one in found})
    weeks = sorted({one.week for one in found})
    if len(agents) * len(weeks) > CELLS_MAX:
        raise Invalid("panel", f"expected at most {CELLS_MAX} agents times weeks")
    row = {agent: index for index, agent in enumerate(agents)}
    column = {week: index for index, week in enumerate(weeks)}
    starts = np.full(len(agents), np.inf)
    values = np.full((len(agents), len(weeks)), np.nan)
    for one in found:
        starts[row[one.agent]] = math.inf if one.start is None else one.start
        values[row[one.agent], column[one.week]] = one.value
    return Panel(tuple(agents), np.array(weeks, dtype=np.int64), starts, values)


def read_panel(data: bytes) -> Panel:
    """Read CSV with the columns agent, week, g and y; others are ignored. Empty `g`: never trained.

    Raises Invalid, which names row (the header is row 1) and column.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise Invalid(f"row {row}", "expected UTF-8") from error
    header, _, _ = text.partition("\n")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        names = [cell.strip().lower() for cell in next(rows, [])]
        _expect_header(names)
        places = {name: names.index(name) for name in COLUMNS}
        observations: dict[tuple[str, int], Observation] = {}
        starts: dict[str, int | None] = {}
        for number, cells in enumerate(rows, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if number > ROWS_MAX:
                raise Invalid(f"row {number}", f"expected at most {ROWS_MAX} rows")
            one = _read_row(number, cells, places, width=len(names))
            if (one.agent, one.week) in observations:
                raise Invalid(
                    f"row {number}, column week", f"agent {one.agent!r} has week {one.week} already"
                )
            if starts.setdefault(one.agent, one.start) != one.start:
                raise Invalid(
                    f"row {number}, column g", f"agent {one.agent!r} had another g in an earlier row"
                )
            observations[one.agent, one.week] = one
    except csv.Error as error:
        raise Invalid(f"row {number + 1}", f"is not CSV: {error}") from error
    if not observations:
        raise Invalid("row 2", "expected at least one row below the header")
    return make_panel(observations.values())


def _expect_header(names: list[str]) -> None:
    for name in COLUMNS:
        if name not in names:
            raise Invalid(f"row 1, column {name}", "this column is missing; expected agent,week,g,y")
        if names.count(name) > 1:
            raise Invalid(f"row 1, column {name}", "stands twice")


def _read_row(number: int, cells: list[str], places: dict[str, int], *, width: int) -> Observation:
    if len(cells) != width:
        raise Invalid(f"row {number}", f"expected {width} cells, found {len(cells)}")
    agent, week, start, value = (cells[places[name]].strip() for name in COLUMNS)
    if not agent:
        raise Invalid(f"row {number}, column agent", "is empty")
    return Observation(
        agent=agent,
        week=_week(number, "week", week),
        start=_week(number, "g", start) if start else None,
        value=_number(number, "y", value),
    )


def _number(number: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = "; leave the row out where there is no value" if not text else ""
        raise Invalid(f"row {number}, column {column}", f"expected a number, found {text!r}{hint}")
    return value


def _week(number: int, column: str, text: str) -> int:
    """Answer a whole number; `12.0` is one, as tables with empty cells are often written so."""
    value = _number(number, column, text)
    if not value.is_integer() or abs(value) > WEEK_MAX:
        raise Invalid(f"row {number}, column {column}", f"expected a whole number, found {text!r}")
    return int(value)
