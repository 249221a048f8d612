"""Signed statements (xAPI 1.0.3 part 2, 2.6), with signatures and certificates that OpenSSL made."""

import base64
import hashlib
import json
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from xapi.errors import Invalid
from xapi.http.multipart import check_parts
from xapi.spec.attachment import SIGNATURE
from xapi.spec.certificate import BadCertificate, rsa_key
from xapi.spec.signature import check_signature
from xapi.spec.version import Version
from xapi.store.attachments import Part
from xapi.store.files import Spool

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "vectors/signatures.json").read_text())
STATEMENT: dict[str, Any] = VECTORS["statement"]
ATTACHMENT = {"usageType": SIGNATURE, "contentType": "application/octet-stream"}
CERTIFICATE = base64.b64decode(VECTORS["certificate"])


def check(jws: str, statement: dict[str, Any] = STATEMENT) -> None:
    check_signature(statement, ATTACHMENT, jws.encode(), version=Version.V1)


@pytest.mark.parametrize("name", VECTORS["good"])
def test_a_signature_by_the_certificates_key_is_taken(name: str) -> None:
    check(VECTORS["good"][name])


@pytest.mark.parametrize("name", VECTORS["bad"])
def test_one_that_the_certificate_did_not_make_is_refused(name: str) -> None:
    """2.6: if the header includes an X.509 certificate, validate the signature against that"""
    with pytest.raises(Invalid, match="signature"):
        check(VECTORS["bad"][name])


@pytest.mark.parametrize("name", ["RS256", "RS384", "RS512"])
def test_a_changed_byte_breaks_it(name: str) -> None:
    header, payload, signature = VECTORS["good"][name].split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))

    for place in (0, 100, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(Invalid, match="certificate"):
            check(f"{header}.{payload}.{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}")
    for other in (b"\x00" * len(raw), raw[:-1], raw + b"\x00", b"\xff" * len(raw), b"\x00" + raw):
        with pytest.raises(Invalid, match="certificate"):
            check(f"{header}.{payload}.{base64.urlsafe_b64encode(other).rstrip(b'=').decode()}")


def test_the_payload_must_be_the_one_that_was_signed() -> None:
    header, payload, signature = VECTORS["good"]["RS256"].split(".")
    other = STATEMENT | {"verb": {"id": "https://v.example/other"}}
    forged = base64.urlsafe_b64encode(json.dumps(other).encode()).rstrip(b"=").decode()

    with pytest.raises(Invalid, match="certificate"):
        check(f"{header}.{forged}.{signature}", other)
    with pytest.raises(Invalid, match=r"signature\.payload"):
        check(f"{header}.{payload}.{signature}", other)


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", "PS256", "rs256", None, ["RS256"], {}])
def test_other_algorithms_are_refused(alg: Any) -> None:
    _, payload, signature = VECTORS["good"]["RS256"].split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg}).encode()).rstrip(b"=").decode()

    with pytest.raises(Invalid, match="alg"):
        check(f"{header}.{payload}.{signature}")


def test_a_certificate_that_is_cut_or_changed_anywhere_never_raises_anything_else() -> None:
    key = rsa_key(CERTIFICATE)
    assert key.modulus.bit_length() == 2048 and key.exponent == 65537

    for place in range(len(CERTIFICATE)):
        with pytest.raises(BadCertificate):
            rsa_key(CERTIFICATE[:place])
        for byte in (0, 0x80, 0xFF):
            with suppress(BadCertificate):
                rsa_key(CERTIFICATE[:place] + bytes([byte]) + CERTIFICATE[place + 1 :])


@pytest.mark.parametrize(("kind", "taken"), [("good", True), ("bad", False)])
def test_a_request_is_refused_for_it(kind: str, taken: bool, tmp_path: Path) -> None:
    jws = next(iter(VECTORS[kind].values())).encode()
    spool = Spool(tmp_path)
    spool.write(jws)
    spool.finish()
    part = Part(hashlib.sha256(jws).hexdigest(), "application/octet-stream", spool)
    attachment = {**ATTACHMENT, "display": {"en": "signature"}, "length": len(jws), "sha2": part.sha2}
    signed = STATEMENT | {"attachments": [attachment]}

    with nullcontext() if taken else pytest.raises(Invalid, match="certificate"):
        check_parts([signed], [part], version=Version.V1)
