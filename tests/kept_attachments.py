"""Attachments as tests keep them and look at them."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256
from typing import Any

from xapi.store.attachments import Kept, Part, find_attachments, keep_parts, read_attachment
from xapi.store.files import Files


def kept(files: Files, content: bytes, content_type: str = "text/plain") -> Kept:
    """Keep bytes as those of an attachment that came."""
    with closing(files.spool()) as spool:
        spool.write(content)
        [found] = keep_parts(files, [Part(sha256(content).hexdigest(), content_type, spool)])
    return found


def content_of(database: Any, files: Files, sha2: str) -> bytes | None:
    """Answer the bytes of an attachment, None where it is not here."""
    with database.reading() as session:
        found = find_attachments(session, [sha2])
    if not found:
        return None
    content = b"".join(read_attachment(found[0], files=files, reading=database.reading))
    assert len(content) == found[0].length
    return content
