"""Tests of housekeeping in the help centre."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpcenter import tasks
from helpcenter.models import Miss
from mfasite.celery import app

pytestmark = pytest.mark.django_db


def test_deletes_failed_searches_that_nobody_made_for_half_a_year() -> None:
    """They were kept for ever. Seen failing."""
    for text, days in (("fax", 181), ("pager", 179)):
        Miss.objects.create(text=text, last_at=timezone.now() - timedelta(days=days), n_times=9)

    tasks.purge()

    assert [each.text for each in Miss.objects.all()] == ["pager"]


def test_is_scheduled() -> None:
    assert tasks.purge.name in {entry["task"] for entry in app.conf.beat_schedule.values()}
