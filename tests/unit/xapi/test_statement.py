"""Validation of statements. Numbers in brackets: xAPI 1.0.3, part 2, section."""

import copy
from typing import Any

import pytest

from xapi.errors import Invalid
from xapi.spec.statement import check_statement, check_statements
from xapi.spec.version import Version

LI = {"mbox": "mailto:li@desk.example"}
ID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
REF = {"objectType": "StatementRef", "id": ID}
VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided"}
ATTACHMENT = {
    "usageType": "https://x.example/screenshot",
    "display": {"en": "Screenshot"},
    "contentType": "image/png",
    "length": 3,
    "sha2": "a" * 64,
}


def statement(**given: Any) -> dict[str, Any]:
    return {
        "actor": LI,
        "verb": {"id": "https://v.example/did"},
        "object": {"id": "https://o.example/1"},
    } | given


def definition(**given: Any) -> dict[str, Any]:
    return statement(object={"id": "https://o.example/1", "definition": given})


def group(**given: Any) -> dict[str, Any]:
    return statement(actor={"objectType": "Group"} | given)


def sub_statement(**given: Any) -> dict[str, Any]:
    return statement(object={"objectType": "SubStatement", **statement(**given)})


REFUSED: list[tuple[str, Any, str]] = [
    # (2.2) formatting
    ("null outside extensions", statement(result={"response": None}), "result.response"),
    ("null as a statement", None, ""),
    ("a list as actor", statement(actor=[LI]), "actor"),
    ("an unknown key", statement(mood="good"), "mood"),
    ("a key in the wrong case", statement(Result={}), "Result"),
    ("a string for a number", statement(result={"score": {"raw": "1"}}), "result.score.raw"),
    ("a string for a boolean", statement(result={"success": "true"}), "result.success"),
    ("a boolean for a number", statement(result={"score": {"raw": True}}), "result.score.raw"),
    ("a null as a number", statement(result={"score": {"scaled": None}}), "result.score.scaled"),
    ("an array as a result", statement(result=[]), "result"),
    ("a text as a context", statement(context="x"), "context"),
    ("a number as a response", statement(result={"response": 1}), "result.response"),
    ("a text as completion", statement(result={"completion": "yes"}), "result.completion"),
    ("an unknown member of a score", statement(result={"score": {"Scaled": 1}}), "result.score.Scaled"),
    ("a verb without id", statement(verb={}), "verb.id"),
    ("a missing object", {"actor": LI, "verb": {"id": "https://v.example/did"}}, "object"),
    # (2.4.1)
    ("an id that is no UUID", statement(id="1"), "id"),
    ("an id in braces", statement(id=f"{{{ID}}}"), "id"),
    # (2.4.2)
    ("no identifier", statement(actor={"name": "Li"}), "actor"),
    ("two identifiers", statement(actor={**LI, "openid": "https://li.example"}), "actor"),
    ("a mailbox without scheme", statement(actor={"mbox": "li@desk.example"}), "actor.mbox"),
    ("a hash of 39 digits", statement(actor={"mbox_sha1sum": "a" * 39}), "actor.mbox_sha1sum"),
    ("an openid without scheme", statement(actor={"openid": "li.example"}), "actor.openid"),
    (
        "an account without name",
        statement(actor={"account": {"homePage": "https://x.example"}}),
        "actor.account.name",
    ),
    ("an unknown objectType", statement(actor={**LI, "objectType": "agent"}), "actor.objectType"),
    ("an agent with members", statement(actor={**LI, "member": [LI]}), "actor.member"),
    ("an anonymous group without members", group(), "actor.member"),
    ("an anonymous group with no members", group(member=[]), "actor.member"),
    (
        "a group in a group",
        group(member=[{"objectType": "Group", "member": [LI]}]),
        "actor.member[0].objectType",
    ),
    ("a group with two identifiers", group(**LI, openid="https://li.example"), "actor"),
    # (2.4.3, 4.2, 4.3)
    ("a verb without scheme", statement(verb={"id": "did"}), "verb.id"),
    ("a relative IRI", statement(verb={"id": "/did"}), "verb.id"),
    ("an IRI with a space", statement(verb={"id": "https://v.example/a b"}), "verb.id"),
    (
        "a language with underscore",
        statement(verb={"id": "https://v.example/a", "display": {"en_US": ""}}),
        "verb.display",
    ),
    ("a display as text", statement(verb={"id": "https://v.example/a", "display": "did"}), "verb.display"),
    # (2.4.4)
    (
        "an unknown object",
        statement(object={"objectType": "activity", "id": "https://o.example"}),
        "object.objectType",
    ),
    ("an agent as object without objectType", statement(object=LI), "object.mbox"),
    (
        "patterns without interactionType",
        definition(correctResponsesPattern=["a"]),
        "object.definition.interactionType",
    ),
    (
        "choices without interactionType",
        definition(choices=[{"id": "a"}]),
        "object.definition.interactionType",
    ),
    ("an unknown interactionType", definition(interactionType="Choice"), "object.definition.interactionType"),
    (
        "equal ids of choices",
        definition(interactionType="choice", choices=[{"id": "a"}, {"id": "a"}]),
        "object.definition.choices[1].id",
    ),
    ("an extension without IRI", definition(extensions={"level": 1}), "object.definition.extensions"),
    ("moreInfo without scheme", definition(moreInfo="here"), "object.definition.moreInfo"),
    ("a reference without UUID", statement(object={**REF, "id": "1"}), "object.id"),
    ("a nested sub-statement", sub_statement(object=sub_statement()["object"]), "object.object.objectType"),
    ("a sub-statement with id", sub_statement(id=ID), "object.id"),
    ("a sub-statement with stored", sub_statement(stored="2026-03-02T09:30:00Z"), "object.stored"),
    ("a sub-statement with version", sub_statement(version="1.0.0"), "object.version"),
    ("a sub-statement with authority", sub_statement(authority=LI), "object.authority"),
    ("voiding an activity", statement(verb=VOIDED), "object.objectType"),
    # (2.4.5)
    ("scaled over 1", statement(result={"score": {"scaled": 1.01}}), "result.score.scaled"),
    ("scaled under -1", statement(result={"score": {"scaled": -1.01}}), "result.score.scaled"),
    ("min not below max", statement(result={"score": {"min": 5, "max": 5}}), "result.score.min"),
    ("raw under min", statement(result={"score": {"raw": 1, "min": 2}}), "result.score.raw"),
    ("raw over max", statement(result={"score": {"raw": 3, "max": 2}}), "result.score.raw"),
    ("weeks with days", statement(result={"duration": "P4W1D"}), "result.duration"),
    ("an empty duration", statement(result={"duration": "P"}), "result.duration"),
    ("a time without numbers", statement(result={"duration": "P1DT"}), "result.duration"),
    # (2.4.6)
    ("a team without objectType", statement(context={"team": LI}), "context.team.objectType"),
    ("revision without activity", statement(object=REF, context={"revision": "1"}), "context.revision"),
    (
        "platform without activity",
        statement(object={"objectType": "Agent", **LI}, context={"platform": "x"}),
        "context.platform",
    ),
    (
        "an unknown kind of context activity",
        statement(context={"contextActivities": {"Parent": []}}),
        "context.contextActivities.Parent",
    ),
    ("a language that is none", statement(context={"language": "e"}), "context.language"),
    ("context agents in version 1", statement(context={"contextAgents": []}), "context.contextAgents"),
    ("a registration that is no UUID", statement(context={"registration": "1"}), "context.registration"),
    (
        "a context activity without id",
        statement(context={"contextActivities": {"other": [{"id": "a:b"}, {}]}}),
        "context.contextActivities.other[1].id",
    ),
    (
        "a reference in a context to nothing",
        statement(context={"statement": {"objectType": "StatementRef", "id": "x"}}),
        "context.statement.id",
    ),
    (
        "an instructor without identifier",
        statement(context={"instructor": {"name": "Li"}}),
        "context.instructor",
    ),
    (
        "an extension of a context without IRI",
        statement(context={"extensions": {"a": 1}}),
        "context.extensions",
    ),
    # (2.4.7, 4.5)
    ("a negative zero offset", statement(timestamp="2026-03-02T09:30:00-00:00"), "timestamp"),
    ("a negative zero offset in short", statement(timestamp="2026-03-02T09:30:00-0000"), "timestamp"),
    ("a negative zero offset in hours", statement(timestamp="2026-03-02T09:30:00-00"), "timestamp"),
    ("a day that does not exist", statement(timestamp="2026-02-30T09:30:00Z"), "timestamp"),
    ("a date alone", statement(timestamp="2026-03-02"), "timestamp"),
    ("a time in words", statement(timestamp="today"), "timestamp"),
    # (2.4.9)
    ("a named group as authority", statement(authority={"objectType": "Group", **LI}), "authority"),
    (
        "three members as authority",
        statement(authority={"objectType": "Group", "member": [LI] * 3}),
        "authority",
    ),
    # (2.4.10)
    ("version 2 with version 1", statement(version="2.0.0"), "version"),
    ("version 1.1", statement(version="1.1.0"), "version"),
    # (2.4.11)
    (
        "an attachment without hash",
        statement(attachments=[{**ATTACHMENT, "sha2": ""}]),
        "attachments[0].sha2",
    ),
    (
        "an attachment without usage",
        statement(attachments=[{k: v for k, v in ATTACHMENT.items() if k != "usageType"}]),
        "attachments[0].usageType",
    ),
    (
        "an attachment of no media type",
        statement(attachments=[ATTACHMENT, {**ATTACHMENT, "contentType": "text"}]),
        "attachments[1].contentType",
    ),
    (
        "a fault in a sub-statement",
        sub_statement(result={"score": {"scaled": 2}}),
        "object.result.score.scaled",
    ),
    ("a length in words", statement(attachments=[{**ATTACHMENT, "length": "3"}]), "attachments[0].length"),
    ("attachments as an object", statement(attachments=ATTACHMENT), "attachments"),
]

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("the least", statement()),
    ("null in an extension", statement(context={"extensions": {"https://x.example/n": None}})),
    ("an identified group without members", group(**LI)),
    ("an anonymous group", group(member=[LI], name="")),
    ("a sub-statement", sub_statement(result={"success": True})),
    ("voiding", statement(verb=VOIDED, object=REF)),
    (
        "a single context activity",
        statement(context={"contextActivities": {"parent": {"id": "https://o.example"}}}),
    ),
    ("the edges of a score", statement(result={"score": {"scaled": -1, "raw": 0, "min": 0, "max": 1e400}})),
    ("weeks", statement(result={"duration": "P4W"})),
    ("all of a duration", statement(result={"duration": "P1Y2M3DT4H5M6.789S"})),
    ("two members with OAuth", statement(authority={"objectType": "Group", "member": [LI, LI]})),
    (
        "languages of RFC 5646",
        statement(verb={"id": "a:b", "display": {"cmn": "", "sr-Latn-RS": "", "de-1996": ""}}),
    ),
    ("an IRI in Persian", statement(verb={"id": "http://example.com/فعل/خواندن"})),
    ("an interaction", definition(interactionType="true-false", correctResponsesPattern=["true"])),
    ("version 1.0", statement(version="1.0")),
    ("version 1.0.9", statement(version="1.0.9")),
    ("a UUID in capitals", statement(id=ID.upper())),
    ("no zone", statement(timestamp="2026-03-02T09:30:00")),
    ("nanoseconds", statement(timestamp="2026-03-02T09:30:00.123456789Z")),
    ("an offset", statement(timestamp="2026-03-02T09:30:00+08:00")),
    ("an attachment elsewhere", statement(attachments=[{**ATTACHMENT, "fileUrl": "https://x.example/1"}])),
]


