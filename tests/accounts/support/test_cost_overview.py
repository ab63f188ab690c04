"""Tests of the cost overview: what was spent of each limit, what each country costs, and what is stopped."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.support import cost_overview
from tests.simulated.people import Clock, Person, hire
from verification import limits
from verification.limits import spending_limits
from verification.models import BlockedRange, Channel, Country, Message, SpendingLimit

PAGE = "/admin/accounts/user/costs/"


def _send(person: Person, kind: Channel, country: str, *, n: int = 1) -> None:
    now = timezone.now()
    for _place in range(n):
        Message.objects.create(
            user=person.user, kind=kind, country=country, created_at=now, handed_at=now, useful_until=now
        )


def test_multiplies_messages_by_the_prices_of_their_country(ana: Person) -> None:
    Country.objects.create(code="FR", text_price=Decimal("0.070"), call_price=Decimal("0.200"))
    _send(ana, Channel.TEXT, "FR", n=3)
    _send(ana, Channel.CALL, "FR")
    _send(ana, Channel.TEXT, "CH")

    first, second = cost_overview.overview(timezone.now()).countries

    assert (first.code, first.n_texts, first.n_calls, first.cost) == ("FR", 3, 1, Decimal("0.410"))
    assert (second.code, second.n_texts) == ("CH", 1)


def test_counts_nothing_that_was_not_handed_to_a_provider(ana: Person) -> None:
    Message.objects.create(user=ana.user, kind=Channel.TEXT, country="CH", useful_until=timezone.now())

    assert cost_overview.overview(timezone.now()).countries == ()


def test_names_the_limit_that_stops_texts(ana: Person, clock: Clock) -> None:
    SpendingLimit.objects.all().delete()
    SpendingLimit.objects.create(span="day", alarm_at=0, stop_at=0)
    spending_limits.forget()

    (stopped,) = cost_overview.overview(timezone.now()).stopped

    assert stopped.is_alarmed
    assert limits.spent("day", timedelta(days=1), now=timezone.now()) == 0


def test_operator_reads_what_is_stopped(clock: Clock, db: None) -> None:
    now = timezone.now()
    BlockedRange.objects.create(range="+371200", n_sent=40, n_proven=1, began_at=now, ends_at=now + timedelta(hours=1))
    opal = hire("opal", "Operators")

    page = opal.sign_in(to=PAGE)

    assert "+371200" in page


def test_others_do_not(clock: Clock, db: None) -> None:
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    assert dora.browser.go(PAGE).status == 403
