"""Tests that the diagnosis names what happened to a text or a call."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.journeys.diagnosis.diagnosis_pages import behave, open_diagnosis, refuse
from tests.simulated.people import OPTIONS, PASSWORD, Clock, Person, join, work
from verification import outcomes
from verification.delivery import message_status_words
from verification.delivery.providers.virtual.models import Acceptance
from verification.enrolments import signin_options
from verification.limits import countries_and_prices, opt_outs
from verification.models import BlockedRange, Country, FailureReason, Message, MessageState, Policy
from verification.outcomes import Verdict

REFUSALS = [
    FailureReason.UNREACHABLE,
    FailureReason.LANDLINE,
    FailureReason.BLOCKED,
    FailureReason.OPTED_OUT,
    FailureReason.INVALID_NUMBER,
    FailureReason.FILTERED,
    FailureReason.COUNTRY_NOT_ALLOWED,
    FailureReason.PROVIDER_DOWN,
    FailureReason.RATE_LIMITED,
]


@pytest.mark.parametrize("reason", REFUSALS)
def test_text_that_fails_is_named_and_another_way_offered(reason: FailureReason, ana: Person) -> None:
    refuse(reason)(ana)

    page = open_diagnosis(ana, "no-message")

    finding = page.part("data-finding", f"message-{reason}")
    assert message_status_words.explain(Message.objects.get()).words in finding.words
    assert OPTIONS in finding.hrefs
    assert ana.browser.go(OPTIONS).offers("Authenticator app")


def test_text_that_arrived_is_named(ana: Person) -> None:
    ana.give_password()
    work()

    assert open_diagnosis(ana, "no-message").findings == ["message-delivered"]


def test_text_that_waits_is_named(ana: Person) -> None:
    ana.give_password()

    page = open_diagnosis(ana, "no-message")

    assert page.findings == ["message-queued"]
    assert page.leads_to(OPTIONS)


def test_lost_text_is_named(ana: Person) -> None:
    behave(acceptance=Acceptance.LOSE_BEFORE)
    ana.give_password()
    work()

    assert open_diagnosis(ana, "no-message").findings == ["message-unknown"]


def test_several_codes_are_named(ana: Person, clock: Clock) -> None:
    ana.give_password()
    clock.forward(seconds=31)
    ana.browser.reload()
    ana.browser.press("Send a new code")

    assert "several-codes" in open_diagnosis(ana, "no-message").findings


def test_message_limit_is_named(ana: Person, settings: object) -> None:
    settings.SENDS_PER_PERSON_HOUR = 1  # type: ignore[attr-defined]  # the test's settings take any name
    ana.give_password()
    ana.browser.go(OPTIONS)
    ana.browser.press("Phone call")

    page = open_diagnosis(ana, "no-message")

    assert "message-limit" in page.findings


@pytest.mark.parametrize(
    ("cause", "verdict", "article"),
    [
        (lambda ana: Country.objects.create(code="CH", texts=False), Verdict.COUNTRY_NOT_ALLOWED, "country-closed"),
        (
            lambda ana: opt_outs.stop(ana.phone.number, provider="x", now=timezone.now()),
            Verdict.STOPPED,
            "messages-blocked",
        ),
    ],
)
def test_what_the_guard_stopped_is_named(
    ana: Person, cause: Callable[[Person], object], verdict: Verdict, article: str
) -> None:
    ana.give_password()
    cause(ana)
    countries_and_prices.forget()
    page = open_diagnosis(ana, "no-message")

    finding = page.part("data-finding", "method-unavailable")
    assert outcomes.unavailable_words(verdict) in finding.words
    assert f"/help/{article}/" in finding.hrefs
    countries_and_prices.forget()


def test_pause_with_an_end_leads_to_its_article(ana: Person) -> None:
    """Seen failing: with its end, the sentence led to the article about trouble in the phone network."""
    ana.give_password()
    now, end = timezone.now(), timezone.now() + timedelta(hours=4)
    BlockedRange.objects.create(range=ana.phone.number[:6], n_sent=40, n_proven=1, began_at=now, ends_at=end)

    page = open_diagnosis(ana, "no-message")

    assert outcomes.unavailable_words(Verdict.PAUSED, until=end) in page
    assert "/help/messages-paused/" in page.part("data-finding", "method-unavailable").hrefs


def test_country_that_policy_does_not_call_leads_to_its_article(ana: Person) -> None:
    """Seen failing: it led to the article about trouble in the phone network."""
    Policy.objects.create(voice_countries=["DE"])
    ana.give_password()

    page = open_diagnosis(ana, "no-message")

    finding = page.part("data-finding", "method-unavailable")
    assert str(signin_options.NO_CALLS_TO_COUNTRY) in finding.words
    assert "/help/country-closed/" in finding.hrefs


def test_country_that_the_provider_refuses_has_the_same_article_as_one_that_is_not_allowed(ana: Person) -> None:
    """Seen failing: it led to an article that says to wait a few minutes."""
    refuse(FailureReason.COUNTRY_NOT_ALLOWED)(ana)

    page = open_diagnosis(ana, "no-message")

    finding = page.part("data-finding", f"message-{FailureReason.COUNTRY_NOT_ALLOWED}")
    assert "/help/country-closed/" in finding.hrefs


def test_test_message_is_sent_from_here_and_shows_what_happens_to_it(ana: Person) -> None:
    ana.sign_in()
    open_diagnosis(ana, "no-message")

    page = ana.browser.press("Text message ••• •• 23")

    assert page.path == "/sign-in/verify/"
    assert page.message_states == [MessageState.QUEUED]
    work()
    assert ana.browser.go("/sign-in/verify/").message_states == [MessageState.DELIVERED]


def test_half_signed_in_person_is_offered_no_test_message(ana: Person) -> None:
    ana.give_password()

    assert "/try/" not in open_diagnosis(ana, "no-message").html


def test_nothing_sent_is_named(ana: Person) -> None:
    ana.give_password()
    ana.choose("Authenticator app")

    page = open_diagnosis(ana, "no-message")

    assert page.findings == ["none-in-this-sign-in"]
    assert OPTIONS in page.part("data-finding", "none-in-this-sign-in").hrefs


def test_text_of_this_sign_in_is_named_after_another_option_was_chosen(ana: Person) -> None:
    """The most common path here: no text, then the app, then help. Seen failing with only the newest request."""
    ana.give_password()
    work()
    ana.choose("Authenticator app")

    page = open_diagnosis(ana, "no-message")

    assert page.findings == ["message-delivered"]


def test_other_sign_in_s_text_is_not_told_of(ana: Person) -> None:
    other = Person(ana.user, ana.phone)
    other.give_password()
    work()
    ana.browser.go("/sign-in/")
    ana.browser.press("Sign in", username=ana.user.username, password=PASSWORD)
    Message.objects.filter(challenge__user=ana.user).exclude(pk=Message.objects.earliest("pk").pk).delete()

    assert open_diagnosis(ana, "no-message").findings == ["none-in-this-sign-in"]


def test_times_are_those_of_the_organisation_s_zone(ana: Person, settings: Settings) -> None:
    """It is 08:00 UTC. Seen failing with times shown as they are stored."""
    settings.TIME_ZONE = "Asia/Kathmandu"
    ana.give_password()
    work()

    page = open_diagnosis(ana, "no-message")

    assert "at 13:45 UTC+05:45:" in page
    assert "08:00" not in page


def test_provider_s_own_code_is_named_for_support(ana: Person) -> None:
    refuse(FailureReason.PROVIDER_DOWN)(ana)
    Message.objects.update(code="30002")

    assert "30002" in open_diagnosis(ana, "no-message")


# What the advice rests on: whether another method works now ------------------------------------------------------


def test_landline_is_offered_a_call(db: None, clock: Clock) -> None:
    """Seen: the page said that there was no other method, beside the advice to request a call."""
    gus = join("gus", number="+41445550199").set_up("text").set_up("call")
    refuse(FailureReason.LANDLINE)(gus)

    page = open_diagnosis(gus, "no-message")
    assert OPTIONS in page.part("data-finding", f"message-{FailureReason.LANDLINE}").hrefs


def test_unreachable_phone_is_offered_no_call(db: None, clock: Clock) -> None:
    gus = join("gus", number="+41795550199").set_up("text").set_up("call")
    refuse(FailureReason.UNREACHABLE)(gus)

    page = open_diagnosis(gus, "no-message")

    assert not page.leads_to(OPTIONS)
    finding = page.part("data-finding", f"message-{FailureReason.UNREACHABLE}")
    assert "Example Service Desk" in finding.words


def test_person_without_a_number_is_told_so(cleo: Person) -> None:
    cleo.give_password()

    assert open_diagnosis(cleo, "no-message").findings == ["no-number"]


def test_call_that_ended_is_not_looked_for_among_texts(ana: Person) -> None:
    """Seen: the page told people to check the folder for blocked texts."""
    ana.give_password()
    ana.choose("Phone call")
    work()
    Message.objects.filter(kind="call").update(state="delivered")

    page = open_diagnosis(ana, "no-message")

    assert "request a new call" in page
    assert "blocked-messages folder" not in page
