"""Figures that were computed elsewhere: CSV with agent, week or date, figure, value and count."""

from __future__ import annotations

import re
from datetime import date

from lms.adapters.desk_file import (
    TEXT_MAX,
    Collector,
    DeskFile,
    Skipped,
    amount,
    count,
    expect_columns,
    looks_like_json,
    read_table,
)
from lms.domain.errors import Invalid
from lms.domain.outcomes import DeskAgent, FigureLine, Source, monday_of

FIGURE = re.compile(r"[a-z][a-z0-9_]{0,31}")
RATES = frozenset({"csat", "fcr", "disputes", "return_rate", "repurchase_rate"})
"""Shares of tickets or orders, 0..1."""
READ = frozenset({"agent", "week", "date", "figure", "value", "count"})


def read_figures(data: bytes) -> DeskFile:
    """Read figures; of several lines for the same agent, week and figure the last one counts."""
    if looks_like_json(data):
        raise Invalid("file", "expected CSV with agent,week,figure,value,count")
    header, rows = read_table(data)
    expect_columns(header, "agent", "date" if "date" in header else "week", "figure", "value", "count")
    lines: dict[tuple[str, date, str], tuple[int, FigureLine]] = {}
    found = Collector(Source.GENERIC)
    for row, cells in rows:
        try:
            line = _line(cells)
        except Invalid as error:
            found.skip(row, str(error))
            continue
        key = (line.agent, line.monday, line.figure)
        if key in lines:
            found.skip(lines.pop(key)[0], f"this figure stands again in row {row}; the last one counts")
        lines[key] = (row, line)
    agents = sorted({agent for agent, _, _ in lines})
    skipped: list[Skipped] = sorted(found.skipped, key=lambda one: one.row)
    return DeskFile(
        source=Source.GENERIC,
        tickets=(),
        agents=tuple(
            DeskAgent(agent, *(("", agent.lower()) if "@" in agent else (agent, ""))) for agent in agents
        ),
        deleted=(),
        skipped=tuple(skipped),
        ignored=tuple(name for name in header if name not in READ),
        figures=tuple(line for _, line in lines.values()),
    )


def _line(cells: dict[str, str]) -> FigureLine:
    agent, figure = cells.get("agent", ""), cells.get("figure", "").lower()
    if not agent or len(agent) > TEXT_MAX or "\x00" in agent:
        raise Invalid("agent", "expected a name or an e-mail address")
    if not FIGURE.fullmatch(figure):
        raise Invalid("figure", f"expected a word such as csat, found {figure[:40]!r}")
    value, made_of = amount(cells.get("value"), "value"), count(cells.get("count"), "count")
    if value is None:
        raise Invalid("value", "is missing")
    if figure in RATES and value > 1:
        raise Invalid("value", f"expected 0 to 1 (0.72 for 72 %), found {value:g}")
    if not made_of:
        raise Invalid("count", "expected at least 1: what the figure is made of")
    return FigureLine(agent, _monday(cells), figure, value, made_of)


def _monday(cells: dict[str, str]) -> date:
    """Read a day, or an ISO week as 2026-W05."""
    text = cells.get("date") or cells.get("week", "")
    try:
        return monday_of(date.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise Invalid("week", f"expected a date or a week as 2026-W05, found {text[:40]!r}") from error
