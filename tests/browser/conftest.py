"""Chromium, and small servers to open pages from. Skipped with a plain message where there is no Chromium."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
Files = dict[str, bytes]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Answer a running browser; tests make their own contexts."""
    if not CHROMIUM.exists():
        message = f"{CHROMIUM} is not there: browser tests are not run"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: Mapping[str, bytes], *given: Any) -> None:
        self.files = files
        super().__init__(*given)

    def do_GET(self) -> None:
        name = self.path.split("?")[0].lstrip("/")
        body = self.files.get(name)
        self.send_response(200 if body is not None else 404)
        kind = TYPES.get(Path(name).suffix, "application/octet-stream")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        # What a strict platform may say: a package must need nothing more.
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src *",
        )
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Files], str]]:
    """Serve files by name from a port of their own: `serve({"index.html": b"…"})` answers the address."""
    servers: list[ThreadingHTTPServer] = []

    def start(files: Files) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, files))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
