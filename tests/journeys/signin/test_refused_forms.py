"""Tests of refused forms: the page names the cause, says how to continue, and keeps the destination."""

import pytest
from django.test import Client

from mfasite.csrf_failure_page import Cause
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import PASSWORD, Person

# The causes that a page names.
COOKIES, OLD, MEANWHILE, ORIGIN = (f"form:{each}" for each in (Cause.COOKIES, Cause.OLD, Cause.SIGNED_IN, Cause.ORIGIN))


def post(browser: Browser, path: str, **fields: str) -> Page:
    browser.page = Page(browser.client.post(path, fields))
    assert browser.page.status == 403
    return browser.page


def test_refused_cookies_are_named_and_no_loop(stranger: Browser) -> None:
    stranger.go("/sign-in/?next=/methods/")
    stranger.client.cookies.clear()

    page = post(stranger, "/sign-in/", username="ana", password=PASSWORD, next="/methods/")

    assert page.outcomes == {COOKIES, "page:error"}
    assert stranger.follow("Open the page again").query == "next=%2Fmethods%2F"
    assert "Sign in" in stranger.shown


def test_who_signed_in_meanwhile_is_led_on(ana: Person) -> None:
    form = ana.browser.go("/sign-in/?next=/methods/").form("Sign in")[0]
    ana.sign_in()

    page = post(ana.browser, "/sign-in/", **form.fields | {"username": "ana", "password": PASSWORD})

    assert MEANWHILE in page.outcomes
    assert "as ana" in page
    assert ana.browser.follow("Continue").path == "/methods/"


def test_code_page_of_a_sign_in_that_ended_in_another_tab_leads_on(ana: Person) -> None:
    form = ana.give_password().form("Verify")[0]
    ana.choose("Authenticator app")
    ana.verify(ana.read_app())

    page = post(ana.browser, "/sign-in/verify/", **form.fields | {"code": "123456"})

    assert MEANWHILE in page.outcomes
    assert ana.browser.follow("Continue").path == "/"


def test_old_form_of_the_portal_is_opened_again(ana: Person) -> None:
    form = ana.sign_in(to="/sign-in/?next=/profile/").form("Save")[0]
    ana.browser.press("Sign out")

    page = post(ana.browser, "/profile/", **form.fields | {"csrfmiddlewaretoken": "x" * 64})

    assert OLD in page.outcomes
    assert ana.browser.follow("Open the page again").query == "next=%2Fprofile%2F"


def test_old_button_leads_to_its_page(ana: Person) -> None:
    ana.sign_in()

    page = post(ana.browser, "/browsers/forget/", csrfmiddlewaretoken="x" * 64)

    assert MEANWHILE in page.outcomes
    page = ana.browser.follow("Continue")
    assert (page.path, "page:undone" in page.outcomes) == ("/browsers/", True)


def test_old_form_of_the_admin_leads_on(dev: Person) -> None:
    dev.sign_in(to="/admin/")

    page = post(dev.browser, "/admin/accounts/user/?q=ana", csrfmiddlewaretoken="x" * 64)

    assert MEANWHILE in page.outcomes
    assert page.link("Continue") == "/admin/accounts/user/?q=ana"


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_other_origin_is_named(ana: Person, header: dict[str, str]) -> None:
    form = ana.browser.go("/sign-in/").form("Sign in")[0]
    answer = ana.browser.client.post("/sign-in/", form.fields, headers=header)

    assert answer.status_code == 403
    assert ORIGIN in Page(answer).outcomes


@pytest.mark.parametrize("header", [{}, {"Referer": "https://evil.example/"}, {"Referer": "nonsense"}])
def test_other_page_is_named_where_a_browser_names_no_origin(ana: Person, header: dict[str, str]) -> None:
    """With HTTPS, Django then checks the Referer header. Seen failing when the page knew only `Origin`."""
    form = ana.browser.go("/sign-in/").form("Sign in")[0]
    client = Client(enforce_csrf_checks=True)
    client.cookies = ana.browser.client.cookies
    answer = client.post("/sign-in/", form.fields, headers=header, secure=True)

    assert answer.status_code == 403
    assert ORIGIN in Page(answer).outcomes


def test_half_signed_in_goes_on_where_it_was(ana: Person) -> None:
    ana.give_password(to="/sign-in/?next=/methods/")

    post(ana.browser, "/sign-in/verify/", csrfmiddlewaretoken="x" * 64, code="123456")

    page = ana.browser.follow("Open the page again")
    assert page.path == "/sign-in/verify/"
    ana.choose("Authenticator app")
    assert ana.verify(ana.read_app()).path == "/methods/"


@pytest.mark.parametrize("target", ["//evil.example/", "nowhere", "javascript:alert(1)"])
def test_leads_to_no_other_site(stranger: Browser, target: str) -> None:
    stranger.go("/sign-in/")

    page = post(stranger, "/sign-in/", next=target)

    assert page.part("class", "button").hrefs == ["/sign-in/"]
