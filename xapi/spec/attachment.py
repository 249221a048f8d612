"""The attachments that a statement names (xAPI 1.0.3 part 2, 2.4.11); their bytes travel beside it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from xapi.errors import Invalid
from xapi.spec.datatypes import (
    check_count,
    check_iri,
    check_language_map,
    check_list,
    check_media_type,
    check_object,
)

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"

_REQUIRED = ("usageType", "display", "contentType", "length", "sha2")
_ALLOWED = (*_REQUIRED, "description", "fileUrl")
_SHA2 = re.compile(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})\Z")


def check_attachments(value: Any, *, at: str) -> None:
    """Check the list of attachments."""
    for place, given in enumerate(check_list(value, at=at)):
        here = f"{at}[{place}]"
        attachment = check_object(given, at=here, allowed=_ALLOWED, required=_REQUIRED)
        check_iri(attachment["usageType"], at=f"{here}.usageType")
        check_language_map(attachment["display"], at=f"{here}.display")
        if "description" in attachment:
            check_language_map(attachment["description"], at=f"{here}.description")
        check_media_type(attachment["contentType"], at=f"{here}.contentType")
        check_count(attachment["length"], at=f"{here}.length")
        if not isinstance(attachment["sha2"], str) or not _SHA2.match(attachment["sha2"]):
            raise Invalid(f"{here}.sha2", "expected a SHA-2 hash in hexadecimal digits")
        if "fileUrl" in attachment:
            check_iri(attachment["fileUrl"], at=f"{here}.fileUrl")


def attachments_of(statement: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what the statement, and its sub-statement, attach."""
    yield from statement.get("attachments", ())
    if statement["object"].get("objectType") == "SubStatement":
        yield from attachments_of(statement["object"])
