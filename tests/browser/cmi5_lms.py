"""A small learning system around our own record store: it serves a package and launches it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from tests.browser.scorm12_learner import Learner, clock_at
from xapi.http import mount

HOME = "https://platform.test"
AGENT = {"objectType": "Agent", "account": {"homePage": HOME, "name": "u-4711"}}
SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
"""What a strict platform may say: a package must need nothing more."""


class Platform:
    """One learner's registration, over as many launches as a test wants."""

    def __init__(self, files: Mapping[str, bytes], folder: Path) -> None:
        self.app = Flask("platform")
        mounted = mount(self.app, f"sqlite:///{folder / 'store.db'}", secret="a secret", home=HOME)
        mounted.create_tables()
        key, secret = mounted.create_credential("unit")
        self.token = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self.fetched: list[str] = []
        self.refuse = False
        """Answer 503 to whatever is written, as a store does that is away."""
        self.registration = str(uuid4())
        self.activity = f"{HOME}/activities/{uuid4()}"
        self._serve(dict(files))

    def _serve(self, files: dict[str, bytes]) -> None:
        @self.app.before_request
        def away() -> Response | None:
            is_written = request.method in ("PUT", "POST") and request.path.startswith("/xapi/")
            return Response(status=503) if self.refuse and is_written else None

        @self.app.get("/unit/<path:name>")
        def unit(name: str) -> Response:
            kind = TYPES.get(Path(name).suffix, "application/octet-stream")
            if name not in files:
                return Response(status=404)
            return Response(files[name], mimetype=kind, headers={"Content-Security-Policy": POLICY})

        @self.app.post("/fetch/<session>")
        def fetch(session: str) -> Response:
            self.fetched.append(session)
            if self.fetched.count(session) > 1:
                return jsonify({"error-code": "1", "error-text": "The token has been returned already."})
            return jsonify({"auth-token": self.token})

        @self.app.get("/back")
        def back() -> str:
            return "<!doctype html><html lang='en'><title>Platform</title><h1>Welcome back</h1></html>"

        @self.app.get("/favicon.ico")
        def icon() -> Response:
            return Response(status=204)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self.token}", "X-Experience-API-Version": "1.0.3"}

    def place(self, state_id: str) -> str:
        return "/xapi/activities/state?" + urlencode(
            {
                "activityId": self.activity,
                "agent": json.dumps(AGENT),
                "registration": self.registration,
                "stateId": state_id,
            }
        )

    def state(self) -> dict[str, Any] | None:
        """Answer what the package keeps."""
        answer = self.app.test_client().get(self.place("crossdesk-player"), headers=self.headers)
        return answer.json if answer.status_code == 200 else None

    def statements(self, session: str | None = None) -> list[dict[str, Any]]:
        """Answer what was said, in the order of its times."""
        page = self.app.test_client().get("/xapi/statements?limit=500", headers=self.headers).json
        assert page is not None
        said = sorted(page["statements"], key=lambda one: str(one["timestamp"]))
        return [
            one
            for one in said
            if session is None or one["context"].get("extensions", {}).get(SESSION) == session
        ]

    def prefer(self, languages: str) -> None:
        """Keep what the learner prefers, as a platform's own page does."""
        query = urlencode({"agent": json.dumps(AGENT), "profileId": "cmi5LearnerPreferences"})
        answer = self.app.test_client().put(
            f"/xapi/agents/profile?{query}",
            json={"languagePreference": languages, "audioPreference": "on"},
            headers={**self.headers, "If-None-Match": "*"},
        )
        assert answer.status_code == 204

    def plain_launch(self, address: str, *, actor: Mapping[str, Any]) -> str:
        """Answer the address of a launch without cmi5: everything stands in it."""
        query = urlencode(
            {
                "endpoint": f"{address}/xapi/",
                "auth": f"Basic {self.token}",
                "actor": json.dumps(actor),
                "registration": self.registration,
                "activity_id": self.activity,
            }
        )
        return f"{address}/unit/index.html?{query}"

    def begin(self, address: str, **data: Any) -> tuple[str, str]:
        """Write the launch data of a new session; answer its id and the address to open."""
        session = str(uuid4())
        launch = {
            "contextTemplate": {
                "contextActivities": {
                    "grouping": [{"id": "https://crossdesk.test/courses/service-desk/modules/foundation"}]
                },
                "extensions": {SESSION: session},
                "platform": "Platform",
            },
            "launchMode": "Normal",
            "moveOn": "CompletedAndPassed",
            "masteryScore": 0.8,
            "returnURL": f"{address}/back",
        } | data
        answer = self.app.test_client().put(self.place("LMS.LaunchData"), json=launch, headers=self.headers)
        assert answer.status_code == 204
        query = urlencode(
            {
                "endpoint": f"{address}/xapi",
                "fetch": f"{address}/fetch/{session}",
                "actor": json.dumps(AGENT),
                "registration": self.registration,
                "activityId": self.activity,
            }
        )
        return session, f"{address}/unit/au-foundation.html?{query}"


@contextmanager
def running(platform: Platform) -> Iterator[str]:
    """Serve the platform on loopback and answer its address."""
    server = make_server("127.0.0.1", 0, platform.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def open_unit(context: Any, url: str, data: Mapping[str, Any], *, at: str) -> Learner:
    """Open a launch's address at a time, and wait for its first page."""
    page = context.new_page()
    page.crossdesk_errors = []
    page.on("pageerror", lambda error: page.crossdesk_errors.append(str(error)))
    page.add_init_script(clock_at(at))
    page.goto(url)
    page.locator("#main h1").wait_for()
    return Learner(page, page, data, data["languages"][0])


def is_uuid(text: str) -> bool:
    """Answer whether a text is a UUID in its usual form."""
    return str(UUID(text)) == text
