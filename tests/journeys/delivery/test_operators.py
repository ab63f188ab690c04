"""Tests in which an operator sees what arrives, resends a notice and switches an outage on, all of it audited."""

import re
from typing import Any

from django.test import Client
from django.utils import timezone
from django.utils.text import capfirst

from accounts.support import outage_preview
from tests.simulated.people import Clock, Person, hire, work
from verification import notices
from verification.context import Context
from verification.delivery import failed_messages
from verification.delivery.providers.virtual.models import Acceptance, Behaviour
from verification.delivery.routing import unavailability_words
from verification.models import (
    Attempt,
    AttemptResult,
    AuditEvent,
    Channel,
    FailureReason,
    Message,
    MessageState,
    Outage,
)

ADD = "/admin/verification/outage/add/"


def test_switch_is_set_and_ended_by_an_operator(ana: Person, clock: Clock) -> None:
    opal = hire("opal", "Operators")
    opal.sign_in(to="/admin/")
    when = {"starts_at": f"{clock.now:%Y-%m-%d}T00:00:00", "ends_at": ""}

    page = opal.browser.save(ADD, kind="text", provider="", words="The carrier is down.", **when)
    assert not Outage.objects.exists()
    assert str(outage_preview.ALL_HAVE_ANOTHER) in page  # ana has an authenticator app as well
    opal.browser.press("Apply")

    assert unavailability_words.of_outage(Outage.objects.get(), Channel.TEXT) in ana.give_password()
    assert AuditEvent.objects.get(kind="outage.set").actor_id == opal.user.pk
    outage = Outage.objects.get()
    assert outage.made_by == opal.user
    opal.browser.save(f"/admin/verification/outage/{outage.pk}/delete/")
    assert AuditEvent.objects.filter(kind="outage.ended").exists()


def test_outage_is_of_a_kind_or_of_a_provider(clock: Clock, db: None) -> None:
    opal = hire("opal", "Operators")
    opal.sign_in(to="/admin/")
    when = {"starts_at": f"{clock.now:%Y-%m-%d}T00:00:00", "ends_at": ""}

    opal.browser.save(ADD, kind="text", provider="virtual", words="", **when)

    assert not Outage.objects.exists()


DELIVERIES = "/admin/accounts/user/deliveries/"


def test_page_says_that_no_worker_runs(opal: Person, broker: str) -> None:
    """Seen failing with a dash for zero, which means that nobody knows."""
    page = opal.browser.go(DELIVERIES)

    assert "delivery:no_worker" in page.outcomes
    assert "Workers 0 " in page


def test_page_shows_what_arrived_and_what_did_not(ana: Person, opal: Person) -> None:
    ana.give_password()
    work()
    Behaviour.objects.create(number="", acceptance=Acceptance.BAR, refusal=FailureReason.LANDLINE)
    ana.browser.press("Cancel")
    ana.give_password()
    work()

    page = opal.browser.go(DELIVERIES)

    for each in (MessageState.DELIVERED, MessageState.FAILED):
        assert f"virtual {capfirst(Channel.TEXT.label)} {capfirst(each.label)} 1" in page
    assert str(capfirst(FailureReason.LANDLINE.label)) in page
    assert not page.offers("Send again"), "which a code never is"
    assert f"CH Switzerland {capfirst(Channel.TEXT.label)} 2 1 1 0" in page
    assert f"virtual {capfirst(Channel.TEXT.label)} 2 1 1 0" in page
    assert ana.phone.number not in page.html


def test_equal_answers_of_a_provider_are_one_line(ana: Person, opal: Person) -> None:
    ana.give_password()
    Message.objects.update(state=MessageState.FAILED)
    message = Message.objects.get()
    for code in ("", "", "", "30003"):
        Attempt.objects.create(message=message, provider="first", result=AttemptResult.REFUSED, code=code)

    page = opal.browser.go(DELIVERIES)

    lines = [each.words for each in page.parts("class", "sub") if "first" in each.words]
    assert [re.findall(r"\d+", line) for line in lines] == [["3"], ["30003"]]


