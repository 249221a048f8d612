"""The error tree of the learning system; lms/web/errors.py maps each class to a status.

CrossdeskError
├── NotFound          it is not there, or it is not yours
├── Invalid           what was given breaks a rule; names the field
├── Conflict          it was already done, or done otherwise
│   └── Stale         what was planned does not fit any more; plan again
├── TooManyAttempts   wrong too often; wait
└── Unavailable       the database or another service does not answer
"""

from __future__ import annotations


class CrossdeskError(Exception):
    """The root: `str(error)` is a sentence that names the place and what was expected."""


class NotFound(CrossdeskError):
    """The object does not exist, or the person may not know that it does."""


class Invalid(CrossdeskError):
    """A value breaks a rule."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Conflict(CrossdeskError):
    """The change does not fit what is already stored."""


class Stale(Conflict):
    """Somebody else wrote between reading and writing: nothing was changed, and it can be tried again."""


class TooManyAttempts(CrossdeskError):
    """Too many wrong attempts; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many wrong attempts: wait {retry_after} seconds")
        self.retry_after = retry_after


class Unavailable(CrossdeskError):
    """A service that the answer needs does not answer in time."""
