"""Tests of what we use of Django's private API."""

import threading

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone, translation

from tests.infrastructure import fresh_process
from tests.settings import KEYS
from verification.db import django_internals

FOUND = """
import django, threading
django.setup()
from verification.db import django_internals
assert {type(getattr(owner, name)) for owner, name in django_internals.LOCALS} == {threading.local}
"""


def test_looks_for_no_event_loop() -> None:
    """In a fresh process: Django puts one of its own back when a test changes the languages."""
    ended = fresh_process.python(FOUND, DJANGO_SETTINGS_MODULE="mfasite.settings", DEMO="1", **KEYS)

    assert ended.returncode == 0, ended.stderr


def test_refuses_a_name_that_django_no_longer_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_internals, "LOCALS", ((timezone, "_renamed"),))

    with pytest.raises(AttributeError):
        django_internals.use_thread_locals()


def test_gives_each_thread_its_own_connection_language_and_time_zone() -> None:
    found = []

    def look() -> None:
        zone = timezone.get_current_timezone_name()
        found.append((id(connections[DEFAULT_DB_ALIAS]), translation.get_language(), zone))

    with translation.override("de"), timezone.override("Asia/Tokyo"):
        look()
        other = threading.Thread(target=look)
        other.start()
        other.join()

    (my_connection, *mine), (their_connection, *theirs) = found
    assert my_connection != their_connection
    assert (mine, theirs) == (["de", "Asia/Tokyo"], ["en", settings.TIME_ZONE])
