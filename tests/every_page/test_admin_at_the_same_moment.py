"""Tests of two staff members who change, add or delete the same row of the admin at the same moment."""

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import reverse

from accounts.admin_changes.forms_with_reason import changed_meanwhile
from accounts.models import Application
from tests.every_page.admin_pages import at, form_of
from tests.every_page.admin_rows import NOW
from tests.infrastructure.concurrency import at_once
from tests.simulated.people import Clock, Person, hire
from verification.models import AuditEvent, Outage, Route


@pytest.fixture
def opal(transactional_db: None, clock: Clock) -> Person:
    """Return an operator, signed in, on a database with concurrent writes."""
    with transaction.atomic():
        person = hire("opal", "Operators")
    person.sign_in(to="/admin/")
    return person


def test_same_addition_many_times_at_once_counts_once(opal: Person) -> None:
    """Seen failing on PostgreSQL with `spend` that does not look whether the form's name is there."""
    address = reverse("admin:verification_outage_add")
    form = form_of(opal, address, kind="text", starts_at=NOW, confirmed="yes")

    answers = at_once(opal, address, [form] * 8)

    assert [page.status for page in answers] == [200] * 8
    assert Outage.objects.count() == 1
    assert AuditEvent.objects.filter(kind="outage.set").count() == 1


def test_one_of_two_changes_at_once_is_told(opal: Person) -> None:
    """Seen failing on PostgreSQL without the lock of the row."""
    row = Route.objects.create(kind="text", place="CH", provider="virtual")
    address = at(row, "change")
    forms = [form_of(opal, address, order=str(order)) for order in range(20, 24)]

    answers = at_once(opal, address, forms)

    assert sum(changed_meanwhile() in page for page in answers) == 3
    assert AuditEvent.objects.filter(kind="route.changed").count() == 1


def test_deletion_many_times_at_once_counts_once(opal: Person) -> None:
    row = Route.objects.create(kind="text", place="CH", provider="virtual")
    form = form_of(opal, at(row, "delete"))

    answers = at_once(opal, at(row, "delete"), [form] * 8)

    assert all(page.status < 500 for page in answers)
    assert AuditEvent.objects.filter(kind="route.deleted").count() == 1


def test_one_of_two_changes_of_an_application_at_once_is_told(opal: Person) -> None:
    """Seen failing on PostgreSQL: all four were saved, each over the one before, without a word."""
    with transaction.atomic():
        opal.user.user_permissions.add(*Permission.objects.filter(codename__endswith="_application"))
    Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    address = "/admin/accounts/application/wiki/change/"
    forms = [form_of(opal, address, name=f"Wiki {n}") for n in range(4)]

    answers = at_once(opal, address, forms)

    assert sum(changed_meanwhile() in page for page in answers) == 3
    assert AuditEvent.objects.filter(kind="application.changed").count() == 1
