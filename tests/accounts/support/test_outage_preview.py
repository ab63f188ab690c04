"""Tests that the preview of an outage says what takes over, and counts who could not sign in."""

from datetime import timedelta

from django.utils import timezone

from accounts.support import outage_preview
from tests.simulated.people import Person
from verification.models import Channel, Enrolment, Outage


def _of_texts() -> Outage:
    return Outage(kind=Channel.TEXT, starts_at=timezone.now())


def test_counts_those_without_another_method(ana: Person, cleo: Person) -> None:
    Enrolment.objects.filter(user=ana.user).exclude(method="text").delete()

    lines = outage_preview.effects(_of_texts(), timezone.now())

    assert any(line.startswith("1 ") for line in lines)
    assert str(outage_preview.ALL_HAVE_ANOTHER) not in lines


def test_counts_nobody_who_has_another_method(ana: Person) -> None:
    assert ana.enrolment("totp").confirmed

    lines = outage_preview.effects(_of_texts(), timezone.now())

    assert str(outage_preview.ALL_HAVE_ANOTHER) in lines


def test_says_what_stops_with_the_only_provider(db: None) -> None:
    outage = Outage(provider="virtual", starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1))

    lines = outage_preview.effects(outage, timezone.now())

    assert sum("so they stop" in line for line in lines) == len(Channel)


def test_says_until_when(db: None) -> None:
    begins = timezone.now() + timedelta(days=1)
    outage = Outage(kind=Channel.CALL, starts_at=begins, ends_at=begins + timedelta(hours=1))

    first, *_others = outage_preview.effects(outage, timezone.now())

    assert str(begins.year) in first
    assert "until" in first