@pytest.mark.parametrize(("given", "path"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_breaks_a_rule_is_refused_by_the_name_of_the_property(given, path):
    with pytest.raises(Invalid) as refused:
        check_statement(given)

    assert refused.value.path == path
    assert refused.value.expected.startswith("expected ")


@pytest.mark.parametrize("given", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
@pytest.mark.parametrize("version", list(Version))
def test_what_keeps_the_rules_passes_unaltered(given, version):
    before = copy.deepcopy(given)

    check_statement(given, version=version)

    assert given == before


@pytest.mark.parametrize(
    ("context", "path"),
    [
        ({"contextAgents": [{"objectType": "contextAgent", "agent": LI}]}, None),
        (
            {
                "contextGroups": [
                    {
                        "objectType": "contextGroup",
                        "group": {"objectType": "Group", "member": [LI]},
                        "relevantTypes": ["https://t.example/mentor"],
                    }
                ]
            },
            None,
        ),
        ({"contextAgents": [{"agent": LI}]}, "context.contextAgents[0].objectType"),
        ({"contextAgents": [{"objectType": "contextGroup", "agent": LI}]}, "objectType"),
        ({"contextAgents": [{"objectType": "contextAgent"}]}, "context.contextAgents[0].agent"),
        (
            {"contextAgents": [{"objectType": "contextAgent", "agent": LI, "relevantTypes": ["mentor"]}]},
            "relevantTypes[0]",
        ),
        (
            {"contextAgents": [{"objectType": "contextAgent", "agent": LI, "relevantTypes": []}]},
            "relevantTypes",
        ),
    ],
)
def test_version_2_knows_context_agents_and_groups(context, path):
    if path is None:
        check_statement(statement(context=context), version=Version.V2)
        return

    with pytest.raises(Invalid) as refused:
        check_statement(statement(context=context), version=Version.V2)

    assert refused.value.path.endswith(path)


def test_the_place_in_a_batch_is_named():
    with pytest.raises(Invalid, match=r"^\[1\]\.result\.score\.scaled: "):
        check_statements([statement(), statement(result={"score": {"scaled": 2}})], version=Version.V1)


def test_version_2_refuses_an_id_twice_in_a_batch():
    batch = [statement(id=ID), statement(id=ID.upper())]

    check_statements(batch, version=Version.V1)
    with pytest.raises(Invalid, match=r"^\[1\]\.id"):
        check_statements(batch, version=Version.V2)
