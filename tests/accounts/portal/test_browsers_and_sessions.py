"""Tests of the pages for remembered browsers and sessions: listed, named, and ended one by one or all together."""

import pytest
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions.session_store import row_key
from tests.accounts.portal.conftest import kinds, remembered_elsewhere
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import Clock, Person
from verification.models import Browser as Remembered

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"
COOKIE = "mfa_browser"


def at_browsers(person: Person) -> Page:
    return person.browser.go("/browsers/")


@pytest.fixture
def ana_in_firefox(ana: Person) -> Person:
    """Return Ana, signed in and remembered in Firefox."""
    ana.browser = Browser(agent=FIREFOX)
    ana.sign_in(remember="on")
    return ana


@pytest.fixture
def ana_on_her_phone(ana: Person, clock: Clock) -> Person:
    """Return Ana, signed in and remembered on her phone."""
    person = Person(ana.user, ana.phone, browser=Browser(agent=SAFARI, network="198.51.100.9"))
    person.sign_in(remember="on")
    clock.forward(seconds=31)
    return person


def test_lists_name_network_since_use_and_end(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    page = at_browsers(ana_in_firefox)

    for words in (
        "Firefox on Linux",
        "Safari on iPhone",
        "from 198.51.100.9",
        "Remembered since 2 March 2026",
        "until 16 March 2026",
    ):
        assert words in page


def test_marks_this_one(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    page = at_browsers(ana_in_firefox)

    assert ["chip good" in each.html for each in page.parts("aria-label", "Firefox on Linux")] == [True, True]
    assert ["chip good" in each.html for each in page.parts("aria-label", "Safari on iPhone")] == [False, False]
    keys = [row_key(each.browser.session_key) for each in (ana_on_her_phone, ana_in_firefox)]
    ends = [f"/browsers/sessions/{Session.objects.get(session_key=key).ref}/end/" for key in keys]
    assert [page.leads_to(each) for each in ends] == [True, False]


def test_says_so_when_none_is_remembered(ana: Person) -> None:
    ana.sign_in()

    page = at_browsers(ana)
    assert page.n_empty_lists == 1
    assert not page.leads_to("/browsers/forget/")
    assert not page.leads_to("/browsers/sign-out-everywhere/")


def test_those_that_are_over_are_not_listed(ana_in_firefox: Person, clock: Clock) -> None:
    Remembered.objects.update(ends_at=timezone.now())

    assert at_browsers(ana_in_firefox).n_empty_lists == 1


def test_person_forgets_one_browser(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    at_browsers(ana_in_firefox)

    page = ana_in_firefox.browser.press("Remove Safari on iPhone")

    assert "Removed." in page
    assert Remembered.objects.count() == 1
    assert "browser.forgotten" in kinds(ana_in_firefox)
    ana_on_her_phone.browser.press("Sign out")
    assert ana_on_her_phone.give_password().path == "/sign-in/verify/"
    assert ana_in_firefox.browser.go("/").path == "/"


def test_person_forgets_all_browsers(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    at_browsers(ana_in_firefox)

    page = ana_in_firefox.browser.press("Remove all")

    assert page.n_empty_lists == 1
    assert not ana_in_firefox.browser.client.cookies[COOKIE].value
    assert not Remembered.objects.exists()
    ana_in_firefox.browser.press("Sign out")
    assert ana_in_firefox.give_password().path == "/sign-in/verify/"


def test_person_cannot_forget_the_browser_of_someone_else(ana_in_firefox: Person, cleo: Person) -> None:
    hers = remembered_elsewhere(cleo)
    at_browsers(ana_in_firefox)
    ana_in_firefox.browser.press("Remove all")

    assert list(Remembered.objects.all()) == [hers]


def test_forgetting_twice_is_no_error_page_for_all_and_none_for_one(ana_in_firefox: Person) -> None:
    ref = Remembered.objects.get().ref
    ana_in_firefox.browser.send(f"/browsers/{ref}/forget/")

    assert ana_in_firefox.browser.send(f"/browsers/{ref}/forget/").status == 404
    assert ana_in_firefox.browser.send("/browsers/forget/").status == 200


def test_ends_one_sign_in(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    at_browsers(ana_in_firefox)

    page = ana_in_firefox.browser.press("End session Safari on iPhone")

    assert page.outcomes == {"portal:session_ended"}
    assert ana_on_her_phone.browser.go("/").path == "/sign-in/"
    assert ana_in_firefox.browser.go("/").path == "/"
    assert "sessions.ended" in kinds(ana_in_firefox)


def test_ending_one_twice_is_not_found(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    ref = Session.objects.get(session_key=row_key(ana_on_her_phone.browser.session_key)).ref
    ana_in_firefox.browser.go("/browsers/")
    ana_in_firefox.browser.send(f"/browsers/sessions/{ref}/end/")

    assert ana_in_firefox.browser.send(f"/browsers/sessions/{ref}/end/").status == 404


def test_ending_this_very_one_by_hand_leads_to_the_sign_out(ana_in_firefox: Person) -> None:
    """Seen: the page could not store its result in the session that had just ended."""
    at_browsers(ana_in_firefox)
    ref = Session.objects.get(session_key=row_key(ana_in_firefox.browser.session_key)).ref

    page = ana_in_firefox.browser.send(f"/browsers/sessions/{ref}/end/")

    assert (page.status, page.path) == (200, "/sign-out/")
    assert Session.objects.filter(user=ana_in_firefox.user).exists()


def test_page_gives_no_session_key_away(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    html = at_browsers(ana_in_firefox).html

    assert ana_on_her_phone.browser.session_key not in html
    assert ana_in_firefox.browser.session_key not in html


def test_signs_out_everywhere_but_here(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    at_browsers(ana_in_firefox)
    before = ana_in_firefox.browser.session_key

    page = ana_in_firefox.browser.press("End all other sessions")

    assert page.outcomes == {"portal:sessions_ended"}
    assert ana_on_her_phone.browser.go("/").path == "/sign-in/"
    assert ana_in_firefox.browser.go("/").path == "/"
    assert ana_in_firefox.browser.session_key != before
    assert not Remembered.objects.exists()


def test_half_sign_ins_end_with_it(ana_on_her_phone: Person, ana_in_firefox: Person) -> None:
    half = Person(ana_in_firefox.user, ana_in_firefox.phone)
    half.give_password()
    at_browsers(ana_in_firefox)
    ana_in_firefox.browser.press("End all other sessions")

    half.verify(half.read_text())

    assert half.page.path == "/sign-in/"
    assert half.browser.go("/").path == "/sign-in/"


@pytest.mark.parametrize("path", ["/browsers/forget/", "/browsers/sign-out-everywhere/"])
def test_a_link_does_nothing(ana_in_firefox: Person, path: str) -> None:
    assert ana_in_firefox.browser.go(path).path == "/browsers/"
    assert "page:undone" in ana_in_firefox.page.outcomes
    assert Remembered.objects.exists()


def test_posts_want_the_forms_token(ana_in_firefox: Person) -> None:
    assert ana_in_firefox.browser.client.post("/browsers/forget/").status_code == 403
    assert Remembered.objects.exists()


def test_another_persons_session_in_the_same_browser_is_not_listed(ana_in_firefox: Person, cleo: Person) -> None:
    other = Person(cleo.user, cleo.phone)
    other.sign_in()

    assert at_browsers(ana_in_firefox).html.count("<article") == 2  # one remembered, one signed in
    assert User.objects.count() == 2
