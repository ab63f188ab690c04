"""Tests in which Ana reports that somebody got into her account, and secures it."""

from accounts import activity_lines_from_audit_events
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.models import User
from accounts.portal import this_wasnt_me_audit_events as portal_events
from tests.simulated.http_browser import Browser
from tests.simulated.people import PASSWORD, Clock, Person
from verification import audit
from verification.context import Context
from verification.models import Browser as Remembered
from verification.models import Message, Policy

NEW = "seven green bicycles"


def say_so(person: Person) -> None:
    person.browser.go("/activity/")
    person.browser.follow("This wasn’t me")
    person.browser.press("Secure my account")


def is_securing(person: Person) -> bool:
    return User.objects.get(pk=person.user.pk).securing_since is not None


def thief(person: Person, clock: Clock) -> Person:
    """Return an attacker who is signed in as Ana on another, remembered browser."""
    strange = Person(person.user, person.phone, browser=Browser(network="203.0.113.9"))
    strange.sign_in(remember="on")
    clock.forward(seconds=31)
    return strange


def test_thief_is_out_at_once_and_stays_out(ana: Person, clock: Clock) -> None:
    strange = thief(ana, clock)
    ana.sign_in()

    say_so(ana)

    assert ana.page.path == "/activity/secure/"
    assert strange.browser.go("/").path == "/sign-in/"
    assert strange.give_password().path == "/sign-in/verify/"
    assert not Remembered.objects.exists()


def test_page_shows_what_is_reported(ana: Person) -> None:
    ana.sign_in()
    newest = activity_lines_from_audit_events.entries(audit.of_person(ana.user.pk, of=audit.user_events()))[0]
    ana.browser.go("/activity/")

    assert newest.title in ana.browser.follow("This wasn’t me")
    assert newest.title not in ana.browser.go("/activity/not-me/")


def test_whole_way_back(ana: Person, clock: Clock) -> None:
    thief(ana, clock)
    ana.sign_in()
    say_so(ana)
    ana.browser.follow("Change password")
    ana.browser.press("Change password", password=PASSWORD, new_password=NEW)
    assert "portal:new_password" in ana.page.outcomes
    ana.browser.follow("Check your methods")
    assert "Your methods" in ana.page

    ana.browser.go("/activity/secure/")
    page = ana.browser.press("Restore access")

    assert ("portal:access_restored" in page.outcomes, is_securing(ana)) == (True, False)
    page = ana.browser.go("/activity/")
    for event in (portal_events.ACCOUNT_SECURING_BEGUN, portal_events.ACCOUNT_SECURING_ENDED):
        assert event.title_for(is_own=True) in page
    told = Message.objects.filter(template__contains="notices").order_by("pk").values_list("template", flat=True)
    assert [template.rpartition("/")[2] for template in told] == ["account_secured.txt", "password_changed.txt"]


def test_says_so_with_a_stale_session_and_proves_herself_to_end_it(ana: Person, clock: Clock) -> None:
    ana.sign_in()
    clock.forward(minutes=30)
    say_so(ana)
    assert ana.page.path == "/activity/secure/"

    ana.browser.press("Restore access")
    assert ana.page.path == "/sign-in/again/"
    ana.browser.press("Authenticator app")
    ana.verify(ana.read_app())
    page = ana.browser.press("Continue")

    assert ("portal:access_restored" in page.outcomes, is_securing(ana)) == (True, False)


def test_trusted_network_and_remembered_browser_skip_nothing_until_the_end(ana: Person, clock: Clock) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    ana.give_password()
    say_so(ana)
    ana.browser.go("/")
    ana.browser.press("Sign out")

    assert ana.give_password().path == "/sign-in/verify/"
    ana.choose("Authenticator app")
    ana.verify(ana.read_app(), remember="on")
    ana.browser.press("Sign out")
    assert ana.give_password().path == "/sign-in/verify/"

    clock.forward(seconds=31)
    ana.choose("Authenticator app")
    ana.verify(ana.read_app())
    ana.browser.go("/activity/secure/")
    ana.browser.press("Restore access")
    ana.browser.press("Sign out")
    assert ana.give_password().path == "/"


def test_password_alone_does_not_undo_it(ana: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    ana.give_password()
    say_so(ana)

    page = ana.browser.press("Restore access")

    assert page.path == "/sign-in/again/"
    ana.user.refresh_from_db()
    assert ana.user.securing_since is not None


def test_flood_of_guesses_does_not_hide_the_new_password(ana: Person) -> None:
    """Seen: the page read only the last fifty events, and fifty guesses hid the password change."""
    ana.sign_in()
    say_so(ana)
    ana.browser.follow("Change password")
    ana.browser.press("Change password", password=PASSWORD, new_password=NEW)
    for _ in range(51):
        _guess(ana)

    assert "portal:new_password" in ana.browser.go("/activity/secure/").outcomes


def _guess(person: Person) -> None:
    audit.record(
        audit_events.PASSWORD_REFUSED,
        user_id=person.user.pk,
        context=Context(now=person.user.date_joined),
    )


def test_account_without_a_report_has_nothing_to_restore(ana: Person) -> None:
    ana.sign_in()

    page = ana.browser.go("/activity/secure/")

    assert not page.offers("Restore access")
    assert page.offers("Something wasn’t me")


def test_asking_first_changes_nothing(ana: Person) -> None:
    ana.sign_in(remember="on")
    ana.browser.go("/activity/not-me/?about=<script>")

    assert "<script>" not in ana.page.html
    ana.user.refresh_from_db()
    assert ana.user.securing_since is None
    assert Remembered.objects.exists()


def test_people_without_a_second_step_can_do_it_too(ana: Person) -> None:
    type(ana.user).objects.filter(pk=ana.user.pk).update(second_step="disabled")
    ana.user.enrolments.all().delete()
    ana.give_password()
    say_so(ana)

    assert "portal:access_restored" in ana.browser.press("Restore access").outcomes
    assert not is_securing(ana)
