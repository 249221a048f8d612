"""Statements from a file of JSON lines: what is good goes in, what is not is named by its line and reason.

Importing the same file again stores nothing twice: a statement that is there already is skipped, and one
without an id gets one that follows from its line.
"""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.orm import Session

from xapi import lrs
from xapi.errors import Conflict, Invalid
from xapi.export_file import attachments_folder
from xapi.spec.attachment import attachments_of
from xapi.spec.payload import parse_json
from xapi.spec.signature import check_signature, is_signature
from xapi.spec.statement import check_statement
from xapi.spec.version import Version
from xapi.store.attachments import Kept, Part, keep_parts, remove_kept, spare_files
from xapi.store.files import CHUNK, Files
from xapi.store.statements import find_statements

BATCH = 200
"""Statements stored in one transaction."""
BATCH_BYTES = 64 * 2**20
"""Bytes of attachments, spooled to disk, after which a batch is stored even when it is short."""
LINE_BYTES = 8 * 2**20

_HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
_BOM = b"\xef\xbb\xbf"

Writing = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Imported:
    """What became of the lines of a file."""

    stored: int = 0
    skipped: int = 0
    """Were there already, equal."""
    refused: int = 0

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(
            self.stored + other.stored, self.skipped + other.skipped, self.refused + other.refused
        )


@dataclass(frozen=True)
class _Line:
    number: int
    statement: dict[str, Any]
    parts: tuple[Part, ...]


@dataclass
class _Batch:
    lines: list[_Line] = field(default_factory=list)
    bytes: int = 0

    def add(self, line: _Line) -> None:
        self.lines.append(line)
        self.bytes += sum(part.spool.length for part in line.parts)

    @property
    def full(self) -> bool:
        return len(self.lines) >= BATCH or self.bytes >= BATCH_BYTES


@dataclass(frozen=True)
class Import:
    """How lines are stored, and who is told of those that are not."""

    writing: Writing
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    files: Files
    authority: Mapping[str, Any]
    """Vouches for what is imported, unless `as_is`."""
    refuse: Callable[[int, str], None]
    """Is told the number of a line, from 1, and the reason."""
    as_is: bool = False
    """Keep `stored` and `authority` of the file; see docs/xapi.md for what that asks of file and store."""

    def run(self, file: Path) -> Imported:
        """Import a file, `.jsonl` or `.jsonl.gz`, with the attachments in the folder or zip beside it."""
        total, batch = Imported(), _Batch()
        beside = _Attachments(file, self.files)
        for number, raw in _lines(file):
            try:
                line = self._line(number, raw, beside)
            except Invalid as error:
                self.refuse(number, str(error))
                total += Imported(refused=1)
                continue
            if line is not None:
                batch.add(line)
            if batch.full:
                total, batch = total + self._store(batch.lines), _Batch()
        return total + self._store(batch.lines)

    def _line(self, number: int, raw: bytes | Invalid, beside: "_Attachments") -> _Line | None:
        """Answer a line that may be stored, None for an empty one; raise `Invalid`."""
        if isinstance(raw, Invalid):
            raise raw
        if not raw.strip():
            return None
        statement = parse_json(raw, at="")
        check_statement(statement, version=Version.V2)  # allows all that version 1.0.3 does
        if self.as_is:
            for name in ("stored", "authority"):
                if name not in statement:
                    raise Invalid(name, "expected this property, because it is to be kept as it is")
        if "id" not in statement:
            digest = hashlib.sha256(raw.strip()).hexdigest()
            statement = {"id": str(uuid5(NAMESPACE_URL, f"urn:x-import:{number}:{digest}")), **statement}
        return _Line(number, statement, beside.of(statement))

    def _store(self, lines: list[_Line]) -> Imported:
        """Store a batch; where one line stands against it, store the others one by one."""
        try:
            return self._store_spooled(lines) if lines else Imported()
        finally:
            for part in _parts(lines):
                part.spool.close()

    def _store_spooled(self, lines: list[_Line]) -> Imported:
        kept = keep_parts(self.files, _parts(lines))
        by_hash = {one.sha2: one for one in kept}
        done = self._store_kept(lines, by_hash)
        if kept:
            with self.writing() as session:
                spare = spare_files(session, kept)
            remove_kept(self.files, spare)
        return done

    def _store_kept(self, lines: list[_Line], kept: Mapping[str, Kept]) -> Imported:
        try:
            with self.writing() as session:
                return self._store_together(session, lines, kept)
        except (Conflict, Invalid):
            pass
        done = Imported()
        with self.writing() as session:
            for line in lines:
                try:
                    with session.begin_nested():
                        done += self._store_together(session, [line], kept)
                except (Conflict, Invalid) as error:
                    self.refuse(line.number, str(error))
                    done += Imported(refused=1)
        return done

    def _store_together(self, session: Session, lines: list[_Line], kept: Mapping[str, Kept]) -> Imported:
        ids = {UUID(line.statement["id"]) for line in lines}
        known = find_statements(session, ids).keys()
        lrs.store_statements(
            session,
            [line.statement for line in lines],
            authority=self.authority,
            now=self.clock(),
            new_id=self.new_id,
            attachments=[kept[part.sha2] for part in _parts(lines)],
            as_is=self.as_is,
        )
        stored = len(ids - known)
        return Imported(stored=stored, skipped=len(lines) - stored)


