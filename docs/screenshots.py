"""Takes the pictures of the README: today, a lesson, a review and a manager's page, on a desk and on a phone.

    make screenshots

Serves a temporary installation with the demonstration company and photographs it with Chromium.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.instance import served, temporary_instance

FOLDER = Path(__file__).resolve().parent / "screenshots"
SIZES = {1280: 800, 390: 844}
"""Width and height of a desk's window and of a phone."""
CHROMIUM = os.environ.get("CROSSDESK_CHROMIUM") or shutil.which("chromium")


def main() -> int:
    """Take all pictures; answer 0, or 1 where Chromium is missing."""
    if CHROMIUM is None:
        print("Chromium is not installed: no pictures were taken", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and so give back what is temporary
    FOLDER.mkdir(exist_ok=True)
    with temporary_instance(mode="development") as instance:
        instance.flask("prepare")
        accounts = _accounts(instance.folder / "demo-accounts.txt")
        with served(instance), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for role, pages in (("learner", LEARNER), ("manager", MANAGER)):
                page = browser.new_context(base_url=instance.address, locale="en").new_page()
                _sign_in(page, *accounts[role])
                for name, find in pages.items():
                    path = find(page)
                    for width, height in SIZES.items():
                        _take(page, path, FOLDER / f"{name}-{width}.png", width, height)
            browser.close()
    return 0


def _today(_page: Page) -> str:
    return "/"


def _lesson(page: Page) -> str:
    """Answer the lesson that the first course goes on with."""
    page.goto("/courses")
    page.locator("main a[href^='/courses/']").first.click()
    return page.locator("main a[href*='/lessons/']").first.get_attribute("href") or "/courses"


def _review(_page: Page) -> str:
    return "/review"


def _manage(_page: Page) -> str:
    return "/manage"


LEARNER = {"today": _today, "lesson": _lesson, "review": _review}
MANAGER = {"manage": _manage}


def _accounts(file: Path) -> dict[str, tuple[str, str]]:
    """Answer the first account of each role, from lines `email password role`."""
    found: dict[str, tuple[str, str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        email, password, role = line.split()
        found.setdefault(role, (email, password))
    return found


def _sign_in(page: Page, email: str, password: str) -> None:
    """Sign in, and read in English whatever the person has chosen."""
    page.set_viewport_size({"width": 1280, "height": SIZES[1280]})
    page.goto("/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("main")
    if page.get_attribute("html", "lang") != "en":
        page.locator("form[action='/language'] button:visible").first.click()
        page.wait_for_selector("html[lang=en]")


def _take(page: Page, path: str, file: Path, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    answer = page.goto(path.split("#")[0])
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{path}: expected a page, found {answer and answer.status}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file)
    print(file)


if __name__ == "__main__":
    sys.exit(main())
