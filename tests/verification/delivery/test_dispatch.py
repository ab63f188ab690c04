"""Tests of dispatch: one claim wins, stale messages are not sent, and an unknown result is never repeated."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.verification.conftest import EngineUser
from tests.verification.delivery.conftest import FakeProvider, refuses
from tests.verification.delivery.sending import dispatch_message
from verification import notices
from verification.challenges import loading_and_session_binding, phone_calls
from verification.db import pooled_connections
from verification.delivery import conf, dispatch, outbox, statistics, unsent_message_sweeper
from verification.delivery.provider_interface import Outgoing
from verification.delivery.providers.virtual.models import Delivery
from verification.delivery.routing import cache, routes
from verification.models import Channel, Circuit, FailureReason, Message, MessageState


def test_hands_a_message_over(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    message = dispatch_message(ana, queued)

    assert (message.state, message.provider, message.reference) == (MessageState.ACCEPTED, "first", "a reference")
    assert carriers[0].given[0].id == queued.handle


def test_second_wake_up_sends_nothing(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    for _ in range(3):
        dispatch_message(ana, queued)

    assert len(carriers[0].given) == 1


def test_is_claimed_before_it_is_handed_over(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    """Another worker that wakes during the hand-over gets nothing."""
    carriers[0].does = lambda _: str(dispatch.send(queued.pk, now=ana.context.now))

    assert dispatch_message(ana, queued).reference == "None"
    assert len(carriers[0].given) == 1


def test_reads_nothing_between_the_claim_and_the_first_hand_over(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claimed message that has to wait for a connection could be left unsent. Seen failing."""
    steps: list[str] = []
    read = cache.read

    def noted() -> cache.RoutingSnapshot:
        steps.append("read")
        return read()

    monkeypatch.setattr(cache, "read", noted)
    monkeypatch.setattr(pooled_connections, "give_back", lambda: steps.append("given back"))

    def accepted(_: Outgoing) -> str:
        steps.append("handed over")
        return "a reference"

    carriers[0].does = accepted

    dispatch_message(ana, queued)

    assert "read" not in steps[steps.index("given back") : steps.index("handed over")]


def test_names_the_provider_before_the_hand_over(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider]
) -> None:
    """A receipt may overtake our own note."""
    carriers[0].does = lambda _: Message.objects.get().provider

    assert dispatch_message(ana, queued).reference == "first"


@pytest.mark.parametrize("seconds", [-200, -5, 5, 200])
def test_worker_whose_clock_is_off_loses_and_doubles_nothing(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider], seconds: int
) -> None:
    """One that is behind thinks it too early, one that is ahead sends; a right one does what is left to do."""
    for now in (
        ana.context.now + timedelta(seconds=seconds),
        ana.context.now,
        ana.context.now + timedelta(seconds=seconds),
    ):
        dispatch.send(queued.pk, now=now)

    queued.refresh_from_db()
    assert len(carriers[0].given) == 1
    assert queued.state == MessageState.ACCEPTED


@pytest.mark.parametrize("stale", ["answered", "replaced", "resent", "expired", "reported"])
def test_sends_nothing_for_a_dead_challenge(ana: EngineUser, carriers: list[FakeProvider], stale: str) -> None:
    issued = ana.start("text")
    message = Message.objects.get()
    later = ana
    if stale == "answered":
        ana.answer(issued, ana.code(issued))
    elif stale == "replaced":
        ana.start("totp", replaces=issued.handle)
    elif stale == "resent":
        later = ana.later(seconds=31)
        later.resend(issued)
    elif stale == "expired":
        later = ana.later(minutes=5)
    else:
        phone_calls._deny(loading_and_session_binding.load(issued.handle, "a session"), ana.context)  # type: ignore[arg-type]  # it is there

    assert dispatch_message(later, message).state == MessageState.EXPIRED
    assert carriers[0].given == []


