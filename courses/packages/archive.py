"""Zip archives that every LMS opens, and that are the same bytes for the same files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from courses.packages.errors import PackageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
_REFUSED_ENDINGS = (".php", ".py", ".sh", ".exe", ".htaccess")
"""Some platforms refuse an upload that holds one of these."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16
_UNIX = 3
_LEVEL = 9


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """Answer a zip of the files: names sorted, dates fixed, deflate only. Raises PackageError."""
    for name in files:
        check_name(name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _MODE
            entry.create_system = _UNIX
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def check_name(name: str) -> None:
    """Raise PackageError unless the name is plain ASCII, inside the archive, and of a kind that is let in."""
    if not _NAME.fullmatch(name):
        raise PackageError(f"{name!r} cannot be the name of a file in a package")
    if name.lower().endswith(_REFUSED_ENDINGS):
        raise PackageError(f"{name!r}: learning systems refuse files of this kind")
