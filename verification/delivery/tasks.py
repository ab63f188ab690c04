"""Celery's entrance to delivery: takes an id, calls one function."""

from typing import Any

from celery import shared_task

from verification.delivery import dispatch


@shared_task(name="verification.delivery.tasks.deliver")
def deliver(*, message_id: int, **_more: Any) -> None:
    """Hand one message over. Safe to run twice: one claim wins."""
    dispatch.send(message_id)
