"""Tests that portal, staff pages, re-authentication and app passwords ask the decision that applications ask."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts import access
from accounts.access import AccessDecision, AccessReason, AccessStep, portal_and_staff
from accounts.models import User
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService, mail
from tests.simulated.people import PASSWORD, Clock, Person, hire

__all__ = ["mail"]

REFUSED = AccessDecision(step=AccessStep.REFUSE, reason=AccessReason.NOT_ALLOWED)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after which the decision refuses everyone."""
    return lambda: monkeypatch.setattr(portal_and_staff, "decide", lambda *_given, **_named: REFUSED)


def test_portal_asks_it(ana: Person, nobody: Callable[[], None]) -> None:
    ana.sign_in()
    assert ana.browser.go("/methods/").path == "/methods/"

    nobody()

    assert ana.browser.go("/methods/").path == "/sign-in/"


def test_staff_pages_ask_it(db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    fay = hire("fay", "Administrators")
    fay.sign_in(to="/admin/")
    assert fay.browser.go("/admin/").path == "/admin/accounts/user/"

    monkeypatch.setattr(portal_and_staff, "staff", lambda _request: REFUSED)

    assert fay.browser.go("/admin/").path == "/sign-in/again/"


def test_sensitive_changes_ask_it(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ana.sign_in()
    assert ana.browser.go("/app-passwords/make/").path == "/app-passwords/make/"

    monkeypatch.setattr(portal_and_staff, "again", lambda _request, **_named: REFUSED)

    assert ana.browser.go("/app-passwords/make/").path == "/sign-in/again/"


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


def test_a_stranger_is_signed_out(rf: RequestFactory, db: None) -> None:
    request = rf.get("/")
    request.user, request.session = AnonymousUser(), {}  # type: ignore[assignment]  # enough of a session

    assert access.portal_and_staff.portal(request).reason is AccessReason.SIGNED_OUT
