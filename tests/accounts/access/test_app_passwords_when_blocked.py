"""Tests that app passwords, and passwords of older apps, ask the decision that applications ask."""

from collections.abc import Callable

import pytest

from accounts.access import AccessDecision, AccessReason, AccessStep, app_passwords_when_blocked
from accounts.models import User
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService, mail
from tests.simulated.people import PASSWORD, Person

__all__ = ["mail"]

REFUSED = AccessDecision(step=AccessStep.REFUSE, reason=AccessReason.NOT_ALLOWED)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after which the decision refuses everyone."""
    return lambda: monkeypatch.setattr(app_passwords_when_blocked, "decide", lambda *_given, **_named: REFUSED)


def test_app_passwords_ask_it(ana: Person, mail: AppPasswordService, nobody: Callable[[], None]) -> None:
    secret = app_password_services.make(ana.user)
    assert mail.opens("ana", secret)

    nobody()

    assert not mail.opens("ana", secret)


def test_passwords_of_older_apps_ask_it(ana: Person, mail: AppPasswordService, nobody: Callable[[], None]) -> None:
    User.objects.filter(pk=ana.user.pk).update(second_step="disabled")
    assert mail.opens("ana", PASSWORD)

    nobody()

    assert not mail.opens("ana", PASSWORD)
