"""The broker: wakes workers, and says how long queues are and which workers are there."""

from verification.delivery.broker.connection import Unreachable, forget, is_reachable
from verification.delivery.broker.publishing_celery_messages import carry, depths, push
from verification.delivery.broker.queue_of_each_channel import QUEUE_OF_CHANNEL, QUEUES
from verification.delivery.broker.worker_heartbeats import HEARTBEAT_INTERVAL, seen, workers

__all__ = [
    "HEARTBEAT_INTERVAL",
    "QUEUES",
    "QUEUE_OF_CHANNEL",
    "Unreachable",
    "carry",
    "depths",
    "forget",
    "is_reachable",
    "push",
    "seen",
    "workers",
]
