"""Tests of what a person and the support desk see when an application doesn't open or asks again."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts import applications
from accounts.applications import AccessReason, audit_events
from accounts.models import Application
from tests.journeys.diagnosis.diagnosis_pages import open_diagnosis
from tests.simulated.people import Clock, Person, hire
from verification.context import Context


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Team wiki", kind=Application.Kind.PROXY)


def test_the_diagnosis_says_who_can_let_a_person_in(ana: Person, wiki: Application, clock: Clock) -> None:
    wiki.groups.add(Group.objects.create(name="Editors"))
    ana.sign_in()
    applications.refused(wiki, ana.user.pk, "not-allowed", Context(now=timezone.now()))

    page = open_diagnosis(ana, "application")
    assert page.findings == [f"refused-{AccessReason.NOT_ALLOWED}"]
    assert "Team wiki" in page


def test_the_diagnosis_says_when_the_reason_is_gone(ana: Person, wiki: Application, clock: Clock) -> None:
    group = Group.objects.create(name="Editors")
    wiki.groups.add(group)
    ana.sign_in()
    applications.refused(wiki, ana.user.pk, "not-allowed", Context(now=timezone.now()))
    ana.user.groups.add(group)

    assert open_diagnosis(ana, "application").findings == ["no-longer-refused"]


def test_the_diagnosis_says_that_one_is_switched_off(ana: Person, wiki: Application, clock: Clock) -> None:
    ana.sign_in()
    applications.refused(wiki, ana.user.pk, "not-allowed", Context(now=timezone.now()))
    Application.objects.update(is_active=False)

    assert open_diagnosis(ana, "application").findings == ["application-off"]


def test_the_diagnosis_names_what_is_strong_enough(ana: Person, wiki: Application, clock: Clock) -> None:
    Application.objects.update(strength="phishing-resistant")
    ana.sign_in()
    applications.asked(wiki, ana.user.pk, "too-weak", Context(now=timezone.now()))

    page = open_diagnosis(ana, "application-asks")
    assert page.findings == [f"asked-{AccessReason.TOO_WEAK}"]
    assert "Team wiki" in page
    assert "Phishing-resistant" in page


def test_the_diagnosis_forgets_what_is_long_ago(ana: Person, wiki: Application, clock: Clock) -> None:
    applications.asked(wiki, ana.user.pk, "too-weak", Context(now=timezone.now()))
    clock.forward(days=3)
    ana.sign_in()

    assert open_diagnosis(ana, "application-asks").findings == ["not-asked"]
    assert open_diagnosis(ana, "application").findings == ["not-refused"]


def test_a_half_signed_in_person_learns_nothing(ana: Person, wiki: Application, clock: Clock) -> None:
    applications.refused(wiki, ana.user.pk, "not-allowed", Context(now=timezone.now()))
    ana.give_password()

    for about in ("application", "application-asks"):
        page = open_diagnosis(ana, about)
        assert page.findings == ["sign-in-first"]
        assert "wiki" not in page


def test_the_support_desk_sees_both(ana: Person, wiki: Application, clock: Clock) -> None:
    applications.refused(wiki, ana.user.pk, "not-allowed", Context(now=timezone.now()))
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")
    page = dora.browser.go(f"/admin/accounts/user/{ana.user.pk}/change/")

    assert audit_events.APPLICATION_REFUSED.title_for(is_own=False) in page
    assert f"wiki: {AccessReason.NOT_ALLOWED.label}" in page


def test_metrics_count_what_applications_answered(ana: Person, wiki: Application, clock: Clock, settings: Any) -> None:
    settings.METRICS_TOKEN = "a token of the tests"
    applications.refused(wiki, ana.user.pk, "not-allowed", Context(now=timezone.now()))
    applications.asked(wiki, ana.user.pk, "too-old", Context(now=timezone.now()))
    text = Client().get("/metrics", headers={"Authorization": "Bearer a token of the tests"}).content.decode()

    assert 'mfa_applications_5m{application="wiki",result="refused"} 1.0' in text
    assert 'mfa_applications_5m{application="wiki",result="asked"} 1.0' in text
