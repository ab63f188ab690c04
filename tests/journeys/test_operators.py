"""An operator sets the outage switch in the admin; it counts at once and is written down."""

from tests.people import Clock, Person, hire
from verification.models import AuditEvent, Outage

ADD = "/admin/verification/outage/add/"


def test_switch_is_set_and_ended_by_an_operator(ana: Person, clock: Clock) -> None:
    opal = hire("opal", "Operators")
    opal.sign_in(to="/admin/")
    opal.browser.go(ADD)
    when = {"starts_at_0": f"{clock.now:%Y-%m-%d}", "starts_at_1": "00:00:00", "ends_at_0": "", "ends_at_1": ""}

    page = opal.browser.send(ADD, kind="text", provider="", words="The carrier is down.", **when)
    assert "added successfully" in page

    assert "Texts are switched off for now." in ana.give_password()
    assert AuditEvent.objects.get(kind="outage.set").actor_id == opal.user.pk
    outage = Outage.objects.get()
    assert outage.made_by == opal.user
    opal.browser.send(f"/admin/verification/outage/{outage.pk}/delete/", post="yes")
    assert AuditEvent.objects.filter(kind="outage.ended").exists()


def test_both_or_neither_is_said(clock: Clock, db: None) -> None:
    opal = hire("opal", "Operators")
    opal.sign_in(to="/admin/")
    when = {"starts_at_0": f"{clock.now:%Y-%m-%d}", "starts_at_1": "00:00:00", "ends_at_0": "", "ends_at_1": ""}

    page = opal.browser.send(ADD, kind="text", provider="virtual", words="", **when)

    assert "Choose what is off" in page
    assert not Outage.objects.exists()
