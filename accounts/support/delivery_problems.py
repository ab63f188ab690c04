"""Problems of deliveries that operators must know about now: what is wrong, why, and what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification import time_format
from verification.delivery import message_status_words, statistics
from verification.delivery.routing import outages_in_force
from verification.models import Channel, Circuit, Message, MessageState

MAX_WAIT = 60.0  # seconds in the outbox; a longer wait is a problem
_WINDOW = timedelta(hours=1)  # how far back messages are evaluated
_MIN_MESSAGES = 10  # with fewer, the share of failures says little
_MAX_FAILED_SHARE = 0.25
_ARRIVED_NOT = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.LOST)


@dataclass(frozen=True)
class DeliveryProblem:
    """One thing that is wrong. Shape: `kind` is bad or warn, as of a notice; `label` is the text of the link."""

    name: str
    kind: str
    title: str
    text: str
    url: str = ""
    label: str = ""


def problems(
    now: datetime, *, workers: int | None, waiting: Sequence[statistics.Waiting], circuits: Sequence[Circuit]
) -> list[DeliveryProblem]:
    """Return everything that keeps messages from arriving now, the worst first."""
    found = [*_workers(workers), *_waiting(waiting), *_outages(now), *_circuits(circuits), *_failures(now)]
    return sorted(found, key=lambda each: each.kind != "bad")


def _workers(workers: int | None) -> Iterator[DeliveryProblem]:
    if workers == 0:
        text = _("Start one. Nothing is lost until then, but codes that are too old by then are not sent.")
        yield DeliveryProblem("no_worker", "bad", _("No worker is running"), text)
    elif workers is None:
        text = _("Messages are still sent, a few seconds later, because workers also check the outbox.")
        yield DeliveryProblem("no_broker", "warn", _("The broker doesn’t answer"), text)


def _waiting(waiting: Sequence[statistics.Waiting]) -> Iterator[DeliveryProblem]:
    for each in waiting:
        if each.oldest > MAX_WAIT:
            said = {"what": Channel(each.kind).label, "n": each.n, "minutes": round(each.oldest / 60)}
            title = _("Messages are waiting too long (%(what)s)") % said
            text = ngettext(
                "The oldest has waited for %(minutes)d minute. Check the workers and the providers.",
                "The oldest has waited for %(minutes)d minutes. Check the workers and the providers.",
                round(each.oldest / 60),
            )
            yield DeliveryProblem("long_wait", "bad", title, text % said)


def _outages(now: datetime) -> Iterator[DeliveryProblem]:
    off = [*outages_in_force.kinds(now).values(), *outages_in_force.providers(now).values()]
    for outage in off:
        title = _("Switched off: %(what)s") % {"what": outage.what}
        if outage.ends_at:
            text = _("Until %(moment)s.") % {"moment": time_format.moment(outage.ends_at)}
        else:
            text = _("Until someone ends the outage.")
        address = reverse("admin:verification_outage_change", args=[outage.pk])
        yield DeliveryProblem("outage", "warn", title, f"{text} {outage.words}".strip(), address, _("View outage"))


def _circuits(circuits: Sequence[Circuit]) -> Iterator[DeliveryProblem]:
    for each in circuits:
        said = {"provider": each.provider, "kind": Channel(each.kind).label}
        title = _("%(provider)s is temporarily bypassed for %(kind)s") % said
        failures = ngettext("%(n)d failure in a row.", "%(n)d failures in a row.", each.failures) % {"n": each.failures}
        lines = [failures]
        if each.until_at:
            lines.append(_("Next test: %(time)s.") % {"time": time_format.clock(each.until_at)})
        if cause := message_status_words.cause(each):
            lines.append(_("The provider’s reason: %(cause)s.") % {"cause": cause})
        address = reverse("admin:verification_circuit_changelist")
        yield DeliveryProblem("bypassed", "warn", title, " ".join(lines), address, _("Provider health"))


def _failures(now: datetime) -> Iterator[DeliveryProblem]:
    rows = Message.objects.filter(created_at__gt=now - _WINDOW, kind__in=[Channel.TEXT, Channel.CALL])
    found = rows.aggregate(n=Count("pk"), bad=Count("pk", filter=Q(state__in=_ARRIVED_NOT)))
    if found["n"] >= _MIN_MESSAGES and found["bad"] > found["n"] * _MAX_FAILED_SHARE:
        title = _("Many messages don’t arrive")
        said = {"bad": found["bad"], "n": found["n"]}
        text = _("In the last hour %(bad)d of %(n)d texts and calls were not delivered. The reasons are listed below.")
        yield DeliveryProblem("many_failures", "bad", title, text % said)
