"""Tests of two tabs in one browser: a form counts only for the request that its page shows."""

from urllib.parse import urljoin

import pytest
from django.test import Client

from tests.simulated.http_browser import Page
from tests.simulated.people import PASSWORD, Clock, Person
from verification.models import AuditEvent, Challenge, ChallengeState, Failure, Message

STALE = "That page was from an older verification. Nothing was checked or changed"


def send(person: Person, page: Page, label: str, **fields: str) -> Page:
    """Press a button on a page that stayed open in another tab of the person's browser."""
    form, (_, name, value) = page.form(label)
    filled = form.fields | fields | ({name: value} if name else {})
    answer = person.browser.client.post(urljoin(page.path, form.action), filled, follow=True)
    person.browser.page = Page(answer)
    return person.browser.page


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

    page = send(browser, hers, "Verify", code="123456")

    assert page.path == "/sign-in/verify/"
    assert STALE in page
    assert "Account: ben" in page
    assert set(Challenge.objects.values_list("tries_left", flat=True)) == {5}
    assert not Failure.objects.filter(method="text").exists()
    assert not AuditEvent.objects.filter(kind="challenge.failed").exists()
    assert browser.verify(ben.read_text()).path == "/"


@pytest.mark.parametrize("label", ["Cancel", "Send a new code"])
def test_button_of_one_does_nothing_to_the_other(two: tuple[Person, Page], label: str, clock: Clock) -> None:
    browser, hers = two
    clock.forward(minutes=1)

    page = send(browser, hers, label)

    assert STALE in page
    assert Challenge.objects.get(user__username="ben").state == ChallengeState.OPEN
    assert Message.objects.count() == 2


def test_option_of_one_is_not_asked_of_the_other(ana: Person, ben: Person) -> None:
    ben.set_up("text", "totp")
    ana.give_password()
    hers = ana.browser.go("/sign-in/options/")
    ana.browser.go("/sign-in/")
    ana.browser.press("Sign in", username="ben", password=PASSWORD)

    assert STALE in send(ana, hers, "Authenticator app")
    assert not Challenge.objects.filter(enrolment__method="totp").exists()


def test_registration_of_one_sets_nothing_up_for_the_other(ana: Person, ben: Person) -> None:
    hers = ben.give_password()
    ben.browser.go("/sign-in/")
    ben.browser.press("Sign in", username="ana", password=PASSWORD)

    assert STALE in send(ben, hers, "Authenticator app")
    assert not Challenge.objects.filter(purpose="enrol").exists()


def test_code_page_of_an_option_that_was_left_judges_nothing(ana: Person) -> None:
    text = ana.give_password()
    ana.choose("Authenticator app")

    page = send(ana, text, "Verify", code="123456")

    assert STALE in page
    assert ana.verify(ana.read_app()).path == "/"


def told(person: Person, page: Page) -> dict[str, object]:
    """Return the answer that a waiting page's script gets."""
    address = next(part for part in page.html.split('"') if part.startswith("/sign-in/status/")).replace("&amp;", "&")
    answer = person.browser.client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def test_status_of_an_older_page_tells_it_to_load_anew(two: tuple[Person, Page]) -> None:
    browser, hers = two

    assert told(browser, hers)["reload"] is True


@pytest.mark.parametrize("how", ["finished", "cancelled"])
def test_status_of_a_page_whose_request_is_over_tells_it_to_load_anew(ana: Person, how: str) -> None:
    """Seen failing: the answer was an HTML page, which the script cannot read."""
    page = ana.give_password()
    assert told(ana, page)["reload"] is False
    if how == "finished":
        ana.verify(ana.read_text())
    else:
        ana.browser.press("Cancel")

    assert told(ana, page) == {"state": "gone", "words": "", "done": False, "reload": True}


def test_pages_name_the_account(ana: Person, ben: Person) -> None:
    assert "Account: ana" in ana.give_password()
    assert "Account: ana" in ana.browser.follow("Use a different verification option")
    assert "Account: ben" in ben.give_password()
    assert "Account: ben" in ben.browser.press("Authenticator app")
    assert "Account: ben" in ben.verify(ben.read_app())


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
