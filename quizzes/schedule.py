"""Choose the day of a review near the ideal one: working days, the least loaded first. Deterministic.

Days are study days (see `fsrs.study_day`); which of them are working days is the caller's knowledge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

PLAN_DAYS = (2, 5)
"""Default reviews of a new point, in days after its first answer; then FSRS decides."""

FURTHEST = 366
"""How far from the ideal day a working day is looked for."""

_FUZZ = ((2.5, 7.0, 0.15), (7.0, 20.0, 0.1), (20.0, math.inf, 0.05))
"""(from, to, factor): how much of an interval may be moved, as in py-fsrs and Anki."""

Working = Callable[[int], bool]
Load = Callable[[int], float]


def no_load(_day: int) -> float:
    """Stand in where the load of a day is not known."""
    return 0.0


def plan_days(
    first_day: int, *, working: Working, days: Sequence[int] = PLAN_DAYS, load: Load = no_load
) -> tuple[int, ...]:
    """Answer the study days of the first reviews of a point, rising and all after `first_day`."""
    planned: list[int] = []
    for interval in days:
        after = planned[-1] if planned else first_day
        planned.append(choose_day(first_day, interval, after=after, working=working, load=load))
    return tuple(planned)


def choose_day(last_day: int, interval: int, *, after: int, working: Working, load: Load = no_load) -> int:
    """Answer the least loaded working day in the fuzz range, ties nearest the ideal day; later than `after`.

    Where the range holds none: the nearest working day, the one before first; where there is none
    within a year, the ideal day itself.
    """
    ideal = last_day + interval
    low, high = fuzz_range(interval)
    candidates = [day for day in range(last_day + low, last_day + high + 1) if day > after and working(day)]
    if candidates:
        return min(candidates, key=lambda day: (load(day), abs(day - ideal), day))
    return _nearest_working(ideal, after=after, working=working)


def fuzz_range(interval: int) -> tuple[int, int]:
    """Answer the shortest and longest interval that is as good as this one."""
    if interval < _FUZZ[0][0]:
        return interval, interval
    room = 1.0 + sum(factor * max(min(interval, end) - start, 0.0) for start, end, factor in _FUZZ)
    return max(2, math.floor(interval - room + 0.5)), math.floor(interval + room + 0.5)


def _nearest_working(ideal: int, *, after: int, working: Working) -> int:
    for distance in range(FURTHEST + 1):
        for day in (ideal - distance, ideal + distance):
            if day > after and working(day):
                return day
    return max(ideal, after + 1)
