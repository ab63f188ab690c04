"""Tests of the portal's first page: who is signed in, with which methods, and what to do next."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from tests.simulated.http_browser import Page
from tests.simulated.people import ANAS, Clock, Person
from verification import enrolments, time_format
from verification.context import Context
from verification.models import Failure


def test_shows_methods_masked(ana: Person) -> None:
    home = ana.sign_in()

    for label in ("Text message ••• •• 23", "Phone call ••• •• 23", "Authenticator app"):
        assert label in home
    assert ANAS not in home.html


def _with_chip(page: Page, look: str) -> list[str]:
    """Return the methods that have a chip of this look, each as its label and the chip."""
    return [each.words for each in page.parts("class", "option-label") if f'class="chip {look}"' in each.html]


def test_marks_the_usual_one(ana: Person) -> None:
    [marked] = _with_chip(ana.sign_in(), "")

    assert marked.startswith("Text message ••• •• 23")


def test_pass_says_until_when_it_is_valid(ana: Person, ben: Person, clock: Clock) -> None:
    ends, context = clock.now + timedelta(hours=1), Context(now=clock.now)
    with transaction.atomic():
        enrolments.issue_pass(
            ana.user,
            enrolments.new_pass(ana.user, {}),
            context,
            starts_at=clock.now,
            ends_at=ends,
            actor_id=ben.user.pk,
        )

    assert time_format.moment(ends) in ana.sign_in()


def test_number_and_app_on_one_phone_are_no_backup(ana: Person) -> None:
    assert "methods:one_phone" in ana.sign_in().outcomes

    ana.browser.go(f"/methods/{ana.enrolment('totp').ref}/rename/")
    ana.browser.press("Save", is_on_another_device="on")

    assert "methods:one_phone" not in ana.browser.go("/").outcomes


def test_text_and_call_to_one_number_are_no_backup(ana: Person) -> None:
    ana.give_password()
    ana.verify(ana.read_text())
    ana.enrolment("totp").delete()

    assert "methods:one_phone" in ana.browser.go("/").outcomes


def test_method_that_is_off_is_said_and_no_way_in(ana: Person) -> None:
    Failure.objects.create(user=ana.user, method="text", consecutive=30, locked_at=timezone.now())
    Failure.objects.create(user=ana.user, method="call", consecutive=30, locked_at=timezone.now())

    home = ana.sign_in()

    assert home.outcomes >= {"methods:locked", "methods:only_one"}
    assert len(_with_chip(home, "bad")) == 2


def test_few_codes_are_said(ana: Person, clock: Clock) -> None:
    ana.print_codes()
    for single_use_code in ana.enrolment("recovery").single_use_codes.all()[:7]:
        single_use_code.used_at = clock.now
        single_use_code.save(update_fields=["used_at"])

    home = ana.sign_in()

    assert "methods:few_codes" in home.outcomes
    assert "3 recovery codes" in home


def test_leads_nobody_but_staff_to_the_administration(ana: Person, dev: Person) -> None:
    assert not ana.sign_in().offers("Administration")
    assert dev.sign_in().offers("Administration")


def test_shows_the_persons_own_name_as_text(ana: Person) -> None:
    """R33."""
    type(ana.user).objects.filter(pk=ana.user.pk).update(name="<b>Ana</b><script>")

    home = ana.sign_in()

    assert "<b>Ana</b>" not in home.html
    assert "<b>Ana</b><script>" in home.words
