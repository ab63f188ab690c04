"""Tests of whom a directory invites, and when their links end."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Directory, Invitation, User
from accounts.provisioning import (
    ChangeKind,
    ProvisioningMethod,
    ProvisioningSource,
)
from tests.accounts.provisioning.entries_of_people import SCIM, SYNC, apply, entry, verdicts
from tests.simulated.people import Clock, Person
from verification.models import AuditEvent, Message


@pytest.fixture
def inviting(directory: Directory) -> Directory:
    directory.invites_people = True
    directory.save()
    return directory


def invited() -> list[str]:
    """Return who is invited by email, and check that the audit log says so of each."""
    people = list(Invitation.objects.order_by("user__username").values_list("user__username", flat=True))
    events = AuditEvent.objects.filter(kind="invitation.sent").values_list("user_id", flat=True)
    mails = Message.objects.filter(template__contains="invitation").values_list("user_id", flat=True)
    assert Counter(events) == Counter(mails) == Counter(Invitation.objects.values_list("user_id", flat=True))
    return people


@pytest.mark.parametrize("by", [SCIM, SYNC])
def test_invites_whom_it_adds(inviting: Directory, clock: Clock, by: ProvisioningSource) -> None:
    off = entry("k3", "off", email="off@example.org", is_active=False)

    apply(inviting, entry(email="eva@example.org"), entry("k2", "silent"), off, clock=clock, by=by)

    assert invited() == ["eva"]


def test_invites_nobody_unless_it_is_switched_on(directory: Directory, clock: Clock) -> None:
    apply(directory, entry(email="eva@example.org"), clock=clock)

    assert invited() == []


def test_invites_nobody_who_signs_in_right_then(inviting: Directory, clock: Clock) -> None:
    apply(inviting, entry(email="eva@example.org"), clock=clock, by=ProvisioningSource(way=ProvisioningMethod.SIGN_IN))

    assert invited() == []


def test_invites_someone_who_was_prepared_on_the_day_they_are_switched_on(inviting: Directory, clock: Clock) -> None:
    apply(inviting, entry(email="eva@example.org", is_active=False), clock=clock, by=SCIM)
    assert invited() == []

    apply(inviting, entry(email="eva@example.org"), clock=clock, by=SCIM)

    assert invited() == ["eva"]


def test_invites_nobody_who_returns_or_is_blocked(inviting: Directory, clock: Clock) -> None:
    names = {"k1": "eva", "k2": "returns", "k3": "blocked"}
    entries = [entry(key, name, email=f"{name}@example.org") for key, name in names.items()]
    apply(inviting, *(replace(each, is_active=False) for each in entries), clock=clock)
    User.objects.filter(username="returns").update(last_login=clock.now)
    User.objects.filter(username="blocked").update(blocked_until=clock.now + timedelta(days=1))

    apply(inviting, *entries, clock=clock)

    assert invited() == ["eva"]


def test_someone_switched_off_and_on_gets_a_link_that_works(inviting: Directory, clock: Clock) -> None:
    """The former link ended when they were switched off."""
    eva = entry(email="eva@example.org")

    for is_active in (True, False, True):
        apply(inviting, replace(eva, is_active=is_active), clock=clock)

    invitation = Invitation.objects.select_related("user").get()
    assert invitation.epoch == invitation.user.epoch
    assert Message.objects.filter(template__contains="invitation").count() == 2


@pytest.mark.parametrize(("email", "n_links"), [("eva.huber@example.org", 2), ("", 1)])
def test_a_link_ends_with_the_address_that_it_was_sent_to(
    inviting: Directory, clock: Clock, email: str, n_links: int
) -> None:
    """Seen failing: someone else's mailbox kept a link that sets the password."""
    apply(inviting, entry(email="evi@example.org"), clock=clock, by=SCIM)
    former = Invitation.objects.get().handle

    apply(inviting, entry(email=email), clock=clock, by=SCIM)

    assert not Invitation.objects.filter(handle=former, ends_at__gt=clock.now).exists()
    assert Message.objects.filter(template__contains="invitation").count() == n_links


def test_a_person_who_is_refused_is_not_invited(inviting: Directory, ana: Person, clock: Clock) -> None:
    assert verdicts(inviting, entry(username="ana", email="a@example.org"), clock=clock) == [ChangeKind.REFUSED]

    assert invited() == []


def test_no_invitation_remains_of_a_change_that_was_taken_back(inviting: Directory, clock: Clock) -> None:
    with transaction.atomic():
        apply(inviting, entry(email="eva@example.org"), clock=clock)
        assert invited() == ["eva"]
        transaction.set_rollback(True)

    assert invited() == []
    assert not Message.objects.exists()