def test_page_of_one_message_tells_its_way_and_neither_code_nor_number(ana: Person, opal: Person) -> None:
    ana.give_password()
    Behaviour.objects.create(number="", acceptance=Acceptance.BAR, refusal=FailureReason.LANDLINE)
    work()
    message = Message.objects.get()

    page = opal.browser.go(f"{DELIVERIES}{message.handle}/")

    assert f"{FailureReason.LANDLINE.label} virtual" in page
    assert f"m{message.pk}" in page
    assert message.challenge is not None
    assert message.challenge.reference in page
    assert ana.phone.number not in page.html
    assert "dora" not in page
    dora = hire("dora", "Auditors")
    dora.sign_in(to="/admin/")
    assert dora.browser.client.get(f"{DELIVERIES}{message.handle}/").status_code == 403


def test_page_of_one_message_leads_to_its_person_those_who_may_open_it(ana: Person, opal: Person) -> None:
    ana.give_password()
    page, case = f"{DELIVERIES}{Message.objects.get().handle}/", f"/admin/accounts/user/{ana.user.pk}/change/"
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    assert case in dora.browser.go(page).html
    assert case not in opal.browser.go(page).html


def test_notice_that_failed_is_sent_again_once_and_a_code_never(ana: Person, opal: Person) -> None:
    Behaviour.objects.create(number="", acceptance=Acceptance.BAR, refusal=FailureReason.UNREACHABLE)
    ana.give_password()
    notices.notify(ana.user, "recovery_codes_renewed", now=timezone.now())
    work()
    Behaviour.objects.all().delete()
    notice, code = Message.objects.get(kind="mail"), Message.objects.get(kind="text")
    opal.browser.go(DELIVERIES)

    opal.browser.press("Send again")
    opal.browser.press("Send again", reason="The mail server was away.")
    work()
    page = opal.browser.save(f"{DELIVERIES}{code.handle}/again/")

    notice.refresh_from_db()
    code.refresh_from_db()
    assert (notice.state, code.state) == (MessageState.DELIVERED, MessageState.FAILED)
    assert "delivery:not_sent_again" in page.outcomes
    assert AuditEvent.objects.filter(kind="message.sent_again", actor_id=opal.user.pk).count() == 1


def test_notice_that_is_sent_again_hears_its_new_receipts(ana: Person, opal: Person) -> None:
    """Its provider's name for the first try stayed, so a receipt that overtook our record was refused."""
    notices.notify(ana.user, "fraud_reported_in_call", now=timezone.now())
    Message.objects.update(state=MessageState.UNDELIVERED, provider="virtual", reference="m1", handed_at=timezone.now())
    notice = Message.objects.get()

    failed_messages.send_again(
        notice, Context(now=timezone.now()), actor_id=opal.user.pk, reason="The server was away."
    )

    notice.refresh_from_db()
    assert (notice.state, notice.provider, notice.reference, notice.handed_at) == (MessageState.QUEUED, "", "", None)


def test_page_of_a_message_says_that_its_request_is_over(ana: Person, opal: Person, clock: Clock) -> None:
    ana.give_password()
    message = Message.objects.select_related("challenge").get(challenge__isnull=False)
    assert message.challenge is not None
    reference = message.challenge.reference

    assert f"{reference}, open" in opal.browser.go(f"{DELIVERIES}{message.handle}/")
    clock.forward(minutes=6)
    assert f"{reference}, expired" in opal.browser.go(f"{DELIVERIES}{message.handle}/")


def test_support_desk_sends_nothing_again(ana: Person) -> None:
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")
    notices.notify(ana.user, "recovery_codes_renewed", now=timezone.now())
    handle = Message.objects.get(kind="mail").handle

    assert dora.browser.send(f"{DELIVERIES}{handle}/again/").status == 403


def test_metrics_need_a_token(ana: Person, settings: Any) -> None:
    ana.give_password()
    work()
    client = Client()
    assert client.get("/metrics").status_code == 404

    settings.METRICS_TOKEN = "a token of the tests"
    shown = client.get("/metrics", headers={"Authorization": "Bearer a token of the tests"})
    assert shown.status_code == 200
    text = shown.content.decode()
    assert 'mfa_messages_day{kind="text",provider="virtual",state="delivered"} 1.0' in text
    assert 'mfa_events_5m{result="completed"} 0.0' in text
    assert "mfa_queue_depth" in text
    assert "ana" not in text
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404

    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "", ("192.0.2.0/24",)
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="198.51.100.7").status_code == 404
