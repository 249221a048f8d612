"""Forwarding to other record stores: `client` speaks HTTP, `forwarder` decides what is sent, again, or given
up, `rounds` serves targets side by side. The stored statements are the outbox; `xapi.store.targets` keeps how
far each target came."""

from xapi.forwarding.client import HttpClient, Timeouts
from xapi.forwarding.forwarder import Forwarder
from xapi.forwarding.rounds import Rounds
from xapi.forwarding.verdict import Pace

__all__ = ["Forwarder", "HttpClient", "Pace", "Rounds", "Timeouts"]
