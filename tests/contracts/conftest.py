"""Fixtures for contract tests: the test users, the methods by capability, and each method's challenges."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.simulated.people import ana, ben, clock
from tests.simulated.signed_in_staff import dora
from verification import method_registry
from verification.method_base import ChallengeData, Method

__all__ = ["ana", "ben", "clock", "dora"]

METHODS = list(method_registry.methods())
# What a user may enter, by field name. A method with other fields adds them here.
TYPED = {
    "country": "CH",
    "number": "079 555 01 23",
    "extension": "",
    "address": "ana@example.org",
    "serial": "TK-0042",
    "name": "blue",
    "word": "lamp",
}
JUNK = ["", " ", "0", "#", "0#", "000000", "ABCDEFGH", "{}", "[]", "null", '{"id": 1}', '{"id": {}}', "\x00", "é" * 300]

every = pytest.mark.parametrize("name", METHODS)


def each(capability: type[Method]) -> pytest.MarkDecorator:
    """Parametrize over every installed method that has a capability."""
    return pytest.mark.parametrize("name", method_registry.names(capability))


def fields(method: Method) -> dict[str, Any]:
    """Fill in the method's form, and return its cleaned data."""
    if method.form_class is None:
        return {}
    form = method.form_class({field: TYPED[field] for field in method.form_class.base_fields})
    assert form.is_valid(), form.errors
    return dict(form.cleaned_data)


def asks(method: Method) -> list[ChallengeData]:
    """Return the method's challenges: each mode, for a confirmed enrolment and for a draft."""
    plan = method.enrol(fields(method), account="ana")
    given_to: dict[str, Any] = {
        "reference": "K4",
        "now": datetime(2026, 3, 2, 8, tzinfo=UTC),
        "code": "012345",
        "match_code": "47",
        "random": b"r" * 32,
        "person": b"p" * 32,
        "address": plan.address or "QUFBQQ",
        "secret": plan.secret or b"s" * 20,
        "data": plan.data,
        "account": "ana",
    }
    modes = [mode.key for mode in method.modes] or [""]
    return [
        ChallengeData(**given_to, mode=mode, is_enrolment=is_enrolment)
        for mode in modes
        for is_enrolment in (False, True)
    ]
