"""Tests of the way to an application behind a proxy and back, in a browser: with the demo's own proxy and samples."""

import re
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.applications import secret_rotation
from accounts.integrations.forward_auth import proxy_authentication
from accounts.models import Application, ProtectedHost, Proxy
from mfasite.demo.sample_applications import wiki_and_payroll
from tests.browser.page_actions import code_field, expect_heading, expect_outcome, fill, press, write
from tests.browser.screen_sizes_and_accessibility import PageChecker
from tests.simulated.people import PASSWORD, Clock, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(live_server: LiveServer, settings: Any, clock: Clock) -> Iterator[str]:
    """Return the address of a wiki, behind a proxy that asks this service."""
    settings.PUBLIC_URL = live_server.url
    proxy = Proxy.objects.create(slug="front", name="Front", program="caddy", networks=["127.0.0.1/32"])
    secret = secret_rotation.renew(proxy, proxy_authentication.PURPOSE, clock.now)
    handler = type("SampleProxy", (wiki_and_payroll.SampleProxy,), {"service": live_server.url, "secret": secret})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    host = f"wiki.localhost:{server.server_address[1]}"
    application = Application.objects.create(slug="wiki", name="Wiki", kind="proxy", address=f"http://{host}/")
    ProtectedHost.objects.create(application=application, host=host)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{host}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_leads_from_the_application_to_the_sign_in_and_back(page: Page, site: str, cleo: Person) -> None:
    """Seen failing with a redirect: our content security policy forbids forms that end on another host."""
    page.goto(f"{site}/start?x=1")
    fill(page, "Username", "cleo")
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")
    write(page, code_field(page), cleo.read_app())
    page.get_by_role("button", name="Verify").click()

    expect(page).to_have_url(f"{site}/start?x=1")
    expect(page.get_by_role("heading", name="Wiki")).to_be_visible()
    expect(page.get_by_text("Hello Cleo.")).to_be_visible()

    page.get_by_role("link", name="Sign out").click()
    expect_heading(page, "Sign out?")
    page_checker = PageChecker(page)
    page_checker.at("host-sign-out")
    assert page_checker.found == []
    press(page, "Sign out everywhere")
    expect_outcome(page, "session:signed_out")
    page.goto(f"{site}/")
    expect(page).to_have_url(re.compile(r"/sign-in/\?.*next=%2Fintegrations%2Fhosts%2Fenter%2F"))
