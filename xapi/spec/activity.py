"""Activities and their definitions (xAPI 1.0.3 part 2, 2.4.4.1)."""

from collections.abc import Mapping
from typing import Any

from xapi.errors import Invalid
from xapi.spec.datatypes import (
    check_choice,
    check_extensions,
    check_iri,
    check_language_map,
    check_list,
    check_object,
    check_string,
)

INTERACTION_TYPES = (
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
)
COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")

_DEFINITION = (
    "name",
    "description",
    "type",
    "moreInfo",
    "extensions",
    "interactionType",
    "correctResponsesPattern",
    *COMPONENT_LISTS,
)


def check_activity(value: Any, *, at: str) -> Mapping[str, Any]:
    """Check an activity; its objectType may be left out."""
    activity = check_object(value, at=at, allowed=("objectType", "id", "definition"), required=("id",))
    if "objectType" in activity:
        check_choice(activity["objectType"], at=f"{at}.objectType", choices=("Activity",))
    check_iri(activity["id"], at=f"{at}.id")
    if "definition" in activity:
        check_definition(activity["definition"], at=f"{at}.definition")
    return activity


def check_definition(value: Any, *, at: str) -> None:
    """Check a definition; interaction properties need an interactionType beside them."""
    definition = check_object(value, at=at, allowed=_DEFINITION)
    for name in ("name", "description"):
        if name in definition:
            check_language_map(definition[name], at=f"{at}.{name}")
    for name in ("type", "moreInfo"):
        if name in definition:
            check_iri(definition[name], at=f"{at}.{name}")
    if "extensions" in definition:
        check_extensions(definition["extensions"], at=f"{at}.extensions")
    if "interactionType" in definition:
        kind = definition["interactionType"]
        check_choice(kind, at=f"{at}.interactionType", choices=INTERACTION_TYPES)
    elif any(name in definition for name in ("correctResponsesPattern", *COMPONENT_LISTS)):
        raise Invalid(f"{at}.interactionType", "expected this property beside the others of an interaction")
    if "correctResponsesPattern" in definition:
        patterns = check_list(definition["correctResponsesPattern"], at=f"{at}.correctResponsesPattern")
        for place, pattern in enumerate(patterns):
            check_string(pattern, at=f"{at}.correctResponsesPattern[{place}]")
    for name in COMPONENT_LISTS:
        if name in definition:
            _check_components(definition[name], at=f"{at}.{name}")


def _check_components(value: Any, *, at: str) -> None:
    seen: set[str] = set()
    for place, given in enumerate(check_list(value, at=at)):
        here = f"{at}[{place}]"
        component = check_object(given, at=here, allowed=("id", "description"), required=("id",))
        id = check_string(component["id"], at=f"{here}.id")
        if id in seen:
            raise Invalid(f"{here}.id", "expected ids that differ within the list")
        seen.add(id)
        if "description" in component:
            check_language_map(component["description"], at=f"{here}.description")
