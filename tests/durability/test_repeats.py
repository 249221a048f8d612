"""Eight writers put the same hundred statements again and again: each is stored once, whoever comes first."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

from tests.durability.installation import Server, credential_of
from tests.durability.statements import Client, Credential, statement
from tests.durability.store import disagreements, stored_ids

WRITERS = 8
PUTS = 1_000
IDS = 100
UNEQUAL_EVERY = 4
"""Every fourth writer says something else under the same ids."""


@dataclass
class Putter:
    """Puts all ids in turn, in an order of its own, until it has sent its requests."""

    credential: Credential
    number: int
    ids: list[str]
    begin: threading.Barrier
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def verb(self) -> str:
        """What this writer says."""
        return (
            "https://verbs.example/other" if self.number % UNEQUAL_EVERY == 3 else "https://verbs.example/did"
        )

    def run(self) -> None:
        client = Client(self.credential, seconds=60)
        bodies = {id: json.dumps(statement(id, verb={"id": self.verb})).encode() for id in self.ids}
        self.begin.wait()
        for step in range(PUTS):
            id = self.ids[(step + 13 * self.number) % IDS]
            answer = client.until_answered("PUT", f"/xapi/statements?statementId={id}", bodies[id])
            self.answers[id, answer.status] += 1
        client.close()


def test_a_hundred_statements_put_eight_thousand_times_are_stored_once(server: Server) -> None:
    credential = credential_of(server.instance)
    ids = [str(uuid4()) for _ in range(IDS)]
    begin = threading.Barrier(WRITERS)
    putters = [Putter(credential, number, ids, begin) for number in range(WRITERS)]
    threads = [threading.Thread(target=putter.run, daemon=True) for putter in putters]
    server.start()

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    client = Client(credential)
    kept = client.until_answered("GET", "/xapi/statements").json["statements"]
    client.close()
    stored = {one["id"]: one["verb"]["id"] for one in kept}

    assert sorted(stored) == sorted(ids)
    for putter in putters:
        expected = Counter({(id, 204 if stored[id] == putter.verb else 409): PUTS // IDS for id in ids})
        assert putter.answers == expected
    database = server.instance.parts().database
    assert sorted(stored_ids(database)) == sorted(ids)
    assert disagreements(database) == []
    database.close()
