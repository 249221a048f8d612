"""multipart/mixed as the specification uses it: a JSON part first, then attachments (xAPI 1.0.3 part 3,
1.5.2).

A body is read piece by piece: of attachments only a piece is ever in memory, the rest goes to a spool.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from xapi.errors import Invalid, TooLarge
from xapi.http.call import MAX_JSON, Call
from xapi.spec.attachment import attachments_of
from xapi.spec.multipart import HASH_HEADER
from xapi.spec.payload import parse_json
from xapi.spec.signature import check_signature, is_signature
from xapi.spec.version import Version
from xapi.store.attachments import Part
from xapi.store.files import CHUNK, Files

MAX_PARTS = 200
MAX_HEAD = 16 * 2**10
"""Bytes of the headers of one part."""
MAX_BLANKS = 100
"""Blanks that may follow a boundary on its line."""

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE)
_HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}


def read(call: Call, files: Files) -> tuple[Any, tuple[Part, ...]]:
    """Answer the JSON of the first part and the attachments after it, their hashes verified.

    What was spooled is given up when the call is closed.
    """
    found = _BOUNDARY.search(call.header("Content-Type") or "")
    if not found:
        raise Invalid("Content-Type", "expected a boundary")
    body = _Body(call.read, (found[1] or found[2]).encode("latin-1", "replace"))
    body.begin()
    value = _first(body)
    parts: list[Part] = []
    while not body.ended:
        if len(parts) + 1 >= MAX_PARTS:
            raise Invalid("body", f"expected at most {MAX_PARTS} parts")
        parts.append(_attachment(call, body, files, at=f"part {len(parts) + 2}"))
    return value, tuple(parts)


def check_parts(statements: Sequence[Mapping[str, Any]], parts: Sequence[Part], *, version: Version) -> None:
    """Raise `Invalid` unless statements and parts fit each other, and signatures their statements.

    Every part is named by a statement, and every attachment has a part or a fileUrl (part 2, 2.4.11).
    """
    sent = {part.sha2: part for part in parts}
    named = set()
    for statement in statements:
        for one in attachments_of(statement):
            sha2 = one["sha2"].lower()
            named.add(sha2)
            if "fileUrl" not in one and sha2 not in sent:
                raise Invalid("attachments", f"expected a part or a fileUrl for the hash {sha2}")
            if is_signature(one):
                content = sent[sha2].signature() if sha2 in sent else None
                check_signature(statement, one, content, version=version)
    for sha2 in sorted(sent.keys() - named):
        raise Invalid("attachments", f"expected a statement that names the part with the hash {sha2}")


def _first(body: "_Body") -> Any:
    at = "part 1"
    headers = body.headers(at=at)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Invalid(at, "expected Content-Type: application/json")
    content = bytearray()
    for chunk in body.content():
        content += chunk
        if len(content) > MAX_JSON:
            raise TooLarge(f"expected at most {MAX_JSON} bytes of JSON")
    return parse_json(bytes(content), at=at)


def _attachment(call: Call, body: "_Body", files: Files, *, at: str) -> Part:
    headers = body.headers(at=at)
    if headers.get("content-transfer-encoding", "").lower() != "binary":
        raise Invalid(at, "expected Content-Transfer-Encoding: binary")
    given = headers.get(HASH_HEADER.lower(), "").lower()
    if len(given) not in _HASHES:
        raise Invalid(at, f"expected the SHA-2 hash of the content as {HASH_HEADER}")
    spool = call.until_closed(files.spool())
    digest = _HASHES[len(given)]()
    for chunk in body.content():
        digest.update(chunk)
        spool.write(chunk)
    spool.finish()
    if digest.hexdigest() != given:
        raise Invalid(at, f"expected content that has the hash of {HASH_HEADER}")
    return Part(given, headers.get("content-type", "application/octet-stream"), spool)


class _Body:
    """The parts of a body in their order: `begin`, then for each part `headers` and all of `content`."""

    def __init__(self, read: Callable[[int], bytes], boundary: bytes) -> None:
        self._read = read
        self._mark = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first boundary needs no line end before it
        self.ended = False
        """Whether the boundary that ends all parts was met."""

    def begin(self) -> None:
        """Pass over what stands before the first part (RFC 2046 5.1.1)."""
        for _ in self.content():
            pass
        if self.ended:
            raise _unseparated()

    def headers(self, *, at: str) -> dict[str, str]:
        """Answer the headers of the next part, names in lower case."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD or not self._fill():
                raise Invalid(at, "expected headers, a blank line and content")
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        headers: dict[str, str] = {}
        for line in head.split(b"\r\n")[1:]:
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or not line.isascii() or any(byte < 32 and byte != 9 for byte in line):
                raise Invalid(at, "expected headers of the form Name: value")
            headers[name.strip().lower()] = value.strip()
        return headers

    def content(self) -> Iterator[bytes]:
        """Yield the bytes up to the next boundary, in pieces, and pass over it."""
        while True:
            place = self._buffer.find(self._mark)
            if place < 0:
                whole = len(self._buffer) - len(self._mark) + 1  # the rest may be the beginning of a boundary
                if whole > 0:
                    yield self._take(whole)
                if not self._fill():
                    raise _unseparated()
            elif (end := self._boundary_end(place)) is not None:
                yield self._take(place)
                del self._buffer[: end - place]
                return
            else:
                yield self._take(place + len(self._mark))

    def _boundary_end(self, place: int) -> int | None:
        """Answer where the line end after a boundary begins, or None for content that only looks like one."""
        begin = place + len(self._mark)
        while len(self._buffer) < begin + 2:
            if not self._fill():
                raise _unseparated()
        if self._buffer.startswith(b"--", begin):
            self.ended = True
            return begin
        while (end := self._buffer.find(b"\r\n", begin, begin + MAX_BLANKS)) < 0:
            if len(self._buffer) >= begin + MAX_BLANKS or not self._fill():
                return None
        return None if self._buffer[begin:end].strip(b" \t") else end

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _fill(self) -> bool:
        chunk = self._read(CHUNK)
        self._buffer += chunk
        return bool(chunk)


def _unseparated() -> Invalid:
    return Invalid("body", "expected parts that the boundary separates and ends")
