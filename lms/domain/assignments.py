"""Where a person stands with an assigned course, as a manager sees it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from lms.domain.errors import Invalid


class Standing(StrEnum):
    """In the order in which a manager looks: the most urgent first."""

    LATE = "late"
    """The hard due date has passed."""
    BEHIND = "behind"
    """The suggested date has passed; nothing is closed."""
    WAITING = "waiting"
    """Assigned and not begun, in time."""
    ON_TRACK = "on_track"
    DONE = "done"
    UNASSIGNED = "unassigned"


ORDER = {standing: place for place, standing in enumerate(Standing)}


class Sort(StrEnum):
    """In which order a manager reads the people of a cohort; each begins where there is most to do."""

    URGENT = "urgent"
    """By standing, then by name."""
    NAME = "name"
    LESSONS = "lessons"
    """The fewest lessons first."""
    QUIZ = "quiz"
    """No quiz, then the lowest."""
    ACTIVITY = "activity"
    """Never here, then the longest ago."""


def check_dates(*, soft: date | None, hard: date | None, today: date, past_is_meant: bool = False) -> None:
    """Refuse due dates that no one could meet. Raises Invalid on `soft_due` or `hard_due`."""
    for field, day in (("soft_due", soft), ("hard_due", hard)):
        if day is not None and day < today and not past_is_meant:
            raise Invalid(field, "expected today or later")
    if soft is not None and hard is not None and soft > hard:
        raise Invalid("soft_due", "expected a day not after the hard date")
