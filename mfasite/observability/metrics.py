"""Prometheus metrics, read from database and broker at each scrape, so that every web process reports the same."""

import hmac
import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts import client_address, invitations, ldap_directories, ldap_sync, provisioning
from accounts.applications import audit_events
from accounts.integrations.oidc.back_channel import deliveries_and_retries
from mfasite import conf
from mfasite.observability import request_metrics
from verification import audit, limits
from verification.delivery import statistics
from verification.limits import blocked_ranges, countries_and_prices, spending_limits
from verification.models import Channel

_WINDOW = timedelta(minutes=5)
_MAX_SERIES = 1_000  # applications with a series of their own


class _Figures(Collector):
    """Collect the current values. Labels have few values; none identifies a user or a number."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        depth = GaugeMetricFamily("mfa_queue_depth", "Wake-ups that are waiting in the broker", labels=["queue"])
        for queue in statistics.queues():
            if queue.depth is not None:
                depth.add_metric([queue.name], queue.depth)
        yield depth
        workers = statistics.workers()
        yield GaugeMetricFamily("mfa_workers", "Workers that answer", value=-1 if workers is None else workers)
        waiting = GaugeMetricFamily("mfa_outbox_waiting", "Messages that are waiting to be sent", labels=["kind"])
        oldest = GaugeMetricFamily(
            "mfa_outbox_oldest_seconds", "How long the oldest due message waits", labels=["kind"]
        )
        for each in statistics.waiting(now):
            waiting.add_metric([each.kind], each.n)
            oldest.add_metric([each.kind], each.oldest)
        yield waiting
        yield oldest
        state_counts = GaugeMetricFamily(
            "mfa_messages_day", "Messages of the last day", labels=["provider", "kind", "state"]
        )
        for count in statistics.state_counts(now):
            state_counts.add_metric([count.provider, count.kind, count.state], count.n)
        yield state_counts
        yield _faults(now)
        seconds = GaugeMetricFamily("mfa_delivery_seconds", "Time from request to arrival", labels=["kind", "quantile"])
        for latency in statistics.latencies(now):
            seconds.add_metric([latency.kind, "0.5"], latency.p50)
            seconds.add_metric([latency.kind, "0.95"], latency.p95)
        yield seconds
        yield _circuits()
        spent = GaugeMetricFamily("mfa_spent", "What texts and calls cost in the current period", labels=["span"])
        stops = GaugeMetricFamily("mfa_spend_stop", "Spending limit of the period", labels=["span"])
        for ceiling in spending_limits.in_force():
            spent.add_metric(
                [ceiling.span], limits.spent(ceiling.span, ceiling.window, now=now) / countries_and_prices.UNIT
            )
            if ceiling.stop_at is not None:
                stops.add_metric([ceiling.span], ceiling.stop_at / countries_and_prices.UNIT)
        yield spent
        yield stops
        yield GaugeMetricFamily(
            "mfa_paused_ranges", "Number ranges that are blocked", value=len(blocked_ranges.in_force(now))
        )
        yield _logouts()
        yield _applications(now)
        yield from _directories(now)
        yield from _people_of_directories(now)
        yield _invitations(now)
        events = GaugeMetricFamily("mfa_events_5m", "Events of the last five minutes", labels=["result"])
        counted = [event for event in audit.user_events() if event.metric]
        happened = audit.since(now - _WINDOW, of=counted).values_list("kind").annotate(n=Count("pk"))
        found = dict(happened.order_by("kind"))
        for event in counted:
            events.add_metric([event.metric], found.get(event.kind, 0))
        yield events


def _circuits() -> GaugeMetricFamily:
    """Report each installed provider, so that an alert sees whether another one works."""
    circuits = GaugeMetricFamily("mfa_circuit_open", "Whether a provider is bypassed", labels=["provider", "kind"])
    bypassed = {(circuit.provider, circuit.kind) for circuit in statistics.circuits()}
    for kind in Channel:
        for provider in statistics.providers_of(kind):
            circuits.add_metric([provider, kind], (provider, kind) in bypassed)
    return circuits


def _applications(now: datetime) -> Metric:
    """Count what applications answered. Their short names are few, because administrators add them one by one."""
    words = "People who opened an application, were asked to verify for it, or were refused, in the last five minutes"
    family = GaugeMetricFamily("mfa_applications_5m", words, labels=["application", "result"])
    results = {
        audit_events.APPLICATION_OPENED.kind: "opened",
        audit_events.APPLICATION_ASKED.kind: "asked",
        audit_events.APPLICATION_REFUSED.kind: "refused",
    }
    kinds = (audit_events.APPLICATION_OPENED, audit_events.APPLICATION_ASKED, audit_events.APPLICATION_REFUSED)
    happened = audit.since(now - _WINDOW, of=kinds).values_list("kind", "detail__application")
    counted = happened.annotate(n=Count("pk")).order_by("kind", "detail__application")
    for kind, application, n in counted[:_MAX_SERIES]:
        family.add_metric([str(application or ""), results[kind]], n)
    return family


def _directories(now: datetime) -> Iterator[Metric]:
    """Report how old and how complete the answers of directories are. Their names are few: administrators add them."""
    names = ["directory"]
    age = GaugeMetricFamily("mfa_directory_age_seconds", "Age of the last complete answer of a directory", labels=names)
    stale = GaugeMetricFamily("mfa_directory_stale", "Directories not read for three intervals", labels=names)
    took = GaugeMetricFamily("mfa_directory_run_seconds", "How long the last complete run took", labels=names)
    waits = GaugeMetricFamily("mfa_directory_waits", "Runs that someone must confirm first", labels=names)
    people = GaugeMetricFamily(
        "mfa_directory_people", "People of the last complete run", labels=["directory", "result"]
    )
    for health in ldap_sync.health_of_all():
        name = [health.directory.name]
        if (old := health.age(now)) is not None:
            age.add_metric(name, old.total_seconds())
        if health.took is not None:
            took.add_metric(name, health.took.total_seconds())
        stale.add_metric(name, ldap_sync.is_stale(health, now))
        waits.add_metric(name, health.waits)
        for result, n in health.counts().items():
            people.add_metric([*name, result], n)
    yield from (age, stale, took, waits, people)


def _people_of_directories(now: datetime) -> Iterator[Metric]:
    """Count the people of each directory, and those who left within an hour."""
    people = GaugeMetricFamily("mfa_people", "People of a directory who can sign in", labels=["directory"])
    left = GaugeMetricFamily("mfa_people_left_hour", "Those it switched off in the last hour", labels=["directory"])
    for directory in ldap_directories.known():
        found = provisioning.count(directory, now)
        people.add_metric([directory.name], found.of - found.n)
        left.add_metric([directory.name], found.n)
    yield from (people, left)


def _invitations(now: datetime) -> Metric:
    words = "People who haven't followed their invitation, by its state"
    family = GaugeMetricFamily("mfa_invitations_open", words, labels=["state"])
    for state, n in invitations.counts(now).items():
        family.add_metric([state], n)
    return family


def _logouts() -> Metric:
    family = GaugeMetricFamily("mfa_logouts", "Sign-outs that applications haven't been notified of", labels=["state"])
    for state, n in deliveries_and_retries.counts().items():
        family.add_metric([state], n)
    return family


def _faults(now: datetime) -> Metric:
    words = "Attempts and messages of the last day that failed, by who caused it"
    faults = GaugeMetricFamily("mfa_failures_day", words, labels=["provider", "kind", "fault"])
    for failure in statistics.failure_counts(now):
        faults.add_metric([failure.provider, failure.kind, failure.fault], failure.n)
    return faults


@login_not_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Serve the metrics to an allowed network or to the holder of the token. For anyone else it is a 404."""
    if not _may(request):
        return HttpResponse(status=404)
    registry = CollectorRegistry()
    registry.register(_Figures())
    told = generate_latest(registry) + generate_latest(request_metrics.registry())
    return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)


def _may(request: HttpRequest) -> bool:
    token, shown = conf.metrics_token(), request.headers.get("Authorization", "")
    if token and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
        return True
    address = client_address.network(request)
    return bool(address) and any(
        ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in conf.metrics_networks()
    )
