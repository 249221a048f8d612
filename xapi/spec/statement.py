"""The statement as a whole (xAPI 1.0.3 part 2, 2.2–2.4; xAPI 2.0): one pass over plain JSON, nothing is
altered."""

import re
from collections.abc import Mapping
from typing import Any

from xapi.errors import Invalid
from xapi.spec.activity import check_activity
from xapi.spec.actor import check_actor, check_agent, check_authority, check_group
from xapi.spec.attachment import check_attachments
from xapi.spec.context import check_context, check_statement_reference
from xapi.spec.datatypes import check_choice, check_iri, check_language_map, check_object, check_uuid
from xapi.spec.mentions import VOIDED
from xapi.spec.result import check_result
from xapi.spec.timestamp import parse_timestamp
from xapi.spec.version import Version

_REQUIRED = ("actor", "verb", "object")
_SHARED = (*_REQUIRED, "result", "context", "timestamp", "attachments")
_STATEMENT = ("id", *_SHARED, "stored", "authority", "version")
_SUB_STATEMENT = ("objectType", *_SHARED)
_OBJECT_TYPES = ("Activity", "Agent", "Group", "StatementRef", "SubStatement")
_VERSION = {
    Version.V1: re.compile(r"1\.0(?:\.\d+)?\Z", re.ASCII),
    Version.V2: re.compile(r"[12]\.0(?:\.\d+)?\Z", re.ASCII),
}


def check_statements(value: Any, *, version: Version) -> list[dict[str, Any]]:
    """Answer the statements in the body of a POST, one or an array of them; raise `Invalid` at the first
    fault.

    Version 2.0 refuses an id that stands twice in one batch.
    """
    if not isinstance(value, list):
        check_statement(value, version=version)
        return [value]
    ids: set[str] = set()
    for place, statement in enumerate(value):
        check_statement(statement, version=version, at=f"[{place}]")
        id = statement.get("id", "").lower()
        if version is Version.V2 and id and id in ids:
            raise Invalid(f"[{place}].id", "expected every id once in a batch")
        ids.add(id)
    return value


def check_statement(value: Any, *, version: Version = Version.V1, at: str = "") -> Mapping[str, Any]:
    """Check one statement; `at` is where it stands in the body."""
    here = f"{at}." if at else ""
    statement = check_object(value, at=at, allowed=_STATEMENT, required=_REQUIRED)
    if "id" in statement:
        check_uuid(statement["id"], at=f"{here}id")
    if "stored" in statement:
        parse_timestamp(statement["stored"], at=f"{here}stored")
    if "authority" in statement:
        check_authority(statement["authority"], at=f"{here}authority")
    if "version" in statement:
        given = statement["version"]
        if not isinstance(given, str) or not _VERSION[version].match(given):
            raise Invalid(f"{here}version", "expected a version of the specification such as 1.0.0")
    _check_shared(statement, here=here, version=version, nested=False)
    return statement


def _check_shared(statement: Mapping[str, Any], *, here: str, version: Version, nested: bool) -> None:
    check_actor(statement["actor"], at=f"{here}actor")
    verb = check_object(statement["verb"], at=f"{here}verb", allowed=("id", "display"), required=("id",))
    check_iri(verb["id"], at=f"{here}verb.id")
    if "display" in verb:
        check_language_map(verb["display"], at=f"{here}verb.display")
    kind = _check_statement_object(statement["object"], at=f"{here}object", version=version, nested=nested)
    if verb["id"] == VOIDED and kind != "StatementRef":
        raise Invalid(f"{here}object.objectType", "expected StatementRef, because the verb voids a statement")
    if "result" in statement:
        check_result(statement["result"], at=f"{here}result")
    if "context" in statement:
        check_context(
            statement["context"], at=f"{here}context", of_activity=kind == "Activity", version=version
        )
    if "timestamp" in statement:
        parse_timestamp(statement["timestamp"], at=f"{here}timestamp")
    if "attachments" in statement:
        check_attachments(statement["attachments"], at=f"{here}attachments")


def _check_statement_object(value: Any, *, at: str, version: Version, nested: bool) -> str:
    """Check what the statement is about and answer its objectType."""
    if not isinstance(value, dict):
        raise Invalid(at, "expected an object")
    kind = check_choice(value.get("objectType", "Activity"), at=f"{at}.objectType", choices=_OBJECT_TYPES)
    match kind:
        case "Activity":
            check_activity(value, at=at)
        case "Agent":
            check_agent(value, at=at)
        case "Group":
            check_group(value, at=at)
        case "StatementRef":
            check_statement_reference(value, at=at)
        case "SubStatement":
            if nested:
                raise Invalid(f"{at}.objectType", "expected no sub-statement within a sub-statement")
            check_object(value, at=at, allowed=_SUB_STATEMENT, required=_REQUIRED)
            _check_shared(value, here=f"{at}.", version=version, nested=True)
        case _:
            raise AssertionError(kind)
    return kind
