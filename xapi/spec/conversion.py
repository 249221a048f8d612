"""A stored statement in the version that another record store speaks."""

from xapi.errors import Invalid
from xapi.spec.completion import DEFAULT_VERSION
from xapi.spec.payload import dump_json, parse_json
from xapi.spec.statement import check_statement
from xapi.spec.version import Version

_SUSPECT = ('"contextAgents"', '"contextGroups"', '"version":"2.')
"""Without one of these a stored statement follows the rules of 1.0.3 too; one with it is looked at."""


def in_version(payload: str, version: Version) -> str:
    """Answer a stored statement's text as `version` takes it: the same text wherever that is possible.

    Version 2.0 takes statements of both. For 1.0.3 the property `version` alone is rewritten, and `Invalid`
    raised for what only version 2.0 knows.
    """
    if version is Version.V2 or not any(sign in payload for sign in _SUSPECT):
        return payload
    statement = parse_json(payload)
    newer = str(statement["version"]).startswith("2.")
    if newer:
        statement["version"] = DEFAULT_VERSION[Version.V1]
    try:
        check_statement(statement, version=Version.V1)
    except Invalid as error:
        raise Invalid(error.path, f"only version 2.0 takes this, and {version} was asked for") from error
    return dump_json(statement) if newer else payload
