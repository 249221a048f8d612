"""Attachments of a request and of an answer: kept before the transaction, read after it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from xapi.errors import XapiError
from xapi.http.service import Answer, Service
from xapi.spec.multipart import Piece, write
from xapi.store.attachments import Kept, Part, keep_parts, read_attachment, remove_kept, spare_files


@contextmanager
def kept(service: Service, parts: Sequence[Part]) -> Iterator[list[Kept]]:
    """Keep what came; afterwards remove again what was refused, or was here already.

    Where nobody knows whether the transaction was committed, nothing is removed: housekeeping will see.
    """
    if not parts:
        yield []
        return
    found = keep_parts(service.files, parts)
    try:
        yield found
    except XapiError:
        remove_kept(service.files, found)
        raise
    with service.reading() as session:
        spare = spare_files(session, found)
    remove_kept(service.files, spare)


def with_attachments(
    service: Service, text: str, found: Sequence[Kept], *, headers: dict[str, str]
) -> Answer:
    """Answer statements with their attachments, which are read while they are sent."""
    pieces = [
        Piece(
            one.sha2,
            one.content_type,
            one.length,
            partial(read_attachment, one, files=service.files, reading=service.reading),
        )
        for one in found
    ]
    body = write(text.encode(), pieces)
    return Answer(200, body, body.content_type, headers | {"Content-Length": str(body.length)})
