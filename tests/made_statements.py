"""Statements made by hypothesis: valid by construction, in all that xAPI 1.0.3 and 2.0.0 allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

LANGUAGES = ("en", "en-GB", "zh-CN", "cmn", "sr-Latn-RS", "de-1996", "x-desk", "i-klingon", "und")
DURATIONS = ("PT0S", "P4W", "P0.5W", "P1Y2M3DT4H5M6.789S", "PT1H", "P1M", "PT12.345678S", "P1DT12,5H")
MEDIA_TYPES = ("text/plain", "application/json; charset=utf-8", "image/svg+xml", "application/octet-stream")
INTERACTIONS = {
    "true-false": (),
    "choice": ("choices",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "fill-in": (),
    "long-fill-in": (),
    "numeric": (),
    "other": (),
}

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_iri_text = st.text(
    st.characters(categories=["L", "N"], include_characters="/#?&=%+~@:.-_", exclude_characters="\\^`"),
    min_size=1,
    max_size=20,
)
iris = st.builds(
    lambda scheme, rest: f"{scheme}:{rest}", st.sampled_from(("https", "urn", "tag", "a+b-c.1")), _iri_text
)
uuids = st.uuids().flatmap(lambda id: st.sampled_from((str(id), str(id).upper())))
language_maps = st.dictionaries(st.sampled_from(LANGUAGES), texts, max_size=3)
numbers = st.one_of(
    st.integers(-(10**30), 10**30), st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9)
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
extensions = st.dictionaries(iris, json_values, max_size=2)
timestamps = st.builds(
    lambda moment, form: form(moment),
    st.timedeltas(timedelta(), timedelta(days=365_000)).map(
        lambda age: datetime(1900, 1, 1, tzinfo=UTC) + age
    ),
    st.sampled_from(
        (
            lambda moment: moment.isoformat(),
            lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.123456789+08:00"),
            lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S"),
            lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S-0530"),
        )
    ),
)


def _object(required: dict[str, Any], **optional: Any) -> Any:
    return st.fixed_dictionaries(required, optional=optional)


_accounts = _object({"homePage": iris, "name": texts})
_identifiers = st.one_of(
    _object({"mbox": st.sampled_from(("mailto:li@desk.example", "mailto:Wang.Fang+1@Desk.Example"))}),
    _object({"mbox_sha1sum": st.text("0123456789abcdefABCDEF", min_size=40, max_size=40)}),
    _object({"openid": iris}),
    _object({"account": _accounts}),
)


def _joined(*parts: Any) -> Any:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


agents = _joined(_identifiers, _object({}, name=texts, objectType=st.just("Agent")))
_typed_agents = _joined(_identifiers, _object({"objectType": st.just("Agent")}, name=texts))
_group = _object({"objectType": st.just("Group")}, name=texts)
groups = st.one_of(
    _joined(_group, _object({"member": st.lists(agents, min_size=1, max_size=3)})),
    _joined(_group, _identifiers, _object({}, member=st.lists(agents, max_size=2))),
)
actors = st.one_of(agents, groups)


@st.composite
def interactions(draw: Any) -> Json:
    """The part of a definition that describes an interaction."""
    kind = draw(st.sampled_from(sorted(INTERACTIONS)))
    made: Json = {"interactionType": kind}
    if draw(st.booleans()):
        made["correctResponsesPattern"] = draw(st.lists(texts, max_size=2))
    for name in INTERACTIONS[kind]:
        ids = draw(st.lists(texts, max_size=3, unique=True))
        made[name] = [draw(_object({"id": st.just(id)}, description=language_maps)) for id in ids]
    return made


definitions = _joined(
    _object(
        {}, name=language_maps, description=language_maps, type=iris, moreInfo=iris, extensions=extensions
    ),
    st.one_of(st.just({}), interactions()),
)
activities = _object({"id": iris}, objectType=st.just("Activity"), definition=definitions)
references = _object({"objectType": st.just("StatementRef"), "id": uuids})


@st.composite
def scores(draw: Any) -> Json:
    """A score whose raw lies between min and max."""
    low, raw, high = sorted(draw(st.lists(numbers, min_size=3, max_size=3, unique=True)))
    made = {"scaled": draw(st.floats(-1, 1)), "raw": raw, "min": low, "max": high}
    return {name: made[name] for name in draw(st.sets(st.sampled_from(sorted(made))))}


results = _object(
    {},
    score=scores(),
    success=st.booleans(),
    completion=st.booleans(),
    response=texts,
    duration=st.sampled_from(DURATIONS),
    extensions=extensions,
)
attachments = _object(
    {
        "usageType": iris,
        "display": language_maps,
        "contentType": st.sampled_from(MEDIA_TYPES),
        "length": st.integers(0, 2**40),
        "sha2": st.sampled_from(("a" * 56, "0B" * 32, "c" * 96, "d" * 128)),
        "fileUrl": iris,
    },
    description=language_maps,
)
_context_activities = st.dictionaries(
    st.sampled_from(("parent", "grouping", "category", "other")),
    st.one_of(activities, st.lists(activities, max_size=2)),
    max_size=3,
)
_relevant = st.lists(iris, min_size=1, max_size=2)


def _contexts(*, version: str, of_activity: bool) -> Any:
    optional = {
        "registration": uuids,
        "instructor": actors,
        "team": groups,
        "contextActivities": _context_activities,
        "language": st.sampled_from(LANGUAGES),
        "statement": references,
        "extensions": extensions,
    }
    if of_activity:
        optional |= {"revision": texts, "platform": texts}
    if version == "2.0.0":
        agent = _object({"objectType": st.just("contextAgent"), "agent": agents}, relevantTypes=_relevant)
        group = _object({"objectType": st.just("contextGroup"), "group": groups}, relevantTypes=_relevant)
        optional |= {
            "contextAgents": st.lists(agent, max_size=2),
            "contextGroups": st.lists(group, max_size=2),
        }
    return _object({}, **optional)


@st.composite
def statements(draw: Any, *, version: str = "1.0.3", nested: bool = False) -> Json:
    """A statement that `version` allows; every one for 1.0.3 is one for 2.0.0 too."""
    kinds = [activities, _typed_agents, groups, references]
    kind = draw(st.integers(0, len(kinds) - (1 if nested else 0)))
    obj = (
        draw(kinds[kind])
        if kind < len(kinds)
        else {"objectType": "SubStatement", **draw(statements(version=version, nested=True))}
    )
    of_activity = obj.get("objectType", "Activity") == "Activity"
    optional = {
        "result": results,
        "context": _contexts(version=version, of_activity=of_activity),
        "timestamp": timestamps,
        "attachments": st.lists(attachments, max_size=2),
    }
    if not nested:
        ours = {"id": uuids, "version": st.sampled_from(("1.0.0", "1.0", "1.0.3"))}
        optional |= ours | {"stored": timestamps, "authority": agents}
    made = draw(_object({}, **optional))
    return {
        "actor": draw(actors),
        "verb": draw(_object({"id": iris}, display=language_maps)),
        "object": obj,
    } | made
