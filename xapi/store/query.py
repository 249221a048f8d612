"""Finding statements: every filter is a range of one index that ends in `seq`, so that a page
costs the same at any size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    case,
    func,
    literal,
    select,
    union,
)
from sqlalchemy.orm import Session, aliased

from xapi.spec.mentions import Usage, iri_key
from xapi.store.statements import payloads
from xapi.store.tables import Statement, StatementAgent, StatementIri

Link = type[StatementAgent] | type[StatementIri]

FEW = 100
"""Links of a filter that are looked at to learn how close together they lie."""


@dataclass(frozen=True)
class StatementQuery:
    """The filters of GET /statements (xAPI 1.0.3 part 3, 2.1.3); agents by key, times as sequence numbers."""

    agent: bytes | None = None
    related_agents: bool = False
    verb: str | None = None
    activity: str | None = None
    related_activities: bool = False
    registration: UUID | None = None
    authority: bytes | None = None
    """Only what this agent vouches for: the scope `mine`."""
    since: int | None = None
    """Exclusive."""
    until: int | None = None
    """Inclusive."""
    after: int | None = None
    """The last place of the page before; exclusive, in the direction of reading."""
    ascending: bool = False
    limit: int = 100
    include_voided: bool = False
    """For administration: GET /statements never shows voided ones."""


@dataclass(frozen=True)
class Page:
    """Statements as JSON texts, and where the next page begins; `after` is None on the last page."""

    payloads: tuple[str, ...]
    after: int | None


@dataclass(frozen=True)
class _Filter:
    """A key and the usages in which it counts."""

    link: Link
    key: bytes
    usages: tuple[Usage, ...]


def find_page(session: Session, query: StatementQuery) -> Page:
    """Answer up to `query.limit` statements that are not voided."""
    seqs = find_places(session, query, limit=query.limit + 1)
    shown = seqs[: query.limit]
    found = payloads(session, shown) if shown else {}
    return Page(
        payloads=tuple(found[seq] for seq in shown),
        after=shown[-1] if len(seqs) > query.limit and shown else None,
    )


def find_places(session: Session, query: StatementQuery, *, limit: int) -> list[int]:
    """Answer the first `limit` places that match.

    Of several filters the one that leaves fewest is walked along, and the others asked of each place: else a
    verb of a few statements in an activity of a million would read the million.
    """
    filters = _filters(query)
    if len(filters) > 1:
        filters = _sparsest_first(session, query, filters)
    return list(session.scalars(_places(query, filters, limit=limit)))


def _sparsest_first(session: Session, query: StatementQuery, filters: list[_Filter]) -> list[_Filter]:
    """Answer the filters, the one first whose hundredth link lies farthest from where the page begins."""
    edges = [_edge(one.link, one.key, usage, query) for one in filters for usage in one.usages]
    found = iter(session.execute(select(*edges)).one())
    nearest = min if query.ascending else max
    reach = [nearest(next(found) for _ in one.usages) for one in filters]
    farthest = max if query.ascending else min
    first = farthest(range(len(filters)), key=lambda place: reach[place])
    return [filters[first], *filters[:first], *filters[first + 1 :]]


def _edge(link: Link, key: bytes, usage: Usage, query: StatementQuery) -> ColumnElement[int]:
    """Select the place of the hundredth link, or one beyond all where there are fewer."""
    own = aliased(link)
    few = (
        _ordered(
            select(own.seq).where(own.key == key, own.usage == usage.value, *_bounds(query, own.seq)),
            own.seq,
            query,
        )
        .limit(FEW)
        .subquery()
    )
    beyond, last = (2**63 - 1, func.max) if query.ascending else (-1, func.min)
    return (
        select(case((func.count() < FEW, literal(beyond, BigInteger)), else_=last(few.c.seq)))
        .select_from(few)
        .scalar_subquery()
    )


def _places(query: StatementQuery, filters: Sequence[_Filter], *, limit: int) -> Select[int]:
    """Answer the selection of the first `limit` places that match, walking along the first filter."""
    if not filters:
        found = select(Statement.seq).where(*_bounds(query, Statement.seq))
        if not query.include_voided:
            found = found.where(Statement.voided.is_(False))
        return _ordered(found, Statement.seq, query).limit(limit)
    first, others = filters[0], filters[1:]
    arms = [_arm(first, usage, others, query).limit(limit) for usage in first.usages]
    if len(arms) == 1:
        return arms[0]
    merged = union(*(select(arm.subquery().c.seq) for arm in arms)).subquery()
    return _ordered(select(merged.c.seq), merged.c.seq, query).limit(limit)


def _filters(query: StatementQuery) -> list[_Filter]:
    """Answer the filters, the one that most likely leaves fewest statements first."""
    found = []
    if query.registration is not None:
        found.append(_Filter(StatementIri, iri_key(str(query.registration)), (Usage.REGISTRATION,)))
    if query.agent is not None:
        broad = (Usage.DIRECT, Usage.RELATED, Usage.AUTHORITY)
        found.append(_Filter(StatementAgent, query.agent, broad if query.related_agents else (Usage.DIRECT,)))
    if query.activity is not None:
        usages = (Usage.DIRECT, Usage.RELATED) if query.related_activities else (Usage.DIRECT,)
        found.append(_Filter(StatementIri, iri_key(query.activity), usages))
    if query.verb is not None:
        found.append(_Filter(StatementIri, iri_key(query.verb), (Usage.VERB,)))
    if query.authority is not None and not found:
        found.append(_Filter(StatementAgent, query.authority, (Usage.AUTHORITY,)))
    return found


def _arm(first: _Filter, usage: Usage, others: Sequence[_Filter], query: StatementQuery) -> Select[int]:
    link = aliased(first.link)
    found = select(link.seq).where(
        link.key == first.key, link.usage == usage.value, *_bounds(query, link.seq)
    )
    if not query.include_voided:
        found = found.where(_there_is(Statement.seq == link.seq, Statement.voided.is_(False)))
    for other in others:
        found = found.where(_same_source(other, link.seq, link.source))
    if query.authority is not None:
        own = aliased(StatementAgent)
        found = found.where(
            _there_is(
                own.key == query.authority,
                own.usage == Usage.AUTHORITY.value,
                own.seq == link.seq,
                own.source == link.seq,
            )
        )
    return _ordered(found.distinct(), link.seq, query)


def _same_source(
    other: _Filter, seq: SQLColumnExpression[int], source: SQLColumnExpression[int]
) -> ColumnElement[bool]:
    """All filters must hold for one statement: the found one, or one on its chain of references."""
    link = aliased(other.link)
    return _there_is(
        link.key == other.key,
        link.usage.in_([usage.value for usage in other.usages]),
        link.seq == seq,
        link.source == source,
    )


def _there_is(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Ask of each place in turn. PostgreSQL makes a join of EXISTS, reads all that match, and sorts them."""
    return select(literal(1)).where(*conditions).limit(1).scalar_subquery().is_not(None)


def _bounds(query: StatementQuery, seq: SQLColumnExpression[int]) -> list[ColumnElement[bool]]:
    bounds = []
    if query.since is not None:
        bounds.append(seq > query.since)
    if query.until is not None:
        bounds.append(seq <= query.until)
    if query.after is not None:
        bounds.append(seq > query.after if query.ascending else seq < query.after)
    return bounds


def _ordered(found: Select[int], seq: SQLColumnExpression[int], query: StatementQuery) -> Select[int]:
    return found.order_by(seq.asc() if query.ascending else seq.desc())
