"""kill -9 of the whole server under load, again and again: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.durability.installation import Server, credential_of
from tests.durability.learners import Learners
from tests.durability.statements import VERB, Client, Writers
from tests.durability.store import answers_at_odds, faults, stored_ids

ROUNDS = 20
LOAD_SECONDS = (0.2, 0.6)
RECOVERY_SECONDS = 60
"""Far above what is expected: the figure is printed, the bound catches a server that does not come back."""
PAGE = 7
LEARNERS = 12
ANSWER_PAUSE = 0.1


@dataclass(frozen=True)
class Reading:
    """A page that was read before a kill, and the way on from it."""

    ids: tuple[str, ...]
    more: str


def test_twenty_kills_under_load_lose_nothing_and_double_nothing(
    server: Server, figure: Callable[[str, object], None]
) -> None:
    credential = credential_of(server.instance)
    chance = random.Random(20)
    readings: list[tuple[str, ...]] = []
    back: list[float] = []
    server.start()
    learners = Learners(server.instance, people=LEARNERS, pause=ANSWER_PAUSE)
    client = Client(credential)

    with Writers(credential) as writers, learners:
        writers.first_after(0.0)
        for _ in range(ROUNDS):
            learners.another()
            time.sleep(chance.uniform(*LOAD_SECONDS))
            before = first_page(client)
            killed = time.monotonic()
            server.kill()
            server.start(ready=None)
            back.append(writers.first_after(killed, seconds=RECOVERY_SECONDS) - killed)
            readings.append(before.ids + tuple(following(client, before.more, pages=3)))
    client.close()

    dialect = server.instance.environment["CROSSDESK_DATABASE_URL"].partition(":")[0]
    figure(f"{dialect}: statements acknowledged", sum(len(batch.ids) for batch in writers.acknowledged))
    figure(f"{dialect}: answers acknowledged", len(learners.acknowledged))
    figure(f"{dialect}: kill to first acknowledged write, median s", round(statistics.median(back), 2))
    figure(f"{dialect}: kill to first acknowledged write, most s", round(max(back), 2))
    database = server.instance.parts().database
    assert writers.wrong == [] and learners.wrong == []
    assert len(writers.acknowledged) > ROUNDS and len(learners.acknowledged) >= ROUNDS
    assert faults(database, writers.batches) == []
    answered = [(str(quiz.attempt), quiz.items[place - 1].id) for quiz, place in learners.acknowledged]
    assert answers_at_odds(database, answered) == []
    order = stored_ids(database, verb=VERB)
    for ids in readings:
        begin = order.index(ids[0])
        assert list(ids) == order[begin : begin + len(ids)]
    database.close()


def first_page(client: Client) -> Reading:
    """Read a page of recent statements, oldest first, that another page follows."""
    recent = client.until_answered("GET", f"/xapi/statements?verb={VERB}&limit={PAGE * 4}").json["statements"]
    since = recent[-1]["stored"]
    page = client.until_answered(
        "GET", f"/xapi/statements?verb={VERB}&ascending=true&since={since}&limit={PAGE}"
    ).json
    return Reading(tuple(one["id"] for one in page["statements"]), page["more"])


def following(client: Client, more: str, *, pages: int) -> Iterator[str]:
    """Read on where a page from before the kill ended."""
    for _ in range(pages):
        if not more:
            return
        answer = client.until_answered("GET", more)
        assert answer.status == 200, answer.body
        yield from (one["id"] for one in answer.json["statements"])
        more = answer.json["more"]
