"""Tests of two tabs in one browser: a form counts only for the request that its page shows."""

import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.simulated.http_browser import Page
from tests.simulated.people import OPTIONS, PASSWORD, Clock, Person
from tests.simulated.verdicts import verdicts
from verification.models import AuditEvent, Challenge, ChallengeState, Failure, Message

STALE = "verdict:replaced"  # an outcome that a page tells


def account_on(page: Page) -> str:
    """Return whose sign-in a page says it is."""
    [name] = re.findall(r"<bdi>(.*?)</bdi>", page.part("class", "account").html)
    return str(name)


@pytest.fixture
def two(ana: Person, ben: Person) -> tuple[Person, Page]:
    """Return a browser with Ana's code page in one tab and Ben's later sign-in in another, and Ana's page."""
    ben.set_up("text", "totp")
    hers = ana.give_password()
    ana.browser.go("/sign-in/")
    ana.browser.press("Sign in", username="ben", password=PASSWORD)
    return ana, hers


def test_code_of_one_is_not_judged_for_the_other(two: tuple[Person, Page], ben: Person) -> None:
    browser, hers = two

    page = browser.browser.press_in_tab(hers, "Verify", code="123456")

    assert page.path == "/sign-in/verify/"
    assert (STALE in page.outcomes, verdicts(page)) == (True, set())
    assert account_on(page) == "ben"
    assert set(Challenge.objects.values_list("tries_left", flat=True)) == {5}
    assert not Failure.objects.filter(method="text").exists()
    assert not AuditEvent.objects.filter(kind="challenge.failed").exists()
    assert browser.verify(ben.read_text()).path == "/"


@pytest.mark.parametrize("label", ["Cancel", "Send a new code"])
def test_button_of_one_does_nothing_to_the_other(two: tuple[Person, Page], label: str, clock: Clock) -> None:
    browser, hers = two
    clock.forward(minutes=1)

    page = browser.browser.press_in_tab(hers, label)

    assert STALE in page.outcomes
    assert Challenge.objects.get(user__username="ben").state == ChallengeState.OPEN
    assert Message.objects.count() == 2


def test_option_of_one_is_not_asked_of_the_other(ana: Person, ben: Person) -> None:
    ben.set_up("text", "totp")
    ana.give_password()
    hers = ana.browser.go("/sign-in/options/")
    ana.browser.go("/sign-in/")
    ana.browser.press("Sign in", username="ben", password=PASSWORD)

    assert STALE in ana.browser.press_in_tab(hers, "Authenticator app").outcomes
    assert not Challenge.objects.filter(enrolment__method="totp").exists()


def test_registration_of_one_sets_nothing_up_for_the_other(ana: Person, ben: Person) -> None:
    hers = ben.give_password()
    ben.browser.go("/sign-in/")
    ben.browser.press("Sign in", username="ana", password=PASSWORD)

    assert STALE in ben.browser.press_in_tab(hers, "Authenticator app").outcomes
    assert not Challenge.objects.filter(purpose="enrol").exists()


def test_code_page_of_an_option_that_was_left_judges_nothing(ana: Person) -> None:
    text = ana.give_password()
    ana.choose("Authenticator app")

    page = ana.browser.press_in_tab(text, "Verify", code="123456")

    assert (STALE in page.outcomes, verdicts(page)) == (True, set())
    assert ana.verify(ana.read_app()).path == "/"


def read_status(person: Person, page: Page) -> dict[str, object]:
    """Return the answer that a waiting page's script gets."""
    address = next(part for part in page.html.split('"') if part.startswith("/sign-in/status/")).replace("&amp;", "&")
    answer = person.browser.client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def test_status_of_an_older_page_tells_it_to_reload(two: tuple[Person, Page]) -> None:
    browser, hers = two

    assert read_status(browser, hers)["reload"] is True


@pytest.mark.parametrize("how", ["finished", "cancelled"])
def test_status_of_a_page_whose_request_is_over_tells_it_to_reload(ana: Person, how: str) -> None:
    """Seen failing: the answer was an HTML page, which the script cannot read."""
    page = ana.give_password()
    assert read_status(ana, page)["reload"] is False
    if how == "finished":
        ana.verify(ana.read_text())
    else:
        ana.browser.press("Cancel")

    assert read_status(ana, page) == {"state": "gone", "words": "", "done": False, "reload": True}


def test_pages_name_the_account(ana: Person, ben: Person) -> None:
    assert account_on(ana.give_password()) == "ana"
    assert account_on(ana.browser.go(OPTIONS)) == "ana"
    assert account_on(ben.give_password()) == "ben"
    assert account_on(ben.browser.press("Authenticator app")) == "ben"
    assert account_on(ben.verify(ben.read_app())) == "ben"


def test_field_binds_nothing(ana: Person) -> None:
    """The reference in a form must not be what binds codes to the session."""
    page = ana.give_password()
    shown = page.form("Verify")[0].fields["request"]

    assert shown not in ana.browser.client.session["pending"].values()


