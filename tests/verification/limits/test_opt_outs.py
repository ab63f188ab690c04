"""Tests of opt-outs: a number that said STOP gets no text, but a call."""

from typing import Any

import pytest

from tests.verification.conftest import EngineUser
from tests.verification.limits.spending_and_ranges import SWISS, kinds
from verification import enrolments, outcomes, phone_numbers, policies
from verification.delivery import dispatch
from verification.delivery.inbound import applying_delivery_receipts
from verification.delivery.provider_interface import Receipt
from verification.delivery.providers.virtual.models import Acceptance, Behaviour
from verification.limits import opt_outs
from verification.models import (
    FailureReason,
    Message,
    MessageState,
    OptOut,
)
from verification.outcomes import Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("read_again")]


def test_number_that_said_stop_is_texted_no_more_but_called(ana: EngineUser) -> None:
    Behaviour.objects.create(number="", acceptance=Acceptance.BAR, refusal=FailureReason.OPTED_OUT)
    ana.start("text")
    dispatch.send(Message.objects.get().pk, now=ana.context.now)

    assert OptOut.objects.get().hint == phone_numbers.mask(SWISS)
    assert ana.start("text", binding="b").verdict is Verdict.STOPPED
    assert ana.start("call", binding="c").issued
    (text,) = [o for o in policies.decide(ana.user, ana.context).options if o.method == "text"]
    assert text.unavailable_reason == outcomes.unavailable_words(Verdict.STOPPED)


def test_receipt_that_says_stop_counts_as_well(ana: EngineUser) -> None:
    ana.start("text")
    dispatch.send(Message.objects.get().pk, now=ana.context.now)
    told = Receipt(
        message_id=Message.objects.get().handle, state=MessageState.UNDELIVERED, reason=FailureReason.OPTED_OUT
    )

    applying_delivery_receipts.apply(told, provider="virtual", now=ana.context.now)

    assert ana.start("text", binding="b").verdict is Verdict.STOPPED


def test_start_opens_the_number_again(ana: EngineUser) -> None:
    assert opt_outs.stop(SWISS, provider="twilio", now=ana.context.now)
    assert not opt_outs.stop(SWISS, provider="twilio", now=ana.context.now)

    assert opt_outs.start(SWISS, now=ana.context.now)
    assert not opt_outs.start(SWISS, now=ana.context.now)

    assert ana.start("text").issued
    assert [kind for kind in kinds() if kind.startswith("number.")] == ["number.stopped", "number.started"]


def test_reading_options_takes_no_statement_for_it(
    ana: EngineUser, django_assert_num_queries: Any, settings: Any
) -> None:
    rules = ana.rules
    opt_outs.stop(SWISS, provider="twilio", now=ana.context.now)
    settings.VERIFICATION_CACHE_SECONDS = 3600
    enrolments.options(enrolments.confirmed(ana.user.pk), rules.methods, now=ana.context.now)

    with django_assert_num_queries(1):
        found = enrolments.options(enrolments.confirmed(ana.user.pk), rules.methods, now=ana.context.now)

    assert [bool(option.unavailable_reason) for option in found if option.method == "text"] == [True]
