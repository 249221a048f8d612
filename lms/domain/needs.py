"""The needs analysis: when each of its two runs may be taken, and what a group's report may show."""

from __future__ import annotations

from enum import StrEnum

from lms.domain.learning import CourseWay

FEWEST_PEOPLE = 5
"""A group's figure stands on at least so many people; below that it would point at one of them."""


class PhaseState(StrEnum):
    """What can be done with a run now."""

    OPEN = "open"
    GOING = "going"
    DONE = "done"
    LATER = "later"
    """After: the course is not complete yet."""
    MISSED = "missed"
    """Before: a module is complete, so that the figure would not be one from before."""


def before_state(way: CourseWay, *, begun: bool, finished: bool) -> PhaseState:
    """Answer the state of the run before the course; one that was begun can always be finished."""
    if begun:
        return PhaseState.DONE if finished else PhaseState.GOING
    return PhaseState.MISSED if any(module.complete for module in way.modules) else PhaseState.OPEN


def after_state(way: CourseWay, *, begun: bool, finished: bool) -> PhaseState:
    """Answer the state of the run after the course."""
    if begun:
        return PhaseState.DONE if finished else PhaseState.GOING
    return PhaseState.OPEN if way.complete and way.total else PhaseState.LATER


def shown_share(right: int, asked: int, *, people: int) -> float | None:
    """Answer the share of right answers of a group, 0..1; None where too few people stand behind it."""
    return right / asked if asked and people >= FEWEST_PEOPLE else None
