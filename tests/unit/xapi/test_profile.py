"""The profile's structure: xAPI profiles 1.0, part two, sections 4 to 9."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from tests.profile_rules import at
from xapi.profile import FILE, read_profile

BASE = "https://learn.example.com/desk"
PROFILE = json.loads(read_profile(BASE).text)
LISTS = ("concepts", "templates", "patterns")
VERSION = PROFILE["versions"][-1]["id"]
MEMBERS = {
    "Profile": (
        {"@context", "id", "type", "conformsTo", "prefLabel", "definition", "versions", "author"},
        {"seeAlso", *LISTS},
    ),
    "Verb": (
        {"id", "type", "inScheme", "prefLabel", "definition"},
        {"deprecated", "broader", "broadMatch", "narrower", "narrowMatch", "related", "relatedMatch",
         "exactMatch"},
    ),
    "ContextExtension": (
        {"id", "type", "inScheme", "prefLabel", "definition"},
        {"deprecated", "recommendedVerbs", "context", "schema", "inlineSchema"},
    ),
    "StatementTemplate": (
        {"id", "type", "inScheme", "prefLabel", "definition"},
        {"allowedSolo", "deprecated", "verb", "objectActivityType", "contextGroupingActivityType",
         "contextParentActivityType", "contextOtherActivityType", "contextCategoryActivityType",
         "attachmentUsageType", "objectStatementRefTemplate", "contextStatementRefTemplate", "rules"},
    ),
    "Pattern": (
        {"id", "type", "inScheme"},
        {"primary", "prefLabel", "definition", "deprecated", "alternates", "optional", "oneOrMore",
         "sequence", "zeroOrMore"},
    ),
}  # fmt: skip
"""What each kind must have, and what it may have besides."""
MEMBERS["ResultExtension"] = MEMBERS["ContextExtension"]
KINDS = {
    "concepts": {"Verb", "ContextExtension", "ResultExtension"},
    "templates": {"StatementTemplate"},
    "patterns": {"Pattern"},
}
WAYS = ("alternates", "optional", "oneOrMore", "sequence", "zeroOrMore")


def parts() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in LISTS:
        for one in PROFILE[name]:
            yield name, one


def by_id(name: str) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in PROFILE[name]}


def test_the_profile_says_what_it_is() -> None:
    """6.0"""
    required, optional = MEMBERS["Profile"]
    assert required <= PROFILE.keys() <= required | optional
    assert PROFILE["@context"] == "https://w3id.org/xapi/profiles/context"
    assert PROFILE["conformsTo"] == "https://w3id.org/xapi/profiles#1.0"
    assert PROFILE["type"] == "Profile" and PROFILE["id"] == f"{BASE}/profile"
    assert PROFILE["author"]["type"] in ("Organization", "Person") and PROFILE["author"]["name"]
    for version in PROFILE["versions"]:
        assert {"id", "generatedAtTime"} <= version.keys() <= {"id", "generatedAtTime", "wasRevisionOf"}
        assert version["id"] != PROFILE["id"]


@pytest.mark.parametrize(("name", "one"), list(parts()), ids=lambda value: "")
def test_each_part_has_what_its_kind_must_have_and_nothing_else(name: str, one: dict[str, Any]) -> None:
    """7.1, 7.2, 8.0 and 9.0"""
    assert one["type"] in KINDS[name]
    required, optional = MEMBERS[one["type"]]
    assert required <= one.keys() <= required | optional
    assert one["inScheme"] == VERSION
    assert one["id"].startswith(f"{PROFILE['id']}/")
    for text in ("prefLabel", "definition"):
        if text in one:
            assert one[text].keys() == {"en", "zh-CN"}, "every text in both languages"


def test_no_value_is_empty_and_no_id_stands_twice() -> None:
    """4.0: values must not be empty objects, null, empty strings, or empty arrays"""

    def walk(value: Any) -> None:
        assert value not in ({}, None, "", [])
        for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(child)

    walk(PROFILE)
    ids = [PROFILE["id"], *(one["id"] for _, one in parts())]
    assert len(set(ids)) == len(ids)


def test_extensions_have_a_schema_that_is_one() -> None:
    """7.2: at most one of schema and inlineSchema"""
    extensions = [one for one in PROFILE["concepts"] if one["type"].endswith("Extension")]
    for one in extensions:
        assert not ("schema" in one and "inlineSchema" in one)
        Draft202012Validator.check_schema(json.loads(one["inlineSchema"]))
        assert all(urlsplit(verb).scheme for verb in one["recommendedVerbs"])
    assert len(extensions) >= 13


def test_templates_have_rules_that_can_be_read() -> None:
    """8.1"""
    for template in PROFILE["templates"]:
        for rule in template["rules"]:
            assert rule.keys() & {"presence", "any", "all", "none"}
            assert rule.keys() <= {"location", "selector", "presence", "any", "all", "none", "scopeNote"}
            assert rule.get("presence", "included") in ("included", "excluded", "recommended")
            assert not re.search(r"[?()]", rule["location"]), "no filters and scripts"
            at({}, rule["location"])


def test_templates_tell_statements_apart() -> None:
    """8.0: each statement should match at most one template"""
    determining = [(one["verb"], one.get("objectActivityType")) for one in PROFILE["templates"]]

    assert len(set(determining)) == len(determining)


def test_own_verbs_and_extensions_of_rules_are_concepts() -> None:
    concepts = by_id("concepts")
    text = json.dumps([PROFILE["templates"], PROFILE["concepts"]])

    used = set(re.findall(rf"{re.escape(BASE)}/profile/(?:verbs|extensions)/[a-z-]+", text))

    assert used <= concepts.keys()
    for name in ("context", "result"):
        for iri in re.findall(rf"\$\.{name}\.extensions\['([^']+)'\]", text):
            assert concepts[iri]["type"] == f"{name.title()}Extension"


def test_patterns_refer_to_what_is_there_and_never_to_themselves() -> None:
    """9.0"""
    patterns, templates = by_id("patterns"), by_id("templates")

    def walk(id: str, above: tuple[str, ...]) -> None:
        assert id not in above
        if id in templates:
            return
        one = patterns[id]
        (way,) = (way for way in WAYS if way in one)
        members = one[way] if isinstance(one[way], list) else [one[way]]
        assert isinstance(one[way], list) == (way in ("alternates", "sequence"))
        assert way not in ("alternates", "sequence") or len(members) >= 2
        for member in members:
            if way == "alternates" and member in patterns:
                assert not patterns[member].keys() & {"optional", "zeroOrMore"}
            walk(member, (*above, id))

    primary = [one for one in patterns.values() if one.get("primary")]
    for one in patterns.values():
        walk(one["id"], ())
    for one in primary:
        assert {"prefLabel", "definition"} <= one.keys()
    assert primary


def test_an_installation_has_its_own_iris() -> None:
    profile = read_profile(BASE)

    assert "crossdesk.invalid" in FILE.read_text(encoding="utf-8")
    assert "crossdesk.invalid" not in profile.text
    assert {PROFILE["id"], VERSION, *(one["id"] for _, one in parts())} == profile.iris
