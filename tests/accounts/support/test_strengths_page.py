"""Tests of the page where an organisation makes its own strengths."""

import pytest

from accounts.models import Application, ProtectedHost
from tests.simulated.people import Person, hire, join
from verification import strengths
from verification.models import AuditEvent, Enrolment, Policy, Strength

ADD = "/admin/verification/strength/add/"


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


@pytest.mark.parametrize("by", ["application", "address", "policy", "staff", "nothing"])
def test_one_that_is_required_cannot_be_deleted(fay: Person, by: str) -> None:
    """Seen failing without `uses`, and for addresses before it looked at them: they then opened for nobody."""
    row = Strength.objects.create(slug="hardware", name="Hardware only", methods=["token", "totp"])
    if by == "application":
        Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.OIDC, strength="hardware")
    elif by == "address":
        wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
        ProtectedHost.objects.create(application=wiki, host="wiki.example.org", strength="hardware")
    elif by != "nothing":
        Policy.objects.create(**{"strength" if by == "policy" else "staff_strength": "hardware"})

    page = fay.browser.go(f"/admin/verification/strength/{row.pk}/delete/")

    assert page.status == (200 if by == "nothing" else 403)


@pytest.mark.parametrize("rule", ["strength", "staff_strength"])
def test_nobody_locks_themselves_out(rule: str, fay: Person) -> None:
    """An administrator left the strength of staff only methods that they hadn't set up. Seen failing."""
    row = Strength.objects.create(slug="own", name="Own", methods=["token", "totp"])
    Policy.objects.create(**{rule: "own"})

    page = fay.browser.save(f"/admin/verification/strength/{row.pk}/change/", methods="token", confirmed="yes")

    assert page.refused_fields == {"methods"}
    assert strengths.named("own").methods() == ("totp", "token")


@pytest.mark.parametrize(
    "rules",
    [{"staff_strength": "own", "methods": ["totp", "token"]}, {"staff_strength": "own", "strength": "no-phone"}],
    ids=["methods", "strength"],
)
def test_nobody_is_left_only_a_method_that_the_policy_does_not_allow(rules: dict[str, object], fay: Person) -> None:
    """Fay has texts, too, which nobody may use. Seen failing: the change was saved, and locked her out."""
    Enrolment.objects.create(user=fay.user, method="text", confirmed=True)
    row = Strength.objects.create(slug="own", name="Own", methods=["token", "totp"])
    Policy.objects.create(**rules)

    page = fay.browser.save(
        f"/admin/verification/strength/{row.pk}/change/",
        methods=["text", "token"],  # type: ignore[arg-type]  # lists for checkboxes
        confirmed="yes",
    )

    assert page.refused_fields == {"methods"}
    assert strengths.named("own").methods() == ("totp", "token")


def test_a_change_shows_first_what_requires_it_and_who_would_lack_a_method(fay: Person) -> None:
    """Fay has an app; Ana and Ben have texts, and Cleo has nothing. Seen failing without `effects`."""
    join("ana", number="+41795550123").set_up("text")
    join("ben", number="+41785550145").set_up("text")
    join("cleo")
    row = Strength.objects.create(slug="own", name="Own", methods=["text", "totp"])
    Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.OIDC, strength="own")
    Policy.objects.create(strength="own")

    page = fay.browser.save(f"/admin/verification/strength/{row.pk}/change/", methods="totp")

    for line in (
        "Applications that require it: Wiki.",
        "Policies that require it: Everyone.",
        "3 people would have no method of this strength, 2 of them only because of this change.",
    ):
        assert line in page
    assert Strength.objects.get().methods == ["text", "totp"]
    fay.browser.press("Apply")
    assert Strength.objects.get().methods == ["totp"]


def test_a_change_of_what_nothing_requires_needs_no_preview(fay: Person) -> None:
    row = Strength.objects.create(slug="own", name="Own", methods=["text", "totp"])

    fay.browser.save(f"/admin/verification/strength/{row.pk}/change/", methods="totp")

    assert Strength.objects.get().methods == ["totp"]


def test_support_desk_does_not_see_it(db: None, clock: object) -> None:
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    assert dora.browser.go("/admin/verification/strength/").status == 403
