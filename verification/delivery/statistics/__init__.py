"""Figures of deliveries for operators: queues, workers, and the messages of the last day. Without numbers or codes."""

from verification.delivery.statistics.installed_and_bypassed_providers import circuits, providers_of
from verification.delivery.statistics.messages_of_last_day import (
    Hour,
    Share,
    StateCount,
    by_country,
    by_provider,
    failure_counts,
    hours,
    latencies,
    state_counts,
)
from verification.delivery.statistics.queues_and_workers import Waiting, queues, waiting, workers

__all__ = [
    "Hour",
    "Share",
    "StateCount",
    "Waiting",
    "by_country",
    "by_provider",
    "circuits",
    "failure_counts",
    "hours",
    "latencies",
    "providers_of",
    "queues",
    "state_counts",
    "waiting",
    "workers",
]
