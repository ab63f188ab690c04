"""Tests of remembered browsers: they need only the password, for some days, for one person, in one epoch."""

from datetime import timedelta

from django.utils import timezone

from tests.simulated.http_browser import Browser
from tests.simulated.people import Clock, Person, join
from verification import enrolments, notices
from verification.context import Context
from verification.models import AuditEvent, Message, Policy
from verification.models import Browser as Remembered
from verification.policies import DecisionReason

COOKIE = "mfa_browser"


def remembered(person: Person) -> str:
    """Sign in, have the browser remembered, sign out, and return the cookie's token."""
    person.sign_in(remember="on")
    token = person.browser.client.cookies[COOKIE].value
    person.browser.press("Sign out")
    return str(token)


def can_be_remembered(person: Person) -> bool:
    """Return whether the page offers to remember the browser."""
    return any("remember" in form.names() for form in person.page.forms)


def test_is_not_asked_again_in_this_browser(ana: Person) -> None:
    remembered(ana)

    home = ana.give_password()

    assert home.path == "/"
    assert DecisionReason.REMEMBERED.why_skipped in home


def test_is_asked_again_in_another_browser(ana: Person) -> None:
    remembered(ana)
    ana.browser = Browser()

    assert ana.give_password().path == "/sign-in/verify/"


def test_is_remembered_only_when_wanted(ana: Person) -> None:
    ana.sign_in()

    assert COOKIE not in ana.browser.client.cookies
    assert not Remembered.objects.exists()


def test_is_remembered_for_fourteen_days(ana: Person, clock: Clock) -> None:
    remembered(ana)
    clock.forward(days=13, hours=23)
    assert ana.give_password().path == "/"
    ana.browser.press("Sign out")
    clock.forward(hours=2)

    assert ana.give_password().path == "/sign-in/verify/"


def test_policy_says_for_how_long(ana: Person) -> None:
    Policy.objects.create(remember_days=3)
    ana.give_password()

    assert can_be_remembered(ana)
    assert "for 3 days" in ana.page
    ana.choose("Authenticator app")
    ana.verify(ana.read_app(), remember="on")
    assert Remembered.objects.get().ends_at == timezone.now() + timedelta(days=3)


def test_policy_may_offer_nothing(ana: Person) -> None:
    Policy.objects.create(remember_days=0)
    ana.give_password()

    assert not can_be_remembered(ana)
    ana.choose("Authenticator app")
    ana.browser.send("/sign-in/verify/", code=ana.read_app(), remember="on")
    assert not Remembered.objects.exists()


def test_policy_that_forgets_is_obeyed_at_once(ana: Person) -> None:
    remembered(ana)
    Policy.objects.create(remember_days=0)

    assert ana.give_password().path == "/sign-in/verify/"


def test_token_changes_at_each_use(ana: Person) -> None:
    before = remembered(ana)
    ana.give_password()

    assert ana.browser.client.cookies[COOKIE].value not in {before, ""}


def test_copied_cookie_ends_the_remembering(ana: Person, clock: Clock) -> None:
    copy = remembered(ana)
    ana.give_password()
    ana.browser.press("Sign out")
    clock.forward(seconds=61)
    thief = Person(ana.user, ana.phone)
    thief.browser.client.cookies[COOKIE] = copy

    assert thief.give_password().path == "/sign-in/verify/"
    assert ana.give_password().path == "/sign-in/verify/"
    assert AuditEvent.objects.filter(kind="browser.copied", user_id=ana.user.pk).count() == 1


def test_cookie_is_worth_nothing_to_another_person(ana: Person) -> None:
    token = remembered(ana)
    eve = join("eve").set_up("totp")
    eve.browser.client.cookies[COOKIE] = token

    assert eve.give_password().path == "/sign-in/verify/"
    assert ana.give_password().path == "/"


def test_cookie_is_worth_nothing_in_another_epoch(ana: Person) -> None:
    remembered(ana)
    enrolments.raise_epoch(ana.user)

    assert ana.give_password().path == "/sign-in/verify/"


def test_forged_cookie_is_worth_nothing(ana: Person) -> None:
    remembered(ana)
    ana.browser.client.cookies[COOKIE] = "a" * 43

    assert ana.give_password().path == "/sign-in/verify/"


