"""Spreads search keys along StatementRefs: who refers to a statement is found by what finds that statement.

Each statement has at most one target, so that targets form chains; any number of statements may refer to one.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from xapi.spec.mentions import Mentions, mentions, target_of
from xapi.spec.payload import parse_json
from xapi.store.statements import NewStatement, find_statements, insert_links, references_to

MAX_CHAIN = 50
"""Links of a chain that are followed; without a bound a chain of n statements would cost n² rows."""


class _Chain:
    """The statements of one batch and, read when needed, those that their chains lead to."""

    def __init__(self, session: Session, new: Sequence[NewStatement]) -> None:
        self._session = session
        self._known: dict[UUID, tuple[int, UUID | None, Mentions] | None] = {
            row.id: (row.seq, row.target, row.mentions) for row in new
        }

    def load(self, ids: Iterable[UUID]) -> None:
        missing = [id for id in ids if id not in self._known]
        found = find_statements(self._session, missing)
        for id in missing:
            stored = found.get(id)
            if stored is None:
                self._known[id] = None
            else:
                statement = parse_json(stored.payload)
                target = target_of(statement)
                self._known[id] = (stored.seq, UUID(target) if target else None, mentions(statement))

    def from_(self, id: UUID) -> list[UUID]:
        """Answer `id` and the stored statements after it, as far as the bound."""
        chain: list[UUID] = []
        while len(chain) < MAX_CHAIN and id not in chain:
            self.load([id])
            node = self._known[id]
            if node is None:
                break
            chain.append(id)
            if node[1] is None:
                break
            id = node[1]
        return chain

    def node(self, id: UUID) -> tuple[int, Mentions]:
        node = self._known[id]
        if node is None:
            raise KeyError(id)
        return node[0], node[2]


def spread(session: Session, new: Sequence[NewStatement], *, referring: set[UUID]) -> None:
    """Add the inherited links that the statements in `new`, just inserted, bring about on both sides of
    them.

    `referring` are the statements stored before that have one of them as their object.
    """
    chain = _Chain(session, new)
    fresh = {row.id for row in new}
    above = _upstream(session, fresh, referring - fresh)
    if not above and all(row.target is None for row in new):
        return
    chain.load(above)
    links = []
    for id in sorted(fresh | above):
        seq = chain.node(id)[0]
        path = chain.from_(id)
        if id not in fresh:
            path = path[_first_fresh(path, fresh) :]
        links += [(seq, *chain.node(source)) for source in path if source != id]
    insert_links(session, links)


def inherited(session: Session, ids: set[UUID]) -> list[tuple[int, int, Mentions]]:
    """Answer the inherited links that end with these stored statements: (seq, source, its mentions).

    Those are the statements' own, and those of what leads to them, from the first of them in its chain on.
    """
    above = _upstream(session, ids, {reference.id for reference in references_to(session, ids)} - ids)
    chain = _Chain(session, [])
    chain.load(ids | above)
    links = []
    for id in sorted(ids | above):
        path = chain.from_(id)
        rest = path[_first_fresh(path, ids) :]
        links += [(chain.node(id)[0], *chain.node(source)) for source in rest if source != id]
    return links


def _first_fresh(path: Sequence[UUID], fresh: set[UUID]) -> int:
    """Answer where a chain enters these statements; for new ones: up to there its links exist already."""
    return next((place for place, id in enumerate(path) if id in fresh), len(path))


def _upstream(session: Session, fresh: set[UUID], level: set[UUID]) -> set[UUID]:
    """Answer the statements stored before whose chains lead to a new one; `level` leads there directly."""
    found: set[UUID] = set()
    for _ in range(MAX_CHAIN):
        if not level:
            break
        found |= level
        level = {reference.id for reference in references_to(session, level)} - found - fresh
    return found
