"""An administrator looks for a statement in a real browser, on a phone and on a desk."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from lms.bootstrap import Parts
from tests.browser.pages import faults, sign_in
from tests.browser.test_walk import address, parts, person  # noqa: F401 - fixtures
from tests.conftest import PASSWORD
from xapi.lrs import store_statements
from xapi.store import targets
from xapi.store.credentials import create_credential
from xapi.store.dead_letters import Dead, bury

pytestmark = pytest.mark.browser
EVIL = "<script>document.title = 'taken'</script>\u202e" + "long" * 80


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh-CN", "dark")])
def test_a_statement_is_found_and_read_on_a_phone_and_a_desk(
    browser: Browser,
    address: str,  # noqa: F811
    parts: Parts,  # noqa: F811
    person: Callable[[str, str], str],  # noqa: F811
    language: str,
    scheme: str,
) -> None:
    one = {
        "id": str(uuid4()),
        "actor": {"mbox": "mailto:li@elsewhere.test", "name": EVIL},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
        "object": {"id": "https://o.example/" + "x" * 200, "definition": {"name": {"ar": "سؤال"}}},
        "result": {"score": {"scaled": 0.8}, "success": False, "response": EVIL},
    }
    void = {
        "actor": {"mbox": "mailto:boss@elsewhere.test"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": one["id"]},
    }
    for said in (one, void):
        with parts.database.writing() as session:
            store_statements(session, [said], authority=void["actor"], now=parts.now(), new_id=parts.new_id)
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, locale=language, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page, address, person("admin", language), PASSWORD)
    found = {}
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}/admin/xapi")
        page.locator("details.records-filter summary").click()
        page.fill("[name=person]", "li@elsewhere.test")
        page.locator("details.records-filter button").click()
        page.wait_for_url("**/admin/xapi?*person=li*")
        found[f"list at {width}"] = faults(page)
        page.locator(f"a.records-row[href$='{one['id']}']").click()
        page.wait_for_url(f"**/statements/{one['id']}")
        for fold in page.locator("main details > summary").all():
            fold.click()
        found[f"statement at {width}"] = faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, "nothing a tool says makes the page scroll sideways"
        assert page.title() != "taken"
    context.close()

    assert {place: said for place, said in found.items() if said} == {}


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("zh-CN", "light")])
def test_targets_and_a_credential_are_tended_on_a_phone_and_a_desk(
    browser: Browser,
    address: str,  # noqa: F811
    parts: Parts,  # noqa: F811
    person: Callable[[str, str], str],  # noqa: F811
    language: str,
    scheme: str,
) -> None:
    now = parts.now()
    with parts.database.writing() as session:
        key, _ = create_credential(session, EVIL[:100], "read", now=now, secrets=secrets.token_urlsafe)
        target = targets.add_target(
            session,
            "failing " + "long" * 45,
            "https://lrs.example.com/" + "x" * 200,
            key="k" * 200,
            secret="s",
            now=now,
            new_id=parts.new_id,
            chosen=targets.Filter(verbs=("https://v.example/" + "y" * 200,), since=now),
        )
        bury(session, target, [Dead(1, uuid4(), EVIL, status=400), Dead(2, uuid4(), "no")], now=now)
        targets.lease_target(session, target, owner="me", now=now, until=now + timedelta(days=1))
        targets.fail(session, target, owner="me", error=EVIL, now=now, next_try=now + timedelta(days=1))
    context = browser.new_context(color_scheme=scheme, locale=language, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, address, person("admin", language), PASSWORD)
    found = {}

    def look(place: str) -> None:
        found[place] = faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{place} scrolls sideways"
        assert page.title() != "taken"

    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}/admin/xapi/targets")
        page.fill("[name=name]", f"warehouse {width}")
        page.fill("[name=endpoint]", "http://10.0.0.1/xapi")
        page.fill("[name=key]", "k")
        page.fill("[name=secret]", "s")
        page.locator("form:has([name=endpoint]) button").click()
        page.wait_for_selector("#endpoint-error")
        look(f"targets at {width}")
        page.fill("[name=endpoint]", "https://lrs.example.com/xapi")
        page.fill("[name=secret]", "s")
        page.locator("form:has([name=endpoint]) button").click()
        page.wait_for_url("**/targets/*-*")
        page.locator("form[action$='/pause'] button").click()
        page.wait_for_selector("form[action$='/resume']")
        page.locator("form[action$='/remove'] [type=checkbox]").check()
        page.locator("form[action$='/remove'] button").click()
        page.wait_for_url("**/admin/xapi/targets")
        page.locator("main table a").first.click()
        page.wait_for_url(f"**/targets/{target}")
        page.locator("main details > summary").last.click()
        look(f"target at {width}")
        page.goto(f"{address}/admin/xapi/credentials")
        look(f"credentials at {width}")
        page.goto(f"{address}/admin/xapi/credentials/{key}")
        page.locator("form[action$='/rotate'] button").click()
        page.wait_for_selector("#made-secret")
        look(f"credential at {width}")
    context.close()

    assert {place: said for place, said in found.items() if said} == {}
