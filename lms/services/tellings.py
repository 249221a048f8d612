"""Statements as sentences: who did what, with what result. Foreign texts are cut to a bearable length."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.db.accounts import Person
from xapi.spec.language import choose_language
from xapi.spec.timestamp import moment_of, parse_timestamp
from xapi.store.activities import find_activities

Json = Mapping[str, Any]
TEXT_MAX = 120
"""Characters of a foreign text that a sentence shows."""
MEMBERS_SHOWN = 3


@dataclass(frozen=True)
class Said:
    """A text in the language it is in; None where it is nobody's language, as an IRI."""

    text: str
    language: str | None = None


@dataclass(frozen=True)
class Telling:
    """A statement, told."""

    id: UUID
    seq: int
    who: str
    verb: Said
    verb_iri: str
    what: Said
    activity: str | None
    """The IRI of the activity it is about."""
    percent: float | None
    raw: str | None
    success: bool | None
    completion: bool | None
    response: str | None
    stored: datetime
    occurred: datetime
    voided: bool


@dataclass(frozen=True)
class Listed:
    """A statement as the list has it: its place, id, JSON and whether it is voided."""

    seq: int
    id: UUID
    statement: Json
    voided: bool


def tell(session: Session, found: Sequence[Listed], *, language: str, iri_base: str) -> list[Telling]:
    """Tell statements in a language; two queries, however many statements there are."""
    names = _own_names(session, (one.statement for one in found), iri_base=iri_base)
    iris = {activity["id"] for one in found for activity in _object_of(one.statement)}
    definitions = {iri: known.definition for iri, known in find_activities(session, iris).items()}
    return [
        _telling(one, names=names, definitions=definitions, language=language, iri_base=iri_base)
        for one in found
    ]


def cut(text: str, length: int = TEXT_MAX) -> str:
    """Answer a foreign text on one line, without control characters, and not longer than `length`."""
    clean = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def actor_text(actor: Json, *, names: Mapping[str, str], iri_base: str) -> str:
    """Answer who an agent or group is: a name where there is one, else its identifier."""
    account = actor.get("account")
    if account is not None and account["homePage"] == iri_base and account["name"] in names:
        return cut(names[account["name"]])
    if actor.get("name"):
        return cut(str(actor["name"]))
    if "mbox" in actor:
        return cut(str(actor["mbox"]).removeprefix("mailto:"))
    if account is not None:
        return cut(str(account["name"]))
    for name in ("openid", "mbox_sha1sum"):
        if name in actor:
            return cut(str(actor[name]))
    members = [actor_text(one, names=names, iri_base=iri_base) for one in actor.get("member", ())]
    more = ["…"] if len(members) > MEMBERS_SHOWN else []
    return cut(", ".join(members[:MEMBERS_SHOWN] + more))


def _telling(
    one: Listed,
    *,
    names: Mapping[str, str],
    definitions: Mapping[str, Json | None],
    language: str,
    iri_base: str,
) -> Telling:
    statement = one.statement
    result = statement.get("result", {})
    score = result.get("score", {})
    verb = statement["verb"]
    about = next(iter(_object_of(statement)), None)
    return Telling(
        id=one.id,
        seq=one.seq,
        who=actor_text(statement["actor"], names=names, iri_base=iri_base),
        verb=_word(verb.get("display"), language) or Said(cut(verb["id"].rstrip("/").rpartition("/")[2])),
        verb_iri=verb["id"],
        what=_what(statement["object"], definitions, names=names, language=language, iri_base=iri_base),
        activity=None if about is None else about["id"],
        percent=None if "scaled" not in score else round(float(score["scaled"]) * 100, 1),
        raw=_raw(score),
        success=result.get("success"),
        completion=result.get("completion"),
        response=None if not result.get("response") else cut(result["response"]),
        stored=moment_of(one.seq),
        occurred=parse_timestamp(statement["timestamp"], at="timestamp"),
        voided=one.voided,
    )


def _what(
    obj: Json,
    definitions: Mapping[str, Json | None],
    *,
    names: Mapping[str, str],
    language: str,
    iri_base: str,
) -> Said:
    match obj.get("objectType", "Activity"):
        case "Activity":
            own = obj.get("definition") or {}
            known = definitions.get(obj["id"]) or {}
            name = _word(own.get("name"), language) or _word(known.get("name"), language)
            return name or Said(cut(obj["id"]))
        case "Agent" | "Group":
            return Said(actor_text(obj, names=names, iri_base=iri_base))
        case "SubStatement":
            return _what(obj["object"], definitions, names=names, language=language, iri_base=iri_base)
        case _:
            return Said(str(obj["id"]))


def _word(texts: Mapping[str, str] | None, language: str) -> Said | None:
    """Answer the text that a reader of the language understands best."""
    if not texts:
        return None
    [(tag, text)] = choose_language(
        texts, [language.lower(), language.lower().partition("-")[0], "en"]
    ).items()
    return Said(cut(text), tag) if text.strip() else None


def _raw(score: Json) -> str | None:
    if "raw" not in score:
        return None
    return cut(f"{score['raw']} / {score['max']}" if "max" in score else str(score["raw"]), 40)


def _object_of(statement: Json) -> Iterable[Json]:
    """Answer the activity that a statement, or the one within it, is about."""
    obj = statement["object"]
    if obj.get("objectType") == "SubStatement":
        return _object_of(obj)
    return [obj] if obj.get("objectType", "Activity") == "Activity" else []


def _own_names(session: Session, statements: Iterable[Json], *, iri_base: str) -> dict[str, str]:
    """Answer the names of this installation's people among actors and objects, by their account's name."""
    wanted: dict[UUID, str] = {}
    for statement in statements:
        for actor in (statement["actor"], statement["object"]):
            for one in (actor, *actor.get("member", ())):
                account = one.get("account")
                if account is not None and account["homePage"] == iri_base:
                    try:
                        wanted[UUID(account["name"])] = account["name"]
                    except ValueError:
                        continue
    if not wanted:
        return {}
    rows = session.execute(select(Person.uuid, Person.display_name).where(Person.uuid.in_(wanted)))
    return {wanted[row.uuid]: row.display_name for row in rows}
