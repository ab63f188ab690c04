"""Tests of trusted networks, which skip the second step, and of people who are blocked, locked out or disabled."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import SecondStep, Session
from tests.simulated.http_browser import Browser
from tests.simulated.people import OPTIONS, Clock, Person, join, update_user
from verification.models import Failure, Policy
from verification.policies import DecisionReason

SUPPORT = "Example Service Desk"


def test_nothing_is_asked_in_a_trusted_network(ana: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    home = ana.give_password()

    assert (home.path, DecisionReason.TRUSTED_NETWORK.why_skipped in home) == ("/", True)


def test_network_outside_is_asked(ana: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    ana.browser = Browser(network="198.51.100.7")

    assert ana.give_password().path == "/sign-in/verify/"


def test_forged_header_is_no_trusted_network(ana: Person) -> None:
    """R10: CVE-2024-47070."""
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])
    ana.browser = Browser(network="198.51.100.7")
    ana.browser.client.defaults["HTTP_X_FORWARDED_FOR"] = "192.0.2.7"

    assert ana.give_password().path == "/sign-in/verify/"


def test_trusted_network_does_not_spare_the_registration(ben: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert ben.give_password().path == "/sign-in/register/"


def test_trusted_network_does_not_spare_staff(dev: Person) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24"])

    assert dev.give_password().path == "/sign-in/verify/"


def test_nothing_is_asked_of_whom_it_is_switched_off_for(ben: Person) -> None:
    update_user(ben, second_step=SecondStep.DISABLED)

    home = ben.give_password()

    assert (home.path, DecisionReason.NOT_REQUIRED.why_skipped in home) == ("/", True)


def test_staff_are_asked_even_when_it_is_switched_off(dev: Person) -> None:
    update_user(dev, second_step=SecondStep.DISABLED)

    assert dev.give_password().path == "/sign-in/verify/"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"blocked_until": timezone.now() + timedelta(days=3650)}, DecisionReason.BLOCKED),
        ({"is_active": False}, DecisionReason.BLOCKED),
        ({"second_step_locked_at": timezone.now()}, DecisionReason.LOCKED),
    ],
)
def test_closed_out_people_are_told_what_to_do(ana: Person, fields: dict[str, object], reason: DecisionReason) -> None:
    update_user(ana, **fields)

    page = ana.give_password()

    assert (page.status, page.outcomes, SUPPORT in page) == (403, {f"why:{reason}"}, True)
    assert not Session.objects.filter(user=ana.user).exists()


def test_blocked_people_are_told_nothing_without_their_password(ana: Person) -> None:
    update_user(ana, is_active=False)

    page = ana.give_password("wrong")

    assert "blocked" not in page.words
    assert "sign_in:password_wrong" in page.outcomes


def test_block_ends_by_itself(ana: Person, clock: Clock) -> None:
    update_user(ana, blocked_until=clock.now + timedelta(hours=1))
    clock.forward(hours=1, seconds=1)

    assert ana.give_password().path == "/sign-in/verify/"


def test_block_between_the_steps_holds(ana: Person) -> None:
    ana.give_password()
    code = ana.read_text()
    update_user(ana, is_active=False)

    ana.verify(code)

    assert not Session.objects.filter(user=ana.user).exists()
    assert ana.browser.go("/").path == "/sign-in/"


def test_all_options_off_is_said_with_the_way_to_support(cleo: Person) -> None:
    Failure.objects.create(user=cleo.user, method="totp", consecutive=30, locked_at=timezone.now())

    page = cleo.give_password()

    assert (page.status, page.outcomes, SUPPORT in page) == (403, {f"why:{DecisionReason.ALL_OFF}"}, True)


def test_option_that_is_off_leaves_the_others(ana: Person) -> None:
    Failure.objects.create(user=ana.user, method="text", consecutive=30, locked_at=timezone.now())

    page = ana.give_password()

    assert (page.path, "We’re calling" in page) == ("/sign-in/verify/", True)


def test_too_many_wrong_passwords_are_said_with_the_wait(ana: Person) -> None:
    for _ in range(10):
        ana.give_password("wrong")

    page = ana.give_password()

    assert "sign_in:password_waits" in page.outcomes
    assert "09:02 CET (in 1 minute)" in page


def test_policy_that_allows_no_text_does_not_offer_it(ana: Person) -> None:
    Policy.objects.create(methods=["totp"])

    page = ana.give_password()

    assert "app" in page.words
    assert not page.leads_to(OPTIONS)


def forbid_what_ana_has(ana: Person) -> None:
    ana.enrolment("totp").delete()
    Policy.objects.create(methods=["totp"])


def test_forbidden_method_is_proven_once_more_before_another_is_set_up(ana: Person) -> None:
    forbid_what_ana_has(ana)

    page = ana.give_password()
    assert (page.path, "sign_in:method_not_allowed" in page.outcomes) == ("/sign-in/verify/", True)
    assert ana.verify(ana.read_text()).path == "/sign-in/register/"
    ana.browser.press("Authenticator app")
    ana.verify(ana.read_app())

    assert ana.browser.press("Not now").path == "/"


def test_password_alone_sets_up_nothing_in_place_of_a_forbidden_method(ana: Person) -> None:
    """R19. Seen: once a policy forbade her method, anyone with her password could set up their own."""
    forbid_what_ana_has(ana)
    ana.give_password()

    ana.browser.send("/sign-in/register/", method="totp")

    assert not ana.user.enrolments.filter(method="totp").exists()
    assert ana.browser.go("/").path == "/sign-in/"


def test_forbidden_method_signs_nobody_in(ana: Person) -> None:
    forbid_what_ana_has(ana)
    ana.give_password()
    ana.verify(ana.read_text())

    for step in ("register/done/", "register/codes/", "verify/", "options/"):
        ana.browser.send(f"/sign-in/{step}")

    assert not Session.objects.filter(user=ana.user).exists()
    assert ana.browser.go("/").path == "/sign-in/"


def test_wall_offers_what_the_policy_allows(ben: Person) -> None:
    Policy.objects.create(methods=["totp", "recovery"])

    page = ben.give_password()

    assert page.offers("Authenticator app")
    assert not page.offers("Text message")


def test_registration_ends_without_recovery_codes_where_none_are_allowed(ben: Person) -> None:
    """Seen: this path ended on a page that signed in by GET."""
    Policy.objects.create(methods=["totp"])
    ben.give_password()
    ben.browser.press("Authenticator app")
    ben.verify(ben.read_app())

    assert ben.browser.go("/sign-in/register/codes/").path != "/"
    assert not Session.objects.filter(user=ben.user).exists()
    ben.browser.go("/sign-in/register/second/")
    assert ben.browser.press("Not now").path == "/"


def test_group_decides_for_its_members(ben: Person) -> None:
    group = Group.objects.create(name="Finance")
    Policy.objects.create(methods=["text", "totp"])
    Policy.objects.create(group=group, methods=["totp"])
    ben.user.groups.add(group)
    eve = join("eve")

    assert not ben.give_password().offers("Text message")
    assert eve.give_password().offers("Text message")
