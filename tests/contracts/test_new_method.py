"""Tests that a new method needs only one folder and one settings line."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from accounts.models import Session
from tests.example_method.method import method
from tests.simulated.people import Person
from tests.simulated.verdicts import verdicts
from verification import enrolments, method_registry, policies
from verification.method_base import Issue
from verification.models import AuditEvent, Failure, Policy
from verification.outcomes import Verdict

# The one line.
LINE = "tests.example_method"


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with override_settings(VERIFICATION_METHODS=(*settings.VERIFICATION_METHODS, LINE)):
        yield


def register(ben: Person, word: str = "lamp") -> None:
    ben.give_password()
    ben.browser.press("Backwards word")
    ben.browser.press("Continue", word=word)


def test_is_offered(ben: Person) -> None:
    page = ben.give_password()

    assert page.offers("Backwards word")
    assert method.explain in page


def test_is_set_up_and_signs_in(ben: Person) -> None:
    register(ben)
    ben.verify("pmal")
    ben.browser.follow("Not now")
    assert ben.browser.press("Not now").path == "/"
    ben.browser.press("Sign out")

    asked = ben.give_password()

    assert method.explain in asked
    assert ben.verify("PMAL").path == "/"


def test_says_itself_how_it_is_set_up(ben: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: the page said that a passkey is saved, whatever method had its own form."""
    words = "Type your word backwards for the first time."
    monkeypatch.setattr(type(method), "explain_setup", words, raising=False)
    monkeypatch.setattr(method, "issue", lambda _: Issue(page="parts/digits_to_press_in_call.html", is_own_form=True))

    register(ben)

    assert words in ben.page
    assert "passkey" not in ben.page.html


def test_refuses_what_its_form_refuses(ben: Person) -> None:
    register(ben, word="no")

    assert ben.page.path == "/sign-in/register/set-up/example_method/"
    assert ben.page.refused_fields == {"word"}


def test_is_counted_and_limited_like_any_other(ana: Person) -> None:
    draft = enrolments.draft(ana.user, method_registry.method("example_method"), {"word": "lamp"})
    enrolments.confirm(draft, now=ana.user.date_joined)
    ana.give_password()
    ana.choose("Backwards word")
    for _ in range(5):
        ana.verify("lamp")

    assert verdicts(ana.page) == {Verdict.ENDED}
    assert Failure.objects.get(user=ana.user, method="example_method").consecutive == 5
    assert not Session.objects.filter(user=ana.user).exists()


def test_keeps_its_secret_sealed(ben: Person) -> None:
    register(ben)

    row = ben.enrolment("example_method")
    assert row.secret == b"LAMP"
    assert "LAMP" not in row.sealed_secret


def test_may_be_forbidden_by_policy(ben: Person) -> None:
    Policy.objects.create(methods=["totp"])

    assert not ben.give_password().offers("Backwards word")
    ben.browser.send("/sign-in/register/set-up/example_method/", word="lamp")
    assert not ben.user.enrolments.exists()


def test_stands_in_record_and_session_by_its_own_means(ben: Person) -> None:
    register(ben)
    ben.verify("pmal")

    assert AuditEvent.objects.get(kind="enrolment.confirmed").detail["method"] == "example_method"
    assert "example_method" in policies.rules_for(ben.user.pk).methods


def test_does_not_exist_without_its_line(ben: Person) -> None:
    with override_settings(VERIFICATION_METHODS=settings.VERIFICATION_METHODS[:-1]):
        assert not method_registry.is_installed("example_method")
        assert not ben.give_password().offers("Backwards word")
