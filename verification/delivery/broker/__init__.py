"""The broker: wakes workers, and says how long queues are and which workers are there."""

from verification.delivery.broker.connection import Unreachable, forget, is_reachable
from verification.delivery.broker.queues import carry, depths, push
from verification.delivery.broker.worker_heartbeats import seen, workers

__all__ = ["Unreachable", "carry", "depths", "forget", "is_reachable", "push", "seen", "workers"]
