"""Contexts (xAPI 1.0.3 part 2, 2.4.6; xAPI 2.0 adds contextAgents and contextGroups)."""

from collections.abc import Callable, Mapping
from typing import Any

from xapi.errors import Invalid
from xapi.spec.activity import check_activity
from xapi.spec.actor import check_actor, check_agent, check_group
from xapi.spec.datatypes import (
    check_choice,
    check_extensions,
    check_iri,
    check_language_tag,
    check_list,
    check_object,
    check_string,
    check_uuid,
)
from xapi.spec.version import Version

_V1 = (
    "registration",
    "instructor",
    "team",
    "contextActivities",
    "revision",
    "platform",
    "language",
    "statement",
    "extensions",
)
_ALLOWED = {Version.V1: _V1, Version.V2: (*_V1, "contextAgents", "contextGroups")}
ACTIVITY_GROUPS = ("parent", "grouping", "category", "other")


def check_context(value: Any, *, at: str, of_activity: bool, version: Version) -> None:
    """Check a context; `of_activity` says whether the statement's object is an activity."""
    context = check_object(value, at=at, allowed=_ALLOWED[version])
    for name, check in _CHECKS.items():
        if name in context:
            check(context[name], at=f"{at}.{name}")
    for name in ("revision", "platform"):
        if name in context:
            check_string(context[name], at=f"{at}.{name}")
            if not of_activity:
                raise Invalid(f"{at}.{name}", "expected only where the statement's object is an activity")


def check_statement_reference(value: Any, *, at: str) -> None:
    """Check a StatementRef (2.4.4.3)."""
    names = ("objectType", "id")
    reference = check_object(value, at=at, allowed=names, required=names)
    check_choice(reference["objectType"], at=f"{at}.objectType", choices=("StatementRef",))
    check_uuid(reference["id"], at=f"{at}.id")


def _check_context_activities(value: Any, *, at: str) -> None:
    groups = check_object(value, at=at, allowed=ACTIVITY_GROUPS)
    for name, given in groups.items():
        if isinstance(given, list):
            for place, activity in enumerate(given):
                check_activity(activity, at=f"{at}.{name}[{place}]")
        else:
            check_activity(given, at=f"{at}.{name}")


def _check_relevant(
    value: Any, *, at: str, kind: str, member: str, check: Callable[..., Mapping[str, Any]]
) -> None:
    for place, given in enumerate(check_list(value, at=at)):
        here = f"{at}[{place}]"
        entry = check_object(
            given, at=here, allowed=("objectType", member, "relevantTypes"), required=("objectType", member)
        )
        check_choice(entry["objectType"], at=f"{here}.objectType", choices=(kind,))
        check(entry[member], at=f"{here}.{member}")
        if "relevantTypes" in entry:
            types = check_list(entry["relevantTypes"], at=f"{here}.relevantTypes")
            if not types:
                raise Invalid(f"{here}.relevantTypes", "expected at least one IRI")
            for number, iri in enumerate(types):
                check_iri(iri, at=f"{here}.relevantTypes[{number}]")


def _check_context_agents(value: Any, *, at: str) -> None:
    _check_relevant(value, at=at, kind="contextAgent", member="agent", check=check_agent)


def _check_context_groups(value: Any, *, at: str) -> None:
    _check_relevant(value, at=at, kind="contextGroup", member="group", check=check_group)


_CHECKS: dict[str, Callable[..., object]] = {
    "registration": check_uuid,
    "instructor": check_actor,
    "team": check_group,
    "contextActivities": _check_context_activities,
    "language": check_language_tag,
    "statement": check_statement_reference,
    "extensions": check_extensions,
    "contextAgents": _check_context_agents,
    "contextGroups": _check_context_groups,
}
