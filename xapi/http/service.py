"""What the resources work with, and what they answer."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from xapi.errors import Forbidden
from xapi.http.cursor import Cursors
from xapi.spec.mentions import agent_key, registration_of
from xapi.store.credentials import Client
from xapi.store.files import Files

Transaction = Callable[[], AbstractContextManager[Session]]

_SCOPES: Mapping[str, frozenset[str]] = {
    "all": frozenset({"read", "write", "define", "state", "profile", "look"}),
    "read": frozenset({"read", "look"}),
    "mine": frozenset({"mine"}),
    "write": frozenset({"write"}),
    "define": frozenset({"write", "define"}),
    "profile": frozenset({"profile"}),
    "state": frozenset({"state"}),
}
"""What each scope allows (part 3, 4.2). `look` is reading documents, activities and agents."""
_TOKEN = frozenset({"write", "bound", "state", "look"})
"""What a token allows, within what it is bound to. `bound` is reading statements there."""


@dataclass(frozen=True)
class Service:
    """The store as an application mounts it."""

    reading: Transaction
    writing: Transaction
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    cursors: Cursors
    home: str
    """The homePage of the accounts that stand as authority."""
    files: Files
    """Where the bytes of attachments lie."""
    max_attached: int
    """Bytes of a request with attachments."""

    def authority(self, client: Client) -> dict[str, Any]:
        """Answer the agent that vouches for what the client sends."""
        return {"objectType": "Agent", "account": {"homePage": self.home, "name": client.key}}


@dataclass(frozen=True)
class Answer:
    """A response before it is one."""

    status: int
    body: bytes | Iterable[bytes] = b""
    """All of it, or its pieces; these with a Content-Length among the headers."""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def allows(client: Client, *actions: str) -> bool:
    """Tell whether the client's scope covers one of the actions."""
    given = _SCOPES[client.scope] if client.bound is None else _TOKEN
    return any(action in given for action in actions)


def require(client: Client, *actions: str) -> None:
    """Raise `Forbidden` unless the client's scope covers one of the actions."""
    if not allows(client, *actions):
        raise Forbidden(f"the scope {client.scope!r} of this credential does not cover the request")


def require_within(
    client: Client,
    *,
    agent: bytes | None = None,
    activity: str | None = None,
    registration: UUID | None = None,
    registered: bool = False,
) -> None:
    """Raise `Forbidden` where a token is not bound to what is named; with `registered` it must be named."""
    bound = client.bound
    if bound is None:
        return
    if agent is not None and agent != bound.agent:
        raise Forbidden("agent: expected the agent that this token is for")
    if activity is not None and not bound.covers(activity):
        raise Forbidden(f"activity: expected {bound.activity} or one below it, because the token is for that")
    if (registered or registration is not None) and registration != bound.registration:
        raise Forbidden(f"registration: expected {bound.registration}, because the token is for that")


def require_spoken_of(client: Client, statement: Mapping[str, Any]) -> None:
    """Raise `Forbidden` unless a token is bound to whom and what a valid statement is about."""
    if client.bound is None:
        return
    about = statement["object"]
    if about.get("objectType", "Activity") != "Activity":
        raise Forbidden("object: expected an activity, because the token is for one")
    registration = registration_of(statement)
    require_within(
        client,
        agent=agent_key(statement["actor"]) or b"",
        activity=about["id"],
        registration=None if registration is None else UUID(registration),
        registered=True,
    )


def spoken_of(client: Client, statement: Mapping[str, Any]) -> bool:
    """Tell whether `require_spoken_of` lets a statement pass."""
    try:
        require_spoken_of(client, statement)
    except Forbidden:
        return False
    return True
