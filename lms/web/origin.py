"""A form is taken from our own pages alone: beside its token, the browser says where it comes from.

The token holds where the browser says nothing. This holds where a token leaked, or a neighbour of our domain
planted a cookie.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request

from lms.domain.errors import Invalid

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def init_origin(app: Flask, *, base_url: str) -> None:
    """Refuse what changes something and says that it comes from elsewhere.

    Hosts are compared, not schemes: behind a proxy that ends TLS both stand for one page. `base_url` is ours
    too, for proxies that do not pass the host on.
    """
    own = urlsplit(base_url).netloc.lower()

    @app.before_request
    def check() -> None:
        if request.method in SAFE_METHODS or request.blueprint == "xapi":
            return  # the record store takes a credential in a header, which no foreign page has
        said = request.headers.get("Origin") or request.headers.get("Referer")
        if said is not None and _host(said) not in (request.host.lower(), own):
            raise Invalid("Origin", "expected a form of our own pages")


def _host(address: str) -> str | None:
    """Answer host and port; None for `null`, as a sandboxed frame says, and for what is no address."""
    try:
        return urlsplit(address).netloc.lower() or None
    except ValueError:
        return None
