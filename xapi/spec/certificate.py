"""The RSA key of an X.509 certificate, and whether it made a signature (RFC 5280 4.1, RFC 8017 8.2.2).

Reading and checking need no secret and no more than arithmetic; that a certificate can be trusted is not
looked at.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE, INTEGER, BIT_STRING, OBJECT_ID = 0x30, 0x02, 0x03, 0x06
VERSION = 0xA0
"""The tag of a certificate's version, which may be left out."""
RSA_ENCRYPTION = bytes.fromhex("2a864886f70d010101")
KEY_FIELD = 5
"""The place of the public key in a certificate, after serial, algorithm, issuer, validity and subject."""
MIN_BITS, MAX_BITS = 2048, 16_384
"""RFC 7518 3.3 asks for 2,048; beyond the upper bound a check would take long."""
MAX_EXPONENT_BITS = 33

DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""What stands before a hash in a signature (RFC 8017 9.2, note 1)."""


class BadCertificate(ValueError):
    """No certificate, or none with an RSA key that can be used."""


@dataclass(frozen=True)
class RsaKey:
    """A public key."""

    modulus: int
    exponent: int

    def made(self, signature: bytes, *, message: bytes, hash_name: str) -> bool:
        """Tell whether the signature over the message is of this key's owner.

        What the signature should hold is built anew and compared as a whole, so that no padding is parsed.
        """
        length = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != length or number >= self.modulus:
            return False
        held = pow(number, self.exponent, self.modulus).to_bytes(length, "big")
        digest = DIGEST_INFO[hash_name] + hashlib.new(hash_name, message).digest()
        return hmac.compare_digest(
            held, b"\x00\x01".ljust(length - len(digest) - 1, b"\xff") + b"\x00" + digest
        )


def rsa_key(certificate: bytes) -> RsaKey:
    """Answer the key of a certificate in DER; raise `BadCertificate`."""
    signed = next(_members(_whole(certificate, SEQUENCE)), None)
    if signed is None or signed[0] != SEQUENCE:
        raise BadCertificate("expected an X.509 certificate")
    fields = [one for one in _members(signed[1]) if one[0] != VERSION]
    if len(fields) <= KEY_FIELD or fields[KEY_FIELD][0] != SEQUENCE:
        raise BadCertificate("expected an X.509 certificate with a public key")
    match list(_members(fields[KEY_FIELD][1])):
        case [(0x30, algorithm), (0x03, bits)] if bits[:1] == b"\x00":
            if next(_members(algorithm), None) != (OBJECT_ID, RSA_ENCRYPTION):
                raise BadCertificate("expected a certificate with an RSA key")
        case _:
            raise BadCertificate("expected an X.509 certificate with a public key")
    match list(_members(_whole(bits[1:], SEQUENCE))):
        case [(0x02, modulus), (0x02, exponent)]:
            key = RsaKey(_positive(modulus), _positive(exponent))
        case _:
            raise BadCertificate("expected an RSA key of two numbers")
    if not MIN_BITS <= key.modulus.bit_length() <= MAX_BITS:
        raise BadCertificate(f"expected an RSA key of {MIN_BITS} to {MAX_BITS} bits")
    if key.exponent < 3 or key.exponent % 2 == 0 or key.exponent.bit_length() > MAX_EXPONENT_BITS:
        raise BadCertificate("expected an RSA key with a usual exponent")
    return key


def _members(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of the values that stand one after the other in `data` (X.690)."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise BadCertificate("expected a whole value in DER")
        tag, length, start = data[at], data[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or start + size > len(data):
                raise BadCertificate("expected a definite length in DER")
            length = int.from_bytes(data[start : start + size], "big")
            start += size
        if start + length > len(data):
            raise BadCertificate("expected a whole value in DER")
        yield tag, data[start : start + length]
        at = start + length


def _whole(data: bytes, tag: int) -> bytes:
    """Answer the content of the one value that `data` is."""
    match list(_members(data)):
        case [(found, content)] if found == tag:
            return content
        case _:
            raise BadCertificate("expected one value in DER")


def _positive(content: bytes) -> int:
    number = int.from_bytes(content, "big", signed=True)
    if number <= 0:
        raise BadCertificate("expected numbers above zero in a key")
    return number
