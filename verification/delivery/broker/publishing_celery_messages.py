"""Puts tasks on their queues as Celery does, so that web processes don't need Celery.

Source: Celery's message protocol, version 2 (docs.celeryq.dev, "Message Protocol"), in the envelope of Kombu's Redis
transport (`kombu.transport.virtual.Channel.prepare_message`). Workers are Celery.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from django.conf import settings

from verification.delivery.broker import connection

_carriers: list[Callable[[dict[str, Any]], None]] = []


def carry(add: Callable[[dict[str, Any]], None]) -> None:
    """Register a function that adds headers to every task."""
    if add not in _carriers:
        _carriers.append(add)


def push(queue: str, task: str, **arguments: int | str | list[int]) -> None:
    """Put a task on a queue. Errors: `connection.Unreachable`."""
    connection.ask(("LPUSH", key(queue), json.dumps(envelope(queue, task, arguments))))


def depths(queues: Sequence[str]) -> list[int]:
    """Return how many tasks wait in each queue. Errors: `Unreachable`."""
    return [int(found) for found in connection.ask(*(("LLEN", key(queue)) for queue in queues))]


def key(name: str) -> str:
    """Return the broker's key for a name, with the prefix of the settings."""
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{name}"


def envelope(queue: str, task: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Build a task's message. Its arguments are in the body only, so that no worker logs them."""
    task_id = str(uuid4())
    headers: dict[str, Any] = {
        "lang": "py",
        "task": task,
        "id": task_id,
        "root_id": task_id,
        "parent_id": None,
        "group": None,
        "eta": None,
        "expires": None,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": "()",
        "kwargsrepr": "-",
        "origin": "web",
        "ignore_result": True,
    }
    for add in _carriers:
        add(headers)
    embedded = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    return {
        "body": b64encode(json.dumps([[], arguments, embedded]).encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": headers,
        "properties": {
            "correlation_id": task_id,
            "reply_to": "",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "delivery_tag": str(uuid4()),
            "priority": 0,
            "body_encoding": "base64",
        },
    }
