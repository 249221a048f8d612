"""Signed statements (xAPI 1.0.3 part 2, 2.6): the shape of the JSON web signature, what it signs, and that a
certificate in its header made it.

Whether a certificate can be trusted is for whoever reads the statement: the store has no list of that.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from xapi.errors import Invalid
from xapi.spec.attachment import SIGNATURE
from xapi.spec.certificate import BadCertificate, rsa_key
from xapi.spec.comparison import same_statement
from xapi.spec.payload import parse_json
from xapi.spec.statement import check_statement
from xapi.spec.version import Version

ALGORITHMS = {"RS256": "sha256", "RS384": "sha384", "RS512": "sha512"}
"""With the name of each one's hash (RFC 7518 3.3)."""
MAX_CERTIFICATES = 10
MAX_SIGNATURE = 16 * 2**20
"""Bytes: a statement of the largest JSON in base64, and certificates."""
CONTENT_TYPE = "application/octet-stream"


def is_signature(attachment: Mapping[str, Any]) -> bool:
    """Tell whether an attachment signs its statement."""
    return str(attachment["usageType"]) == SIGNATURE


def check_signature(
    statement: Mapping[str, Any], attachment: Mapping[str, Any], content: bytes | None, *, version: Version
) -> None:
    """Raise `Invalid` unless `content` is a compact JWS, well formed, over this very statement."""
    if attachment["contentType"].partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise Invalid("attachments.contentType", f"expected {CONTENT_TYPE} for a signature")
    if content is None:
        return
    parts = content.split(b".")
    if len(parts) != 3 or not all(parts):
        raise Invalid("signature", "expected a JSON web signature in compact form")
    header = parse_json(_decode(parts[0]), at="signature.header")
    if not isinstance(header, dict) or header.get("alg") not in tuple(ALGORITHMS):
        raise Invalid("signature.header.alg", f"expected one of {', '.join(ALGORITHMS)}")
    signature = _decode(parts[2])
    if "x5c" in header:
        _check_certificate(header["x5c"], signature, parts=parts, hash_name=ALGORITHMS[header["alg"]])
    signed = parse_json(_decode(parts[1]), at="signature.payload")
    check_statement(signed, version=version)
    if not same_statement(_unsigned(signed), _unsigned(statement)):
        raise Invalid("signature.payload", "expected the statement as it was before the signature was added")


def _check_certificate(chain: Any, signature: bytes, *, parts: list[bytes], hash_name: str) -> None:
    """Raise `Invalid` unless the first certificate's key made the signature (RFC 7515 4.1.6 and 5.2)."""
    at = "signature.header.x5c"
    if not isinstance(chain, list) or not 1 <= len(chain) <= MAX_CERTIFICATES:
        raise Invalid(at, f"expected an array of 1 to {MAX_CERTIFICATES} certificates")
    try:
        key = rsa_key(base64.b64decode(chain[0], validate=True))
    except (BadCertificate, TypeError, ValueError) as error:
        raise Invalid(at, f"expected a certificate in base64: {error}") from error
    if not key.made(signature, message=parts[0] + b"." + parts[1], hash_name=hash_name):
        raise Invalid("signature", "expected a signature by the key of the certificate in its header")


def _decode(part: bytes) -> bytes:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise Invalid("signature", "expected base64url in a JSON web signature") from error


def _unsigned(statement: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(statement)
    attachments = [one for one in statement.get("attachments", ()) if not is_signature(one)]
    if attachments:
        kept["attachments"] = attachments
    else:
        kept.pop("attachments", None)
    return kept
