"""Tests of the page where an organisation makes its own strengths."""

import pytest

from accounts.models import Application
from tests.people import Person, hire
from verification import strengths
from verification.models import AuditEvent, Policy, Strength

ADD = "/admin/verification/strength/add/"


@pytest.fixture
def fay(db: None, clock: object) -> Person:
    person = hire("fay", "Administrators")
    person.sign_in(to="/admin/")
    return person


def _fill(fay: Person, **fields: object) -> None:
    fay.browser.save(ADD, **{"name": "Hardware only", "slug": "hardware", "reason": "audit of spring", **fields})  # type: ignore[arg-type]  # lists for checkboxes


def test_makes_a_strength_that_works_at_once(fay: Person) -> None:
    _fill(fay, methods=["token", "passkey"], needs=["not-sent"])

    assert strengths.named("hardware").methods() == ("passkey", "token")
    event = AuditEvent.objects.get(kind="strength.added")
    assert event.detail["strength"] == "Hardware only"


@pytest.mark.parametrize(
    "fields",
    [
        {"slug": "second-step"},
        {"slug": "Hard Ware"},
        {"methods": ["text"], "needs": ["not-sent"]},
        {"methods": ["unknown"]},
    ],
    ids=str,
)
def test_refuses_what_would_mislead(fay: Person, fields: dict[str, object]) -> None:
    _fill(fay, **fields)

    assert not Strength.objects.exists()


@pytest.mark.parametrize("by", ["application", "policy", "staff", "nothing"])
def test_one_that_is_required_cannot_be_deleted(fay: Person, by: str) -> None:
    """Seen failing without `_is_required`: the application then accepted nobody."""
    row = Strength.objects.create(slug="hardware", name="Hardware only", methods=["token", "totp"])
    if by == "application":
        Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.OIDC, strength="hardware")
    elif by != "nothing":
        Policy.objects.create(**{"strength" if by == "policy" else "staff_strength": "hardware"})

    page = fay.browser.go(f"/admin/verification/strength/{row.pk}/delete/")

    assert page.status == (200 if by == "nothing" else 403)


def test_support_desk_does_not_see_it(db: None, clock: object) -> None:
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    assert dora.browser.go("/admin/verification/strength/").status == 403
