"""The algorithms of xAPI profiles, part three, 2.0: templates and patterns against statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
UNMATCHABLE = object()
STEP = re.compile(r"""\.(\w+|\*)|\[(\*|\d+|'[^']*'(?:,'[^']*')*)\]""")


def templates_of(statement: Json, templates: Sequence[Json]) -> list[str]:
    """Answer the templates that a statement matches; one whose rules it breaks is an AssertionError (2.1)."""
    found = [one for one in templates if determined(statement, one)]
    for template in found:
        for rule in template.get("rules", ()):
            assert follows(statement, rule), f"{template['id']}: {rule} in {statement}"
    return [template["id"] for template in found]


def determined(statement: Json, template: Json) -> bool:
    """Tell whether the statement has the template's determining properties."""
    paths = {"verb": "$.verb.id", "objectActivityType": "$.object.definition.type"}
    paths |= {
        f"context{name.title()}ActivityType": f"$.context.contextActivities.{name}[*].definition.type"
        for name in ("parent", "grouping", "category", "other")
    }
    paths["attachmentUsageType"] = "$.attachments[*].usageType"
    for name, path in paths.items():
        if name in template:
            wanted = template[name] if isinstance(template[name], list) else [template[name]]
            if not set(wanted) <= set(at(statement, path)):
                return False
    return True


def follows(statement: Json, rule: Json) -> bool:
    """Tell whether one rule holds (`follows_rule`)."""
    values = at(statement, rule["location"])
    if "selector" in rule:
        values = [one for value in values for one in at(value, rule["selector"]) or [UNMATCHABLE]]
    presence = rule.get("presence")
    if presence == "included" and (not values or UNMATCHABLE in values):
        return False
    if presence == "excluded" and any(value is not UNMATCHABLE for value in values):
        return False
    if presence == "recommended" and not values:
        return True
    if "any" in rule and not any(value in rule["any"] for value in values):
        return False
    if "all" in rule and not all(value in rule["all"] for value in values):
        return False
    return not ("none" in rule and any(value in rule["none"] for value in values))


def at(value: Any, path: str) -> list[Any]:
    """Answer what a path of the profiles' part of JSONPath finds: children, places, stars and unions."""
    assert path.startswith("$")
    steps = list(STEP.finditer(path))
    assert "$" + "".join(step[0] for step in steps) == path, f"not a path of profiles: {path}"
    found = [value]
    for step in steps:
        found = [child for one in found for child in _children(one, step[1] or step[2])]
    return found


def _children(value: Any, step: str) -> Iterator[Any]:
    if step == "*":
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif step.isdigit() and isinstance(value, list):
        yield from value[int(step) : int(step) + 1]
    elif isinstance(value, dict):
        names = re.findall(r"'([^']*)'", step) if step.startswith("'") else [step]
        yield from (value[name] for name in names if name in value)


def rest_after(pattern: str, said: Sequence[set[str]], patterns: Mapping[str, Json]) -> int | None:
    """Answer how many statements are left when a pattern has matched greedily, None where it fails (2.2).

    `said` is the templates that each statement matches, in order.
    """
    if pattern not in patterns:
        return len(said) - 1 if said and pattern in said[0] else None
    one = patterns[pattern]
    if "sequence" in one:
        for element in one["sequence"]:
            left = rest_after(element, said, patterns)
            if left is None:
                return None
            said = said[len(said) - left :]
        return len(said)
    if "alternates" in one:
        ends = [rest_after(element, said, patterns) for element in one["alternates"]]
        return min((end for end in ends if end is not None), default=None)
    element = one.get("zeroOrMore") or one.get("oneOrMore") or one["optional"]
    left, times = len(said), 0
    while times == 0 or "optional" not in one:
        after = rest_after(element, said[len(said) - left :], patterns)
        if after is None or after == left:
            break
        left, times = after, times + 1
    return None if "oneOrMore" in one and not times else left
