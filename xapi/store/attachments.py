"""Which attachments are here, once for every hash, and in which file of `xapi.store.files` each lies.

Rows from before there were files hold the bytes themselves; they are read piece by piece as files are, and
`xapi.housekeeping` moves them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from xapi.errors import Invalid
from xapi.spec.signature import MAX_SIGNATURE
from xapi.store.files import CHUNK, FileMissing, Files, FilesAway, Spool
from xapi.store.statements import IN_CLAUSE
from xapi.store.tables import Attachment, RemovedFile

Reading = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Kept:
    """An attachment that is here: its hash in lower case, media type, bytes long, and its file.

    `file` is None where the bytes lie in the database.
    """

    sha2: str
    content_type: str
    length: int
    file: str | None


@dataclass(frozen=True)
class Part:
    """An attachment that came: its hash in lower case, media type, and the spool that its bytes are in."""

    sha2: str
    content_type: str
    spool: Spool

    def signature(self) -> bytes:
        """Answer the bytes where they are few enough for a signature, else raise Invalid."""
        if self.spool.length > MAX_SIGNATURE:
            raise Invalid("signature", f"expected at most {MAX_SIGNATURE} bytes")
        return self.spool.content()


def keep_parts(files: Files, parts: Iterable[Part]) -> list[Kept]:
    """Keep all of the parts, or none. Raises FilesAway."""
    kept: list[Kept] = []
    try:
        for part in parts:
            kept.append(Kept(part.sha2, part.content_type, part.spool.length, files.keep(part.spool)))
    except FilesAway:
        remove_kept(files, kept)
        raise
    return kept


def remove_kept(files: Files, kept: Iterable[Kept]) -> None:
    """Remove files that no row took; what cannot be removed now is left to `xapi.housekeeping`."""
    for one in kept:
        with suppress(FilesAway):
            files.remove(one.file or "")


def store_attachments(session: Session, kept: Iterable[Kept], *, now: datetime) -> None:
    """Write down those whose hash is new; the caller holds the writers' lock. See `spare_files`."""
    given = {one.sha2: one for one in kept}
    known = {one.sha2 for one in find_attachments(session, given)}
    fresh = [one for sha2, one in sorted(given.items()) if sha2 not in known]
    if fresh:
        # a row without its bytes would stand against the new one
        session.execute(
            delete(Attachment).where(Attachment.sha2.in_([one.sha2 for one in fresh])),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            insert(Attachment),
            [
                {
                    "sha2": one.sha2,
                    "content_type": one.content_type,
                    "length": one.length,
                    "file": one.file,
                    "received": now,
                }
                for one in fresh
            ],
        )


def find_attachments(session: Session, hashes: Iterable[str]) -> list[Kept]:
    """Answer those of the hashes that are here, in the order asked for, without their bytes."""
    wanted = list(dict.fromkeys(sha2.lower() for sha2 in hashes))
    found: dict[str, Kept] = {}
    for start in range(0, len(wanted), IN_CLAUSE):
        rows = session.execute(
            select(Attachment.sha2, Attachment.content_type, Attachment.length, Attachment.file).where(
                Attachment.sha2.in_(wanted[start : start + IN_CLAUSE]),
                or_(Attachment.file.is_not(None), Attachment.content.is_not(None)),
            )
        )
        found |= {row.sha2: Kept(row.sha2, row.content_type, row.length, row.file) for row in rows}
    return [found[sha2] for sha2 in wanted if sha2 in found]


def read_attachment(one: Kept, *, files: Files, reading: Reading) -> Iterator[bytes]:
    """Yield the bytes in pieces, as many as `length` says. Raises FilesAway."""
    if one.file is not None:
        yield from files.read(one.file)
        return
    for start in range(0, one.length, CHUNK):
        with reading() as session:  # a transaction each: whoever reads may be slow
            chunk = session.scalar(
                select(func.substr(Attachment.content, start + 1, CHUNK)).where(Attachment.sha2 == one.sha2)
            )
        if chunk is None:  # deleted or moved meanwhile
            raise FileMissing(f"the attachment {one.sha2} is not in the database any more")
        yield bytes(chunk)


def spare_files(session: Session, kept: Iterable[Kept]) -> list[Kept]:
    """Answer those whose file no row took, because their hash was known."""
    given = {one.file: one for one in kept if one.file is not None}
    return [given[name] for name in unknown_files(session, list(given))]


def unknown_files(session: Session, names: list[str]) -> list[str]:
    """Answer those of the files that no attachment lies in."""
    taken = _taken(session, names)
    return [name for name in names if name not in taken]


def drop_attachment(session: Session, sha2: str) -> None:
    """Forget an attachment; its file goes after the commit, see `xapi.housekeeping.remove_deleted`."""
    gone = session.execute(
        delete(Attachment)
        .where(Attachment.sha2 == sha2)
        .returning(Attachment.file)
        .execution_options(synchronize_session=False)
    ).all()
    names = [{"name": row.file} for row in gone if row.file is not None]
    if names:
        session.execute(insert(RemovedFile), names)


def removed_files(session: Session, *, limit: int) -> list[str]:
    """Answer files whose attachment was forgotten, and that are to be removed."""
    return list(session.scalars(select(RemovedFile.name).order_by(RemovedFile.name).limit(limit)))


def forget_removed(session: Session, names: list[str]) -> None:
    """Write down that files are removed."""
    session.execute(
        delete(RemovedFile).where(RemovedFile.name.in_(names)),
        execution_options={"synchronize_session": False},
    )


def kept_in_database(session: Session, *, limit: int) -> list[Kept]:
    """Answer attachments whose bytes lie in the database."""
    rows = session.execute(
        select(Attachment.sha2, Attachment.content_type, Attachment.length)
        .where(Attachment.file.is_(None), Attachment.content.is_not(None))
        .limit(limit)
    )
    return [Kept(row.sha2, row.content_type, row.length, None) for row in rows]


def move_to_file(session: Session, sha2: str, name: str) -> bool:
    """Have an attachment lie in a file and no longer here; False where it is gone or was moved already."""
    moved = session.execute(
        update(Attachment)
        .where(Attachment.sha2 == sha2, Attachment.file.is_(None), Attachment.content.is_not(None))
        .values(file=name, content=None)
        .execution_options(synchronize_session=False)
        .returning(Attachment.sha2)
    )
    return moved.first() is not None


def _taken(session: Session, names: list[str]) -> set[str | None]:
    taken: set[str | None] = set()
    for start in range(0, len(names), IN_CLAUSE):
        few = names[start : start + IN_CLAUSE]
        taken |= set(session.scalars(select(Attachment.file).where(Attachment.file.in_(few))))
    return taken
