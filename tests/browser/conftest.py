"""Fixtures for a real browser: the test users, and a clock that runs and can be moved forward."""

from collections.abc import Generator, Iterator
from contextlib import suppress

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Browser, Error, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.page_actions import (
    carry_in,
)
from tests.browser.screen_sizes_and_accessibility import SIZES, PageChecker
from tests.real_programs.chromium import REFUSED, chromium, opened
from tests.simulated.people import Clock, Person, ana, ben, cleo
from tests.simulated.staff import fay, root, sam
from tests.simulated.support_desk import no_check

__all__ = ["ana", "ben", "chromium", "cleo", "fay", "no_check", "root", "sam"]


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Let time pass as in the browser, whose cookies would expire with a clock that stands still."""
    with time_machine.travel(timezone.now(), tick=True) as coordinates:
        yield Clock(coordinates)


@pytest.fixture(params=SIZES)
def page(chromium: Browser, live_server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page, on a phone and on a desktop."""
    with opened(chromium, live_server.url, viewport=SIZES[request.param]) as shown:
        yield shown


@pytest.fixture
def desktop(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty page on a desktop only."""
    with opened(chromium, live_server.url, viewport=SIZES["desktop"]) as shown:
        yield shown


@pytest.fixture
def scriptless(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty page without JavaScript."""
    with opened(chromium, live_server.url, viewport=SIZES["phone"], java_script_enabled=False) as shown:
        yield shown


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was on the pages of a test that failed: a timeout alone doesn't say what came instead."""
    report = yield
    if report.failed and report.when == "call" and isinstance(item, pytest.Function):
        pages = {each: name for name, each in item.funcargs.items() if isinstance(each, Page)}
        for page, name in pages.items():
            with suppress(Error):
                report.sections.append((f"page “{name}”", f"{page.url}\n{page.inner_text('body', timeout=1000)}"))
    return report


@pytest.fixture
def page_checker(chromium: Browser, live_server: LiveServer) -> Iterator[PageChecker]:
    """Look at pages, some of which refuse what was asked."""
    with opened(chromium, live_server.url, forgives=REFUSED) as page:
        yield PageChecker(page)


@pytest.fixture
def portal_checker(page_checker: PageChecker, ana: Person, clock: Clock, live_server: LiveServer) -> PageChecker:
    """Return a checker for the portal as Ana, who has just verified and has recovery codes."""
    ana.print_codes()
    carry_in(page_checker.page, ana, clock, live_server)
    return page_checker


@pytest.fixture
def portal_page(page: Page, ana: Person, clock: Clock, live_server: LiveServer) -> Page:
    """Return the portal's first page as Ana, who has just verified, on a phone and on a desktop."""
    carry_in(page, ana, clock, live_server)
    page.goto("/")
    return page


@pytest.fixture
def portal_on_desktop(desktop: Page, ana: Person, clock: Clock, live_server: LiveServer) -> Page:
    """Return the portal's first page as Ana on a desktop only."""
    carry_in(desktop, ana, clock, live_server)
    desktop.goto("/")
    return desktop
