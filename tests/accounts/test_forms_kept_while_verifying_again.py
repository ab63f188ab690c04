"""Tests that what was typed is kept while a person verifies again, and is offered once in its own place."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Application
from accounts.sessions.session_store import SessionStore
from tests.accounts.portal.conftest import prove
from tests.simulated.http_browser import Page
from tests.simulated.people import Clock, Person, hire
from verification.models import Enrolment

NEW = "a quite different sentence"


def test_comes_back_to_what_one_was_doing(stale: Person, clock: Clock) -> None:
    stale.browser.go("/methods/add/text/")

    assert prove(stale, clock).path == "/methods/add/text/"
    assert stale.page.offers("Continue")


def test_what_was_typed_is_kept_and_offered_again(stale: Person, clock: Clock) -> None:
    path = f"/methods/{stale.enrolment('totp').ref}/rename/"
    stale.browser.send(path, name="blue <phone>")

    page = prove(stale, clock)
    assert page.form("Continue")[0].fields["name"] == "blue <phone>"
    page = stale.browser.press("Continue")

    assert page.path == "/methods/"
    assert stale.enrolment("totp").name == "blue <phone>"


def test_held_form_goes_to_its_whole_address(stale: Person, clock: Clock) -> None:
    """Seen failing when only the path was kept: the query string was lost."""
    address = f"/methods/{stale.enrolment('totp').ref}/rename/?from=a+list&n=2"
    stale.browser.send(address, name="blue phone")

    page = prove(stale, clock)

    form, _button = page.form("Continue")
    assert (form.action, form.fields["name"]) == (address, "blue phone")


def test_nothing_is_done_before_go_on_is_pressed(stale: Person, clock: Clock) -> None:
    stale.browser.send(f"/methods/{stale.enrolment('call').ref}/remove/")
    prove(stale, clock)

    assert Enrolment.objects.filter(method="call").exists()
    stale.browser.press("Continue")
    assert not Enrolment.objects.filter(method="call").exists()


def test_what_was_typed_is_offered_once_and_at_its_own_place(stale: Person, clock: Clock) -> None:
    path = f"/methods/{stale.enrolment('totp').ref}/rename/"
    stale.browser.send(path, name="blue phone")
    prove(stale, clock)

    assert "Rename" in stale.browser.go(path)
    assert not stale.page.offers("Continue")


def test_what_was_typed_is_not_offered_at_another_place(stale: Person, clock: Clock) -> None:
    stale.browser.send(f"/methods/{stale.enrolment('totp').ref}/rename/", name="blue phone")
    stale.browser.go("/methods/add/")
    prove(stale, clock)

    assert stale.page.path == "/methods/add/"
    assert "blue phone" not in stale.page.html


def test_passwords_are_never_kept(stale: Person, clock: Clock) -> None:
    """The new password began with another word than the filter knew, and rested in the session's row (seen)."""
    stale.browser.send("/password/", password="blue-lamp-on-monday", new_password=NEW)
    kept = dict(SessionStore(stale.browser.session_key).items())

    assert "blue-lamp-on-monday" not in str(kept)
    assert NEW not in str(kept)
    page = prove(stale, clock)
    assert NEW not in page.html
    assert page.offers("Change password")


@pytest.mark.parametrize(
    ("page", "fields"),
    [("caller/0123456789abcdef", {"code": "287082"}), ("do/resync_token", {"first": "287082", "second": "359152"})],
)
def test_codes_are_never_kept(ana: Person, clock: Clock, page: str, fields: dict[str, str]) -> None:
    """Seen failing: a code that a caller had read out was kept in the session of the member of staff."""
    support = hire("sue", "Support desk")
    support.sign_in(to="/admin/")
    clock.forward(minutes=10)

    support.browser.send(f"/admin/accounts/user/{ana.user.pk}/{page}/", reason="They asked.", **fields)

    assert support.page.path == "/sign-in/again/"
    assert "287082" not in str(dict(SessionStore(support.browser.session_key).items()))


def test_number_is_kept_encrypted(stale: Person, clock: Clock) -> None:
    """Seen failing: the session's row held the whole number."""
    stale.browser.send("/methods/add/text/", country="CH", number="079 555 01 99")

    assert "555" not in str(dict(SessionStore(stale.browser.session_key).items()))
    assert prove(stale, clock).form("Continue")[0].fields["number"] == "079 555 01 99"


def test_token_of_the_form_is_not_kept(stale: Person) -> None:
    stale.browser.send("/methods/add/", method="totp")

    assert "csrfmiddlewaretoken" not in str(dict(SessionStore(stale.browser.session_key).items()))


@pytest.mark.parametrize("path", ["/activity/secured/", "/methods/x/usual/"])
def test_actions_without_a_page_of_their_own_come_back_too(stale: Person, clock: Clock, path: str) -> None:
    """Seen: after verification, a GET to a POST-only action ended on an error page."""
    path = path.replace("/x/", f"/{stale.enrolment('totp').ref}/")
    stale.browser.send(path)

    page = prove(stale, clock)

    assert (page.status, page.offers("Continue")) == (200, True)
    assert stale.browser.press("Continue").status == 200


@pytest.mark.parametrize("path", ["/activity/secured/", "/methods/add/"])
def test_way_back_leads_out(stale: Person, path: str) -> None:
    """Seen: it led to the action itself, and from there back to the same page."""
    stale.browser.send(path)

    assert stale.browser.follow("Back").path == "/"


def test_form_with_a_file_is_shown_again_instead_of_being_saved_without_it(db: None, clock: Clock) -> None:
    """Seen failing: a logo was lost without a word, and the rest of the form was saved."""
    fay = hire("fay", "Administrators")
    fay.sign_in(to="/admin/")
    Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    address = "/admin/accounts/application/wiki/change/"
    form = next(each for each in fay.browser.go(address).forms if "form_ref" in each.fields)
    logo = SimpleUploadedFile("logo.svg", b"<svg/>", content_type="image/svg+xml")
    clock.forward(minutes=11)
    sent = form.fields | {"name": "Team wiki", "reason": "r", "logo": logo}
    fay.browser.page = Page(fay.browser.client.post(address, sent, follow=True))

    prove(fay, clock)
    page = fay.browser.press("Continue")

    assert (page.path, page.form("Save")[0].fields["name"]) == (address, "Team wiki")
    assert Application.objects.get().name == "Wiki"
