"""Checks of a page in a real browser for accessibility: in each screen size, light and dark."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

SIZES: dict[str, ViewportSize] = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_FAST = {"resultTypes": ["violations"], "preload": False}

Barrier = tuple[str, str, str]  # where, what, which element


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
class PageChecker:
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
