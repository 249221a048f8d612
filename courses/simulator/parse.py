"""Read a scene from its entry, and say what is wrong with its graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from courses.simulator.scenario import (
    Act,
    Buyer,
    Channel,
    End,
    Outcome,
    PolicyFact,
    ProductFact,
    Reply,
    Scene,
    SceneKind,
    Turn,
)
from quizzes.item import Skill

GraphFault = tuple[tuple[str | int, ...], str]
"""Path inside the scene, and what is wrong there."""


def scene_from(row: Mapping[str, Any]) -> Scene:
    """Answer the scene of an entry that was checked."""
    sides = row.get("sides", {})
    return Scene(
        id=row["id"],
        kind=SceneKind(row["kind"]),
        lang=row["lang"],
        market=row["market"],
        channel=Channel(row["channel"]),
        title=row["title"],
        summary=row["summary"],
        skills=tuple(Skill(skill) for skill in row["skills"]),
        points=tuple(row["points"]),
        minutes=int(row["minutes"]),
        buyer=_buyer(row["buyer"]),
        order=dict(row.get("order", {})),
        policy=tuple(
            PolicyFact(fact["id"], fact["label"], fact["value"], fact.get("unit")) for fact in row["policy"]
        ),
        style=row.get("style"),
        facts=tuple(ProductFact(fact["id"], fact["text"]) for fact in row.get("facts", ())),
        ours=sides.get("ours"),
        theirs=sides.get("theirs"),
        start=row["start"],
        turns={id: _turn(id, turn) for id, turn in row["turns"].items()},
        ends={id: _end(id, end) for id, end in row["ends"].items()},
        source=row["source"],
    )


def graph_errors(row: Mapping[str, Any]) -> Iterator[GraphFault]:
    """Answer what keeps a scene from being played: ways that lead nowhere, or round and round."""
    turns, ends = row["turns"], row["ends"]
    for id in turns:
        if id in ends:
            yield ("ends", id), f"`{id}` is a turn already"
    if row["start"] not in turns:
        yield ("start",), f"there is no turn `{row['start']}`"
    for id, turn in turns.items():
        met: set[str] = set()
        for at, reply in enumerate(turn["replies"]):
            path = ("turns", id, "replies", at)
            if reply["id"] in met:
                yield (*path, "id"), f"reply `{reply['id']}` is there twice"
            met.add(reply["id"])
            if reply["to"] not in turns and reply["to"] not in ends:
                yield (*path, "to"), f"there is no turn or end `{reply['to']}`"
    for id in _in_circles(turns):
        yield ("turns", id), f"a way from turn `{id}` comes back to it and never ends"


def unreachable(row: Mapping[str, Any]) -> Iterator[GraphFault]:
    """Answer turns and ends that no way from the start reaches."""
    reached = _reached(row["turns"], row["start"])
    for kind in ("turns", "ends"):
        for id in row[kind]:
            if id not in reached:
                yield (kind, id), f"no way from the start reaches `{id}`"


def _next(turns: Mapping[str, Any], id: str) -> list[str]:
    return [reply["to"] for reply in turns[id]["replies"]] if id in turns else []


def _reached(turns: Mapping[str, Any], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        id = waiting.pop()
        if id not in reached:
            reached.add(id)
            waiting += _next(turns, id)
    return reached


def _in_circles(turns: Mapping[str, Any]) -> list[str]:
    return [
        id for id in turns if any(id in _reached(turns, following) for following in set(_next(turns, id)))
    ]


def _buyer(row: Mapping[str, Any]) -> Buyer:
    return Buyer(row["name"], int(row["temper"]), row["goal"], row["history"])


def _turn(id: str, row: Mapping[str, Any]) -> Turn:
    return Turn(id, row["text"].strip(), row["gloss"], tuple(_reply(reply) for reply in row["replies"]))


def _reply(row: Mapping[str, Any]) -> Reply:
    return Reply(
        id=row["id"],
        does=tuple(Act(act) for act in row["does"]),
        text=row["text"].strip(),
        gloss=row["gloss"],
        temper=int(row["temper"]),
        points=int(row["points"]),
        why=row["why"],
        to=row["to"],
        facts=tuple(row.get("facts", ())),
        rests_on=tuple(row.get("rests_on", ())),
    )


def _end(id: str, row: Mapping[str, Any]) -> End:
    return End(id, Outcome(row["outcome"]), row["text"].strip(), row["gloss"], row["lesson"])
