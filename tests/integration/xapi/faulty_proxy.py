"""A second record store on loopback, and a proxy before it that does what networks do."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.serving import make_server

Fault = Callable[[], str]
FAULTS = ("cut before", "cut after", "429", "500", "503", "slow", "half")
SLOW_SECONDS = 4


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on loopback and answer its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Proxy:
    """Passes requests on, and does to each what `fault` says; `""` is nothing."""

    def __init__(self, behind: str) -> None:
        self.fault: Fault = lambda: ""
        self.met: list[str] = []
        self.sent: list[tuple[str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        self._behind = urlsplit(behind).netloc
        handler = self._handler()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fault = proxy.fault()
                proxy.met.append(fault)
                proxy.sent.append((self.path, body))
                proxy.headers.append(dict(self.headers.items()))
                if fault == "cut before":
                    return self._cut()
                if fault in ("429", "500", "503"):
                    return self._answer(int(fault), b"not now", {"Retry-After": "0"})
                if fault == "302":
                    return self._answer(302, b"", {"Location": "http://169.254.169.254/"})
                status, answer = self._pass_on(body)
                if fault == "cut after":
                    return self._cut()
                if fault == "slow":
                    time.sleep(SLOW_SECONDS)
                if fault == "half":
                    self.wfile.write(b"HTTP/1.1 20")
                    return self._cut()
                return self._answer(status, answer, {})

            do_GET = do_POST

            def _pass_on(self, body: bytes) -> tuple[int, bytes]:
                connection = http.client.HTTPConnection(proxy._behind, timeout=30)
                headers = {name: value for name, value in self.headers.items() if name != "Connection"}
                connection.request(self.command, self.path, body=body, headers=headers)
                answer = connection.getresponse()
                text = answer.read()
                connection.close()
                return answer.status, text

            def _answer(self, status: int, text: bytes, headers: dict[str, str]) -> None:
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    self.close_connection = True  # the client did not wait

            def _cut(self) -> None:
                self.close_connection = True

            def log_message(self, *given: Any) -> None:
                """Say nothing."""

        return Handler