@pytest.mark.parametrize("address", ["/sign-in/status/", "/sign-in/verify/", "/methods/"])
def test_request_with_the_former_cookie_leaves_the_new_one(ana: Person, address: str) -> None:
    """Seen failing: its response deleted the cookie, so the person was signed out right after they had signed in."""
    ana.give_password()
    former = ana.browser.session_key
    ana.verify(ana.read_text())

    late = Client(headers={"Cookie": f"mfa_session={former}"}).get(address)

    assert former != ana.browser.session_key
    assert "mfa_session" not in late.cookies


def again(person: Person, address: str) -> Page:
    """Open a page that needs another verification, and ask for the app's code. Return the page for the code."""
    person.browser.go(address)
    return person.browser.press("Authenticator app")


@pytest.fixture
def app_owner(ana: Person, clock: Clock) -> Person:
    """Return Ana, who signed in by app some time ago."""
    ana.sign_in()
    clock.forward(minutes=11)
    return ana


@pytest.mark.parametrize("is_first_first", [True, False])
def test_each_verification_returns_to_its_own_page(app_owner: Person, is_first_first: bool) -> None:
    """Seen failing: both returned to the page of the second tab, or the later one to the start page."""
    tabs = {address: again(app_owner, address) for address in ("/methods/add/", "/app-passwords/make/")}
    first, second = tabs if is_first_first else reversed(tabs)

    assert app_owner.browser.press_in_tab(tabs[first], "Verify", code=app_owner.read_app()).path == first
    assert app_owner.browser.press_in_tab(tabs[second], "Verify", code="123456").path == second


@pytest.mark.parametrize("is_first_first", [True, False])
@pytest.mark.parametrize(("one", "two"), [("/methods/", "/app-passwords/"), ("/methods/", "/"), ("/", "/methods/")])
def test_each_sign_in_goes_on_to_its_own_page(ana: Person, one: str, two: str, is_first_first: bool) -> None:
    """Seen failing: both went on to the page that the later tab wanted."""
    tabs = [(place, ana.give_password(to="/sign-in/" if place == "/" else place)) for place in (one, two)]
    (place, tab), (place_of_other, other) = tabs if is_first_first else reversed(tabs)

    assert ana.browser.press_in_tab(tab, "Verify", code=ana.read_text()).path == place
    assert ana.browser.go(other.address).path == place_of_other


def test_sign_in_goes_on_to_its_page_after_another_option_and_another_code(ana: Person, clock: Clock) -> None:
    """Seen failing: the page of the later tab."""
    tab = ana.give_password(to="/methods/")
    ana.give_password(to="/app-passwords/")
    ana.browser.page = tab
    ana.browser.follow("Use a different verification option")
    ana.browser.follow("Back")
    clock.forward(minutes=1)
    ana.browser.press("Send a new code")
    ana.browser.press("Verify", code="")

    assert ana.verify(ana.read_text()).path == "/methods/"


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example/", "/\\evil.example/"])
def test_sign_in_goes_on_to_no_other_site(ana: Person, elsewhere: str) -> None:
    ana.give_password()

    assert ana.browser.submit(f"/sign-in/verify/?{urlencode({'next': elsewhere})}", code=ana.read_text()) == "/"


def test_page_to_return_to_survives_an_incorrect_code(app_owner: Person) -> None:
    here = again(app_owner, "/methods/add/")
    again(app_owner, "/app-passwords/make/")

    app_owner.browser.press_in_tab(here, "Verify", code="123456")

    assert app_owner.verify(app_owner.read_app()).path == "/methods/add/"


def test_page_to_return_to_survives_another_option_and_another_code(app_owner: Person, clock: Clock) -> None:
    here = again(app_owner, "/methods/add/")
    again(app_owner, "/app-passwords/make/")
    app_owner.browser.page = here
    app_owner.browser.follow("Use a different verification option")
    app_owner.browser.follow("Back")
    app_owner.choose("Text message")
    clock.forward(minutes=1)
    app_owner.browser.press("Send a new code")

    assert app_owner.verify(app_owner.read_text()).path == "/methods/add/"


def test_cancelled_verification_returns_to_its_own_page(app_owner: Person) -> None:
    here = again(app_owner, "/methods/add/")
    again(app_owner, "/app-passwords/make/")

    page = app_owner.browser.press_in_tab(here, "Cancel")

    assert (page.path, page.query) == ("/sign-in/again/", "next=%2Fmethods%2Fadd%2F")


def test_form_of_one_tab_waits_until_that_tab_returns(app_owner: Person) -> None:
    """Seen failing: the first tab to return took the form of the other one away."""
    path = f"/methods/{app_owner.enrolment('totp').ref}/rename/"
    app_owner.browser.send(path, name="blue phone")
    form = app_owner.browser.press("Authenticator app")
    other = again(app_owner, "/app-passwords/make/")

    assert app_owner.browser.press_in_tab(other, "Verify", code=app_owner.read_app()).path == "/app-passwords/make/"
    assert (
        app_owner.browser.press_in_tab(form, "Verify", code="123456").form("Continue")[0].fields["name"] == "blue phone"
    )


def test_form_waits_for_ten_minutes(app_owner: Person, clock: Clock) -> None:
    path = f"/methods/{app_owner.enrolment('totp').ref}/rename/"
    app_owner.browser.send(path, name="blue phone")
    clock.forward(minutes=11)
    again(app_owner, path)

    assert not app_owner.verify(app_owner.read_app()).offers("Continue")
