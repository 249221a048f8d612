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


def spread(session: Session, new: Sequence[NewStatement]) -> None:
    """Add the inherited links that the statements in `new`, just inserted, bring about on both sides of
    them."""
    chain = _Chain(session, new)
    fresh = {row.id for row in new}
    above = _upstream(session, fresh)
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


def _first_fresh(path: Sequence[UUID], fresh: set[UUID]) -> int:
    """Answer where the chain of an older statement enters the new ones: up to there its links exist
    already."""
    return next((place for place, id in enumerate(path) if id in fresh), len(path))


def _upstream(session: Session, fresh: set[UUID]) -> set[UUID]:
    """Answer the statements stored before whose chains lead to a new one."""
    found: set[UUID] = set()
    level = fresh
    for _ in range(MAX_CHAIN):
        level = {reference.id for reference in references_to(session, level)} - found - fresh
        if not level:
            break
        found |= level
    return found
