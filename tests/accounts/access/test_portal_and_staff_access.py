"""Tests that portal, staff pages and re-authentication ask the decision that applications ask."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts import access
from accounts.access import AccessDecision, AccessReason, AccessStep, portal_and_staff_access
from tests.simulated.people import Clock, Person, hire

REFUSED = AccessDecision(step=AccessStep.REFUSE, reason=AccessReason.NOT_ALLOWED)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after which the decision refuses everyone."""
    return lambda: monkeypatch.setattr(portal_and_staff_access, "decide", lambda *_given, **_named: REFUSED)


def test_portal_asks_it(ana: Person, nobody: Callable[[], None]) -> None:
    ana.sign_in()
    assert ana.browser.go("/methods/").path == "/methods/"

    nobody()

    assert ana.browser.go("/methods/").path == "/sign-in/"


def test_staff_pages_ask_it(db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    fay = hire("fay", "Administrators")
    fay.sign_in(to="/admin/")
    assert fay.browser.go("/admin/").path == "/admin/accounts/user/"

    monkeypatch.setattr(portal_and_staff_access, "staff", lambda _request: REFUSED)

    assert fay.browser.go("/admin/").path == "/sign-in/again/"


def test_sensitive_changes_ask_it(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ana.sign_in()
    assert ana.browser.go("/app-passwords/make/").path == "/app-passwords/make/"

    monkeypatch.setattr(portal_and_staff_access, "again", lambda _request, **_named: REFUSED)

    assert ana.browser.go("/app-passwords/make/").path == "/sign-in/again/"


def test_a_stranger_is_signed_out(rf: RequestFactory, db: None) -> None:
    request = rf.get("/")
    request.user, request.session = AnonymousUser(), {}  # type: ignore[assignment]  # enough of a session

    assert access.portal_and_staff_access.portal(request).reason is AccessReason.SIGNED_OUT
