"""The HTTP client of forwarding: time-outs on everything, no redirects, no private addresses unless allowed.

The standard library's client follows no redirect and reads no proxy settings, which is meant. A connection is
used once: that it was cut is then always about this request.
"""

import base64
import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Timer
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from xapi.spec.multipart import Body
from xapi.store.targets import Destination, is_private

MAX_REPLY = 16 * 2**20
"""Bytes of an answer that are read: a statement may come back, and nothing larger."""

Addresses = Sequence[tuple[int, int, int, str, Any]]


class Unreachable(Exception):
    """No answer came: nobody knows whether the request went through."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds."""

    connect: float = 5.0
    """For each address, and for the TLS handshake."""
    read: float = 30.0
    """Between two pieces of an answer."""
    whole: float = 60.0
    """For a request and its answer, however slowly it drips."""


@dataclass(frozen=True)
class Reply:
    """What a target answered."""

    status: int
    body: bytes
    retry_after: str | None = None


class Client(Protocol):
    """What the forwarder asks for; raises `Unreachable`."""

    def post(self, to: Destination, body: bytes | Body, *, content_type: str) -> Reply:
        """Send statements."""

    def get(self, to: Destination, *, parameter: str, id: str) -> Reply:
        """Ask for one statement by `statementId` or `voidedStatementId`."""


class HttpClient:
    """Speaks HTTP and HTTPS."""

    def __init__(
        self,
        timeouts: Timeouts = Timeouts(),
        *,
        resolve: Callable[..., Any] = socket.getaddrinfo,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._timeouts = timeouts
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()

    def post(self, to: Destination, body: bytes | Body, *, content_type: str) -> Reply:
        """Send statements; attachments are read while they are sent."""
        length = len(body) if isinstance(body, bytes) else body.length
        headers = {"Content-Type": content_type, "Content-Length": str(length)}
        return self._ask(to, "POST", "/statements", body, headers)

    def get(self, to: Destination, *, parameter: str, id: str) -> Reply:
        """Ask for one statement."""
        return self._ask(to, "GET", f"/statements?{parameter}={quote(id)}", None, {})

    def _ask(
        self, to: Destination, method: str, path: str, body: bytes | Body | None, headers: dict[str, str]
    ) -> Reply:
        parts = urlsplit(to.endpoint)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        port = parts.port or (443 if secure else 80)
        connection = http.client.HTTPConnection(host, port)
        credential = base64.b64encode(f"{to.key}:{to.secret}".encode()).decode()
        headers = headers | {
            "Host": parts.netloc,
            "Authorization": f"Basic {credential}",
            "X-Experience-API-Version": to.version.value,
            "User-Agent": "xapi-forwarding",
            "Accept": "application/json",
            "Connection": "close",
        }
        try:
            plain = self._connect(host, port, allow_private=to.allow_private)
            connection.sock = self._tls.wrap_socket(plain, server_hostname=host) if secure else plain
            connection.sock.settimeout(self._timeouts.read)
            late = Event()
            watch = Timer(self._timeouts.whole, _shut, [connection.sock, late])
            watch.daemon = True
            watch.start()
            try:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    # a target may refuse a large body before it has read it: its answer is waiting then
                    connection.request(method, parts.path + path, body=body, headers=headers)
                answer = connection.getresponse()
                text = answer.read(MAX_REPLY)
            finally:
                watch.cancel()
            if late.is_set():  # what was cut off may look whole: headers may end anywhere
                raise TimeoutError(f"no whole answer within {self._timeouts.whole:g} seconds")
            return Reply(answer.status, text, answer.getheader("Retry-After"))
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error
        finally:
            connection.close()

    def _connect(self, host: str, port: int, *, allow_private: bool) -> socket.socket:
        """Connect to the very address that was checked: a name may be looked up differently the next time."""
        found: Addresses = self._resolve(host, port, type=socket.SOCK_STREAM)
        if not allow_private and any(is_private(address[4][0]) for address in found):
            raise OSError(f"{host} has a private address, which is not allowed for this target")
        last: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._timeouts.connect)
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            except OSError as error:
                sock.close()
                last = error
        raise last


def _shut(sock: socket.socket, late: Event) -> None:
    late.set()
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
