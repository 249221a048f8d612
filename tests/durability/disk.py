"""A disk whose power fails: `disk.c` notes what is written and synced; the state after a cut follows.

What a cut leaves: everything that a finished sync covers; of what was written after it nothing, or the first
writes, or any sectors of them. Names, lengths and deletions take effect in order, as a file system with a
journal keeps them.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

import pytest

SECTOR = 512
SOURCE = Path(__file__).with_name("disk.c")
_HEAD = struct.Struct("<BHIQ")


class Kind(IntEnum):
    """What was done, as disk.c numbers it."""

    WRITE = 1
    SYNC = 2
    TRUNCATE = 3
    RENAME = 4
    UNLINK = 5
    CREATE = 6
    LINK = 7


class Left(StrEnum):
    """What is left of writes that no sync covers."""

    NOTHING = "nothing"
    FIRST = "the first ones"
    SECTORS = "some sectors"


@dataclass(frozen=True)
class Note:
    """One thing that was done to a file; `begin` and `end` are its place in the notes."""

    kind: Kind
    path: str
    offset: int
    data: bytes = field(repr=False)
    begin: int
    end: int


@dataclass
class _File:
    """A file while the notes are read."""

    base: Path | None
    """The bytes from before; None for a new file."""
    done: list[Note] = field(default_factory=list)
    synced: int = 0
    """How many of `done` are on the disk for certain."""


@dataclass(frozen=True)
class Disk:
    """Where the notes of a program's files are kept."""

    root: str
    """The start of the paths that count."""
    notes: Path
    full: Path
    library: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program needs to run on this disk."""
        return {
            "LD_PRELOAD": str(self.library),
            "DISK_ROOT": self.root,
            "DISK_NOTES": str(self.notes),
            "DISK_FULL": str(self.full),
        }

    def mark(self) -> int:
        """Answer how long the notes are now."""
        try:
            return self.notes.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self) -> list[Note]:
        """Answer the notes in order."""
        return list(_notes(self.notes.read_bytes()))


def compiled(folder: Path) -> Path:
    """Compile disk.c; without a compiler fail in CI, else skip."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        reason = "there is no C compiler: power cuts and full disks are not tested"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    made = folder / "disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SOURCE), "-ldl"], check=True)
    return made


def after_cut(
    notes: list[Note], *, cut: int, left: Left, chance: random.Random, root: str, before: Path, into: Path
) -> None:
    """Make in `into` what is on the disk after a power cut at place `cut` of the notes.

    `before` holds the files as they were when the notes began; paths in both are relative to `root`'s folder.
    """
    folder = Path(root).parent if not root.endswith("/") else Path(root)
    files: dict[str, _File] = {}

    def file_at(path: str) -> _File:
        if path not in files:
            known = before / Path(path).relative_to(folder)
            files[path] = _File(known if known.exists() else None)
        return files[path]

    for note in notes:
        if note.end > cut:
            break
        match note.kind:
            case Kind.WRITE | Kind.TRUNCATE:
                file_at(note.path).done.append(note)
            case Kind.CREATE:
                files[note.path] = _File(None)
            case Kind.SYNC:
                file = file_at(note.path)
                covered = [one for one in file.done if one.end <= note.offset]
                file.synced = max(file.synced, len(covered))
            case Kind.RENAME:
                files[note.data.decode()] = file_at(note.path)
                files.pop(note.path)
                _gone(into, note.path, folder)
            case Kind.LINK:
                files[note.data.decode()] = file_at(note.path)
            case Kind.UNLINK:
                files.pop(note.path, None)
                _gone(into, note.path, folder)
    for path, file in files.items():
        target = into / Path(path).relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_content(file, left=left, chance=chance))


def _content(file: _File, *, left: Left, chance: random.Random) -> bytes:
    content = bytearray(file.base.read_bytes() if file.base is not None else b"")
    for note in file.done[: file.synced]:
        _apply(content, note)
    open_ones = file.done[file.synced :]
    match left:
        case Left.NOTHING:
            pass
        case Left.FIRST:
            for note in open_ones[: chance.randint(0, len(open_ones))]:
                _apply(content, note)
        case Left.SECTORS:
            for note in open_ones:
                if note.kind is Kind.TRUNCATE:
                    _apply(content, note)
                    continue
                for start in range(0, len(note.data), SECTOR):
                    if chance.random() < 0.5:
                        _put(content, note.offset + start, note.data[start : start + SECTOR])
    return bytes(content)


def _apply(content: bytearray, note: Note) -> None:
    if note.kind is Kind.TRUNCATE:
        content.extend(bytes(max(0, note.offset - len(content))))
        del content[note.offset :]
    else:
        _put(content, note.offset, note.data)


def _put(content: bytearray, offset: int, data: bytes) -> None:
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def _gone(into: Path, path: str, folder: Path) -> None:
    (into / Path(path).relative_to(folder)).unlink(missing_ok=True)


def _notes(raw: bytes) -> Iterator[Note]:
    place = 0
    while place + _HEAD.size <= len(raw):
        kind, path_length, data_length, offset = _HEAD.unpack_from(raw, place)
        start = place + _HEAD.size
        end = start + path_length + data_length
        path = raw[start : start + path_length].decode()
        yield Note(Kind(kind), path, offset, raw[start + path_length : end], place, end)
        place = end
