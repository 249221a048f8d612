"""The statements resource (xAPI 1.0.3 part 3, 2.1)."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from xapi import lrs
from xapi.errors import Invalid, NotFound
from xapi.http import multipart
from xapi.http.attachments import kept, with_attachments
from xapi.http.call import Call
from xapi.http.service import Answer, Service, allows, require, require_spoken_of, require_within, spoken_of
from xapi.spec.actor import check_actor
from xapi.spec.datatypes import check_iri, check_uuid
from xapi.spec.format import Format
from xapi.spec.language import accepted_languages
from xapi.spec.mentions import agent_key
from xapi.spec.payload import dump_json, parse_json
from xapi.spec.statement import check_statement, check_statements
from xapi.spec.timestamp import microseconds, parse_timestamp
from xapi.store.attachments import Kept, Part
from xapi.store.credentials import Client
from xapi.store.query import StatementQuery

MAX_PAGE = 500
"""Statements on one page, also what `limit=0` means."""

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
_ONE = ("statementId", "voidedStatementId")
_SHOWN = ("format", "attachments")
_FILTERS = (
    "agent",
    "verb",
    "activity",
    "registration",
    "related_activities",
    "related_agents",
    "since",
    "until",
    "limit",
    "ascending",
)


def get_statements(service: Service, call: Call, client: Client) -> Answer:
    """Answer one statement, or a page of those that match."""
    call.check_parameters((*_ONE, *_FILTERS, *_SHOWN, "more"))
    require(client, "read", "mine", "bound")
    if "more" in call.parameters:
        call.check_parameters(("more",))
        after, parameters = service.cursors.open(call.parameters["more"])
        return _page(service, call, client, parameters=parameters, after=after)
    named = [name for name in _ONE if name in call.parameters]
    if len(named) > 1:
        raise Invalid("statementId", "expected either statementId or voidedStatementId")
    if named:
        call.check_parameters((named[0], *_SHOWN))
        return _one(service, call, client, name=named[0])
    return _page(service, call, client, parameters=dict(call.parameters), after=None)


def post_statements(service: Service, call: Call, client: Client) -> Answer:
    """Store one statement or a batch, and answer the ids."""
    call.check_parameters(())
    require(client, "write")
    body, parts = _received(service, call)
    statements = check_statements(body, version=call.version)
    multipart.check_parts(statements, parts, version=call.version)
    return _store(service, call, client, statements=statements, parts=parts)


def put_statement(service: Service, call: Call, client: Client) -> Answer:
    """Store one statement under the id in the address."""
    call.check_parameters(("statementId",), required=("statementId",))
    require(client, "write")
    id = check_uuid(call.parameters["statementId"], at="statementId")
    body, parts = _received(service, call)
    check_statement(body, version=call.version)
    if "id" in body and UUID(body["id"]) != id:
        raise Invalid("id", f"expected the id of the address, {id}")
    statement = body if "id" in body else {"id": call.parameters["statementId"], **body}
    multipart.check_parts([statement], parts, version=call.version)
    answer = _store(service, call, client, statements=[statement], parts=parts)
    return Answer(204, headers=answer.headers)


def _received(service: Service, call: Call) -> tuple[Any, tuple[Part, ...]]:
    """Answer the JSON and the attachments of a body."""
    if call.content_type == "multipart/mixed":
        return multipart.read(call, service.files)
    if call.content_type != "application/json":
        raise Invalid("Content-Type", "expected application/json or multipart/mixed")
    return parse_json(call.json_body()), ()


def _store(
    service: Service, call: Call, client: Client, *, statements: list[dict[str, Any]], parts: tuple[Part, ...]
) -> Answer:
    for statement in statements:
        require_spoken_of(client, statement)
    with kept(service, parts) as attachments, service.writing() as session:
        now = service.clock()
        ids = lrs.store_statements(
            session,
            statements,
            authority=service.authority(client),
            now=now,
            new_id=service.new_id,
            version=call.version.value,
            define=allows(client, "define"),
            attachments=attachments,
        )
        through = lrs.consistent_through(session, now=now)
    return Answer(200, dump_json(ids).encode(), headers={CONSISTENT_THROUGH: through})


def _one(service: Service, call: Call, client: Client, *, name: str) -> Answer:
    id = check_uuid(call.parameters[name], at=name)
    shown, attachments = _shown(call.parameters)
    own = agent_key(service.authority(client)) if _own_only(client) else None
    with service.reading() as session:
        payload = lrs.get_statement(session, id, voided=name == "voidedStatementId", authority=own)
        if not spoken_of(client, parse_json(payload)):
            raise NotFound(f"no statement has the id {id}")
        text = lrs.present(session, [payload], format=shown, languages=_languages(call))[0]
        parts = lrs.attachments_for(session, [payload]) if attachments else []
        through = lrs.consistent_through(session, now=service.clock())
    headers = {CONSISTENT_THROUGH: through, "Last-Modified": parse_json(payload)["stored"]}
    return _answer(service, text, parts, attachments=attachments, headers=headers)


def _page(
    service: Service, call: Call, client: Client, *, parameters: dict[str, str], after: int | None
) -> Answer:
    query = _query(parameters, after=after, own=service.authority(client) if _own_only(client) else None)
    if client.bound is not None:
        require_within(client, agent=query.agent, registration=query.registration)
        query = replace(query, agent=client.bound.agent, registration=client.bound.registration)
    shown, attachments = _shown(parameters)
    with service.reading() as session:
        through = lrs.consistent_through(session, now=service.clock())
        page = lrs.query_statements(session, query)
        if client.bound is not None:
            page = replace(page, payloads=tuple(filter(partial(_readable, client), page.payloads)))
        texts = lrs.present(session, page.payloads, format=shown, languages=_languages(call))
        parts = lrs.attachments_for(session, page.payloads) if attachments else []
    more = (
        "" if page.after is None else f"{call.base}?more={service.cursors.seal(parameters, after=page.after)}"
    )
    text = f'{{"statements":[{",".join(texts)}],"more":{dump_json(more)}}}'
    headers = {CONSISTENT_THROUGH: through}
    if page.payloads:
        newest = page.payloads[-1 if query.ascending else 0]
        headers["Last-Modified"] = parse_json(newest)["stored"]
    return _answer(service, text, parts, attachments=attachments, headers=headers)


def _own_only(client: Client) -> bool:
    """Tell whether the scope is `mine`: only what the credential itself stored."""
    return allows(client, "mine")


def _readable(client: Client, payload: str) -> bool:
    """Tell whether a token may read a statement: a page of one may be shorter than its limit."""
    return spoken_of(client, parse_json(payload))


def _answer(
    service: Service, text: str, found: list[Kept], *, attachments: bool, headers: dict[str, str]
) -> Answer:
    if not attachments:
        return Answer(200, text.encode(), headers=headers)
    return with_attachments(service, text, found, headers=headers)


def _query(parameters: dict[str, str], *, after: int | None, own: dict[str, Any] | None) -> StatementQuery:
    """Answer the filters that parameters name; their values follow the rules for statements (part 2, 2.2)."""
    registration = parameters.get("registration")
    limit = _limit(parameters.get("limit", "0"))
    return StatementQuery(
        agent=_agent(parameters["agent"]) if "agent" in parameters else None,
        related_agents=_boolean(parameters, "related_agents"),
        verb=check_iri(parameters["verb"], at="verb") if "verb" in parameters else None,
        activity=check_iri(parameters["activity"], at="activity") if "activity" in parameters else None,
        related_activities=_boolean(parameters, "related_activities"),
        registration=None if registration is None else check_uuid(registration, at="registration"),
        authority=None if own is None else agent_key(own),
        since=_seq(parameters, "since"),
        until=_seq(parameters, "until"),
        after=after,
        ascending=_boolean(parameters, "ascending"),
        limit=min(limit, MAX_PAGE) or MAX_PAGE,
    )


def _agent(text: str) -> bytes:
    key = agent_key(check_actor(parse_json(text, at="agent"), at="agent"))
    if key is None:
        raise Invalid("agent", "expected an agent or a group with an identifier")
    return key


def _seq(parameters: dict[str, str], name: str) -> int | None:
    return microseconds(parse_timestamp(parameters[name], at=name)) if name in parameters else None


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("limit", "expected a whole number from 0 up")
    return int(text)


def _boolean(parameters: dict[str, str], name: str) -> bool:
    match parameters.get(name, "false"):
        case "true":
            return True
        case "false":
            return False
        case _:
            raise Invalid(name, "expected true or false")


def _shown(parameters: Any) -> tuple[Format, bool]:
    given = parameters.get("format", Format.EXACT.value)
    if given not in tuple(Format):
        raise Invalid("format", f"expected one of {', '.join(Format)}")
    return Format(given), _boolean(parameters, "attachments")


def _languages(call: Call) -> list[str]:
    return accepted_languages(call.header("Accept-Language") or "")
