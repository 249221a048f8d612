"""People from a CSV file: every row is checked first; all are taken, or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.db.accounts import Cohort, CohortManager, CohortMember, Person
from lms.domain import accounts as rules
from lms.domain.accounts import Role
from lms.domain.errors import Invalid
from lms.services import accounts

COLUMNS = ("email", "name", "role", "team", "cohort", "language", "timezone")
REQUIRED = ("email", "name")
ROWS_MAX = 50_000


@dataclass(frozen=True)
class RowError:
    """What is wrong in one row; `row` counts the header as 1, as a spreadsheet shows it."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.message}"


@dataclass(frozen=True)
class PersonLine:
    """One checked row."""

    row: int
    email: str
    name: str
    role: Role
    team: str
    cohort: str
    language: str
    timezone: str


@dataclass(frozen=True)
class PeopleFile:
    """What a file holds: rows that are right, and what is wrong with the others."""

    lines: tuple[PersonLine, ...]
    errors: tuple[RowError, ...]


def read_people(data: bytes) -> PeopleFile:
    """Read CSV: UTF-8 with or without a mark, comma or semicolon, quoted newlines. Content never raises."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        return PeopleFile((), (RowError(row, "file", "expected UTF-8; save it as 'CSV UTF-8'"),))
    if "\x00" in text:
        return PeopleFile(
            (), (RowError(text[: text.index("\x00")].count("\n") + 1, "file", "holds a NUL byte"),)
        )
    header, _, _ = text.partition("\n")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[PersonLine] = []
    errors: list[RowError] = []
    seen: dict[str, int] = {}
    names: list[str] | None = None
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if names is None:
                names = [cell.strip().lower() for cell in cells]
                errors += _header_errors(names)
                if errors:
                    break
            elif any(cell.strip() for cell in cells):
                if number > ROWS_MAX:
                    errors.append(RowError(number, "file", f"expected at most {ROWS_MAX} rows"))
                    break
                _read_line(number, names, cells, lines, errors, seen)
    except csv.Error as error:
        errors.append(RowError(number + 1, "file", f"is not CSV: {error}"))
    if names is None and not errors:
        errors.append(RowError(1, "file", "is empty; expected a header line: " + ",".join(COLUMNS)))
    return PeopleFile(tuple(lines), tuple(errors))


def _header_errors(names: list[str]) -> list[RowError]:
    found = [RowError(1, name, "this column is missing") for name in REQUIRED if name not in names]
    found += [
        RowError(1, name or "(empty)", f"unknown column; expected {', '.join(COLUMNS)}")
        for name in names
        if name not in COLUMNS
    ]
    found += [RowError(1, name, "stands twice") for name in sorted(set(names)) if names.count(name) > 1]
    return found


def _read_line(
    number: int,
    names: list[str],
    cells: list[str],
    lines: list[PersonLine],
    errors: list[RowError],
    seen: dict[str, int],
) -> None:
    if len(cells) != len(names):
        errors.append(RowError(number, "row", f"expected {len(names)} cells, found {len(cells)}"))
        return
    values = dict(zip(names, cells, strict=True))
    cleaned: dict[str, str] = {}
    cleaners: dict[str, Callable[[str], str]] = {
        "email": rules.clean_email,
        "name": rules.clean_name,
        "role": lambda text: rules.clean_role(text or Role.LEARNER),
        "team": lambda text: rules.clean_name(text, field="team") if text.strip() else "",
        "cohort": lambda text: rules.clean_name(text, field="cohort") if text.strip() else "",
        "language": lambda text: rules.clean_language(text.strip()) if text.strip() else "",
        "timezone": lambda text: rules.clean_timezone(text) if text.strip() else "",
    }
    before = len(errors)
    for column, clean in cleaners.items():
        try:
            cleaned[column] = clean(values.get(column, ""))
        except Invalid as error:
            errors.append(RowError(number, column, error.message))
    if len(errors) > before:
        return
    email = cleaned["email"]
    if email in seen:
        errors.append(RowError(number, "email", f"{email} stands in row {seen[email]} already"))
        return
    seen[email] = number
    lines.append(
        PersonLine(
            row=number,
            email=email,
            name=cleaned["name"],
            role=Role(cleaned["role"]),
            team=cleaned["team"],
            cohort=cleaned["cohort"],
            language=cleaned["language"],
            timezone=cleaned["timezone"],
        )
    )


def check_people(session: Session, lines: tuple[PersonLine, ...]) -> tuple[RowError, ...]:
    """Answer which rows have an account already."""
    emails = [line.email for line in lines]
    taken: set[str] = set()
    for start in range(0, len(emails), 500):
        taken |= set(
            session.scalars(select(Person.email).where(Person.email.in_(emails[start : start + 500])))
        )
    return tuple(
        RowError(line.row, "email", f"{line.email} has an account already")
        for line in lines
        if line.email in taken
    )


def import_people(
    session: Session,
    lines: tuple[PersonLine, ...],
    *,
    now: datetime,
    new_id: Callable[[], UUID],
    demonstration: bool = False,
) -> list[Person]:
    """Make the accounts, teams and cohorts of checked rows. Managers of a cohort are named on it."""
    people = []
    for line in lines:
        person = accounts.create_person(
            session,
            email=line.email,
            name=line.name,
            role=line.role,
            team=line.team or None,
            language=line.language or None,
            timezone=line.timezone or None,
            now=now,
            new_id=new_id,
            demonstration=demonstration,
        )
        if line.cohort:
            cohort = _cohort(session, line.cohort, now=now, new_id=new_id, demonstration=demonstration)
            if line.role is Role.MANAGER:
                session.add(CohortManager(cohort_id=cohort.id, person_id=person.id))
            else:
                session.add(CohortMember(cohort_id=cohort.id, person_id=person.id, joined_at=now))
        people.append(person)
    session.flush()
    return people


def _cohort(
    session: Session, name: str, *, now: datetime, new_id: Callable[[], UUID], demonstration: bool
) -> Cohort:
    cohort = session.scalar(select(Cohort).where(Cohort.name == name))
    if cohort is None:
        cohort = Cohort(
            uuid=new_id(), name=name, starts_on=now.date(), created_at=now, demonstration=demonstration
        )
        session.add(cohort)
        session.flush()
    return cohort
