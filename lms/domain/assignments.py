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


def check_dates(*, soft: date | None, hard: date | None, today: date) -> None:
    """Refuse due dates that no one could meet. Raises Invalid on `soft_due` or `hard_due`."""
    if soft is not None and soft < today:
        raise Invalid("soft_due", "expected today or later")
    if hard is not None and hard < today:
        raise Invalid("hard_due", "expected today or later")
    if soft is not None and hard is not None and soft > hard:
        raise Invalid("soft_due", "expected a day not after the hard date")
