"""Writing multipart/mixed: a JSON part first, then attachments (xAPI 1.0.3 part 3, 1.5.2)."""

import hashlib
from collections.abc import Sequence

from xapi.spec.attachment import Part

HASH_HEADER = "X-Experience-API-Hash"


def write(json_body: bytes, parts: Sequence[Part]) -> tuple[bytes, str]:
    """Answer a multipart body and its content type; equal contents give equal bytes."""
    hashes = b"".join(part.sha2.encode() for part in parts)
    boundary = hashlib.sha256(json_body + hashes).hexdigest()[:40]
    mark = f"--{boundary}\r\n".encode()
    chunks = [mark, b"Content-Type: application/json\r\n\r\n", json_body, b"\r\n"]
    for part in parts:
        chunks += [
            mark,
            f"Content-Type: {part.content_type}\r\n".encode("latin-1", "replace"),
            b"Content-Transfer-Encoding: binary\r\n",
            f"{HASH_HEADER}: {part.sha2}\r\n\r\n".encode(),
            part.content,
            b"\r\n",
        ]
    chunks.append(f"--{boundary}--\r\n".encode())
    return b"".join(chunks), f'multipart/mixed; boundary="{boundary}"'
