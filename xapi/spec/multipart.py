"""Writing multipart/mixed: a JSON part first, then attachments (xAPI 1.0.3 part 3, 1.5.2)."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

HASH_HEADER = "X-Experience-API-Hash"


@dataclass(frozen=True)
class Piece:
    """An attachment to be written: its hash, media type, bytes long, and what opens them."""

    sha2: str
    content_type: str
    length: int
    read: Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Body:
    """A body whose length is known before its attachments are read."""

    content_type: str
    length: int
    _marks: tuple[bytes, ...]
    """What stands before each attachment, and after the last."""
    _pieces: tuple[Piece, ...]

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes; each attachment is opened when its turn has come. Iterate again to send again."""
        for mark, piece in zip(self._marks, self._pieces, strict=False):
            yield mark
            yield from piece.read()
        yield self._marks[-1]


def write(json_body: bytes, pieces: Sequence[Piece]) -> Body:
    """Answer a multipart body; equal contents give equal bytes."""
    hashes = b"".join(piece.sha2.encode() for piece in pieces)
    boundary = hashlib.sha256(json_body + hashes).hexdigest()[:40]
    mark = f"--{boundary}\r\n".encode()
    marks = [mark + b"Content-Type: application/json\r\n\r\n" + json_body + b"\r\n"]
    for piece in pieces:
        marks[-1] += b"".join(
            [
                mark,
                f"Content-Type: {piece.content_type}\r\n".encode("latin-1", "replace"),
                b"Content-Transfer-Encoding: binary\r\n",
                f"{HASH_HEADER}: {piece.sha2}\r\n\r\n".encode(),
            ]
        )
        marks.append(b"\r\n")
    marks[-1] += f"--{boundary}--\r\n".encode()
    length = sum(len(one) for one in marks) + sum(piece.length for piece in pieces)
    return Body(f'multipart/mixed; boundary="{boundary}"', length, tuple(marks), tuple(pieces))
