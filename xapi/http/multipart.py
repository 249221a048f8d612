"""multipart/mixed as the specification uses it: a JSON part first, then attachments (xAPI 1.0.3 part 3,
1.5.2)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from xapi.errors import Invalid, TooLarge
from xapi.http.call import MAX_JSON, Call
from xapi.spec.attachment import Part, attachments_of
from xapi.spec.multipart import HASH_HEADER
from xapi.spec.payload import parse_json
from xapi.spec.signature import check_signature, is_signature
from xapi.spec.version import Version

MAX_PARTS = 200

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE)
_HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}


def read(call: Call) -> tuple[Any, tuple[Part, ...]]:
    """Answer the JSON of the first part and the attachments after it, their hashes verified."""
    found = _BOUNDARY.search(call.header("Content-Type") or "")
    if not found:
        raise Invalid("Content-Type", "expected a boundary")
    boundary = (found[1] or found[2]).encode("latin-1", "replace")
    parts = [_part(raw, at=f"part {place}") for place, raw in enumerate(_split(call.body, boundary), start=1)]
    headers, content = parts[0]
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Invalid("part 1", "expected Content-Type: application/json")
    if len(content) > MAX_JSON:
        raise TooLarge(f"expected at most {MAX_JSON} bytes of JSON")
    value = parse_json(content, at="part 1")
    return value, tuple(
        _attachment(*part, at=f"part {place}") for place, part in enumerate(parts[1:], start=2)
    )


def check_parts(statements: Sequence[Mapping[str, Any]], parts: Sequence[Part], *, version: Version) -> None:
    """Raise `Invalid` unless statements and parts fit each other, and signatures their statements.

    Every part is named by a statement, and every attachment has a part or a fileUrl (part 2, 2.4.11).
    """
    sent = {part.sha2: part.content for part in parts}
    named = set()
    for statement in statements:
        for one in attachments_of(statement):
            sha2 = one["sha2"].lower()
            named.add(sha2)
            if "fileUrl" not in one and sha2 not in sent:
                raise Invalid("attachments", f"expected a part or a fileUrl for the hash {sha2}")
            if is_signature(one):
                check_signature(statement, one, sent.get(sha2), version=version)
    for sha2 in sorted(sent.keys() - named):
        raise Invalid("attachments", f"expected a statement that names the part with the hash {sha2}")


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """Answer what stands between the boundaries (RFC 2046 5.1.1)."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Invalid("body", "expected parts that the boundary separates and ends")
    if len(pieces) - 2 > MAX_PARTS:
        raise Invalid("body", f"expected at most {MAX_PARTS} parts")
    return pieces[1:-1]


def _part(raw: bytes, *, at: str) -> tuple[dict[str, str], bytes]:
    head, blank, content = raw.lstrip(b" \t").partition(b"\r\n\r\n")
    if not blank:
        raise Invalid(at, "expected headers, a blank line and content")
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not line.isascii() or any(byte < 32 and byte != 9 for byte in line):
            raise Invalid(at, "expected headers of the form Name: value")
        headers[name.strip().lower()] = value.strip()
    return headers, content


def _attachment(headers: Mapping[str, str], content: bytes, *, at: str) -> Part:
    if headers.get("content-transfer-encoding", "").lower() != "binary":
        raise Invalid(at, "expected Content-Transfer-Encoding: binary")
    given = headers.get(HASH_HEADER.lower(), "").lower()
    if len(given) not in _HASHES:
        raise Invalid(at, f"expected the SHA-2 hash of the content as {HASH_HEADER}")
    if _HASHES[len(given)](content).hexdigest() != given:
        raise Invalid(at, f"expected content that has the hash of {HASH_HEADER}")
    return Part(
        sha2=given, content_type=headers.get("content-type", "application/octet-stream"), content=content
    )
