"""Tests that a form does nothing if the session has ended before it has arrived completely.

Each was seen failing: the session was read before the form, so its sender could hold the last byte back for minutes.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django_otp.oath import totp

from accounts.sessions import ending_sessions
from tests.simulated.http_browser import Browser, Form, Page
from tests.simulated.people import Person
from tests.simulated.support_desk import WHY, open_action
from verification import enrolments
from verification.models import AuditEvent, Enrolment

FORM = "application/x-www-form-urlencoded"


class LateBody(BytesIO):
    """The body of a request, before whose first byte something happens."""

    def __init__(self, body: bytes, happens: Callable[[], object]) -> None:
        super().__init__(body)
        self._happens: Callable[[], object] | None = happens

    def read(self, size: int | None = -1) -> bytes:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()
        return super().read(size)


def end_sessions(person: Person) -> None:
    enrolments.raise_epoch(person.user)
    ending_sessions.end_access([person.user.pk])


def send_late(browser: Browser, form: Form, happens: Callable[[], object], *, kind: str, **fields: str) -> Page:
    """Submit a form of the page, and have something happen after its headers have arrived."""
    filled = form.fields | fields
    body = encode_multipart(BOUNDARY, filled) if kind == MULTIPART_CONTENT else urlencode(filled).encode()
    late: dict[str, Any] = {"wsgi.input": LateBody(body, happens)}
    return Page(browser.client.generic("POST", form.action or browser.shown.path, body, kind, **late))


@pytest.mark.parametrize("kind", [FORM, MULTIPART_CONTENT])
def test_sets_up_no_method(ana: Person, kind: str) -> None:
    ana.sign_in()
    ana.browser.go("/methods/add/")
    ana.browser.press("Authenticator app")
    new = Enrolment.objects.get(method="totp", confirmed=False)
    form, _button = ana.browser.shown.form("Verify")

    page = send_late(ana.browser, form, lambda: end_sessions(ana), kind=kind, code=f"{totp(new.secret):06d}")

    assert not Enrolment.objects.get(pk=new.pk).confirmed
    assert page.response.get("Location") == "/sign-in/"


def test_does_no_support_action(ana: Person, dora: Person) -> None:
    ana.sign_in()
    form, _button = open_action(dora, ana, "end_sessions").form("End")

    page = send_late(dora.browser, form, lambda: end_sessions(dora), kind=FORM, **WHY)

    assert not AuditEvent.objects.filter(kind__startswith="support.").exists()
    assert page.response.get("Location", "").startswith("/sign-in/")
