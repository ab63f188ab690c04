"""The pages of a person's app passwords: shown once, deleted for good, nobody else's."""

import re
from datetime import UTC, datetime

import pytest

from accounts.app_passwords import MAX_PER_PERSON
from accounts.models import AppPassword, User
from tests import entry_points
from tests.entry_points import Door
from tests.pages import Page
from tests.people import ANAS, Clock, Person, join
from verification.models import AuditEvent, Message, Policy

LIST, MAKE, ALL = "/app-passwords/", "/app-passwords/make/", "/app-passwords/delete/"
SECRET = re.compile(r'<code id="app-password"[^>]*>([a-z2-7 ]{29})</code>')


def _secret(page: Page) -> str:
    found = SECRET.search(page.html)
    assert found, page.words
    return found[1]


def _make(person: Person, **fields: str) -> Page:
    person.browser.go(MAKE)
    return person.browser.press("Make it", **{"program": "mail", "name": "old laptop"} | fields)


def _delete_page(row: AppPassword) -> str:
    return f"/app-passwords/{row.ref}/delete/"


@pytest.fixture
def other(db: None, clock: Clock) -> Person:
    """Give somebody else who is signed in and has an app password."""
    person = join("eve", number="+41795550199").set_up("totp")
    person.sign_in()
    entry_points.make(person.user, name="eve's laptop")
    return person


def test_shows_it_once_with_what_to_do(ana: Person, mail: Door) -> None:
    ana.sign_in()

    page = _make(ana)
    secret = _secret(page)

    assert mail.opens("ana", secret)
    assert "It is shown only now" in page
    assert "in place of your normal password" in page
    assert 'data-copy="#app-password"' in page.html
    assert "no-store" in page.response.headers["Cache-Control"]
    for address in (LIST, MAKE, "/activity/"):
        assert secret not in ana.browser.go(address).html
    assert secret not in str(ana.browser.client.session.items())


def test_tells_its_person(ana: Person) -> None:
    ana.sign_in()
    _make(ana)

    (message,) = Message.objects.filter(template__contains="app_password_made")
    assert message.context.items() >= {"name": "old laptop", "service": "Mail", "network": "192.0.2.7"}.items()
    assert AuditEvent.objects.get(kind="app_password.made").said == {"name": "old laptop", "program": "mail"}


def test_lists_what_it_is_for_and_its_last_use(ana: Person, mail: Door) -> None:
    ana.sign_in()
    secret = _secret(_make(ana, network="192.0.2.0/24", days="30"))

    assert "Not used yet" in ana.browser.go(LIST)
    mail.opens("ana", secret)

    page = ana.browser.go(LIST)
    assert "old laptop" in page
    assert "only from 192.0.2.0/24 · ends 1 April 2026" in page
    assert "Last used 2 March 2026, 09:00 from 192.0.2.7 by IMAP" in page


def test_says_that_there_are_none(ana: Person) -> None:
    ana.sign_in()

    page = ana.browser.go(LIST)

    assert "You have no app passwords" in page
    assert not page.offers("Delete all")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "Give it a name."),
        ("name", "x" * 65, "Ensure this value has at most 64 characters"),
        ("program", "fax", "Select a valid choice"),
        ("network", "the office", "This is no network."),
        ("network", "192.0.2.0/77", "This is no network."),
        ("days", "0", "Type a whole number of days, from 1 to 3650."),
        ("days", "soon", "Type a whole number of days"),
    ],
)
def test_keeps_what_was_typed_and_says_what_is_wrong(ana: Person, field: str, typed: str, words: str) -> None:
    ana.sign_in()
    given = {"name": "grandmother's laptop", "network": "198.51.100.0/24", "days": "77"} | {field: typed}

    page = _make(ana, **given)

    assert words in page
    assert not AppPassword.objects.exists()
    form, _button = page.form("Make it")
    assert {name: form.fields[name] for name in given if name != "program"} == {
        name: value for name, value in given.items() if name != "program"
    }
    if field in {"network", "days"}:
        assert '<details class="more" open>' in page.html


