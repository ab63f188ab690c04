"""Tests of what pages say about people of a directory: their own, those of the desk, and the diagnosis."""

import pytest

from accounts import provisioning
from accounts.models import Directory, User
from accounts.models.directories import DirectoryKind, LinkBy
from accounts.provisioning import PersonEntry, PhoneEntry, ProvisioningMethod, ProvisioningSource
from accounts.support import case
from accounts.support.case import Case
from helpcenter import diagnosis
from mfasite.observability import metrics
from tests.simulated.people import BENS, Clock, Person, hire
from verification.context import Context

BY = ProvisioningSource(way=ProvisioningMethod.SYNC)


@pytest.fixture
def ana_of(ana: Person, clock: Clock) -> Person:
    """Return Ana, after a directory took her over, with a number that she hasn't set up."""
    directory = Directory.objects.create(name="Payroll", kind=DirectoryKind.SCIM, link_by=LinkBy.USERNAME)
    take(directory, clock)
    ana.user.refresh_from_db()
    return ana


def take(directory: Directory, clock: Clock, *, is_active: bool = True) -> None:
    phones = (PhoneEntry(kind="mobile", number=BENS),)
    entry = PersonEntry(key="a", username="ana", name="Ana Muster", is_active=is_active, phones=phones)
    (change,) = provisioning.plan_people(directory, [entry])
    provisioning.apply_person(directory, change, BY, clock.now)


def test_the_portal_says_where_details_come_from(ana_of: Person) -> None:
    ana_of.sign_in()

    page = ana_of.browser.go("/profile/")

    assert "Payroll" in page
    assert "Ana Muster" in page


def test_setting_a_number_up_in_the_portal_suggests_the_one_of_the_directory(ana_of: Person) -> None:
    ana_of.sign_in()

    page = ana_of.browser.go("/methods/add/text/")

    assert "••• •• 45" in page
    assert BENS not in page.html


def test_the_desk_sees_the_directory(ana_of: Person, clock: Clock) -> None:
    cleo = hire("cleo", "Support desk")
    cleo.sign_in(to="/admin/")

    def seen() -> Case:
        return case.of(User.objects.get(pk=ana_of.user.pk), cleo.user, Context(now=clock.now))

    assert "Payroll" in cleo.browser.go("/admin/accounts/user/?q=ana")
    page = cleo.browser.go(f"/admin/accounts/user/{ana_of.user.pk}/change/")
    assert [line for line in seen().because if "Payroll" in line and line in page]
    take(Directory.objects.get(), clock, is_active=False)
    page = cleo.browser.go(f"/admin/accounts/user/{ana_of.user.pk}/change/")
    assert "Payroll" in seen().status.text
    assert seen().status.text in page
    assert seen().expected in page
    assert "unblock them" not in page


def test_the_diagnosis_says_where_details_come_from(ana_of: Person, clock: Clock) -> None:
    seen = diagnosis.collect(User.objects.get(), Context(now=clock.now), is_half=False)

    found = diagnosis.find(diagnosis.SITUATIONS["details"], seen)

    assert [each.slug for each in found] == ["my-details", "my-details"]
    assert "Payroll" in found[0].sees
    assert BENS not in found[1].sees


def test_metrics_count_who_left(ana_of: Person, clock: Clock) -> None:
    take(Directory.objects.get(), clock, is_active=False)

    found = {family.name: family.samples[0].value for family in metrics._people_of_directories(clock.now)}

    assert found == {"mfa_people": 0, "mfa_people_left_hour": 1}
