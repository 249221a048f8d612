"""Statements as JSON lines in a file, oldest first, exactly as they are stored; their attachments beside it.

An export goes on where it stopped: a progress file says up to which place, and which byte, it came.
"""

import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from xapi.spec.attachment import attachments_of
from xapi.spec.payload import parse_json
from xapi.store.attachments import Kept, find_attachments, read_attachment
from xapi.store.files import Files
from xapi.store.query import StatementQuery, find_places
from xapi.store.sequence import last_seq
from xapi.store.statements import payloads

BATCH = 500
"""Statements read in one transaction and written in one piece."""
SUFFIXES = (".jsonl.gz", ".jsonl")

Reading = Callable[[], AbstractContextManager[Session]]


class ExportRefused(Exception):
    """The file, or the progress file beside it, stands against the export."""


@dataclass(frozen=True)
class Progress:
    """How far an export came."""

    query: dict[str, str]
    """The filters, as text: another query must not go on in this file."""
    until: int
    """The last statement there was when the export began: what is stored meanwhile is left out."""
    after: int
    size: int
    """Bytes of the file that are whole."""
    statements: int


def stem_of(file: Path) -> Path:
    """Answer the file without .jsonl or .jsonl.gz; raise `ExportRefused` for another name."""
    for suffix in SUFFIXES:
        if file.name.endswith(suffix) and file.name != suffix:
            return file.with_name(file.name.removesuffix(suffix))
    raise ExportRefused(f"{file}: expected a name that ends in {' or '.join(SUFFIXES)}")


def attachments_folder(file: Path) -> Path:
    """Answer where the attachments of an export lie, each under its hash."""
    stem = stem_of(file)
    return stem.with_name(f"{stem.name}.attachments")


def export_statements(reading: Reading, file: Path, query: StatementQuery, *, files: Files) -> int:
    """Write the statements that match, voided ones too, and answer how many are in the file.

    Raises `ExportRefused` where the file is there already, unless it is an export with the same filters
    that was stopped.
    """
    marks = file.with_name(f"{file.name}.progress")
    progress = _progress(reading, file, marks, query)
    folder = attachments_folder(file)
    file.touch(mode=0o600)  # it holds what is known of people: nobody else on the machine reads it
    with file.open("r+b") as out:
        out.truncate(progress.size)
        out.seek(progress.size)
        _note(marks, progress)
        for after, lines, parts in _batches(reading, replace(query, until=progress.until), progress.after):
            for one in parts:
                _write_attachment(folder, one.sha2, read_attachment(one, files=files, reading=reading))
            text = "".join(f"{line}\n" for line in lines).encode()
            size = out.write(gzip.compress(text, mtime=0) if file.suffix == ".gz" else text)
            out.flush()
            os.fsync(out.fileno())
            progress = replace(
                progress, after=after, size=progress.size + size, statements=progress.statements + len(lines)
            )
            _note(marks, progress)
    marks.unlink()
    return progress.statements


def read_statements(reading: Reading, query: StatementQuery) -> Iterator[str]:
    """Yield the JSON texts of the statements that match, voided ones too, oldest first."""
    with reading() as session:
        until = _until(session, query)
    after: int | None = None
    while True:
        with reading() as session:
            found = _read(session, replace(query, until=until), after)
        if not found:
            return
        yield from found.values()
        after = max(found)


def _batches(
    reading: Reading, query: StatementQuery, after: int
) -> Iterator[tuple[int, list[str], list[Kept]]]:
    """Yield pieces: the place of their last statement, their lines, and their attachments."""
    while True:
        with reading() as session:
            found = _read(session, query, after)
        if not found:
            return
        after = max(found)
        hashes = dict.fromkeys(
            one["sha2"].lower()
            for text in found.values()
            if '"sha2"' in text
            for one in attachments_of(parse_json(text))
        )
        with reading() as session:
            kept = find_attachments(session, hashes)
        yield after, list(found.values()), kept


def _read(session: Session, query: StatementQuery, after: int | None) -> dict[int, str]:
    oldest_first = replace(query, ascending=True, include_voided=True, after=after)
    seqs = find_places(session, oldest_first, limit=BATCH)
    found = payloads(session, seqs) if seqs else {}
    return {seq: found[seq] for seq in seqs if seq in found}


def _write_attachment(folder: Path, sha2: str, content: Iterator[bytes]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    place = folder / sha2
    if not place.exists():
        fresh = folder / f"{sha2}.part"
        with fresh.open("wb") as out:
            out.writelines(content)
        fresh.replace(place)  # whole, or not there


def _until(session: Session, query: StatementQuery) -> int:
    last = last_seq(session)
    return last if query.until is None else min(last, query.until)


def _progress(reading: Reading, file: Path, marks: Path, query: StatementQuery) -> Progress:
    said = _said(query)
    if not marks.exists():
        if file.exists():
            raise ExportRefused(f"{file} is there already")
        with reading() as session:
            return Progress(query=said, until=_until(session, query), after=-1, size=0, statements=0)
    try:
        found = Progress(**json.loads(marks.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ExportRefused(f"{marks} is damaged; remove it and {file}, and begin again") from error
    if found.query != said:
        raise ExportRefused(f"{file} is an unfinished export with other filters; remove it and {marks} first")
    if not file.exists() or file.stat().st_size < found.size:
        raise ExportRefused(f"{file} is shorter than {marks} says; remove both, and begin again")
    return found


def _said(query: StatementQuery) -> dict[str, str]:
    return {name: str(value) for name, value in _fields(query).items() if value not in (None, False)}


def _fields(query: StatementQuery) -> Mapping[str, Any]:
    given = asdict(query)
    return {name: given[name] for name in given if name not in ("limit", "after", "ascending")}


def _note(marks: Path, progress: Progress) -> None:
    fresh = marks.with_name(f"{marks.name}.part")
    fresh.write_text(json.dumps(asdict(progress)), encoding="utf-8")
    fresh.replace(marks)
