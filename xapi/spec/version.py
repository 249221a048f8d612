"""The versions of the specification that the store speaks."""

import re
from enum import StrEnum

from xapi.errors import Invalid

HEADER_VERSION = re.compile(r"(1\.0(?:\.\d{1,9})?|2\.0(?:\.\d{1,9})?)\Z", re.ASCII)


class Version(StrEnum):
    """The two versions whose rules differ; every patch release follows the rules of one of them."""

    V1 = "1.0.3"
    V2 = "2.0.0"


SUPPORTED = ("1.0.3", "2.0.0")
"""What `/about` names."""


def version_of(text: str, *, at: str = "X-Experience-API-Version") -> Version:
    """Answer whose rules the version `text` follows: `1.0`, `1.0.x`, `2.0`, `2.0.x`; raise `Invalid` for
    others."""
    if not HEADER_VERSION.match(text):
        raise Invalid(at, f"expected 1.0.x or 2.0.x, got {text[:40]!r}")
    return Version.V2 if text.startswith("2.") else Version.V1
