"""Chromium for tests: every console error and every accessibility violation on a page counts."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

SHELL = Path("/usr/bin/chromium-headless-shell")  # has no windows: a page costs less than half the processor time
CHROMIUM = SHELL if SHELL.exists() else Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 10_000  # milliseconds
SIZES: dict[str, ViewportSize] = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_FAST = {"resultTypes": ["violations"], "preload": False}
REFUSED = "Failed to load resource: the server responded with a status of 4"  # the console message of a refusing page
BROKEN = "Failed to load resource: the server responded with a status of 50"  # 500 and 503

Barrier = tuple[str, str, str]  # where, what, which element


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium once per module."""
    # Playwright runs an event loop in this thread, where Django would refuse blocking calls.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(chromium: Browser, site: str, *, forgives: str = "", **options: Any) -> Iterator[Page]:
    """Open a page that fails the test on any console error, except those that begin with `forgives`."""
    complaints: list[str] = []
    with chromium.new_context(base_url=site, reduced_motion="reduce", **options) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        # A request in progress would lock the database that the next test empties.
        for each in context.pages:
            each.goto("about:blank")
    assert [words for words in complaints if not forgives or not words.startswith(forgives)] == []


def barriers(page: Page, where: str, rules: Mapping[str, Any] = AXE) -> list[Barrier]:
    """Return what keeps people from using the page: axe violations and sideways scrolling."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("options => axe.run(options)", {**rules, **_FAST})["violations"]
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wide = [(where, "scrolls sideways", str(width))] if width > 0 else []
    return wide + [(where, each["id"], node["html"][:120]) for each in found for node in each["nodes"]]


def picture(page: Page, name: str) -> None:
    """Save a screenshot of the page, if PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@dataclass
class Look:
    """Checks pages in all sizes and colour schemes, and collects barriers."""

    page: Page
    found: list[Barrier] = field(default_factory=list)

    def at(self, name: str) -> None:
        """Check the page as it is now. Dark mode changes only colours."""
        for size, viewport in SIZES.items():
            self.page.set_viewport_size(viewport)
            self._note(f"{name}-{size}-light", AXE)
            self.page.emulate_media(color_scheme="dark")
            self._note(f"{name}-{size}-dark", COLOURS)
            self.page.emulate_media(color_scheme="light")

    def _note(self, name: str, rules: Mapping[str, Any]) -> None:
        self.found += barriers(self.page, name, rules)
        picture(self.page, name)

    def over(self, *addresses: str) -> None:
        """Check the pages at these URLs."""
        for address in addresses:
            self.page.goto(address)
            self.at(address.strip("/").replace("/", "-") or "home")
