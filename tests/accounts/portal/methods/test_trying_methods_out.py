"""Tests of trying a method out on the portal: nothing is gained or lost by it, and a locked method says what to do."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone
from django_otp.oath import totp

from tests.accounts.portal.methods.methods_page import at_methods, card, switch_off
from tests.simulated.people import Clock, Person
from verification.models import Enrolment, Failure

LOCKED = "methods:locked"

# Trying out ----------------------------------------------------------------------------------------------------


def test_tries_a_method_out(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    clock.forward(days=200)
    ana.browser.press("Sign out")
    at_methods(ana)
    assert ana.page.data("outcome").count("methods:untried") == 2, "the text and the call"

    ana.browser.press("Try it now Text message")
    page = ana.verify(ana.read_text())

    assert page.path == "/methods/"
    assert "portal:method_works" in page.outcomes
    assert page.data("outcome").count("methods:untried") == 1, "the call"


def test_needs_no_fresh_proof_and_gives_none(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    clock.forward(minutes=11)
    ana.browser.press("Try it now Authenticator app")
    ana.verify(ana.read_app())

    assert ana.page.path == "/methods/"
    assert ana.browser.go("/methods/add/").path == "/sign-in/again/"


def test_method_that_is_off_is_set_up_again_and_not_tried_out(ana: Person, clock: Clock) -> None:
    """Before the fix, a passed self-test with the same seed unlocked it."""
    at_methods(ana)
    switch_off(ana, "totp")
    page = ana.browser.reload()
    assert page.part("data-outcome", LOCKED).hrefs == ["/methods/add/"]
    former = ana.enrolment("totp")
    assert not page.leads_to(f"/methods/{former.ref}/try/")

    ana.browser.send(f"/methods/{former.ref}/try/")
    assert LOCKED in ana.browser.go("/methods/").outcomes

    assert "/methods/add/" in card(page, "Authenticator app")
    ana.browser.follow("Set up again Authenticator app")
    ana.browser.press("Authenticator app")
    draft = Enrolment.objects.get(user=ana.user, method="totp", confirmed=False)
    ana.verify(f"{totp(draft.secret):06d}")

    assert LOCKED not in ana.browser.go("/methods/").outcomes
    assert ana.enrolment("totp") == draft


def test_locked_codes_are_replaced_by_new_ones(ana: Person) -> None:
    ana.print_codes()
    switch_off(ana, "recovery")
    page = at_methods(ana)
    assert page.part("data-outcome", LOCKED).hrefs == ["/methods/recovery-codes/"]

    ana.browser.follow("Get new codes")
    ana.browser.press("Get new codes")

    assert LOCKED not in ana.browser.go("/methods/").outcomes


def test_locked_token_leads_to_the_support_desk(cleo: Person) -> None:
    call_command(
        "assign_token", "cleo", "TK-0042", stdin=StringIO("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), stdout=StringIO()
    )
    Enrolment.objects.filter(user=cleo.user, method="token").update(confirmed=True, confirmed_at=timezone.now())
    switch_off(cleo, "token")

    page = at_methods(cleo)

    assert page.part("data-outcome", LOCKED).hrefs == []
    assert "chip bad" in card(page, "Hardware token …0042")
    assert "/methods/add/" not in card(page, "Hardware token …0042")


def test_failed_self_tests_never_count_against_sign_in(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    for _ in range(3):
        ana.browser.go("/methods/")
        ana.browser.press("Try it now Authenticator app")
        for _ in range(5):
            if not ana.page.offers("Verify"):
                break
            ana.verify("000000")
    assert not Failure.objects.filter(method="totp", consecutive__gt=0).exists()
    assert Failure.objects.get(method="self_test.totp").next_at is not None

    ana.browser.go("/")
    ana.browser.press("Sign out")
    clock.forward(seconds=31)

    assert ana.sign_in().path == "/"


def test_self_test_waits_too_so_that_a_session_is_no_place_to_guess(ana: Person) -> None:
    at_methods(ana)
    for _ in range(2):
        ana.browser.go("/methods/")
        ana.browser.press("Try it now Authenticator app")
        for _ in range(5):
            if ana.page.offers("Verify"):
                ana.verify("000000")

    assert "Locked until" in ana.page


# One transaction with its mail ---------------------------------------------------------------------------------


def test_method_that_waits_is_not_to_be_tried(ana: Person) -> None:
    """Seen failing: "Try again at 09:30" stood beside "Try it now"."""
    at_methods(ana)
    soon = timezone.now() + timedelta(minutes=30)
    Failure.objects.update_or_create(user=ana.user, method="totp", defaults={"consecutive": 9, "next_at": soon})

    page = ana.browser.reload()

    assert not page.leads_to(f"/methods/{ana.enrolment('totp').ref}/try/")
    assert page.leads_to(f"/methods/{ana.enrolment('text').ref}/try/")
