"""The virtual provider keeps the contract, and fails in each way that it is told to."""

import pytest

from tests.verification.delivery.providers.virtual.conftest import CallbackReceiver, behave, outgoing, soon
from verification.delivery.provider_interface import ResponseLost, SendRefused
from verification.delivery.providers.virtual import callback_sender
from verification.delivery.providers.virtual import provider as module
from verification.delivery.providers.virtual.models import Acceptance, Delivery
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Channel, FailureReason

pytestmark = pytest.mark.django_db


def test_takes_texts_calls_and_mail() -> None:
    assert provider.name == "virtual"
    assert provider.kinds == {Channel.TEXT, Channel.CALL, Channel.MAIL}


def test_gives_the_reference_of_what_it_wrote_down() -> None:
    reference = provider.send(outgoing(extension="12"))

    delivery = Delivery.objects.get(reference=reference)
    assert (delivery.message_id, delivery.words, delivery.extension) == (outgoing().id, outgoing().words, "12")


def test_records_the_same_message_twice() -> None:
    first, second = provider.send(outgoing()), provider.send(outgoing())

    assert first != second
    assert Delivery.objects.filter(message_id=outgoing().id).count() == 2


@pytest.mark.parametrize(("acceptance", "permanent"), [(Acceptance.REFUSE, False), (Acceptance.BAR, True)])
def test_refuses_with_a_reason_and_keeps_nothing(acceptance: Acceptance, permanent: bool) -> None:
    behave(acceptance=acceptance, refusal=FailureReason.RATE_LIMITED)

    with pytest.raises(SendRefused) as refusal:
        provider.send(outgoing())

    assert (refusal.value.reason, refusal.value.permanent) == (FailureReason.RATE_LIMITED, permanent)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(("acceptance", "n_written"), [(Acceptance.LOSE_BEFORE, 0), (Acceptance.LOSE_AFTER, 1)])
def test_loses_its_answer_before_or_after_taking_the_message(acceptance: Acceptance, n_written: int) -> None:
    behave(acceptance=acceptance)

    with pytest.raises(ResponseLost):
        provider.send(outgoing())

    assert Delivery.objects.count() == n_written


def test_resolves_by_receipt_a_message_whose_answer_was_lost(callback_receiver: CallbackReceiver) -> None:
    behave(acceptance=Acceptance.LOSE_AFTER)
    with pytest.raises(ResponseLost):
        provider.send(outgoing())

    callback_sender.pump(callback_receiver.post, now=soon())

    assert callback_receiver.states == ["accepted", "sent", "delivered"]
    assert callback_receiver.parsed[-1].receipts[0].message_id == outgoing().id


def test_waits_half_before_and_half_after_the_message_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    behave(send_latency_ms=1000)
    waits: list[tuple[float, int]] = []
    monkeypatch.setattr(module, "_wait", lambda seconds: waits.append((seconds, Delivery.objects.count())))

    provider.send(outgoing())

    assert waits == [(0.5, 0), (0.5, 1)]


def test_treats_a_number_by_its_own_terms_before_those_for_all() -> None:
    behave(number="", acceptance=Acceptance.BAR)
    behave(acceptance=Acceptance.TAKE)

    assert provider.send(outgoing())
    with pytest.raises(SendRefused):
        provider.send(outgoing(to="+41785550145"))


def test_is_fit_until_it_is_told_that_it_is_down() -> None:
    assert provider.probe()

    behave(number="", acceptance=Acceptance.REFUSE, refusal=FailureReason.PROVIDER_DOWN)

    assert not provider.probe()
