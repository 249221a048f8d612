"""Markets: how people there are addressed and complain, and their holidays, computed for any year."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from quizzes.item import Text, Wording

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Fixed:
    """The same day every year; 29 February only in leap years."""

    month: int
    day: int


@dataclass(frozen=True)
class NthWeekday:
    """Such as the fourth Thursday of a month, and a number of days after it."""

    month: int
    weekday: int
    """0 is Monday."""
    nth: int
    """1..5, or -1 for the last; the fifth is not there in every year."""
    plus: int = 0


@dataclass(frozen=True)
class Easter:
    """Days from Western Easter Sunday."""

    days: int


@dataclass(frozen=True)
class Known:
    """By announcement or another calendar: the days that are known."""

    dates: tuple[date, ...]


DayRule = Fixed | NthWeekday | Easter | Known


@dataclass(frozen=True)
class Holiday:
    """A day that the desk has to know."""

    id: str
    name: Text
    local: str
    """In the market's language."""
    on: DayRule
    days: int
    means: Text
    """What it means for the desk."""
    note: Text | None = None


@dataclass(frozen=True)
class Market:
    """A market as a desk sees it."""

    id: str
    name: Text
    languages: tuple[str, ...]
    zone: str
    address: tuple[Text, ...]
    tone: tuple[Text, ...]
    taboos: tuple[Text, ...]
    complaints: tuple[Text, ...]
    practical: tuple[Text, ...]
    holidays: tuple[Holiday, ...]
    rules: tuple[str, ...]
    sources: tuple[Wording, ...]


@dataclass(frozen=True)
class Coming:
    """A holiday that is on or ahead."""

    holiday: Holiday
    first: date
    last: date
    days_left: int
    """0 from the first day to the last."""


def market_from(row: Mapping[str, Any]) -> Market:
    """Answer the market of an entry that was checked."""
    return Market(
        id=row["id"],
        name=row["name"],
        languages=tuple(row["languages"]),
        zone=row["zone"],
        address=tuple(row["address"]),
        tone=tuple(row["tone"]),
        taboos=tuple(row["taboos"]),
        complaints=tuple(row["complaints"]),
        practical=tuple(row.get("practical", ())),
        holidays=tuple(_holiday(holiday) for holiday in row["holidays"]),
        rules=tuple(row.get("rules", ())),
        sources=tuple(row["sources"]),
    )


def day_rule(on: Mapping[str, Any]) -> DayRule:
    """Answer the rule of an `on` map. Raises ValueError where it makes no sense."""
    match dict(on):
        case {"month": int(month), "day": int(day), **rest} if not rest:
            date(2024, month, day)  # a leap year: 29 February is a day
            return Fixed(month, day)
        case {"month": int(month), "weekday": str(weekday), "nth": int(nth), **rest} if set(rest) <= {"plus"}:
            return NthWeekday(month, WEEKDAYS.index(weekday), nth, int(rest.get("plus", 0)))
        case {"easter": int(days), **rest} if not rest:
            return Easter(days)
        case {"dates": list(dates), **rest} if not rest:
            return Known(tuple(sorted(date.fromisoformat(day) for day in dates)))
        case _:
            raise ValueError("is none of {month, day}, {month, weekday, nth, plus}, {easter}, {dates}")


def days_in(rule: DayRule, year: int) -> Iterator[date]:
    """Answer the first days of a holiday in a year: mostly one, none or two in some years."""
    match rule:
        case Fixed(month, day):
            if day <= monthrange(year, month)[1]:
                yield date(year, month, day)
        case NthWeekday(month, weekday, nth, plus):
            found = _nth_weekday(year, month, weekday, nth)
            if found is not None:
                yield found + timedelta(days=plus)
        case Easter(days):
            yield easter_sunday(year) + timedelta(days=days)
        case Known(dates):
            yield from (day for day in dates if day.year == year)


def easter_sunday(year: int) -> date:
    """Answer Western Easter Sunday in the Gregorian calendar (Meeus/Jones/Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    line = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * line) // 451
    month, day = divmod(h + line - 7 * m + 114, 31)
    return date(year, month, day + 1)


def coming_holidays(holidays: Sequence[Holiday], *, today: date) -> tuple[Coming, ...]:
    """Answer what is on today or begins in the next 12 months, the nearest first.

    `today` is the day in the market's zone.
    """
    until = _a_year_after(today)
    found = []
    for holiday in holidays:
        for year in range(today.year - 1, today.year + 2):
            for first in days_in(holiday.on, year):
                last = first + timedelta(days=holiday.days - 1)
                if last >= today and first < until:
                    found.append(Coming(holiday, first, last, max(0, (first - today).days)))
    return tuple(sorted(found, key=lambda coming: (coming.first, coming.holiday.id)))


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, monthrange(day.year + 1, day.month)[1]))


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    first, length = monthrange(year, month)
    days = range(1 + (weekday - first) % 7, length + 1, 7)
    if nth > len(days):
        return None
    return date(year, month, days[nth if nth < 0 else nth - 1])


def _holiday(row: Mapping[str, Any]) -> Holiday:
    return Holiday(
        id=row["id"],
        name=row["name"],
        local=row["local"],
        on=day_rule(row["on"]),
        days=int(row.get("days", 1)),
        means=row["means"],
        note=row.get("note"),
    )
