"""Tests of the spending limits: an alarm once, then no more texts that day."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.verification.conftest import EngineUser
from tests.verification.limits.spending_and_ranges import FRENCH, kinds, mails, move
from verification import limits, notices, outcomes, policies
from verification.delivery.rendering import compose
from verification.limits import spending_limits
from verification.limits.counting import fixed_windows
from verification.models import (
    Counter,
    Country,
    Message,
    SpendingLimit,
)
from verification.outcomes import Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("read_again")]


@pytest.fixture
def daily_limit(ana: EngineUser) -> SpendingLimit:
    """Cap the day; to set Ana up has cost 0.08 already."""
    SpendingLimit.objects.all().delete()
    return SpendingLimit.objects.create(span="day", alarm_at=Decimal("0.24"), stop_at=Decimal("0.33"))


def test_spend_sets_the_alarm_off_once_and_then_stops_texts_alone(ana: EngineUser, daily_limit: SpendingLimit) -> None:
    verdicts = [ana.start("text", binding=f"b{n}").verdict for n in range(5)]

    assert verdicts == [Verdict.ISSUED] * 3 + [Verdict.PAUSED] * 2
    assert kinds().count("spend.alarmed") == 1
    assert ana.start("totp", binding="app").issued


def test_option_that_spending_stops_says_until_when(ana: EngineUser, daily_limit: SpendingLimit) -> None:
    """Seen failing: it was offered, and refused when it was chosen."""
    before = policies.decide(ana.user, ana.context)
    for n in range(3):
        ana.start("text", binding=f"b{n}")
    spending_limits._spent.forget()

    after = policies.decide(ana.user, ana.context)

    assert [option.unavailable_reason for option in before.options] == ["", "", ""]
    until = ana.start("text", binding="c").retry_at
    why = outcomes.unavailable_words(Verdict.PAUSED, until=until)
    assert {each.method: each.unavailable_reason for each in after.options} == {"totp": "", "text": why, "call": why}
    assert after.options[0].method == "totp"


def test_operators_are_told_of_the_alarm_once_and_of_the_stop_daily(
    opal: str, ana: EngineUser, daily_limit: SpendingLimit
) -> None:
    """Seen failing with each refused request telling them again."""
    for n in range(3):
        ana.start("text", binding=f"b{n}")
    assert mails() == [(opal, "spending_alarm.txt")]

    for n in range(3):
        ana.start("text", binding=f"c{n}")

    assert mails()[1:] == [(opal, "spending_limit_reached.txt")]
    words = [compose(row).words for row in Message.objects.filter(template__contains="spending_").order_by("pk")]
    assert "reached 0.24" in words[0]
    assert "at 0.33" in words[0]
    assert "until tomorrow" in words[1]


def test_operators_are_told_of_the_stop_after_a_request_that_failed_to(
    opal: str, ana: EngineUser, daily_limit: SpendingLimit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: the stop counted as told, and nobody heard of it that day."""
    for n in range(3):
        ana.start("text", binding=f"b{n}")
    with monkeypatch.context() as patch:
        patch.setattr("verification.delivery.outbox.notice", lambda *_arguments, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ana.start("text", binding="c")

    ana.start("text", binding="d")

    assert mails()[1:] == [(opal, "spending_limit_reached.txt")]


def test_operators_are_told_of_the_alarm_after_a_request_that_failed_to(
    opal: str, ana: EngineUser, daily_limit: SpendingLimit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: only the request that reached the alarm sent the notice, so a crash lost it."""
    ana.start("text", binding="b")
    with monkeypatch.context() as patch:
        patch.setattr("verification.delivery.outbox.notice", lambda *_arguments, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ana.start("text", binding="c")
    assert (mails(), kinds().count("spend.alarmed")) == ([], 0)

    notices.notify_of_missed_alarms(ana.context.now)
    notices.notify_of_missed_alarms(ana.context.now)

    assert (mails(), kinds().count("spend.alarmed")) == ([(opal, "spending_alarm.txt")], 1)


def test_sends_no_notice_before_the_alarm_is_reached(opal: str, ana: EngineUser, daily_limit: SpendingLimit) -> None:
    ana.start("text")

    notices.notify_of_missed_alarms(ana.context.now)

    assert mails() == []


def test_alarm_at_nothing_is_never_told(opal: str, ana: EngineUser) -> None:
    """An organisation that allows no spending has an alarm at 0. Seen failing: a mail in each window."""
    SpendingLimit.objects.all().delete()
    SpendingLimit.objects.create(span="day", alarm_at=Decimal(0), stop_at=Decimal(0))

    notices.notify_of_missed_alarms(ana.context.now)

    assert mails() == []


def test_alarm_of_another_amount_is_told_too(opal: str, ana: EngineUser, daily_limit: SpendingLimit) -> None:
    for n in range(2):
        ana.start("text", binding=f"b{n}")
    daily_limit.alarm_at = Decimal("0.30")
    daily_limit.save()
    spending_limits.forget()

    ana.start("text", binding="c")

    assert [template for _address, template in mails()] == ["spending_alarm.txt"] * 2


@pytest.mark.parametrize(("stop_at", "goes_on"), [(None, True), (Decimal(9_000_000), False)])
def test_spending_that_no_count_can_hold_ends_no_request_in_an_error(
    ana: EngineUser, daily_limit: SpendingLimit, stop_at: Decimal | None, goes_on: bool
) -> None:
    """Where a text costs 500 of the currency. Seen failing on PostgreSQL, whose column holds 2,147,483,647 at most."""
    daily_limit.alarm_at, daily_limit.stop_at = None, stop_at
    daily_limit.save()
    spending_limits.forget()
    assert ana.start("text").issued
    Counter.objects.filter(scope="spend.day").update(count=2**31 - 10)

    assert ana.start("text", binding="another").issued is goes_on


def test_count_starts_again_each_day(ana: EngineUser, daily_limit: SpendingLimit) -> None:
    for n in range(4):
        ana.start("text", binding=f"b{n}")

    assert ana.later(days=1).start("text", binding="tomorrow").issued


@pytest.mark.parametrize(("days", "is_kept"), [(20, True), (40, False)])
def test_what_was_spent_outlives_the_tidying_up(ana: EngineUser, days: int, is_kept: bool) -> None:
    """Seen failing: the daily purge took the count of 30 days away after two."""
    month = timedelta(days=30)
    begun = fixed_windows.WindowLimit("", "", month, 0).window_at(ana.context.now)
    spent = limits.spent("month", month, now=ana.context.now)
    assert spent == 80

    limits.purge(begun + timedelta(days=days))

    assert limits.spent("month", month, now=ana.context.now) == (spent if is_kept else 0)


def test_what_a_country_costs_counts(ana: EngineUser, daily_limit: SpendingLimit) -> None:
    Country.objects.create(code="FR", text_price=Decimal("0.20"))
    move(ana, FRENCH)

    assert ana.start("text", binding="a").issued
    assert ana.start("text", binding="b").verdict is Verdict.PAUSED
    assert limits.spent("day", timedelta(days=1), now=ana.context.now) == 280
