"""What the readers of desk files share: tables and JSON as they come, cells, and what was skipped and why."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lms.domain.errors import Invalid
from lms.domain.outcomes import DeskAgent, FigureLine, Source, Ticket

ROWS_MAX = 1_000_000
NUMBER_MAX = 64
TEXT_MAX = 255


@dataclass(frozen=True)
class Skipped:
    """A row that was not taken; a table's header is row 1, JSON's first record is record 1."""

    row: int
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"


@dataclass(frozen=True)
class DeskFile:
    """What a file holds."""

    source: Source
    tickets: tuple[Ticket, ...]
    agents: tuple[DeskAgent, ...]
    deleted: tuple[str, ...]
    """Numbers of tickets that the desk has deleted."""
    skipped: tuple[Skipped, ...]
    ignored: tuple[str, ...] = ()
    """Columns that were not read: unknown, or a buyer's personal data."""
    figures: tuple[FigureLine, ...] = ()
    """Figures that were computed elsewhere, of a generic file."""


@dataclass
class Collector:
    """Gathers records while a file is read; a number that comes again replaces the earlier one."""

    source: Source
    tickets: dict[str, tuple[int, Ticket]] = field(default_factory=dict)
    agents: dict[str, DeskAgent] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def take(self, row: int, ticket: Ticket) -> None:
        """Keep a ticket; one that no database could hold is skipped."""
        texts = (ticket.agent or "", ticket.rated_agent or "", ticket.topic, *ticket.tags)
        if len(ticket.number) > NUMBER_MAX or not all(map(_storable, (ticket.number, *texts))):
            self.skip(row, "holds a text that is too long, or characters that cannot be stored")
            return
        self._replace(row, ticket.number)
        self.tickets[ticket.number] = (row, ticket)

    def delete(self, row: int, number: str) -> None:
        """Note a ticket that the desk has deleted."""
        self._replace(row, number)
        self.deleted[number] = row

    def skip(self, row: int, reason: str) -> None:
        """Note a row that is not taken."""
        self.skipped.append(Skipped(row, reason))

    def know(self, agent: DeskAgent) -> None:
        """Note an agent, with what is known of it."""
        if not _storable(agent.name) or not _storable(agent.email):
            agent = DeskAgent(agent.key)
        if agent.key not in self.agents or agent.email or agent.name:
            self.agents[agent.key] = agent

    def file(self, ignored: tuple[str, ...] = ()) -> DeskFile:
        """Answer what was gathered; agents only where a ticket names them."""
        tickets = tuple(ticket for _, ticket in self.tickets.values())
        named = {key for one in tickets for key in (one.agent, one.rated_agent) if key is not None}
        return DeskFile(
            source=self.source,
            tickets=tickets,
            agents=tuple(self.agents.get(key, DeskAgent(key)) for key in sorted(named)),
            deleted=tuple(self.deleted),
            skipped=tuple(sorted(self.skipped, key=lambda one: one.row)),
            ignored=ignored,
        )

    def _replace(self, row: int, number: str) -> None:
        before = self.tickets.pop(number, (self.deleted.pop(number, None), None))[0]
        if before is not None:
            self.skip(before, f"ticket {number} stands again in row {row}; the last one counts")


def decode(data: bytes) -> str:
    """Answer the text of a file in UTF-8, with or without a mark; Invalid names the row."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise Invalid(f"row {row}", "expected UTF-8; save it as 'CSV UTF-8'") from error


def read_table(data: bytes) -> tuple[tuple[str, ...], Iterator[tuple[int, dict[str, str]]]]:
    """Answer the header in lower case, and each row with its number; short rows have empty cells."""
    text = decode(data)
    first, _, _ = text.partition("\n")
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = tuple(" ".join(cell.split()).lower() for cell in next(rows, []))
    except csv.Error as error:
        raise Invalid("row 1", f"is not CSV: {error}") from error
    if not any(header):
        raise Invalid("row 1", "the file is empty; expected a header line")
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise Invalid(f"row 1, column {twice[0]}", "stands twice")

    def lines() -> Iterator[tuple[int, dict[str, str]]]:
        number = 1
        try:
            for number, cells in enumerate(rows, start=2):
                if number > ROWS_MAX:
                    raise Invalid(f"row {number}", f"expected at most {ROWS_MAX} rows")
                if any(cell.strip() for cell in cells):
                    yield number, dict(zip(header, (cell.strip() for cell in cells), strict=False))
        except csv.Error as error:
            raise Invalid(f"row {number + 1}", f"is not CSV: {error}") from error

    return header, lines()


def read_json(data: bytes) -> Any:
    """Answer a JSON document, or a list of documents where each line is one. Keys given twice are refused."""
    text = decode(data)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, RecursionError):
        pass
    found = []
    for row, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line, object_pairs_hook=_object, parse_constant=_refuse_constant))
            except (json.JSONDecodeError, RecursionError) as error:
                raise Invalid(f"row {row}", f"is not JSON: {error}") from error
    return found


def looks_like_json(data: bytes) -> bool:
    """Say whether a file is JSON and not a table."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def expect_columns(header: tuple[str, ...], *columns: str) -> None:
    """Raise Invalid for the first column that is not there."""
    for column in columns:
        if column not in header:
            raise Invalid(f"row 1, column {column}", "this column is missing")


def moment(value: Any, name: str, zone: ZoneInfo) -> datetime | None:
    """Read a time, in `zone` where it has no offset. None for an empty one; Invalid names the cell."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(str(value).removesuffix(" UTC").strip())
        if str(value).endswith(" UTC"):
            found = found.replace(tzinfo=UTC)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(name, f"expected a time, found {str(value)[:40]!r}") from error


def amount(value: Any, name: str) -> float | None:
    """Read a number that is not below 0; None where there is none."""
    if value is None or value == "":
        return None
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or found < 0:
        raise Invalid(name, f"expected a number of 0 or more, found {str(value)[:40]!r}")
    return found


def count(value: Any, name: str) -> int | None:
    """Read a whole number that is not below 0; None where there is none."""
    found = amount(value, name)
    if found is not None and (not found.is_integer() or found > 10**6):
        raise Invalid(name, f"expected a whole number, found {str(value)[:40]!r}")
    return None if found is None else int(found)


def words(value: Any) -> tuple[str, ...]:
    """Read tags: a list, or text parted by blanks or commas."""
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    return tuple(str(value or "").replace(",", " ").split())


def text_of(value: Any) -> str | None:
    """Answer an id as text; None for nothing."""
    return None if value is None or value == "" or isinstance(value, dict | list | bool) else str(value)


def mask(source: Source, requester: Any) -> str | None:
    """Hash a buyer's id at the desk: enough to see that two tickets are of the same one."""
    found = text_of(requester)
    return (
        None
        if found is None
        else hashlib.sha256(f"{source}:{found}".encode(errors="backslashreplace")).hexdigest()[:32]
    )


def minutes_between(start: datetime | None, end: datetime | None) -> float | None:
    """Answer calendar minutes; None where a time is missing or they are out of order."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds() / 60


def _storable(text: str) -> bool:
    """Say whether a text fits: PostgreSQL takes no NUL, and half a pair of surrogates is no character."""
    return (
        len(text) <= TEXT_MAX and "\x00" not in text and not any("\ud800" <= one <= "\udfff" for one in text)
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Invalid("file", "a key is given twice in an object")
    return found


def _refuse_constant(name: str) -> Any:
    raise Invalid("file", f"{name} is not JSON")
