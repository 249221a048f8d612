"""Agents and groups (xAPI 1.0.3 part 2, 2.4.2)."""

import re
from collections.abc import Mapping
from typing import Any

from xapi.errors import Invalid
from xapi.spec.datatypes import check_choice, check_iri, check_list, check_object, check_string
from xapi.spec.mentions import IDENTIFIERS

_AGENT = ("objectType", "name", *IDENTIFIERS)
_GROUP = (*_AGENT, "member")
_MBOX = re.compile(r"mailto:[^\s@<>\"]+@[^\s@<>\"]+\Z")
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}\Z")


def check_actor(value: Any, *, at: str) -> Mapping[str, Any]:
    """Check an agent or a group, as its objectType says; Agent when it says nothing."""
    if isinstance(value, dict) and value.get("objectType") == "Group":
        return check_group(value, at=at)
    return check_agent(value, at=at)


def check_agent(value: Any, *, at: str) -> Mapping[str, Any]:
    """Check an agent: exactly one inverse functional identifier (2.4.2.1)."""
    if isinstance(value, dict) and "objectType" in value:  # first: a group's members would be named instead
        check_choice(value["objectType"], at=f"{at}.objectType", choices=("Agent",))
    agent = check_object(value, at=at, allowed=_AGENT)
    _check_name(agent, at=at)
    if _check_identifiers(agent, at=at) != 1:
        raise Invalid(at, f"expected exactly one of {', '.join(IDENTIFIERS)}")
    return agent


def check_group(value: Any, *, at: str) -> Mapping[str, Any]:
    """Check a group: an identifier, or members; members are agents (2.4.2.2)."""
    group = check_object(value, at=at, allowed=_GROUP, required=("objectType",))
    check_choice(group["objectType"], at=f"{at}.objectType", choices=("Group",))
    _check_name(group, at=at)
    identifiers = _check_identifiers(group, at=at)
    if identifiers > 1:
        raise Invalid(at, f"expected at most one of {', '.join(IDENTIFIERS)}")
    if "member" in group:
        members = check_list(group["member"], at=f"{at}.member")
        for place, member in enumerate(members):
            check_agent(member, at=f"{at}.member[{place}]")
    if identifiers == 0 and not group.get("member"):
        raise Invalid(f"{at}.member", "expected the members of a group without identifier")
    return group


def check_authority(value: Any, *, at: str) -> None:
    """Check an authority: an agent, or the two agents of OAuth as an anonymous group (2.4.9)."""
    actor = check_actor(value, at=at)
    if actor.get("objectType") == "Group" and (
        len(actor.get("member", ())) != 2 or any(name in actor for name in IDENTIFIERS)
    ):
        raise Invalid(at, "expected an agent, or a group without identifier that has exactly two members")


def _check_name(actor: Mapping[str, Any], *, at: str) -> None:
    if "name" in actor:
        check_string(actor["name"], at=f"{at}.name")


def _check_identifiers(actor: Mapping[str, Any], *, at: str) -> int:
    """Answer how many inverse functional identifiers there are, each of them well formed (2.4.2.3)."""
    count = 0
    if "mbox" in actor:
        count += 1
        if not isinstance(actor["mbox"], str) or not _MBOX.match(actor["mbox"]):
            raise Invalid(f"{at}.mbox", "expected a mail address such as mailto:li.na@example.com")
    if "mbox_sha1sum" in actor:
        count += 1
        if not isinstance(actor["mbox_sha1sum"], str) or not _SHA1.match(actor["mbox_sha1sum"]):
            raise Invalid(f"{at}.mbox_sha1sum", "expected 40 hexadecimal digits")
    if "openid" in actor:
        count += 1
        check_iri(actor["openid"], at=f"{at}.openid")
    if "account" in actor:
        count += 1
        names = ("homePage", "name")
        account = check_object(actor["account"], at=f"{at}.account", allowed=names, required=names)
        check_iri(account["homePage"], at=f"{at}.account.homePage")
        check_string(account["name"], at=f"{at}.account.name")
    return count
