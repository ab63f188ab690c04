"""How many texts, calls and texted notices a person, a number, a network, a range and the organisation get."""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from verification import conf
from verification.context import Context
from verification.limits import blocked_ranges, spending_limits, unanswered_messages
from verification.limits.client_networks import common_start, for_network, network_of
from verification.limits.counting.counter_rows import DAY, HOUR, MINUTE
from verification.limits.counting.fixed_windows import WindowCount, WindowLimit, by_key, count_in_windows, give_back
from verification.limits.counting.limit_decision import Gate
from verification.limits.unanswered_messages import NOT_ARRIVED
from verification.models import ChallengeState, Counter, Message

UNANSWERED = "unanswered"  # the scope of too many messages in a row without a correct code


@dataclass(frozen=True)
class Sending:
    """A text or call, and what it counts as.

    Shape: `prompt` is its kind if it counts as unanswered until its code is entered; `prefix` is the range abroad,
    empty at home; with `is_trial` it is blocked and gets a few messages; `spending` as `spending_limits.in_force`
    returns it. Units: `cost` as theirs.
    """

    user_id: int
    address: str
    context: Context
    _: KW_ONLY
    prompt: str = ""
    prefix: str = ""
    is_trial: bool = False
    cost: int = 0
    spending: Iterable[spending_limits.SpendingWindow] = ()


def spend_send(sending: Sending) -> Gate:
    """Count one text or call against the limits of its person, number, range, network and organisation, and its cost.

    If too many are unanswered, `scope` is `UNANSWERED` and nothing else is counted.

    Call it before the action's transaction: all requests share the organisation's row, and locking it until commit
    would make all sign-ins wait for each other. A crash in between counts one message too many, which is harmless.
    """
    limits, now = _send_limits(sending), sending.context.now
    gate = _count_send(sending.user_id, sending.prompt, limits, now)
    if gate.scope == _NETWORK and _refund_network(sending.context):
        return count_in_windows(limits, now)
    return gate


def refund_send(sending: Sending) -> None:
    """Undo what `spend_send` counted, because the message was not sent after all."""
    now = sending.context.now
    if sending.prompt:
        unanswered_messages.refund_prompt(sending.user_id, sending.prompt, now=now)
    give_back(by_key(_send_limits(sending)), now)


def _send_limits(sending: Sending) -> list[WindowLimit]:
    number = sending.address
    return [
        WindowLimit("send.person", str(sending.user_id), HOUR, conf.sends_per_person_hour(), is_given_back=True),
        WindowLimit("send.number", number, HOUR, conf.sends_per_number_hour(), is_given_back=True),
        WindowLimit("send.number_day", number, DAY, conf.sends_per_number_day(), is_given_back=True),
        _network_limit(sending.context),
        WindowLimit("send.site", "", HOUR, conf.sends_per_site_hour(), is_given_back=True),
        *(_range_limits(sending.prefix, is_trial=sending.is_trial) if sending.prefix else ()),
        *spending_limits.window_limits(sending.spending, sending.cost),
    ]


def _count_send(user_id: int, prompt: str, limits: Iterable[WindowLimit], now: datetime) -> Gate:
    count = WindowCount(limits, now)
    if not prompt:
        return count.run()
    asked = unanswered_messages.spend_prompt(user_id, prompt, now=now, run=count.run_after)
    if not asked.is_open:
        return replace(asked, scope=UNANSWERED)
    return count.gate() if count.is_run else count.run()


_NETWORK, _GIVEN = "send.network", "given.network"


def _network_limit(context: Context) -> WindowLimit:
    most = for_network(conf.sends_per_network_hour(), context.network)
    return WindowLimit(_NETWORK, network_of(context.network), HOUR, most, is_given_back=True)


def _refund_network(context: Context) -> bool:
    """Undo a network's count of messages whose code was entered or that never arrived. Return False if there are none.

    This runs when the limit is reached, and not with each correct code, which would cost every sign-in a statement.
    """
    limit = _network_limit(context)
    start = limit.window_at(context.now)
    here, places = network_of(context.network), _settled_messages(context.network, start)
    n_settled = sum(n for network, n in places if network_of(network) == here)
    rows = Counter.objects.filter(key=limit.key(), window_at=start)
    with transaction.atomic():
        given, _ = rows.get_or_create(
            scope=_GIVEN, key=limit.key(), window_at=start, defaults={"count": 0, "until_at": None}
        )
        # Of many requests that reach the limit at the same time, one undoes the counts.
        if n_settled <= given.count:
            return False
        if not rows.filter(scope=_GIVEN, count=given.count).update(count=n_settled):
            return True
        more = n_settled - given.count
        rows.filter(scope=_NETWORK, count__gte=more).update(count=F("count") - more)
    return True


def _settled_messages(address: str, start: datetime) -> QuerySet[Message, tuple[str, int]]:
    """Return the addresses of a network, and perhaps some others, each with its number of settled messages."""
    is_settled = Q(challenge__state=ChallengeState.PROVEN) | Q(state__in=NOT_ARRIVED)
    sent = Message.objects.filter(
        is_settled,
        challenge__network__startswith=common_start(address),
        challenge__issued_at__gte=start - DAY,  # limits what the index reads: a code is sent again within a day
        created_at__gte=start,
    )
    return sent.values_list("challenge__network").annotate(n=Count("pk"))


TRIAL = "send.trial"


def _range_limits(prefix: str, *, is_trial: bool) -> list[WindowLimit]:
    return [
        WindowLimit("send.range", prefix, HOUR, conf.sends_per_range_hour(), is_given_back=True),
        WindowLimit("send.range_day", prefix, DAY, conf.sends_per_range_day(), is_given_back=True),
        *(
            [WindowLimit(TRIAL, prefix, 5 * MINUTE, blocked_ranges.MAX_TRIAL_MESSAGES, is_given_back=True)]
            if is_trial
            else []
        ),
    ]


def spend_notice(address: str, *, now: datetime) -> bool:
    """Count a notice texted to a number. Return False if the number had its limit for the day."""
    return count_in_windows([WindowLimit("notice.number", address, DAY, conf.notices_per_number_day())], now).is_open
