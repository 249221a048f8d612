"""Where the bytes of attachments lie: on disk here, in an object store in `xapi.store.s3`.

A file is named by the SHA-256 of its bytes and a random part. The random part makes a name belong to one
upload alone: a file can be removed without asking who is about to use it, because nobody else can. That the
same bytes are kept once is seen to by the row of `xapi_attachments`, which has one file for each hash.
"""

import errno
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

CHUNK = 64 * 1024
"""Bytes that are in memory at once."""
SPOOLS = "incoming"
"""The folder of what is being received, in the same file system: what is kept is renamed, not copied."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FilesAway(Exception):
    """The bytes cannot be kept or read now; `full` says whether room is what is missing."""

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class FileMissing(FilesAway):
    """There is no such file (any more)."""


class Spool:
    """Bytes that are being received, in a file of their own that is gone after `close` unless it was kept."""

    def __init__(self, folder: Path) -> None:
        with _told():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
            self.path = Path(name)
            self._file = os.fdopen(handle, "wb", buffering=0)
        self._sha256 = hashlib.sha256()
        self.length = 0

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises FilesAway."""
        left = memoryview(chunk)
        with _told():
            while left:  # an unbuffered write may take only some
                left = left[self._file.write(left) :]
        self._sha256.update(chunk)
        self.length += len(chunk)

    def finish(self) -> None:
        """Have all of it on the disk, and hold no open file: a request may have hundreds of parts."""
        if not self._file.closed:
            with _told():
                os.fsync(self._file.fileno())
                self._file.close()

    @property
    def sha256(self) -> str:
        """The hash of what was written, in hexadecimal digits."""
        return self._sha256.hexdigest()

    def content(self) -> bytes:
        """Answer all of it at once; for what is known to be small."""
        with _told():
            return self.path.read_bytes()

    def close(self) -> None:
        """Give the file up, where it was not kept."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


class Files(Protocol):
    """A store of files; all of it raises FilesAway where it cannot answer."""

    def spool(self) -> Spool:
        """Answer a place to receive bytes in."""

    def keep(self, spool: Spool) -> str:
        """Keep what a spool holds, and answer its name: then it is durable, as a commit is."""

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file in pieces. Raises FileMissing with the first of them."""

    def remove(self, name: str) -> None:
        """Remove a file; that it is gone already is no fault."""

    def older(self, before: datetime) -> Iterator[str]:
        """Yield the names of the files that were kept before this moment."""

    def clear_spools(self, before: datetime) -> int:
        """Remove what was begun to be received before this moment and given up; answer how many."""


class DiskFiles:
    """Files in 256 folders below one, by the first two digits of the hash."""

    def __init__(self, folder: Path, *, random: Callable[[int], str] = secrets.token_hex) -> None:
        self._folder = folder
        self._random = random

    def spool(self) -> Spool:
        """Answer a place to receive bytes in."""
        return Spool(self._folder / SPOOLS)

    def keep(self, spool: Spool) -> str:
        """Keep what a spool holds: whole under its name and on the disk, or not there at all."""
        spool.finish()
        name = file_name(spool, self._random)
        place = self._place(name)
        with _told():
            place.parent.mkdir(mode=0o700, exist_ok=True)
            spool.path.rename(place)
            # the names too: that of the file, of its folder, and of theirs
            for folder in (place.parent, self._folder, self._folder.parent):
                _sync(folder)
        return name

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file in pieces."""
        with _told(), self._place(name).open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def remove(self, name: str) -> None:
        """Remove a file; that it is gone already is no fault."""
        with _told():
            self._place(name).unlink(missing_ok=True)

    def older(self, before: datetime) -> Iterator[str]:
        """Yield the names of the files that were kept before this moment, folder by folder."""
        for folder in _folders(self._folder):
            yield from (entry.name for entry in _files(folder) if _modified(entry) < before)

    def clear_spools(self, before: datetime) -> int:
        """Remove what was given up, by a process that was killed say."""
        return clear_spools(self._folder / SPOOLS, before)

    def _place(self, name: str) -> Path:
        return self._folder / name[:2] / name


def file_name(spool: Spool, random: Callable[[int], str]) -> str:
    """Answer a name that no other upload has."""
    return f"{spool.sha256}.{random(8)}"


def clear_spools(folder: Path, before: datetime) -> int:
    """Remove the files of a folder that were last written before this moment; answer how many."""
    stale = [entry for entry in _files(folder) if _modified(entry) < before]
    for entry in stale:
        entry.unlink(missing_ok=True)
    return len(stale)


def _folders(root: Path) -> list[Path]:
    with suppress(FileMissing), _told():
        return sorted(path for path in root.iterdir() if path.name != SPOOLS and path.is_dir())
    return []


def _files(folder: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from folder.iterdir()


def _modified(path: Path) -> datetime:
    """Answer when a file was written; one that is gone is new, so that nobody asks for it."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told() -> Iterator[None]:
    """Say of an error of the system that the files are away."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileMissing(str(error)) from error
    except OSError as error:
        raise FilesAway(str(error), full=error.errno in FULL) from error
