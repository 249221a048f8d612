"""What can be wrong with a course, and where.

CourseError   the folder or document is no course; carries the findings
UnknownPart   no module, lesson, item or point of that id (a KeyError)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    """The course cannot be used like this."""
    WARNING = "warning"
    """The course works; a careful author would still change this."""


@dataclass(frozen=True)
class Finding:
    """One fault, placed so that an author finds it at once."""

    file: str
    """Relative to the course folder, with forward slashes."""
    line: int
    """Counted from 1."""
    path: str
    """Where in the data, such as `items[3].choices[1].why.en`; empty for text."""
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        parts = (f"{self.file}:{self.line}", self.path, self.message)
        return ": ".join(part for part in parts if part)


class CourseError(Exception):
    """A course that cannot be read; `findings` says why, errors first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class UnknownPart(KeyError):
    """An id that this course does not have."""

    def __init__(self, kind: str, id: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f"no {kind} {id!r} in this course")
