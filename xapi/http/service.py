"""What the resources work with, and what they answer."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from xapi.errors import Forbidden
from xapi.http.cursor import Cursors
from xapi.store.credentials import Client

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

    def authority(self, client: Client) -> dict[str, Any]:
        """Answer the agent that vouches for what the client sends."""
        return {"objectType": "Agent", "account": {"homePage": self.home, "name": client.key}}


@dataclass(frozen=True)
class Answer:
    """A response before it is one."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def allows(client: Client, *actions: str) -> bool:
    """Tell whether the client's scope covers one of the actions."""
    return any(action in _SCOPES[client.scope] for action in actions)


def require(client: Client, *actions: str) -> None:
    """Raise `Forbidden` unless the client's scope covers one of the actions."""
    if not allows(client, *actions):
        raise Forbidden(f"the scope {client.scope!r} of this credential does not cover the request")
