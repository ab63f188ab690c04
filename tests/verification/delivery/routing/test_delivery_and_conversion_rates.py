"""A provider is bypassed if too few of its messages arrive, or too few of their codes are entered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.verification.conftest import EngineUser
from verification import notices
from verification.delivery.providers.twilio.provider import provider as twilio
from verification.delivery.routing import cache, circuit_breaker, delivery_and_conversion_rates, routes
from verification.models import (
    Attempt,
    AttemptResult,
    Challenge,
    ChallengeState,
    Channel,
    Circuit,
    FailureReason,
    Message,
    MessageState,
)
from verification.models.random_row_handles import new_handle

pytestmark = pytest.mark.django_db
NOW = timezone.now()
BOTH = {"first": frozenset({Channel.TEXT}), "second": frozenset({Channel.TEXT})}


def circuit() -> Circuit | None:
    return cache.read().circuit("first", Channel.TEXT)


def history(ana: EngineUser, n: int, *, proven: int = 0, returned: int = 0) -> None:
    """Write down what one provider carried five minutes ago."""
    ana.start("text")
    challenge, message = Challenge.objects.latest("pk"), Message.objects.get()
    at = NOW - timedelta(minutes=5)
    for number in range(n):
        challenge.pk, challenge.handle, challenge.binding = None, new_handle(), f"session {number}"
        challenge.state = ChallengeState.PROVEN if number < proven else ChallengeState.OPEN
        challenge.save(force_insert=True)
        message.pk, message.handle, message.challenge = None, new_handle(), challenge
        message.provider, message.created_at, message.state = "first", at, MessageState.SENT
        if number < returned:
            message.state, message.reason = MessageState.UNDELIVERED, FailureReason.PROVIDER_DOWN
        message.save(force_insert=True)


@pytest.mark.parametrize(
    ("n", "proven", "returned", "why"),
    [
        (60, 0, 0, "conversion"),
        (60, 19, 0, "conversion"),
        (60, 20, 0, ""),
        (60, 25, 31, "receipts"),
        (49, 0, 49, ""),
    ],
)
def test_provider_is_weighed_by_what_arrives_and_is_typed_in(
    ana: EngineUser, n: int, proven: int, returned: int, why: str
) -> None:
    history(ana, n, proven=proven, returned=returned)

    opened = delivery_and_conversion_rates.evaluate(BOTH, now=NOW)

    assert opened == ([("first", Channel.TEXT)] if why else [])
    assert [row.why for row in Circuit.objects.all()] == ([why] if why else [])


def test_only_provider_is_kept_however_weak(ana: EngineUser) -> None:
    history(ana, 60)

    assert delivery_and_conversion_rates.evaluate({"first": frozenset({Channel.TEXT})}, now=NOW) == []


def test_only_provider_that_reports_most_as_undelivered_is_passed_over_and_told(ana: EngineUser, opal: str) -> None:
    """Seen failing with an only provider never evaluated."""
    history(ana, 60, proven=25, returned=40)

    assert delivery_and_conversion_rates.evaluate({"first": frozenset({Channel.TEXT})}, now=NOW) == [
        ("first", Channel.TEXT)
    ]

    notices.notify_of_circuits(NOW)
    mail = Message.objects.get(kind=Channel.MAIL)
    assert (mail.address, mail.template.rsplit("/", 1)[1]) == (opal, "provider_bypassed.txt")
    assert (mail.context["provider"], mail.context["kind"]) == ("first", Channel.TEXT)


@pytest.mark.parametrize(
    ("code", "is_opened"), [("30002", True), ("30034", True), ("30003", False), ("99999", False), ("", False)]
)
def test_few_receipts_are_enough_where_our_account_is_not_in_order(
    ana: EngineUser, code: str, is_opened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "providers", lambda: {"first": twilio})
    history(ana, 6, returned=5)
    Message.objects.filter(state=MessageState.UNDELIVERED).update(code=code)

    opened = delivery_and_conversion_rates.evaluate({"first": frozenset({Channel.TEXT})}, now=NOW)

    assert bool(opened) is is_opened
    assert [row.code for row in Circuit.objects.all()] == ([code] if is_opened else [])


@pytest.mark.parametrize(
    ("n", "codes", "is_opened"),
    [
        (6, {"30002": 4}, False),  # four are a bad moment
        (6, {"30002": 5}, True),
        (6, {"30002": 3, "30034": 2}, True),
        (12, {"30002": 5, "30003": 3}, False),  # most didn't arrive, but not most of them for our account
        (12, {"30002": 7, "30003": 1}, True),
    ],
)
def test_account_is_judged_by_five_receipts_that_are_most_of_all(
    ana: EngineUser, n: int, codes: dict[str, int], is_opened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with either bound taken out."""
    monkeypatch.setattr(routes, "providers", lambda: {"first": twilio})
    history(ana, n, returned=sum(codes.values()))
    back = list(Message.objects.filter(state=MessageState.UNDELIVERED).order_by("pk"))
    for message, code in zip(back, (code for code, times in codes.items() for _ in range(times)), strict=True):
        Message.objects.filter(pk=message.pk).update(code=code)

    assert bool(delivery_and_conversion_rates.evaluate({"first": frozenset({Channel.TEXT})}, now=NOW)) is is_opened


def test_what_went_on_to_another_provider_is_weighed_too(ana: EngineUser) -> None:
    """Its row names the other one by then. Seen failing with messages counted alone."""
    history(ana, 60, proven=30)
    messages = list(Message.objects.filter(provider="first"))
    Attempt.objects.bulk_create(
        Attempt(
            message=each,
            provider="first",
            result=AttemptResult.RETURNED,
            reason=FailureReason.PROVIDER_DOWN,
            at=each.created_at,
        )
        for each in messages[:40]
    )
    Message.objects.filter(pk__in=[each.pk for each in messages[:40]]).update(provider="second")

    assert delivery_and_conversion_rates.evaluate(BOTH, now=NOW) == [("first", Channel.TEXT)]


def test_old_window_does_not_open_it_twice(ana: EngineUser) -> None:
    history(ana, 60)
    delivery_and_conversion_rates.evaluate(BOTH, now=NOW)
    trial = circuit()
    moment = NOW + timedelta(seconds=20)
    assert circuit_breaker.allows(trial, now=moment)
    circuit_breaker.succeeded(trial, now=moment)

    assert delivery_and_conversion_rates.evaluate(BOTH, now=moment + timedelta(seconds=60)) == []