class _Attachments:
    """Finds bytes by their hash beside the file: in a folder, or in a zip of the same name."""

    def __init__(self, file: Path, files: Files) -> None:
        self._files = files
        self._folder = attachments_folder(file)
        self._zip = self._folder.with_name(f"{self._folder.name}.zip")

    def of(self, statement: Mapping[str, Any]) -> tuple[Part, ...]:
        """Answer the attachments of a statement; raise `Invalid` for one that is missing or another one."""
        found: list[Part] = []
        try:
            for one in attachments_of(statement):
                part = self._part(one)
                if part is not None:
                    found.append(part)
                if is_signature(one):
                    check_signature(statement, one, part.signature() if part else None, version=Version.V2)
        except Invalid:
            for part in found:
                part.spool.close()
            raise
        return tuple(found)

    def _part(self, one: Mapping[str, Any]) -> Part | None:
        """Answer an attachment in a spool, None for one that lies elsewhere."""
        sha2 = one["sha2"].lower()
        with self._open(sha2) as source:
            if source is None:
                if "fileUrl" not in one:
                    raise Invalid(
                        "attachments", f"expected the file {sha2} in {self._folder.name} or a fileUrl"
                    )
                return None
            digest, spool = _HASHES[len(sha2)](), self._files.spool()
            try:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    spool.write(chunk)
                spool.finish()
                if digest.hexdigest() != sha2:
                    raise Invalid("attachments", f"expected content that has the hash {sha2}")
            except BaseException:
                spool.close()
                raise
            return Part(sha2, one["contentType"], spool)

    @contextmanager
    def _open(self, sha2: str) -> Iterator[IO[bytes] | None]:
        place = self._folder / sha2
        if place.is_file():
            with place.open("rb") as file:
                yield file
        elif self._zip.is_file():
            with zipfile.ZipFile(self._zip) as archive:
                names = (sha2, f"{self._folder.name}/{sha2}", f"attachments/{sha2}")
                name = next((name for name in names if name in archive.NameToInfo), None)
                if name is None:
                    yield None
                else:
                    with archive.open(name) as file:
                        yield file
        else:
            yield None


def _parts(lines: Iterable[_Line]) -> list[Part]:
    return [part for line in lines for part in line.parts]


def _lines(file: Path) -> Iterator[tuple[int, bytes | Invalid]]:
    """Yield the lines with their numbers; in place of one that cannot be read, why."""
    number = 0
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as source:
        while True:
            number += 1
            try:
                raw = _next_line(cast(IO[bytes], source))
            except (EOFError, gzip.BadGzipFile, zlib.error):
                yield number, Invalid("", "expected a whole gzip file; it is damaged from here on")
                return
            if raw is None:
                return
            yield number, raw.removeprefix(_BOM) if number == 1 and isinstance(raw, bytes) else raw


def _next_line(source: IO[bytes]) -> bytes | Invalid | None:
    raw = source.readline(LINE_BYTES + 1)
    if not raw:
        return None
    if len(raw) <= LINE_BYTES:
        return raw
    while not raw.endswith(b"\n") and (raw := source.readline(LINE_BYTES)):
        pass
    return Invalid("", f"expected at most {LINE_BYTES} bytes in a line")
