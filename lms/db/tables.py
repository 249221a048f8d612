"""Every table in one metadata, for migrations and tests."""

from __future__ import annotations

from lms.db import accounts, assignments, learning, needs, notices, outcomes, quizzes, retention, scenes
from lms.db.base import Base

metadata = Base.metadata

__all__ = [
    "accounts",
    "assignments",
    "learning",
    "metadata",
    "needs",
    "notices",
    "outcomes",
    "quizzes",
    "retention",
    "scenes",
]
