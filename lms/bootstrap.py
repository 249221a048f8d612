"""Builds everything once, with parts that can be replaced: what pages, commands and jobs all start from."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from lms.config import Settings, clock
from lms.db.database import Database
from lms.services.catalogue import CourseCache
from xapi.store.files import SPOOLS, DiskFiles, Files


@dataclass(frozen=True)
class Parts:
    """What an entry needs besides its request."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    """A fresh URL-safe secret of 256 bits."""
    files: Files
    """Where the attachments of statements lie."""
    courses: CourseCache = field(default_factory=CourseCache)
    """Course versions in the memory of this process."""


def build(
    settings: Settings,
    *,
    database: Database | None = None,
    files: Files | None = None,
    now: Callable[[], datetime] | None = None,
    new_id: Callable[[], UUID] = uuid4,
    new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
) -> Parts:
    """Answer the parts of an installation; nothing is connected until it is used."""
    now = now or clock(settings)
    return Parts(
        settings=settings,
        database=database or Database(settings.database_url),
        now=now,
        new_id=new_id,
        new_secret=new_secret,
        files=files or files_of(settings, now=now),
    )


def files_of(settings: Settings, *, now: Callable[[], datetime]) -> Files:
    """Answer the store of attachments that the settings mean; nothing is made or asked before it is used."""
    own = settings.instance / "attachments"
    if settings.attachments is None or "://" not in settings.attachments:
        return DiskFiles(Path(settings.attachments) if settings.attachments else own)
    from xapi.store.s3 import S3Files  # rarely used, and it brings TLS and XML

    return S3Files(
        settings.attachments,
        key=settings.s3_key,
        secret=settings.s3_secret,
        region=settings.s3_region,
        spools=own / SPOOLS,
        clock=now,
    )
