"""Check practice scenes: their graph, what they refer to, and whether the best reply gives itself away."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from courses.errors import Finding, Severity
from courses.scan import Placed
from courses.simulator.parse import graph_errors, unreachable
from courses.spread import longest_too_often, uneven

TURNS = (4, 8)
REPLIES = (3, 4)
BEST_POINTS = 2
"""The best reply of a turn is worth at least this."""
MIN_TURNS_FOR_SKEW = 20
"""Below this many turns the places of the best replies say nothing."""
DEMONSTRATION, DEBATE = "demonstration", "debate"


def scene_findings(
    scenes: Sequence[Placed], *, points: Collection[str], rules: Collection[str]
) -> Iterator[Finding]:
    """Answer what keeps scenes from being played (errors), and what weakens them (warnings)."""
    for scene in scenes:
        name = scene.file.rpartition("/")[2].removesuffix(".yaml")
        if scene.value["id"] != name:
            yield scene.error(("id",), f"the file is named like the scene: {scene.value['id']}.yaml")
        for path, message in graph_errors(scene.value):
            yield scene.error(path, message)
        for path, message in unreachable(scene.value):
            yield scene.warning(path, message)
        yield from _reference_findings(scene, points, rules)
        yield from _gloss_findings(scene)
        yield from _points_findings(scene)
        yield from _size_findings(scene)
    yield from _giveaway_findings(scenes)


def _reference_findings(scene: Placed, points: Collection[str], rules: Collection[str]) -> Iterator[Finding]:
    for at, point in enumerate(scene.value["points"]):
        if point not in points:
            yield scene.error(("points", at), f"there is no point `{point}`")
    policy = _ids(scene.value["policy"])
    facts = _ids(scene.value.get("facts", ()))
    for key, ids in (("policy", policy), ("facts", facts)):
        for id in sorted(set(ids)):
            if ids.count(id) > 1:
                yield scene.error((key, ids.index(id), "id"), f"`{id}` is there twice")
    for turn, at, reply in _replies(scene.value):
        path = ("turns", turn, "replies", at)
        for number, id in enumerate(reply.get("facts", ())):
            if id not in facts:
                yield scene.error((*path, "facts", number), f"there is no fact `{id}`")
        for number, id in enumerate(reply.get("rests_on", ())):
            if id not in policy and id not in rules:
                yield scene.error((*path, "rests_on", number), f"there is no policy fact or rule `{id}`")


def _gloss_findings(scene: Placed) -> Iterator[Finding]:
    """Lines in English may do without an English gloss."""
    if scene.value["lang"] == "en":
        return
    for kind in ("turns", "ends"):
        for id, part in scene.value[kind].items():
            if "en" not in part["gloss"]:
                yield scene.error((kind, id, "gloss", "en"), "missing translation")
    for turn, at, reply in _replies(scene.value):
        if "en" not in reply["gloss"]:
            yield scene.error(("turns", turn, "replies", at, "gloss", "en"), "missing translation")


def _points_findings(scene: Placed) -> Iterator[Finding]:
    for turn, at, reply in _replies(scene.value):
        path = ("turns", turn, "replies", at)
        if reply["points"] < 0 and "invent" not in reply["does"]:
            yield scene.error((*path, "points"), "only an invented fact (`does: [invent]`) takes points away")
        if scene.value["kind"] == DEMONSTRATION and "invent" in reply["does"] and reply["points"] >= 0:
            yield scene.warning((*path, "points"), "an invented fact takes points away: -2 or -1")
    for id, turn in scene.value["turns"].items():
        if max(reply["points"] for reply in turn["replies"]) < BEST_POINTS:
            yield scene.warning(("turns", id, "replies"), f"no reply is worth {BEST_POINTS} points or more")


def _size_findings(scene: Placed) -> Iterator[Finding]:
    turns, ends = scene.value["turns"], scene.value["ends"]
    if not TURNS[0] <= len(turns) <= TURNS[1]:
        yield scene.warning(("turns",), f"has {len(turns)} turns; a scene has {TURNS[0]} to {TURNS[1]}")
    for id, turn in turns.items():
        if not REPLIES[0] <= len(turn["replies"]) <= REPLIES[1]:
            message = f"has {len(turn['replies'])} replies; a turn has {REPLIES[0]} to {REPLIES[1]}"
            yield scene.warning(("turns", id, "replies"), message)
    outcomes = {end["outcome"] for end in ends.values()}
    for outcome in ("good", "bad"):
        if outcome not in outcomes:
            yield scene.warning(("ends",), f"no end has `outcome: {outcome}`")
    if scene.value["kind"] == DEMONSTRATION and not scene.value.get("facts"):
        yield scene.warning(("facts",), "a demonstration needs the true facts of the product")
    if scene.value["kind"] == DEBATE:
        if "sides" not in scene.value:
            yield scene.warning(("sides",), "a debate says what each side holds")
        if not any(reply.get("rests_on") for _, _, reply in _replies(scene.value)):
            yield scene.warning(("turns",), "no rebuttal rests on a policy fact or rule")


def _giveaway_findings(scenes: Sequence[Placed]) -> Iterator[Finding]:
    """Over all scenes: the best reply stands in each place alike, and is no longer than chance has it."""
    places: Counter[int] = Counter()
    even: dict[int, float] = defaultdict(float)
    longest: list[tuple[bool, float]] = []
    for scene in scenes:
        for turn in scene.value["turns"].values():
            replies = turn["replies"]
            most = max(reply["points"] for reply in replies)
            best = [at for at, reply in enumerate(replies) if reply["points"] == most]
            if len(best) != 1:
                continue
            places[best[0]] += 1
            for at in range(len(replies)):
                even[at] += 1 / len(replies)
            lengths = [len(reply["text"]) for reply in replies]
            others = lengths[: best[0]] + lengths[best[0] + 1 :]
            longest.append((lengths[best[0]] > max(others), 1 / len(replies)))
    if len(longest) < MIN_TURNS_FOR_SKEW:
        return
    skew = uneven(places, even)
    if skew:
        yield _of_scenes(f"the best replies are not evenly placed; found (even): {skew}")
    found = longest_too_often(longest, of="turns")
    if found:
        yield _of_scenes(f"the best reply is the longest in {found}")


def _replies(scene: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    for id, turn in scene["turns"].items():
        for at, reply in enumerate(turn["replies"]):
            yield id, at, reply


def _ids(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def _of_scenes(message: str) -> Finding:
    return Finding("scenarios", 1, "", message, Severity.WARNING)
