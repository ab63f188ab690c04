"""Celery task of delivery: takes an id and calls one function."""

from typing import Any

from celery import shared_task

from verification.delivery import dispatch


@shared_task(name="verification.delivery.tasks.deliver")
def deliver(*, message_id: int, **_more: Any) -> None:
    """Send a message. Safe to run twice, because one claim wins."""
    dispatch.send(message_id)
