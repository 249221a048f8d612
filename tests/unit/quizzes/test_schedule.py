"""Choosing days: the first two reviews of a point, and the least loaded working day."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.schedule import choose_day, fuzz_range, plan_days

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def monday_to_friday(day: int) -> bool:
    return (day + 3) % 7 < 5  # day 0, 1970-01-01, was a Thursday


def except_days(*closed: int) -> Callable[[int], bool]:
    return lambda day: day not in closed


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("Monday", "Wednesday", "Friday"),  # day 5 is a Saturday: the day before
        ("Tuesday", "Thursday", "Monday"),  # a Sunday: the day after
        ("Wednesday", "Friday", "Monday"),
        ("Thursday", "Friday", "Tuesday"),  # day 2 is a Saturday
        ("Friday", "Monday", "Wednesday"),  # a Sunday
    ],
)
def test_reviews_on_days_two_and_five_move_to_working_days(first: str, second: str, third: str) -> None:
    start = 20_577 + WEEKDAYS.index(first)

    planned = plan_days(start, working=monday_to_friday)

    assert [WEEKDAYS[(day + 3) % 7] for day in planned] == [second, third]
    assert start < planned[0] < planned[1] <= start + 7


def test_the_plan_stays_where_every_day_is_a_working_day() -> None:
    assert plan_days(100, working=lambda _day: True) == (102, 105)
    assert plan_days(100, working=lambda _day: True, days=(1, 3, 6)) == (101, 103, 106)


def test_a_long_holiday_puts_the_reviews_on_the_first_two_days_after_it() -> None:
    assert plan_days(100, working=except_days(*range(101, 110))) == (110, 111)


def test_without_any_working_day_the_plan_stays_as_it_was() -> None:
    assert plan_days(100, working=lambda _day: False) == (102, 105)


def test_the_least_loaded_day_of_the_range_is_taken() -> None:
    load = {104: 3.0, 105: 5.0, 106: 1.0}

    assert choose_day(100, 5, after=100, working=lambda _day: True, load=lambda day: load[day]) == 106


def test_a_tie_goes_to_the_day_nearest_the_ideal_and_then_to_the_earlier() -> None:
    assert choose_day(100, 5, after=100, working=lambda _day: True) == 105
    assert choose_day(100, 5, after=100, working=except_days(105)) == 104


def test_outside_the_range_the_nearest_working_day_is_taken_the_one_before_first() -> None:
    assert choose_day(100, 5, after=100, working=except_days(104, 105, 106)) == 103
    assert choose_day(100, 5, after=103, working=except_days(104, 105, 106)) == 107


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [(1, 1, 1), (2, 2, 2), (3, 2, 4), (5, 4, 6), (10, 8, 12), (30, 27, 33), (100, 93, 107)],
)
def test_longer_intervals_have_more_room(interval: int, low: int, high: int) -> None:
    assert fuzz_range(interval) == (low, high)


@given(first=st.integers(0, 40_000), closed=st.sets(st.integers(0, 20)))
def test_planned_days_rise_and_are_working_days(first: int, closed: set[int]) -> None:
    def working(day: int) -> bool:
        return day - first not in closed

    planned = plan_days(first, working=working)

    assert first < planned[0] < planned[1]
    assert all(working(day) for day in planned)
