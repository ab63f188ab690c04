"""Journeys of applications in a real browser: an administrator connects one, a person finds its tile."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import applications
from accounts.applications import logos
from accounts.integrations.oidc import client_registration
from accounts.models import Application
from tests.browser.page_actions import carry_in, expect_outcome
from tests.browser.screen_sizes_and_accessibility import AXE, COLOURS, SIZES, barriers, picture
from tests.real_programs.chromium import REFUSED, opened
from tests.simulated.people import Clock, Person
from tests.simulated.sign_in_claims import SignInClaims

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="10" fill="#345"/>'
    b'<path d="M12 34V14l12 12 12-12v20" fill="none" stroke="#fff" stroke-width="4"/></svg>'
)


def looked_at(page: Page, name: str) -> list[tuple[str, str, str]]:
    """Look at a page on a desktop and on a phone, in both colour schemes."""
    found = []
    for size, scheme, rules in (
        ("desktop", "light", AXE),
        ("desktop", "dark", COLOURS),
        ("phone", "light", AXE),
        ("phone", "dark", COLOURS),
    ):
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found += barriers(page, f"{name} {size} {scheme}", rules)
        picture(page, f"{name}-{size}-{scheme}")
    page.set_viewport_size(SIZES["desktop"])
    page.emulate_media(color_scheme="light")
    return found


@pytest.fixture
def wiki(db: None, ana: Person) -> Application:
    with transaction.atomic():
        made = Application.objects.create(
            slug="wiki",
            name="Team wiki",
            description="Notes of all teams, and who knows what",
            address="https://wiki.example.org/",
            kind=Application.Kind.PROXY,
        )
        logos.store(made, logos.read(SVG))
        Application.objects.create(slug="board", name="Board", kind=Application.Kind.OIDC, address="https://b.example/")
        closed = Application.objects.create(slug="payroll", name="Payroll", kind=Application.Kind.OIDC)
        closed.groups.create(name="Finance")
        applications.open(made, ana.user, "a" * 32, SignInClaims(), timezone.now())
    return made


@pytest.fixture
def own(chromium: Browser, live_server: LiveServer, ana: Person, wiki: Application, clock: Clock) -> Iterator[Page]:
    with opened(chromium, live_server.url, viewport=SIZES["desktop"], forgives=REFUSED) as page:
        carry_in(page, ana, clock, live_server)
        yield page


@pytest.fixture
def staff(chromium: Browser, live_server: LiveServer, root: Person, clock: Clock) -> Iterator[Page]:
    with opened(chromium, live_server.url, viewport=SIZES["desktop"], forgives=REFUSED) as page:
        carry_in(page, root, clock, live_server)
        yield page


def test_a_person_finds_opens_and_leaves_an_application(own: Page) -> None:
    own.goto("/")
    found = looked_at(own, "portal-home-applications")
    own.get_by_role("navigation", name="Main").get_by_role("link", name="Applications").click()
    tile = own.get_by_role("link", name="Team wiki Notes of all teams, and who knows what")
    expect(tile).to_have_attribute("href", "https://wiki.example.org/")
    expect(own.locator("summary", has_text="1 application")).to_be_visible()
    found += looked_at(own, "portal-applications")
    own.get_by_role("link", name="Details Team wiki").click()
    found += looked_at(own, "portal-application")
    own.get_by_role("button", name="Sign out of it").click()
    expect_outcome(own, "portal:application_left")
    own.goto("/applications/payroll/")
    found += looked_at(own, "portal-application-refused")

    assert found == []


def test_an_administrator_adds_one_and_copies_its_configuration(staff: Page, ana: Person) -> None:
    staff.goto("/admin/accounts/application/")
    found = looked_at(staff, "applications-empty")
    staff.get_by_role("link", name="Add an application").click()
    found += looked_at(staff, "application-choose")
    staff.get_by_role("link", name="It supports OpenID Connect").click()
    staff.get_by_label("Name", exact=True).fill("Notebooks")
    staff.get_by_label("Redirect addresses").fill("https://hub.example.org/hub/oauth_callback")
    staff.get_by_label("Required strength").select_option("no-phone")
    staff.get_by_role("textbox", name="Reason").fill("The data team wants it.")
    found += looked_at(staff, "application-form")
    staff.get_by_role("button", name="Add the application").click()
    secret = staff.locator("#secret").inner_text()
    staff.locator("summary", has_text="JupyterHub").click()
    expect(staff.locator("#text-jupyterhub")).to_contain_text(secret)
    found += looked_at(staff, "application-configuration")
    staff.get_by_role("link", name="Try it as a person").click()
    staff.get_by_label("Username or email address").fill("ana")
    staff.get_by_role("button", name="Try").click()
    expect(staff.get_by_text("urn").or_(staff.get_by_text("https://refeds.org/profile/mfa"))).to_be_visible()
    found += looked_at(staff, "application-trial")
    staff.get_by_role("link", name="Notebooks").first.click()
    found += looked_at(staff, "application-show")

    assert found == []


def test_nobody_is_kept_out_of_a_long_list(staff: Page, wiki: Application) -> None:
    with transaction.atomic():
        client_registration.make(
            Application.objects.get(slug="board"), redirect_uris="https://b.example/back", now=timezone.now()
        )
        Application.objects.filter(slug="payroll").update(is_active=False)
    staff.goto("/admin/accounts/application/")
    found = looked_at(staff, "applications")
    staff.goto("/admin/accounts/application/wiki/")
    found += looked_at(staff, "application-show-proxy")
    staff.goto("/admin/accounts/application/payroll/delete/")
    found += looked_at(staff, "application-delete")

    assert found == []
