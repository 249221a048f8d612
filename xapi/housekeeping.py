"""What has to be done about files now and then; every step may be stopped anywhere and run twice.

A file is written before the transaction that names it, and removed after the one that forgets it: what is
named is always there, and what a stop leaves behind is a file too many, never one too few.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from xapi.store import attachments
from xapi.store.files import FileMissing, Files

Transaction = Callable[[], AbstractContextManager[Session]]

STEP = 200
"""Files dealt with in one transaction."""
STRAY_AGE = timedelta(days=1)
"""A file that nobody names may still be about to be named while its request lasts; none lasts a day."""


def remove_deleted(reading: Transaction, writing: Transaction, files: Files) -> int:
    """Remove the files of attachments that were forgotten, and answer how many. Raises FilesAway."""
    count = 0
    while True:
        with reading() as session:
            names = attachments.removed_files(session, limit=STEP)
        if not names:
            return count
        for name in names:
            files.remove(name)
        with writing() as session:
            attachments.forget_removed(session, names)
        count += len(names)


def remove_strays(reading: Transaction, files: Files, *, now: datetime) -> int:
    """Remove files older than a day that no attachment lies in, and answer how many. Raises FilesAway.

    Nobody can be about to name one of them: a name belongs to one upload, whose request ended long ago.
    """
    before = now - STRAY_AGE
    count = files.clear_spools(before)
    names = files.older(before)
    while some := list(islice(names, STEP)):
        with reading() as session:
            strays = attachments.unknown_files(session, some)
        for name in strays:
            files.remove(name)
        count += len(strays)
    return count


def move_to_files(
    reading: Transaction, writing: Transaction, files: Files, *, goes_on: Callable[[], bool] = lambda: True
) -> int:
    """Move attachments out of the database, and answer how many. Raises FilesAway."""
    count = 0
    while goes_on():
        with reading() as session:
            found = attachments.kept_in_database(session, limit=1)
        if not found:
            break
        spool = files.spool()
        try:
            for chunk in attachments.read_attachment(found[0], files=files, reading=reading):
                spool.write(chunk)
            name = files.keep(spool)
        except FileMissing:
            continue  # deleted meanwhile
        finally:
            spool.close()
        with writing() as session:
            moved = attachments.move_to_file(session, found[0].sha2, name)
        if not moved:
            files.remove(name)
        count += moved
    return count
