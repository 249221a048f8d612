"""Every page that shows what somebody wrote, in Chromium, as every role: no planted script runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, Route
from werkzeug.serving import make_server

from lms.bootstrap import Parts
from lms.db.accounts import Person
from tests.security.payloads import PAYLOADS, RUN
from tests.security.planted import DOCUMENT, Planted, basic, plant

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
POKE = """
() => {
  for (const element of document.querySelectorAll("details")) element.open = true;
  for (const element of document.querySelectorAll("main *")) {
    for (const kind of ["mouseover", "mouseenter", "focus", "toggle"]) element.dispatchEvent(new Event(kind));
  }
}
"""
"""What a person does to a page without knowing it."""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


class Watched:
    """A page of a browser in which everything that a script would do is written down."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.wrong: list[str] = []
        context.add_init_script(WATCH)
        context.route("**/*", self._pass)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("popup", lambda popup: self.wrong.append(f"popup: {popup.url}"))

    def _pass(self, route: Route) -> None:
        url = route.request.url
        if url.startswith(("data:", f"{self.address}/")):
            route.continue_()
        else:
            self.wrong.append(f"foreign request: {url}")
            route.abort()

    def _dialog(self, dialog: object) -> None:
        self.wrong.append("a dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    def look(self, path: str) -> None:
        """Open a page, touch all of it, and note what ran."""
        self.page.goto(self.address + path)
        self.page.evaluate(POKE)
        planted, violations = self.page.evaluate("[window.planted, window.violations]")
        if planted is not None:
            self.wrong.append("a planted script ran")
        self.wrong += [f"violation: {one}" for one in violations or ()]
        self.wrong = [one if "@" in one else f"{one} @ {path}" for one in self.wrong]


def enter(browser: Browser, address: str, client: FlaskClient) -> BrowserContext:
    """Open a browser that has a client's session."""
    context = browser.new_context()
    client.get("/me")
    cookie = client.get_cookie("crossdesk_session")
    if cookie is not None:
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    return context


def test_no_planted_script_runs_for_anybody(
    browser: Browser,
    address: str,
    app: Flask,
    parts: Parts,
    make_person: Callable[..., Person],
    sign_in: Callable[..., FlaskClient],
) -> None:
    planted: Planted = plant(parts, make_person, sign_in)
    wrong: dict[str, list[str]] = {}
    for role, paths in planted.pages.items():
        client = app.test_client() if role == "nobody" else sign_in(planted.people[role])
        context = enter(browser, address, client)
        watched = Watched(context, address)
        for path in paths:
            watched.look(path)
        wrong[role] = watched.wrong
        context.close()

    assert {role: said for role, said in wrong.items() if said} == {}

    context = browser.new_context(extra_http_headers=basic(planted.key, planted.secret))
    watched = Watched(context, address)
    watched.look("/xapi/statements")
    assert RUN in watched.page.content(), "the statement is shown, as text"
    watched.page.goto(address + DOCUMENT)
    assert watched.page.evaluate("window.planted") is None
    assert not [one for one in watched.wrong if not one.startswith("violation")]
    context.close()


def test_the_watch_notices_a_script_that_runs(browser: Browser, address: str, app: Flask) -> None:
    """A page without escaping and policy: each kind of harm is seen, so that the test above can fail."""
    from lms.web.access import public

    @public
    def open_door() -> tuple[str, dict[str, str]]:
        page = f"<!doctype html><main>{PAYLOADS[0]}{PAYLOADS[2]}</main>"
        return page, {"Content-Security-Policy": "default-src * 'unsafe-inline'"}

    @public
    def guarded() -> str:
        return f"<!doctype html><main>{PAYLOADS[0]}</main>"

    app.add_url_rule("/open-door", view_func=open_door)
    app.add_url_rule("/guarded", view_func=guarded)
    context = browser.new_context()
    watched = Watched(context, address)
    watched.look("/open-door")
    watched.look("/guarded")
    context.close()

    said = " ".join(watched.wrong)
    assert "a planted script ran" in said and "foreign request" in said
    assert "violation: script-src" in said
