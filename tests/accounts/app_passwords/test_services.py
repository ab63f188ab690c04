"""Tests that a service is recognised by its key."""

import pytest

from accounts import app_passwords
from tests.app_password_services import Door
from tests.people import Clock
from verification.context import Context


def test_finds_a_service_by_its_key(mail: Door, files: Door) -> None:
    assert app_passwords.service_of(mail.key) == mail.service
    assert app_passwords.service_of(files.key) == files.service
    assert app_passwords.service_of("") is None
    assert app_passwords.service_of("a" * 48) is None


def test_a_renewed_key_replaces_the_older_one(mail: Door, clock: Clock) -> None:
    key = app_passwords.new_service_key(mail.service, Context(now=clock.now), actor_id=None)

    assert app_passwords.service_of(key) == mail.service
    assert app_passwords.service_of(mail.key) is None


def test_a_key_that_was_taken_away_dies_within_seconds(mail: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app_passwords.service_of(mail.key)
    mail.service.is_active = False
    mail.service.save()
    monkeypatch.setattr("time.monotonic", lambda: 10**9)

    assert app_passwords.service_of(mail.key) is None
