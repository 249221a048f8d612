"""The State, Agent Profile and Activity Profile resources (xAPI 1.0.3 part 3, 2.2–2.7 and 3.1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from xapi.errors import Conflict, Invalid, NotFound, PreconditionFailed
from xapi.http.call import Call
from xapi.http.service import Answer, Service, require, require_within
from xapi.spec.actor import check_agent
from xapi.spec.datatypes import check_iri, check_media_type, check_uuid
from xapi.spec.mentions import agent_key
from xapi.spec.payload import dump_json, parse_json
from xapi.spec.timestamp import parse_timestamp
from xapi.spec.version import Version
from xapi.store import documents as store
from xapi.store.credentials import Client
from xapi.store.documents import Kind, Place, StoredDocument

JSON = "application/json"
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


@dataclass(frozen=True)
class Resource:
    """What tells one document resource from another."""

    kind: Kind
    id: str
    """The parameter that names a document."""
    about: tuple[str, ...]
    """The parameters that must be there."""
    optional: tuple[str, ...] = ()
    scope: str = "profile"

    def place(self, call: Call, client: Client) -> Place:
        """Answer what the call's documents are about; raise `Forbidden` where a token is not for that."""
        parameters = call.parameters
        registration = parameters.get("registration")
        place = Place(
            kind=self.kind,
            activity=check_iri(parameters["activityId"], at="activityId")
            if "activityId" in self.about
            else None,
            agent=agent_parameter(parameters["agent"]) if "agent" in self.about else None,
            registration=None if registration is None else check_uuid(registration, at="registration"),
        )
        require_within(
            client,
            agent=place.agent,
            activity=place.activity,
            registration=place.registration,
            registered=self.kind is Kind.STATE,
        )
        return place


STATE = Resource(Kind.STATE, "stateId", ("activityId", "agent"), ("registration",), scope="state")
AGENT_PROFILE = Resource(Kind.AGENT_PROFILE, "profileId", ("agent",))
ACTIVITY_PROFILE = Resource(Kind.ACTIVITY_PROFILE, "profileId", ("activityId",))


def agent_parameter(text: str) -> bytes:
    """Answer the key of the agent that a parameter holds as JSON; a group is refused (2.6)."""
    key = agent_key(check_agent(parse_json(text, at="agent"), at="agent"))
    if key is None:
        raise Invalid("agent", "expected an agent with an identifier")
    return key


def handlers(resource: Resource) -> Mapping[str, Callable[[Service, Call, Client], Answer]]:
    """Answer what to do for each method of a resource."""
    return {
        "GET": lambda service, call, client: _get(resource, service, call, client),
        "PUT": lambda service, call, client: _put(resource, service, call, client),
        "POST": lambda service, call, client: _post(resource, service, call, client),
        "DELETE": lambda service, call, client: _delete(resource, service, call, client),
    }


def _get(resource: Resource, service: Service, call: Call, client: Client) -> Answer:
    require(client, "look", resource.scope)
    if resource.id not in call.parameters:
        return _list(resource, service, call, client)
    place, id = _named(resource, call, client)
    with service.reading() as session:
        found = store.find_document(session, place, id)
    if found is None:
        raise NotFound(f"no document has the id {id[:60]!r} here")
    headers = {"ETag": f'"{found.etag}"', "Last-Modified": format_datetime(found.updated, usegmt=True)}
    return Answer(200, found.content, found.content_type, headers)


def _list(resource: Resource, service: Service, call: Call, client: Client) -> Answer:
    call.check_parameters((*resource.about, *resource.optional, "since"), required=resource.about)
    place = resource.place(call, client)
    since = call.parameters.get("since")
    after = None if since is None else parse_timestamp(since, at="since")
    with service.reading() as session:
        ids, updated = store.list_documents(session, place, since=after)
    body = dump_json(ids).encode()
    headers = {"ETag": f'"{store.etag_of(body)}"'}
    if updated is not None:
        headers["Last-Modified"] = format_datetime(updated, usegmt=True)
    return Answer(200, body, headers=headers)


