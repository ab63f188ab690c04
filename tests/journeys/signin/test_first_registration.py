"""Tests in which Ben must set up a method at sign-in, by text, call or app, and cannot skip it."""

import re
from decimal import Decimal
from urllib.parse import urljoin

import pytest
from django.utils import timezone

from accounts.models import Session
from tests.simulated.people import BENS, OFFICE, Person, join, work
from tests.simulated.verdicts import verdicts
from verification import enrolments, limits, time_format
from verification.limits import spending_limits
from verification.methods.text import method as text_method
from verification.models import Channel, Enrolment, Outage, Policy, SpendingLimit
from verification.outcomes import Verdict

WALL = "/sign-in/register/"


def methods(ben: Person) -> list[str]:
    return [each.enrolment.method for each in enrolments.confirmed(ben.user.pk)]


def to_second(ben: Person) -> None:
    """Register the authenticator app, up to the suggestion of a second method."""
    ben.give_password()
    ben.browser.press("Authenticator app")
    ben.verify(ben.read_app())


def test_says_that_nothing_can_be_set_up_while_texts_and_calls_are_off(ben: Person) -> None:
    """Seen failing with a page that said “Choose a method.” above nothing."""
    Policy.objects.create(methods=["text", "call"])
    for kind in (Channel.TEXT, Channel.CALL):
        Outage.objects.create(kind=kind, starts_at=timezone.now())

    page = ben.give_password()

    assert page.path == WALL
    assert "methods:none_to_set_up" in page.outcomes


def test_says_until_when_a_spending_limit_stops_texts(ben: Person) -> None:
    """Seen failing: the page asked for a number, and refused it."""
    SpendingLimit.objects.all().delete()
    SpendingLimit.objects.create(span="day", stop_at=Decimal("0.01"))
    spending_limits.forget()

    page = ben.give_password()

    until = limits.spending_stops_all_until(Channel.TEXT, now=timezone.now())
    assert until is not None
    assert time_format.moment(until) in page
    assert ben.browser.send(WALL, method="text").path == WALL
    assert ben.browser.go(f"{WALL}set-up/text/").path == WALL
    assert ben.browser.press("Authenticator app").path == "/sign-in/register/prove/"


def test_registers_by_text(ben: Person) -> None:
    assert ben.give_password().path == WALL
    ben.browser.press("Text message")
    ben.browser.press("Continue", country="CH", number="078 555 01 45")

    page = ben.verify(ben.read_text())

    assert page.path == "/sign-in/register/second/"
    assert methods(ben) == ["text", "call"]
    assert "Phone call ••• •• 45" in page


def test_cookie_from_before_the_method_was_verified_completes_nothing(ben: Person) -> None:
    """Seen failing: anyone who had seen it could complete the sign-in, once the method was verified."""
    ben.give_password()
    ben.browser.press("Authenticator app")
    thief = Person(ben.user, ben.phone)
    thief.browser.client.cookies["mfa_session"] = ben.browser.session_key
    ben.verify(ben.read_app())

    assert thief.browser.submit("/sign-in/register/done/") == "/sign-in/"
    assert ben.browser.submit("/sign-in/register/done/") == "/"


def test_registers_an_office_phone_with_extension_by_call(ben: Person) -> None:
    ben.phone.number = OFFICE
    ben.give_password()
    ben.browser.press("Phone call")
    page = ben.browser.press("Continue", country="CH", number="044 555 01 67", extension="12")
    digits = re.findall(r"enter (\d\d) and press", page.words)[0]
    work()

    ben.phone.answer()
    ben.phone.press(f"{digits}#")
    page = ben.browser.press("I pressed #, continue")

    assert methods(ben) == ["call"]
    assert page.path == "/sign-in/register/second/"
    assert enrolments.companions_text(Enrolment.objects.get(user=ben.user)) == ""
    assert ben.phone.newest("call")["extension"] == "12"


def test_registers_by_app_with_the_key_that_the_page_shows(ben: Person) -> None:
    ben.give_password()
    page = ben.browser.press("Authenticator app")

    assert re.search(r"(?:[a-z2-7]{4} ){7}[a-z2-7]{4}", page.words)
    assert ben.verify(ben.read_app()).path == "/sign-in/register/second/"
    assert methods(ben) == ["totp"]


def test_is_signed_in_at_the_end(ben: Person) -> None:
    to_second(ben)
    ben.browser.follow("Not now")
    page = ben.browser.press("Not now")

    assert (page.path, "Hello, Ben" in page) == ("/", True)


def test_sets_up_a_second_method_on_the_way(ben: Person) -> None:
    to_second(ben)
    ben.browser.press("Text message")
    ben.browser.press("Continue", country="CH", number="078 555 01 45")

    page = ben.verify(ben.read_text())

    assert page.path == "/sign-in/register/codes/"
    assert sorted(methods(ben)) == ["call", "text", "totp"]


def test_sees_his_recovery_codes_once(ben: Person) -> None:
    to_second(ben)
    ben.browser.follow("Not now")
    shown = ben.browser.press("Show my recovery codes")
    codes = re.findall(r"<li><code>(.+?)</code>", shown.html)

    assert len(codes) == 10
    assert not re.search(re.escape(codes[0]), ben.browser.reload().html)


def test_signs_in_later_with_a_code_that_he_was_shown(ben: Person) -> None:
    to_second(ben)
    ben.browser.follow("Not now")
    shown = ben.browser.press("Show my recovery codes")
    code = re.findall(r"<li><code>(.+?)</code>", shown.html)[3]
    ben.browser.press("I’ve saved them, sign me in")
    ben.browser.press("Sign out")
    ben.give_password()
    ben.choose("Recovery code")

    assert ben.verify(re.sub(r"<.+?>", "", code)).path == "/"


