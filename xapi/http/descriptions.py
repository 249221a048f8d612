"""The Activities and Agents resources: what the store knows of one (xAPI 1.0.3 part 3, 2.4 and 2.5)."""

from xapi import lrs
from xapi.http.call import Call
from xapi.http.service import Answer, Service, require, require_within
from xapi.spec.actor import check_agent
from xapi.spec.datatypes import check_iri
from xapi.spec.mentions import agent_key
from xapi.spec.payload import dump_json, parse_json
from xapi.store.credentials import Client
from xapi.store.documents import etag_of


def get_activity(service: Service, call: Call, client: Client) -> Answer:
    """Answer an activity with its merged definition; an unknown one with its id alone."""
    call.check_parameters(("activityId",), required=("activityId",))
    require(client, "look", "state", "profile")
    iri = check_iri(call.parameters["activityId"], at="activityId")
    require_within(client, activity=iri)
    with service.reading() as session:
        return _described(lrs.describe_activity(session, iri))


def get_person(service: Service, call: Call, client: Client) -> Answer:
    """Answer a Person object: the agent's identifier and the names that statements gave it."""
    call.check_parameters(("agent",), required=("agent",))
    require(client, "look", "profile")
    agent = check_agent(parse_json(call.parameters["agent"], at="agent"), at="agent")
    require_within(client, agent=agent_key(agent))
    with service.reading() as session:
        return _described(lrs.describe_person(session, agent))


def _described(description: dict[str, object]) -> Answer:
    body = dump_json(description).encode()
    return Answer(200, body, headers={"ETag": f'"{etag_of(body)}"'})
