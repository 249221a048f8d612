"""Driving the pages as a person does: signing in, answering any question, finding faults."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page

from quizzes.grading import correct_response
from quizzes.item import Item, ItemType

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    """Sign in through the page."""
    page.goto(f"{address}/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.wait_for_url(f"{address}/")


def fill_in(page: Page, form: str, item: Item, *, right: bool, lang: str = "zh-CN") -> None:
    """Fill the form of a question, right or wrong, without sending it."""
    response = correct_response(item, lang=lang)
    within = page.locator(form)
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN | ItemType.MULTIPLE:
            chosen = [response] if isinstance(response, str) else list(response)
            if not right:
                chosen = [next(choice.id for choice in item.choices if choice.id not in chosen)]
            for box in within.locator("[name=answer][type=checkbox]:checked").all():
                box.uncheck()
            for choice in chosen:
                within.locator(f"[name=answer][value='{choice}']").check()
        case ItemType.ORDER:
            order = list(response) if right else list(reversed(response))
            for place, line in enumerate(order):
                _move(within, line, place)
        case ItemType.MATCH:
            partners = dict(response)
            if not right:
                partners = dict(
                    zip(partners, [*list(partners.values())[1:], next(iter(partners.values()))], strict=True)
                )
            for left, partner in partners.items():
                within.locator(f"[name='pair-{left}']").select_option(partner)
        case ItemType.CLOZE:
            for gap, text in dict(response).items():
                within.locator(f"[name='gap-{gap}']").fill(str(text) if right else "?")
        case ItemType.NUMERIC:
            within.locator("[name=answer]").fill(str(response) if right else "987654")
        case _:
            within.locator("[name=answer]").fill(str(response) if right else "?")


def _move(within: Locator, line: str, place: int) -> None:
    """Move a line up to its place with its button, as the keyboard would."""
    item = within.locator(f"[data-order-item]:has([name='place-{line}'])")
    while item.evaluate("item => [...item.parentElement.children].indexOf(item)") > place:
        item.locator("[data-order-move='-1']").click()


def faults(page: Page) -> list[str]:
    """What axe-core finds serious on the page, and what is wider than the window."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
    )
    said = [
        f"{violation['id']}: {node['target']} {node['failureSummary'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*said, *([f"{wide} px wider than the window"] if wide > 0 else [])]