def test_is_told_beside_the_field_why_a_number_cannot_be(ben: Person) -> None:
    ben.give_password()
    ben.browser.press("Text message")

    page = ben.browser.press("Continue", country="CH", number="12")

    assert "too short" in page
    assert not Enrolment.objects.exists()


def test_is_offered_a_call_for_a_number_that_takes_no_texts(ben: Person) -> None:
    ben.give_password()
    ben.browser.press("Text message")

    page = ben.browser.press("Continue", country="CH", number="044 555 01 67")
    assert page.refused_fields == {"number"}
    assert str(text_method.NO_TEXTS) in page


def test_may_change_his_mind_before_the_proof(ben: Person) -> None:
    ben.give_password()
    ben.browser.press("Text message")
    ben.browser.press("Continue", country="CH", number="078 555 01 45")
    ben.browser.follow("Set up a different method")
    ben.browser.press("Authenticator app")
    ben.verify(ben.read_app())

    assert methods(ben) == ["totp"]


def test_does_not_get_past_by_a_wrong_code(ben: Person) -> None:
    ben.give_password()
    ben.browser.press("Authenticator app")

    page = ben.verify("000000")

    assert (page.path, verdicts(page)) == ("/sign-in/register/prove/", {Verdict.WRONG})
    assert methods(ben) == []


@pytest.mark.parametrize(
    "address",
    ["/", "/sign-in/verify/", "/sign-in/options/", "/sign-in/register/second/", "/sign-in/register/codes/", "/admin/"],
)
def test_does_not_get_past_by_address(ben: Person, address: str) -> None:
    ben.give_password()

    page = ben.browser.go(address)

    assert page.path in {WALL, "/sign-in/"}
    assert Session.objects.filter(user=ben.user).count() == 0


@pytest.mark.parametrize("step", ["verify/", "register/done/", "register/codes/", "register/prove/", "options/"])
def test_does_not_get_past_by_skipping_steps(ben: Person, step: str) -> None:
    ben.give_password()

    ben.browser.send(urljoin("/sign-in/", step), code="", remember="on")

    assert ben.browser.go("/").path != "/"
    assert Session.objects.filter(user=ben.user).count() == 0


def test_does_not_get_past_by_skipping_the_proof(ben: Person) -> None:
    ben.give_password()
    ben.browser.press("Authenticator app")

    ben.browser.send("/sign-in/register/done/")

    assert Session.objects.filter(user=ben.user).count() == 0
    assert methods(ben) == []


def test_cannot_register_with_two_half_sign_ins(ben: Person) -> None:
    """An attacker with the password starts a sign-in beside the owner's, and must not add their own method later."""
    thief = Person(ben.user, ben.phone)
    thief.give_password()
    ben.give_password()
    ben.browser.press("Authenticator app")
    ben.verify(ben.read_app())

    thief.browser.send("/sign-in/register/set-up/text/", country="CH", number="078 555 01 45")
    stolen = thief.browser.send(WALL, method="totp")

    assert stolen.path == "/sign-in/"
    assert Enrolment.objects.filter(user=ben.user).count() == 1


def test_proof_begun_by_a_thief_counts_for_nothing_after_his_own(ben: Person) -> None:
    thief = Person(ben.user, join("eve", number="+41795550199").phone)
    thief.give_password()
    thief.browser.press("Text message")
    thief.browser.press("Continue", country="CH", number="079 555 01 99")
    code = thief.read_text()
    ben.give_password()
    ben.browser.press("Authenticator app")
    ben.verify(ben.read_app())

    thief.browser.send("/sign-in/register/prove/", code=code)

    assert methods(ben) == ["totp"]
    assert thief.browser.go("/").path == "/sign-in/"


def test_anyone_who_has_a_method_cannot_enrol_with_a_half_sign_in(ana: Person) -> None:
    ana.give_password()

    ana.browser.send(WALL, method="totp")
    ana.browser.send("/sign-in/register/set-up/text/", country="CH", number="078 555 01 45")

    assert Enrolment.objects.filter(user=ana.user, confirmed=False).count() == 0
    assert ana.browser.go("/").path == "/sign-in/"


def test_types_the_number_as_he_dials_it(ben: Person) -> None:
    ben.give_password()
    ben.browser.press("Text message")
    ben.browser.press("Continue", country="DE", number="+41 78 555 01 45")

    assert ben.enrolment("text").address == BENS


def test_sending_the_form_of_his_codes_again_keeps_those_that_he_wrote_down(ben: Person) -> None:
    """Seen: reloading the page made a new set of codes, and the printed set no longer worked."""
    to_second(ben)
    ben.browser.follow("Not now")
    sent = {"replaces": ben.page.form("Show my recovery codes")[0].fields["replaces"]}
    shown = ben.browser.send("/sign-in/register/codes/", **sent)
    code = re.sub(r"<.+?>", "", re.findall(r"<li><code>(.+?)</code>", shown.html)[0])

    again = ben.browser.send("/sign-in/register/codes/", **sent)

    assert not re.findall(r"<li><code>", again.html)
    assert "they work" in again
    ben.browser.press("I’ve saved them, sign me in")
    ben.browser.press("Sign out")
    ben.give_password()
    ben.choose("Recovery code")
    assert ben.verify(code).path == "/"
