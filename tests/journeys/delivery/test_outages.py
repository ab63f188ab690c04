"""Tests of outages: pages offer other options and say why, and nothing is sent that way until the outage ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.simulated.people import Clock, Person, join, work
from tests.simulated.verdicts import verdicts
from verification import checks
from verification.delivery import outbox, unsent_message_sweeper
from verification.delivery.routing import availability_during_outages, outages_in_force, unavailability_words
from verification.models import Channel, Enrolment, Message, MessageState, Outage, Route
from verification.outcomes import Verdict

VIRTUAL = "verification.delivery.providers.virtual"


def test_switch_counts_between_its_ends(db: None, clock: Clock) -> None:
    now = clock.now
    Outage.objects.create(kind=Channel.TEXT, starts_at=now, ends_at=now + timedelta(hours=1))

    assert outages_in_force.of_kind("text", now - timedelta(seconds=1)) is None
    assert outages_in_force.of_kind("text", now) is not None
    assert outages_in_force.of_kind("call", now) is None
    assert outages_in_force.of_kind("", now) is None
    assert outages_in_force.of_kind("text", now + timedelta(hours=1)) is None


@pytest.mark.parametrize("hours", [(2, 1), (1, 2), (None, 1), (1, None)])
def test_outage_that_ends_last_counts(db: None, clock: Clock, hours: tuple[int | None, int | None]) -> None:
    """Pages said that texts work again at three, although another outage lasted until four. Seen failing."""
    for each in hours:
        ends_at = clock.now + timedelta(hours=each) if each else None
        Outage.objects.create(kind="text", starts_at=clock.now, ends_at=ends_at)

    found = outages_in_force.of_kind("text", clock.now)

    assert found is not None
    assert found.ends_at == (None if None in hours else clock.now + timedelta(hours=2))


def test_switch_is_of_a_kind_or_of_a_provider(db: None) -> None:
    for wrong in ({}, {"kind": "text", "provider": "virtual"}):
        with pytest.raises(ValidationError):
            Outage(**wrong).full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            Outage.objects.create(**wrong)
    now = timezone.now()
    with pytest.raises(ValidationError) as refused:
        Outage(kind="text", starts_at=now, ends_at=now).full_clean()
    assert set(refused.value.message_dict) == {"ends_at"}


def test_sign_in_asks_the_next_way_and_says_why(ana: Person) -> None:
    outage = Outage.objects.create(kind=Channel.TEXT, starts_at=timezone.now(), words="The carrier is down.")

    page = ana.give_password()

    assert unavailability_words.of_outage(outage, Channel.TEXT) in page
    assert not Message.objects.filter(kind="text").exists()
    page = ana.browser.follow("Use a different verification option") if page.offers("Use a different") else page
    page = ana.browser.go("/sign-in/options/")
    assert unavailability_words.of_outage(outage, Channel.TEXT) in page


@pytest.mark.parametrize("what", [{"kind": Channel.TEXT}, {"provider": "virtual"}], ids=["kind", "only provider"])
def test_options_that_are_off_come_last_and_cannot_be_chosen(ana: Person, what: Any) -> None:
    """Seen failing: they came first."""
    ana.give_password()
    Outage.objects.create(**what, starts_at=timezone.now())

    page = ana.browser.go("/sign-in/options/")

    text, app = ana.enrolment("text").ref, ana.enrolment("totp").ref
    assert not page.offers("Text message")
    assert page.offers("Authenticator app")
    assert page.html.index(app) < page.html.index(text)


def test_option_that_is_off_cannot_be_asked_by_hand(ana: Person) -> None:
    ana.give_password()
    ref = ana.enrolment("text").ref
    ana.choose("Authenticator app")
    Outage.objects.create(kind=Channel.TEXT, starts_at=timezone.now())
    before = Message.objects.count()

    page = ana.browser.send("/sign-in/options/", option=ref)

    assert verdicts(page) == {Verdict.UNREACHABLE}
    assert Message.objects.count() == before


def test_code_is_not_sent_again_while_it_is_off(ana: Person, clock: Clock) -> None:
    ana.give_password()
    Outage.objects.create(kind=Channel.TEXT, starts_at=timezone.now())
    clock.forward(seconds=31)

    assert verdicts(ana.browser.send("/sign-in/resend/")) == {Verdict.UNREACHABLE}


def test_anyone_who_has_only_texts_is_told_and_led_to_support(db: None, clock: Clock) -> None:
    gus = join("gus", number="+41795550199").set_up("text")
    Outage.objects.create(kind=Channel.TEXT, starts_at=timezone.now())
    Outage.objects.create(kind=Channel.CALL, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=2))

    page = gus.give_password()

    for outage in Outage.objects.all():
        assert unavailability_words.of_outage(outage, Channel(outage.kind)) in page
    assert "support@example.org" in page


def test_registration_offers_what_works(ben: Any, db: None, clock: Clock) -> None:
    Outage.objects.create(kind=Channel.TEXT, starts_at=timezone.now())
    hal = join("hal")

    page = hal.give_password()

    assert page.offers("Authenticator app")
    assert not page.offers("Text message")


@pytest.mark.parametrize("what", [{"kind": Channel.TEXT}, {"provider": "virtual"}], ids=["kind", "only provider"])
def test_what_waits_goes_out_after_the_end_if_it_still_helps(what: Any, ana: Person, clock: Clock) -> None:
    ana.give_password()
    message = Message.objects.get(kind="text")
    Outage.objects.create(**what, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(minutes=1))

    work()
    message.refresh_from_db()
    assert (message.state, message.claims) == (MessageState.QUEUED, 0)
    clock.forward(minutes=1)
    work()

    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


def test_notice_by_mail_waits_for_the_end(ana: Person, clock: Clock) -> None:
    Outage.objects.create(kind=Channel.MAIL, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=3))
    ana.sign_in()
    ana.browser.go("/methods/recovery-codes/")
    ana.browser.press("Get new codes")
    for _ in range(6):
        work()
        clock.forward(minutes=10)

    assert set(Message.objects.filter(kind="mail").values_list("state", flat=True)) == {MessageState.QUEUED}
    clock.forward(hours=2)
    work()
    assert MessageState.QUEUED not in Message.objects.filter(kind="mail").values_list("state", flat=True)


def test_provider_that_is_off_is_passed_over(ana: Person, settings: Any) -> None:
    settings.DELIVERY_PROVIDERS = ("tests.refusing_provider", VIRTUAL)
    Outage.objects.create(provider="nobody", starts_at=timezone.now())

    ana.give_password()
    work()

    message = Message.objects.get(kind="text")
    assert (message.state, message.attempts.count()) == (MessageState.DELIVERED, 0)


def test_the_only_providers_switch_is_one_of_what_they_carry(ana: Person) -> None:
    Outage.objects.create(
        provider="virtual", starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=2), words="They moved."
    )

    page = ana.give_password()

    outage = Outage.objects.get()
    assert unavailability_words.of_outage(outage, Channel.TEXT) in page
    assert not Message.objects.exists()
    page = ana.browser.go("/sign-in/options/")
    assert unavailability_words.of_outage(outage, Channel.CALL) in page
    assert not page.offers("Text message")


def test_switch_of_who_carries_the_rest_closes_no_place_of_its_own(ana: Person, clock: Clock, settings: Any) -> None:
    """Seen failing when only the route to everywhere was read: no text to this destination was swept."""
    settings.DELIVERY_PROVIDERS = ("tests.refusing_provider", VIRTUAL)
    Route.objects.create(kind=Channel.TEXT, provider="nobody")
    Route.objects.create(kind=Channel.TEXT, provider="virtual", place="CH")
    Outage.objects.create(provider="nobody", starts_at=timezone.now())

    ana.give_password()
    clock.forward(seconds=2)
    found: list[int] = []
    unsent_message_sweeper.sweep(lambda pk, _: found.append(pk), now=clock.now)

    assert found == [Message.objects.get(kind="text").pk]
    assert join("hal").give_password().offers("Text message")
    assert availability_during_outages.off("text", clock.now, "+390612345678")


def test_mails_that_wait_keep_no_text_back(ana: Person, clock: Clock) -> None:
    """The sweep takes fifty messages. Oldest first, sixty emails without a carrier would leave no room for others."""
    Outage.objects.create(kind=Channel.MAIL, starts_at=timezone.now())
    for _ in range(60):
        outbox.notice(
            ana.user,
            "ana@example.org",
            template="verification/notices/to_person/fraud_reported_in_call.txt",
            context={},
            now=clock.now,
            until=clock.now + timedelta(days=1),
        )
    ana.give_password()
    clock.forward(seconds=2)

    found: list[int] = []
    unsent_message_sweeper.sweep(lambda pk, _: found.append(pk), now=clock.now)

    assert found == [Message.objects.get(kind="text").pk]


@pytest.mark.parametrize("name", ["gateway", "smtp"])
def test_what_nobody_carries_is_not_offered(ben: Any, settings: Any, name: str) -> None:
    settings.DELIVERY_PROVIDERS = (f"verification.delivery.providers.{name}",)

    page = ben.give_password()

    assert page.offers("Authenticator app")
    assert page.offers("Text message") is (name == "gateway")
    assert not page.offers("Phone call")


def test_number_that_takes_texts_is_no_option_for_calls_that_nobody_makes(
    db: None, clock: Clock, gateway: Any, settings: Any
) -> None:
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.gateway",)
    person = join("ida", number="+41795550177")

    person.give_password()
    person.browser.press("Text message")
    person.browser.press("Continue", number="+41795550177")
    work()
    words = gateway.newest["fields"]["text"]
    page = person.browser.press("Verify", code=re.search(r"\d{6}", words)[0])  # type: ignore[index]  # it is there

    assert "Text message ••• •• 77" in page
    assert [each.method for each in Enrolment.objects.filter(user=person.user, confirmed=True)] == ["text"]


def test_option_that_nobody_carries_any_more_says_so_where_ways_are_chosen(ana: Person, settings: Any) -> None:
    """The code page would show it at every sign-in, although nothing there has changed."""
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.gateway",)

    why = unavailability_words.why(Channel.CALL, timezone.now())
    assert why
    assert why not in ana.give_password()

    assert why in ana.browser.go("/sign-in/options/")


def test_checks_name_what_nobody_carries(settings: Any) -> None:
    assert checks.methods_are_carried(None) == []

    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.gateway",)
    idle, mail = checks.methods_are_carried(None)

    assert (idle.id, mail.id) == ("verification.W004", "verification.W005")
    assert "Phone call" in idle.msg
    assert "Text message" not in idle.msg
    settings.DELIVERY_PROVIDERS = ()
    assert checks.methods_are_carried(None) == []  # that is said by another check
