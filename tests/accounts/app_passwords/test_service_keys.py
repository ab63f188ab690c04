"""Tests that a service is recognised by its key."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import app_passwords
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.people import Clock
from verification.context import Context


def test_finds_a_service_by_its_key(mail: AppPasswordService, files: AppPasswordService) -> None:
    assert app_password_services.owner(mail.key) == mail.service
    assert app_password_services.owner(files.key) == files.service
    assert app_password_services.owner("") is None
    assert app_password_services.owner("a" * 48) is None


def test_a_renewed_key_replaces_the_older_one(mail: AppPasswordService, clock: Clock) -> None:
    key = app_passwords.new_service_key(mail.service, Context(now=clock.now), actor_id=None)

    assert app_password_services.owner(key) == mail.service
    assert app_password_services.owner(mail.key) is None


def test_key_of_a_deactivated_service_stops_working_within_seconds(
    mail: AppPasswordService, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app_password_services.owner(mail.key)
    mail.service.is_active = False
    mail.service.save()
    monkeypatch.setattr("time.monotonic", lambda: 10**9)

    assert app_password_services.owner(mail.key) is None


def test_too_many_wrong_keys_cost_no_more_queries(mail: AppPasswordService, clock: Clock, settings: Any) -> None:
    """A cached key still works in that network, and other networks are not limited.

    Seen failing: each guess cost a query, from one network without any limit.
    """
    settings.VERIFICATION_CACHE_SECONDS, settings.APP_PASSWORD_FAILURES_PER_NETWORK_MINUTE = 60, 2
    assert app_password_services.owner(mail.key)
    for n in range(3):
        app_password_services.owner(f"{n}" * 48)

    with CaptureQueriesContext(connection) as captured:
        assert app_password_services.owner("x" * 48) is None
    assert len(captured) == 0
    assert app_password_services.owner(mail.key) == mail.service
    with CaptureQueriesContext(connection) as captured:
        app_password_services.owner("x" * 48, network="203.0.113.9")
    assert len(captured) > 0
