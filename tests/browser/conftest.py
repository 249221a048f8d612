"""One Chromium for all browser tests, and small servers to open packages from."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.scorm12_learner import ZONE, Learner, Open, launch_course, platform

CHROMIUM = os.environ.get("CROSSDESK_CHROMIUM") or shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
Files = dict[str, bytes]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed: CI runs every browser test")
        pytest.skip("Chromium is not installed: browser tests are not run")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: Mapping[str, bytes], *given: Any) -> None:
        self.files = files
        super().__init__(*given)

    def do_GET(self) -> None:
        name = self.path.split("?")[0].lstrip("/")
        body = b"" if name == "favicon.ico" else self.files.get(name)
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


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Answer a browser context of the test's own, in the learner's zone."""
    context = browser.new_context(timezone_id=ZONE, locale="en-US", viewport={"width": 1000, "height": 800})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def open_course(context: BrowserContext, serve: Callable[[Files], str]) -> Open:
    """Launch the package on a platform: `open_course(at=…)`; again later for another visit."""
    addresses: dict[tuple[str, bool], str] = {}

    def launch(*, language: str = "en", reviews: bool = True, **given: Any) -> Learner:
        if (language, reviews) not in addresses:
            addresses[language, reviews] = serve(platform(language, reviews))
        address = addresses[language, reviews]
        return launch_course(context, address, language=language, reviews=reviews, **given)

    return launch