def test_never_replaces_the_password(ana: Person) -> None:
    remembered(ana)

    assert ana.give_password("wrong").path == "/sign-in/"
    assert ana.browser.go("/").path == "/sign-in/"


def test_is_not_offered_to_staff(dev: Person) -> None:
    dev.give_password()

    assert not can_be_remembered(dev)
    dev.browser.send("/sign-in/verify/", code=dev.read_app(), remember="on")
    assert not Remembered.objects.exists()


def test_does_not_let_staff_in_who_were_remembered_before(ana: Person) -> None:
    remembered(ana)
    type(ana.user).objects.filter(pk=ana.user.pk).update(is_staff=True)

    assert ana.give_password().path == "/sign-in/verify/"


def test_blocked_person_who_comes_back_is_still_remembered(ana: Person, clock: Clock) -> None:
    """The token changed while the person was blocked, but the browser never got the new one (seen)."""
    remembered(ana)
    type(ana.user).objects.filter(pk=ana.user.pk).update(blocked_until=timezone.now() + timedelta(hours=1))
    ana.give_password()
    clock.forward(hours=2)

    assert ana.give_password().path == "/"
    assert not AuditEvent.objects.filter(kind="browser.copied").exists()


def test_cookie_is_for_us_alone(ana: Person) -> None:
    ana.sign_in(remember="on")

    cookie = ana.browser.client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 14 * 86_400)


def test_a_recovery_code_is_never_remembered(ana: Person) -> None:
    """Seen: an emergency code skipped the second step for two weeks."""
    ana.print_codes()
    ana.give_password()
    ana.choose("Recovery code")

    assert not can_be_remembered(ana)
    ana.browser.send("/sign-in/verify/", code=ana.codes[0], remember="on")

    assert ana.page.path == "/"
    assert not Remembered.objects.exists()
    assert COOKIE not in ana.browser.client.cookies


def test_a_pass_is_never_remembered(ana: Person) -> None:
    now = timezone.now()
    context = Context(now=now)
    new = enrolments.new_pass(ana.user, {})
    code = enrolments.issue_pass(
        ana.user, new, context, starts_at=now, ends_at=now + timedelta(minutes=10), actor_id=ana.user.pk
    )
    ana.give_password()
    if "Temporary Access Pass" not in ana.page:
        ana.choose("Temporary Access Pass")

    assert not can_be_remembered(ana)
    ana.browser.send("/sign-in/verify/", code=code, remember="on")

    assert ana.page.path == "/"
    assert not Remembered.objects.exists()


def test_two_people_share_a_browser(ana: Person) -> None:
    """Seen: each person's second step came back after the other had signed in."""
    remembered(ana)
    eve = join("eve").set_up("totp")
    eve.browser = ana.browser
    remembered(eve)

    for person in (ana, eve, ana, eve):
        assert person.give_password().path == "/"
        person.browser.press("Sign out")


def test_forgetting_leaves_the_other_person_remembered(ana: Person) -> None:
    remembered(ana)
    eve = join("eve").set_up("totp")
    eve.browser = ana.browser
    remembered(eve)
    ana.give_password()
    ana.browser.go("/browsers/")
    ana.browser.press("Remove all")
    ana.browser.press("Sign out")

    assert eve.give_password().path == "/"


def test_the_owner_hears_of_a_copied_cookie(ana: Person, clock: Clock) -> None:
    copy = remembered(ana)
    ana.give_password()
    clock.forward(seconds=61)
    thief = Person(ana.user, ana.phone)
    thief.browser.client.cookies[COOKIE] = copy
    thief.give_password()

    notices.notify_of_copied_browsers(timezone.now())

    template = "verification/notices/to_person/remembered_browser_copied.txt"
    assert Message.objects.filter(template=template, user=ana.user).count() == 1


def test_ticked_box_stays_ticked_after_an_incorrect_code(ana: Person) -> None:
    """Seen failing when each page had a fresh form."""
    ana.give_password()

    page = ana.browser.press("Verify", code="000000", remember="on")

    assert 'id="id_remember" checked>' in page.html