def _put(resource: Resource, service: Service, call: Call, client: Client) -> Answer:
    require(client, resource.scope)
    place, id = _named(resource, call, client)
    content_type = _content_type(call)
    if call.content_type == JSON:
        parse_json(call.json_body())
    with service.writing() as session:
        store.lock_document(session, place, id)
        found = store.find_document(session, place, id)
        _check_preconditions(call, found)
        _check_unconditional_put(resource, call, found)
        store.save_document(
            session, place, id, content_type=content_type, content=call.body, now=service.clock()
        )
    return Answer(204)


def _post(resource: Resource, service: Service, call: Call, client: Client) -> Answer:
    require(client, resource.scope)
    place, id = _named(resource, call, client)
    content_type = _content_type(call)
    posted = _json_object(call.json_body(), at="body") if call.content_type == JSON else None
    with service.writing() as session:
        store.lock_document(session, place, id)
        found = store.find_document(session, place, id)
        _check_preconditions(call, found)
        content = call.body if found is None else _merge(found, posted)
        store.save_document(
            session, place, id, content_type=content_type, content=content, now=service.clock()
        )
    return Answer(204)


def _delete(resource: Resource, service: Service, call: Call, client: Client) -> Answer:
    require(client, resource.scope)
    if resource.id not in call.parameters and resource.kind is Kind.STATE:
        call.check_parameters((*resource.about, *resource.optional), required=resource.about)
        place = resource.place(call, client)
        with service.writing() as session:
            store.delete_documents(session, place)
        return Answer(204)
    place, id = _named(resource, call, client)
    with service.writing() as session:
        store.lock_document(session, place, id)
        _check_preconditions(call, store.find_document(session, place, id))
        store.delete_document(session, place, id)
    return Answer(204)


def _named(resource: Resource, call: Call, client: Client) -> tuple[Place, str]:
    required = (*resource.about, resource.id)
    call.check_parameters((*required, *resource.optional), required=required)
    return resource.place(call, client), call.parameters[resource.id]


def _content_type(call: Call) -> str:
    given = call.header("Content-Type") or "application/octet-stream"
    return check_media_type(given, at="Content-Type")


def _check_preconditions(call: Call, found: StoredDocument | None) -> None:
    """Raise `PreconditionFailed` where If-Match or If-None-Match does not hold (3.1, RFC 9110 13.1)."""
    if (match := call.header("If-Match")) is not None:
        tags = _TAG.findall(match)
        if found is None or (match.strip() != "*" and found.etag not in tags):
            raise PreconditionFailed("If-Match: the document is not the one that you have seen")
    unseen = call.header("If-None-Match")
    if unseen is None or found is None:
        return
    if unseen.strip() == "*" or found.etag in _TAG.findall(unseen):
        raise PreconditionFailed("If-None-Match: there is such a document already")


def _check_unconditional_put(resource: Resource, call: Call, found: StoredDocument | None) -> None:
    """A PUT without either header must not replace a document that the client may not have seen (3.1)."""
    if call.header("If-Match") is not None or call.header("If-None-Match") is not None:
        return
    old_rules = call.version is Version.V1
    if old_rules and resource.kind is Kind.STATE:
        return
    if found is not None:
        raise Conflict("there is such a document: check its state and send If-Match with its ETag")
    if old_rules:
        raise Invalid("If-Match", "expected this header, or If-None-Match")


def _merge(found: StoredDocument, posted: dict[str, Any] | None) -> bytes:
    """Answer the stored object with the members of the posted one in place of its own (2.2)."""
    if posted is None:
        raise Invalid("Content-Type", "expected application/json, because there is a document to merge with")
    if found.content_type.partition(";")[0].strip().lower() != JSON:
        raise Invalid("body", f"expected a stored document of type {JSON} to merge with")
    known = _json_object(found.content, at="the stored document")
    return dump_json({**known, **posted}).encode()


def _json_object(content: bytes, *, at: str) -> dict[str, Any]:
    value = parse_json(content, at=at)
    if not isinstance(value, dict):
        raise Invalid(at, "expected a JSON object")
    return value