def test_message_that_cannot_be_rendered_fails_and_says_nothing_about_the_provider(
    ana: EngineUser, carriers: list[FakeProvider]
) -> None:
    """Seen failing: after five such notices, the circuit breaker bypassed the provider for all others."""
    for _ in range(conf.circuit_failures()):
        now, until = ana.context.now, ana.context.now + timedelta(days=1)
        outbox.notice(ana.user, "ana@example.org", template="no/such.txt", context={}, now=now, until=until)

    states = [dispatch_message(ana, message).state for message in Message.objects.all()]

    assert set(states) == {MessageState.FAILED}
    assert not Circuit.objects.exists()
    assert not carriers[0].given


def test_all_refusing_is_tried_again_after_a_pause(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider]
) -> None:
    carriers[0].does = refuses(FailureReason.RATE_LIMITED)

    message = dispatch_message(ana, queued)

    assert (message.state, message.reason, message.claims) == (MessageState.QUEUED, FailureReason.RATE_LIMITED, 1)
    assert message.not_before is not None
    assert message.not_before > ana.context.now


def test_gives_up_after_five_claims(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    carriers[0].does = refuses(FailureReason.PROVIDER_DOWN)
    for turn in range(6):
        Message.objects.update(not_before=ana.context.now)
        dispatch_message(ana.later(seconds=turn), queued)

    assert dispatch_message(ana, queued).state == MessageState.FAILED
    assert len(carriers[0].given) == 5


@pytest.mark.parametrize(("hours", "state"), [(3, MessageState.ACCEPTED), (60, MessageState.EXPIRED)])
def test_notice_waits_for_its_provider_while_it_is_useful(
    hours: int, state: MessageState, ana: EngineUser, carriers: list[FakeProvider]
) -> None:
    """Seen failing with notices that were given up after half a minute, as a code is."""

    def hand(pk: int, _kind: Channel) -> None:
        dispatch.send(pk)

    with time_machine.travel(ana.context.now, tick=False) as clock:
        carriers[0].does = refuses(FailureReason.PROVIDER_DOWN)
        notices.notify(ana.user, "password_changed", now=timezone.now(), how="changed")
        notice = Message.objects.get()
        while timezone.now() < ana.later(hours=hours).context.now:
            unsent_message_sweeper.sweep(hand)
            clock.shift(timedelta(minutes=20))
        n_tries = len(carriers[0].given)

        carriers[0].does = lambda _: "a reference"
        clock.shift(timedelta(hours=1))
        unsent_message_sweeper.sweep(hand)

    notice.refresh_from_db()
    assert notice.state == state
    assert n_tries < 70


def test_notice_between_two_tries_is_counted_as_waiting(ana: EngineUser, carriers: list[FakeProvider]) -> None:
    """Seen failing with those that are due now: nobody saw what waited for a mail server."""
    carriers[0].does = refuses(FailureReason.PROVIDER_DOWN)
    notices.notify(ana.user, "password_changed", now=ana.context.now, how="changed")
    notice = Message.objects.get()
    for _turn in range(7):
        Message.objects.update(not_before=ana.context.now)
        dispatch_message(ana, notice)

    [found] = statistics.waiting(ana.later(minutes=1).context.now)

    assert (found.kind, found.n) == (Channel.MAIL, 1)


def test_only_what_is_due_is_late(ana: EngineUser, carriers: list[FakeProvider]) -> None:
    """Seen failing: one deferred email of a day ago looked like workers that had stopped, and woke somebody up."""
    notices.notify(ana.user, "password_changed", now=ana.context.now, how="changed")
    later = ana.later(hours=5).context.now
    Message.objects.update(not_before=later + timedelta(minutes=30))

    assert [(each.n, each.oldest) for each in statistics.waiting(later)] == [(1, 0)]

    Message.objects.update(not_before=later - timedelta(seconds=40))

    assert [(each.n, each.oldest) for each in statistics.waiting(later)] == [(1, 40)]


def test_notice_has_a_last_try_before_it_is_of_no_more_use(ana: EngineUser, carriers: list[FakeProvider]) -> None:
    """Seen failing: the try after the one at 17 minutes would have been at the very end of a link's half an hour."""
    carriers[0].does = refuses(FailureReason.PROVIDER_DOWN)
    notices.notify(ana.user, "password_changed", now=ana.context.now, how="changed")
    Message.objects.update(useful_until=ana.later(minutes=30).context.now, not_before=ana.context.now, claims=10)
    notice = Message.objects.get()

    with time_machine.travel(ana.later(minutes=17).context.now, tick=False):
        dispatch_message(ana.later(minutes=17), notice)

    notice.refresh_from_db()
    assert notice.not_before
    assert ana.later(minutes=20).context.now < notice.not_before < ana.later(minutes=29).context.now


def test_fails_without_any_provider(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    carriers.clear()

    assert dispatch_message(ana, queued).reason == FailureReason.PROVIDER_DOWN


def test_receipt_that_overtakes_is_not_undone(ana: EngineUser, queued: Message, carriers: list[FakeProvider]) -> None:
    def deliver(_: Outgoing) -> str:
        Message.objects.update(state=MessageState.DELIVERED)
        return "a reference"

    carriers[0].does = deliver

    message = dispatch_message(ana, queued)

    assert (message.state, message.reference) == (MessageState.DELIVERED, "a reference")


def test_knows_providers_by_the_kinds_they_carry(db: None, settings: Any) -> None:
    settings.DELIVERY_PROVIDERS = ("verification.delivery.providers.virtual", "tests.refusing_provider")

    assert [hop.provider.name for hop in routes.route(Channel.TEXT)] == ["virtual", "nobody"]
    assert [hop.provider.name for hop in routes.route(Channel.MAIL)] == ["virtual"]


def test_provider_gets_the_number_and_the_words(ana: EngineUser, queued: Message) -> None:
    dispatch.send(queued.pk, now=ana.context.now)

    assert Delivery.objects.get().to == "+41795551234"


def test_sends_with_a_claim_that_reads_the_row_and_a_record_of_the_result(
    queued: Message, carriers: list[FakeProvider]
) -> None:
    """It had four statements: the row, the claim, the time of the row, the result. SQLite reads after its claim."""
    dispatch.send(queued.pk)  # fills the caches of routes, circuits and outages
    Message.objects.update(state=MessageState.QUEUED, claims=0, not_before=queued.created_at)

    with CaptureQueriesContext(connection) as captured:
        assert dispatch.send(queued.pk) == MessageState.ACCEPTED

    assert len(captured) == (2 if connection.vendor == "postgresql" else 3)


def test_no_index_has_a_column_that_a_claim_changes() -> None:
    """PostgreSQL would write an entry into every index of the table for each claim."""
    changed = {"state", "claims", "provider", "lease_until"}
    options = Message._meta.indexes

    assert {name.lstrip("-") for index in options for name in index.fields}.isdisjoint(changed)
    assert not any(name in str(index.condition) for index in options for name in changed)


def test_a_claim_names_no_provider_that_had_the_message(
    ana: EngineUser, queued: Message, carriers: list[FakeProvider]
) -> None:
    """A late receipt of the one that returned it would move it."""
    Message.objects.update(claims=1)

    claimed = dispatch._claimed(queued.pk, ana.context.now)

    assert claimed is not None
    assert (claimed.claims, claimed.provider, Message.objects.get().provider) == (2, "", "")


def test_a_claim_looks_at_its_own_challenge_alone(carriers: list[FakeProvider], queued: Message) -> None:
    with CaptureQueriesContext(connection) as captured:
        dispatch.send(queued.pk)

    [claim] = [query["sql"] for query in captured.captured_queries if '"claims" + 1' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + claim)
        plan = str(cursor.fetchall())
    # A subquery that depends on the row may be answered from a table of all open challenges, made for each claim.
    assert "verification_challenge" in claim
    assert "SubPlan" not in plan
    assert "CORRELATED" not in plan
