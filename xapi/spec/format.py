"""The formats in which statements are returned: ids and canonical; exact is the stored text (part 3,
2.1.3)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from xapi.spec.activity import COMPONENT_LISTS
from xapi.spec.language import choose_language
from xapi.spec.mentions import IDENTIFIERS

Definitions = Mapping[str, Mapping[str, Any] | None]


class Format(StrEnum):
    """How much of agents, activities and verbs is returned."""

    IDS = "ids"
    EXACT = "exact"
    CANONICAL = "canonical"


def ids_only(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the statement with agents, groups, activities and verbs cut to what identifies them."""
    cut = dict(statement)
    cut["actor"] = _actor_ids(statement["actor"])
    cut["verb"] = {"id": statement["verb"]["id"]}
    cut["object"] = _object_ids(statement["object"])
    if "authority" in statement:
        cut["authority"] = _actor_ids(statement["authority"])
    if "context" in statement:
        cut["context"] = _context_ids(statement["context"])
    return cut


def canonical(
    statement: Mapping[str, Any], *, definitions: Definitions, languages: Sequence[str]
) -> dict[str, Any]:
    """Answer the statement with the definitions that the store knows, one language in each map."""
    shown = dict(statement)
    if "display" in statement["verb"]:
        display = choose_language(statement["verb"]["display"], languages)
        shown["verb"] = {**statement["verb"], "display": display}
    match statement["object"].get("objectType", "Activity"):
        case "Activity":
            shown["object"] = _canonical_activity(statement["object"], definitions, languages)
        case "SubStatement":
            shown["object"] = canonical(statement["object"], definitions=definitions, languages=languages)
    activities = statement.get("context", {}).get("contextActivities")
    if activities is not None:
        shown["context"] = {
            **statement["context"],
            "contextActivities": {
                name: [_canonical_activity(one, definitions, languages) for one in group]
                for name, group in activities.items()
            },
        }
    return shown


def one_language(definition: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    """Answer a definition with one language in each of its maps."""
    shown = dict(definition)
    for name in ("name", "description"):
        if name in definition:
            shown[name] = choose_language(definition[name], languages)
    for name in COMPONENT_LISTS:
        if name in definition:
            shown[name] = [
                {**component, "description": choose_language(component["description"], languages)}
                if "description" in component
                else component
                for component in definition[name]
            ]
    return shown


def _canonical_activity(
    activity: Mapping[str, Any], definitions: Definitions, languages: Sequence[str]
) -> dict[str, Any]:
    definition = definitions.get(activity["id"]) or activity.get("definition")
    if definition is None:
        return dict(activity)
    return {**activity, "definition": one_language(definition, languages)}


def _actor_ids(actor: Mapping[str, Any]) -> dict[str, Any]:
    cut = {name: actor[name] for name in ("objectType", *IDENTIFIERS) if name in actor}
    if "member" in actor and not any(name in actor for name in IDENTIFIERS):
        cut["member"] = [_actor_ids(member) for member in actor["member"]]
    return cut


def _activity_ids(activity: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": activity["id"]}


def _object_ids(obj: Mapping[str, Any]) -> dict[str, Any]:
    match obj.get("objectType", "Activity"):
        case "Activity":
            return _activity_ids(obj)
        case "Agent" | "Group":
            return _actor_ids(obj)
        case "SubStatement":
            return ids_only(obj)
        case _:
            return dict(obj)


def _context_ids(context: Mapping[str, Any]) -> dict[str, Any]:
    cut = dict(context)
    for name in ("instructor", "team"):
        if name in context:
            cut[name] = _actor_ids(context[name])
    for name, member in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            cut[name] = [{**entry, member: _actor_ids(entry[member])} for entry in context[name]]
    if "contextActivities" in context:
        cut["contextActivities"] = {
            name: [_activity_ids(one) for one in group]
            for name, group in context["contextActivities"].items()
        }
    return cut
