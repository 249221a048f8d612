"""Builds everything once, with parts that can be replaced: what pages, commands and jobs all start from."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from lms.config import Settings, clock
from lms.db.database import Database
from lms.services.catalogue import CourseCache


@dataclass(frozen=True)
class Parts:
    """What an entry needs besides its request."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    """A fresh URL-safe secret of 256 bits."""
    courses: CourseCache = field(default_factory=CourseCache)
    """Course versions in the memory of this process."""


def build(
    settings: Settings,
    *,
    database: Database | None = None,
    now: Callable[[], datetime] | None = None,
    new_id: Callable[[], UUID] = uuid4,
    new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
) -> Parts:
    """Answer the parts of an installation; nothing is connected until it is used."""
    return Parts(
        settings=settings,
        database=database or Database(settings.database_url),
        now=now or clock(settings),
        new_id=new_id,
        new_secret=new_secret,
    )
