"""Holidays computed: fixed, the nth weekday, from Easter, and known days; the next 12 months from a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.markets import Holiday, coming_holidays, day_rule, days_in, easter_sunday

WORDS = {"zh-CN": "字", "en": "word"}


def holiday(on: dict[str, object], days: int = 1) -> Holiday:
    return Holiday("x", WORDS, "x", day_rule(on), days, WORDS)


# Easter Sundays as the US Census Bureau and almanacs list them.
@pytest.mark.parametrize(
    ("year", "day"),
    [(1961, "04-02"), (2000, "04-23"), (2019, "04-21"), (2024, "03-31"), (2026, "04-05"), (2038, "04-25")],
)
def test_easter_sunday(year: int, day: str) -> None:
    assert easter_sunday(year) == date.fromisoformat(f"{year}-{day}")


@given(st.integers(1583, 4099))
def test_easter_is_a_sunday_between_22_march_and_25_april(year: int) -> None:
    found = easter_sunday(year)

    assert found.weekday() == 6
    assert date(year, 3, 22) <= found <= date(year, 4, 25)


@pytest.mark.parametrize(
    ("on", "year", "days"),
    [
        ({"month": 12, "day": 25}, 2026, ["2026-12-25"]),
        ({"month": 2, "day": 29}, 2028, ["2028-02-29"]),
        ({"month": 2, "day": 29}, 2027, []),
        ({"month": 11, "weekday": "thursday", "nth": 4}, 2026, ["2026-11-26"]),
        ({"month": 11, "weekday": "thursday", "nth": 4, "plus": 1}, 2026, ["2026-11-27"]),
        ({"month": 5, "weekday": "monday", "nth": -1}, 2026, ["2026-05-25"]),
        ({"month": 5, "weekday": "sunday", "nth": 5}, 2026, ["2026-05-31"]),
        ({"month": 11, "weekday": "monday", "nth": 5}, 2027, ["2027-11-29"]),
        ({"month": 2, "weekday": "monday", "nth": 5}, 2027, []),
        ({"easter": -2}, 2027, ["2027-03-26"]),
        ({"dates": ["2027-03-10", "2026-03-20"]}, 2026, ["2026-03-20"]),
    ],
)
def test_the_days_of_a_year(on: dict[str, object], year: int, days: list[str]) -> None:
    assert [day.isoformat() for day in days_in(day_rule(on), year)] == days


@pytest.mark.parametrize(
    "on",
    [
        {},
        {"month": 13, "day": 1},
        {"month": 4, "day": 31},
        {"month": 4},
        {"month": 4, "day": 3, "plus": 1},
        {"month": 4, "weekday": "someday", "nth": 1},
        {"easter": 1, "dates": []},
        {"dates": ["soon"]},
    ],
)
def test_rules_that_make_no_sense_are_refused(on: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        day_rule(on)


@given(st.dates(date(2020, 1, 1), date(2090, 12, 31)), st.integers(1, 20))
def test_what_comes_is_on_or_ahead_and_within_a_year(today: date, days: int) -> None:
    found = coming_holidays([holiday({"month": 12, "day": 25}, days), holiday({"easter": 1})], today=today)

    assert found
    for coming in found:
        assert coming.last >= today
        assert coming.first < today + timedelta(days=367)
        assert coming.days_left == max(0, (coming.first - today).days)
    assert [coming.first for coming in found] == sorted(coming.first for coming in found)


def test_a_holiday_that_is_on_counts_as_now_until_its_last_day() -> None:
    christmas = [holiday({"month": 12, "day": 31}, 3)]

    assert coming_holidays(christmas, today=date(2027, 1, 2))[0].days_left == 0
    assert coming_holidays(christmas, today=date(2027, 1, 3))[0].first == date(2027, 12, 31)
