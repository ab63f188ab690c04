"""Chromium for tests: every error in its console counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

SHELL = Path("/usr/bin/chromium-headless-shell")  # has no windows: a page costs less than half the processor time
CHROMIUM = SHELL if SHELL.exists() else Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TIMEOUT = 10_000  # milliseconds
REFUSED = "Failed to load resource: the server responded with a status of 4"  # the console message of a refusing page
BROKEN = "Failed to load resource: the server responded with a status of 50"  # 500 and 503


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium once per module."""
    # Playwright runs an event loop in this thread, where Django would refuse blocking calls.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=TIMEOUT)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(chromium: Browser, site: str, *, forgives: str = "", **options: Any) -> Iterator[Page]:
    """Open a page that fails the test on any console error, except those that begin with `forgives`."""
    complaints: list[str] = []
    with chromium.new_context(base_url=site, reduced_motion="reduce", **options) as context:
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        # A request in progress would lock the database that the next test empties.
        for each in context.pages:
            each.goto("about:blank")
    assert [words for words in complaints if not forgives or not words.startswith(forgives)] == []
