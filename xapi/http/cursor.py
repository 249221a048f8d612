"""The signed `more` cursor: all of a query and the place it came to, so that the server keeps no state."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from xapi.errors import Invalid

SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class Cursors:
    """Seals and opens cursors with one key."""

    key: bytes

    def seal(self, parameters: Mapping[str, str], *, after: int) -> str:
        """Answer a text for a URL that stands for the query from `after` on."""
        body = json.dumps([after, dict(parameters)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(body) + body).rstrip(b"=").decode()

    def open(self, text: str) -> tuple[int, dict[str, str]]:
        """Answer `after` and the query's parameters; raise `Invalid` for a text that was not sealed here."""
        try:
            raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise Invalid("more", "expected a value from this server") from error
        signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise Invalid("more", "expected a value from this server")
        after, parameters = json.loads(body)
        return int(after), dict(parameters)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self.key, body, "sha256")[:SIGNATURE_BYTES]


def cursors_from(secret: str | bytes) -> Cursors:
    """Answer cursors with a key of their own, made from the application's secret."""
    raw = secret.encode() if isinstance(secret, str) else secret
    return Cursors(key=hashlib.sha256(b"xapi more cursor\0" + raw).digest())