def test_names_the_41st(ana: Person) -> None:
    ana.sign_in()
    for at in range(MAX_PER_PERSON):
        entry_points.make(ana.user, name=f"laptop {at}")

    page = ana.browser.go(LIST)

    assert "You have 40, as many as a person may have. Delete one to make another." in page
    assert not page.offers("Make an app password")
    assert all(f"laptop {at}" in page for at in range(MAX_PER_PERSON))
    assert "Delete one first" in _make(ana)
    assert AppPassword.objects.count() == MAX_PER_PERSON


def test_deletes_one_after_a_confirmation(ana: Person, mail: Door) -> None:
    ana.sign_in()
    gone, kept = entry_points.make(ana.user, name="old laptop"), entry_points.make(ana.user, name="older laptop")
    row = AppPassword.objects.get(name="old laptop")

    page = ana.browser.go(_delete_page(row))
    assert "Delete this app password?" in page
    assert "old laptop" in page
    assert AppPassword.objects.count() == 2

    page = ana.browser.press("Delete")
    assert "refused from now on" in page
    assert (mail.opens("ana", gone), mail.opens("ana", kept)) == (False, True)


def test_deletes_all_after_a_confirmation(ana: Person, other: Person) -> None:
    ana.sign_in()
    for _ in range(3):
        entry_points.make(ana.user)

    ana.browser.go(LIST)
    page = ana.browser.follow("Delete all")
    assert "All 3 of them." in page
    ana.browser.press("Delete")

    assert list(AppPassword.objects.values_list("user", flat=True)) == [other.user.pk]


def test_forgets_nothing_by_reloading(ana: Person) -> None:
    ana.sign_in()
    entry_points.make(ana.user)

    ana.browser.go(ALL)
    ana.browser.reload()

    assert AppPassword.objects.count() == 1


def test_knows_no_stranger(ana: Person, other: Person) -> None:
    ana.sign_in()
    row = AppPassword.objects.get(user=other.user)

    assert ana.browser.go(_delete_page(row)).status == 404
    assert ana.browser.send(_delete_page(row)).status == 404
    assert ana.browser.go(_delete_page(row)).status == ana.browser.go("/app-passwords/nothing/delete/").status
    ana.browser.send(ALL)
    assert AppPassword.objects.filter(pk=row.pk).exists()
    assert "eve" not in ana.browser.go(LIST)


@pytest.mark.parametrize("address", [MAKE, ALL])
def test_wants_a_fresh_proof(ana: Person, clock: Clock, address: str) -> None:
    ana.sign_in()
    entry_points.make(ana.user)
    clock.forward(minutes=11)

    assert ana.browser.go(address).path == "/sign-in/again/"
    ana.browser.send(address, program="mail", name="late")

    assert AppPassword.objects.count() == 1


def test_still_shows_and_deletes_when_the_policy_forbids_them(ana: Person, mail: Door) -> None:
    ana.sign_in()
    secret = entry_points.make(ana.user)
    Policy.objects.create(app_passwords=False)

    page = ana.browser.go(LIST)
    assert "App passwords are switched off" in page
    assert "old laptop" in page
    assert not page.offers("Make an app password")
    assert ana.browser.go(MAKE).path == LIST
    ana.browser.send(MAKE, program="mail", name="another")
    assert AppPassword.objects.count() == 1

    ana.browser.go(_delete_page(AppPassword.objects.get()))
    ana.browser.press("Delete")
    Policy.objects.all().delete()
    assert not mail.opens("ana", secret)


def test_says_that_they_rest(ana: Person) -> None:
    ana.sign_in()
    entry_points.make(ana.user)
    User.objects.filter(pk=ana.user.pk).update(securing_since=datetime(2026, 3, 2, tzinfo=UTC))

    page = ana.browser.go(LIST)

    assert "App passwords rest while you make your account safe" in page
    assert not page.offers("Make an app password")
    assert ana.browser.go(MAKE).path == LIST


def test_names_a_program_that_keeps_failing(ana: Person, strict: Door) -> None:
    ana.sign_in()
    for _ in range(3):
        strict.knock("ana", "an older password")

    page = ana.browser.go(LIST)

    assert "A program keeps failing at Strict" in page
    assert "3 times from 192.0.2.7" in page
    assert "Your account stays open." in page


def test_is_closed_to_strangers(db: None, clock: Clock) -> None:
    browser = join("gil", number=ANAS).browser

    assert {browser.go(address).path for address in (LIST, MAKE, ALL)} == {"/sign-in/"}
