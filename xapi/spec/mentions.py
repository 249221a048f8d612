"""Whom and what a statement mentions, as the keys by which it is searched (xAPI 1.0.3 part 3, 2.1.3).

A key is a 16-byte digest: an IRI may be longer than a database index entry, and it needs no table of its own.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from xapi.spec.attachment import attachments_of

KEY_BYTES = 16
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
VOIDED = "http://adlnet.gov/expapi/verbs/voided"

Json = Mapping[str, Any]


class Usage(StrEnum):
    """In which part of a statement the agent or IRI stands."""

    DIRECT = "direct"
    """Agent: actor or object, or a member of a group there. IRI: the object's activity."""
    RELATED = "related"
    """Found only by related_agents or related_activities: context, sub-statement."""
    AUTHORITY = "authority"
    """The agent that vouches for the statement; found by related_agents and by the scope `mine`."""
    VERB = "verb"
    REGISTRATION = "registration"
    ATTACHMENT = "attachment"
    """The hash of an attachment in lower case: tells which statements need its bytes."""


@dataclass(frozen=True)
class Mentions:
    """The search keys of one statement, without doubles, in sorted order."""

    agents: tuple[tuple[Usage, bytes], ...]
    iris: tuple[tuple[Usage, bytes], ...]


def iri_key(iri: str) -> bytes:
    """Answer the search key of an IRI (verb, activity) or of a registration given as its UUID in lower
    case."""
    return hashlib.blake2b(iri.encode(), digest_size=KEY_BYTES).digest()


def agent_identity(agent: Json) -> str | None:
    """Answer the inverse functional identifier as one text, None for an anonymous group (part 2, 2.4.2.3)."""
    if (mbox := agent.get("mbox")) is not None:
        local, _, domain = str(mbox).rpartition("@")
        return f"mbox {local}@{domain.lower()}"
    if (sha1 := agent.get("mbox_sha1sum")) is not None:
        return f"mbox_sha1sum {str(sha1).lower()}"
    if (openid := agent.get("openid")) is not None:
        return f"openid {openid}"
    if (account := agent.get("account")) is not None:
        return f"account {account['homePage']} {account['name']}"
    return None


def agent_key(agent: Json) -> bytes | None:
    """Answer the search key of an agent or identified group, None for an anonymous group."""
    identity = agent_identity(agent)
    return None if identity is None else hashlib.blake2b(identity.encode(), digest_size=KEY_BYTES).digest()


def mentions(statement: Json) -> Mentions:
    """Answer whom and what a valid statement mentions; a StatementRef's target is not followed here."""
    direct, related = set(_direct_agents(statement)), set(_related_agents(statement))
    agents = [(Usage.DIRECT, key) for key in direct]
    agents += [(Usage.RELATED, key) for key in related - direct]
    agents += [(Usage.AUTHORITY, key) for key in _agent_keys(statement.get("authority"))]
    direct_iris, related_iris = set(_direct_activities(statement)), set(_related_activities(statement))
    iris = [(Usage.VERB, iri_key(statement["verb"]["id"]))]
    iris += [(Usage.DIRECT, iri_key(iri)) for iri in direct_iris]
    iris += [(Usage.RELATED, iri_key(iri)) for iri in related_iris - direct_iris]
    if (registration := registration_of(statement)) is not None:
        iris.append((Usage.REGISTRATION, iri_key(registration)))
    iris += [(Usage.ATTACHMENT, iri_key(one["sha2"].lower())) for one in attachments_of(statement)]
    return Mentions(agents=tuple(sorted(set(agents))), iris=tuple(sorted(set(iris))))


def registration_of(statement: Json) -> str | None:
    """Answer the registration in lower case."""
    registration = statement.get("context", {}).get("registration")
    return None if registration is None else str(registration).lower()


def target_of(statement: Json) -> str | None:
    """Answer the id, in lower case, of the statement that this one has as its object."""
    obj = statement["object"]
    return str(obj["id"]).lower() if obj.get("objectType") == "StatementRef" else None


def is_voiding(statement: Json) -> bool:
    """Tell whether the statement voids another (part 2, 2.3.2)."""
    return bool(statement["verb"]["id"] == VOIDED)


def activities_of(statement: Json) -> Iterator[Json]:
    """Yield every activity object in the statement, sub-statement and contexts included, most telling
    first."""
    obj = statement["object"]
    if _is_activity(obj):
        yield obj
    elif obj.get("objectType") == "SubStatement":
        yield from activities_of(obj)
    yield from _context_activities(statement)


def names_of(agent: Json, statement: Json) -> Iterator[str]:
    """Yield the names that actor and object of a statement give to this agent."""
    for actor in (statement["actor"], statement["object"]):
        if actor.get("objectType", "Agent") in ("Agent", "Group"):
            for one in (actor, *actor.get("member", ())):
                if "name" in one and agent_identity(one) == agent_identity(agent):
                    yield one["name"]


def _is_activity(obj: Json) -> bool:
    return str(obj.get("objectType", "Activity")) == "Activity"


def _agent_keys(actor: Json | None) -> Iterator[bytes]:
    if actor is None:
        return
    key = agent_key(actor)
    if key is not None:
        yield key
    for member in actor.get("member", ()):
        yield from _agent_keys(member)


def _direct_agents(statement: Json) -> Iterator[bytes]:
    yield from _agent_keys(statement["actor"])
    if statement["object"].get("objectType") in ("Agent", "Group"):
        yield from _agent_keys(statement["object"])


def _related_agents(statement: Json) -> Iterator[bytes]:
    context = statement.get("context", {})
    yield from _agent_keys(context.get("instructor"))
    yield from _agent_keys(context.get("team"))
    for entry in context.get("contextAgents", ()):
        yield from _agent_keys(entry["agent"])
    for entry in context.get("contextGroups", ()):
        yield from _agent_keys(entry["group"])
    if statement["object"].get("objectType") == "SubStatement":
        yield from _direct_agents(statement["object"])
        yield from _related_agents(statement["object"])


def _direct_activities(statement: Json) -> Iterator[str]:
    if _is_activity(statement["object"]):
        yield statement["object"]["id"]


def _related_activities(statement: Json) -> Iterator[str]:
    for activity in _context_activities(statement):
        yield activity["id"]
    if statement["object"].get("objectType") == "SubStatement":
        yield from _direct_activities(statement["object"])
        yield from _related_activities(statement["object"])


def _context_activities(statement: Json) -> Iterator[Json]:
    for given in statement.get("context", {}).get("contextActivities", {}).values():
        yield from given if isinstance(given, list) else (given,)
