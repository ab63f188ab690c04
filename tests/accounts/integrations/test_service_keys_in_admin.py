"""Tests in which an operator adds a service in the admin site: its key is shown in one response and never again."""

import re

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Service, Session
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.http_browser import A_REASON
from tests.simulated.people import Clock, Person
from verification.models import AuditEvent

LIST = "/admin/accounts/service/"
FIELDS = {"name": "Calendar", "slug": "calendar", "program": "calendar", "is_active": "on"}


@pytest.fixture
def administrator(dev: Person) -> Person:
    """Return a signed-in person who can manage services."""
    dev.user.user_permissions.add(*Permission.objects.filter(codename__endswith="_service"))
    dev.sign_in()
    return dev


def _key(person: Person) -> str:
    found = re.search(r'<code id="key-\d+">([a-z2-7]{48})</code>', person.page.html)
    assert found, person.page.words
    return found[1]


def _sessions(person: Person) -> str:
    return " ".join(str(row) for row in Session.objects.filter(user=person.user).values()) + str(
        person.browser.client.session.items()
    )


def test_shows_a_new_services_key_once(administrator: Person) -> None:
    administrator.browser.save(f"{LIST}add/", **FIELDS)

    key = _key(administrator)
    found = app_password_services.owner(key)
    assert found is not None
    assert found.slug == "calendar"
    assert key not in _sessions(administrator)
    assert key not in administrator.browser.go(LIST).html
    assert key not in administrator.browser.go(f"{LIST}{found.pk}/change/").html


@pytest.mark.parametrize("port", ["0", "65536"])
def test_takes_no_port_that_no_server_can_have(administrator: Person, port: str) -> None:
    """Seen failing: it was saved. nginx takes no such port from us."""
    page = administrator.browser.save(f"{LIST}add/", **FIELDS, upstream_host="192.0.2.1", upstream_port=port)

    assert page.refused_fields == {"upstream_port"}
    assert not Service.objects.exists()


def test_keeps_the_key_as_a_digest_only(administrator: Person) -> None:
    administrator.browser.save(f"{LIST}add/", **FIELDS)

    assert _key(administrator) not in str(Service.objects.values())
    event = AuditEvent.objects.get(kind="service.made")
    assert (event.actor_id, event.user_id, event.detail["service"]) == (administrator.user.pk, None, "calendar")
    assert event.detail["reason"] == A_REASON
    assert event.detail["changes"]["program"] == ["", "calendar"]


def test_audit_log_has_the_short_name_of_a_service(administrator: Person, mail: AppPasswordService) -> None:
    """The form promises that. Seen failing: changes and deletions were under the long name."""
    administrator.browser.save(f"{LIST}{mail.service.pk}/change/", **FIELDS | {"slug": "mail", "program": "mail"})
    administrator.browser.save(f"{LIST}{mail.service.pk}/delete/")

    found = AuditEvent.objects.filter(kind__in=["service.changed", "service.deleted"])
    assert [event.detail["service"] for event in found] == ["mail", "mail"]


def test_asks_before_it_renews_a_key(administrator: Person, mail: AppPasswordService) -> None:
    administrator.browser.go(LIST)

    page = administrator.browser.send(LIST, action="renew_key", _selected_action=str(mail.service.pk))

    assert page.form("Renew key")[0].fields["confirmed"] == "yes"
    assert app_password_services.owner(mail.key) == mail.service


def test_operator_renews_a_key(administrator: Person, mail: AppPasswordService) -> None:
    administrator.browser.go(LIST)
    page = administrator.browser.send(LIST, action="renew_key", _selected_action=str(mail.service.pk))
    assert page.forms[-1].fields.items() >= {"action": "renew_key", "confirmed": "yes"}.items()

    administrator.browser.press("Renew key", reason="The old one was in a mail.")

    key = _key(administrator)
    assert app_password_services.owner(key) == mail.service
    assert app_password_services.owner(mail.key) is None
    assert key not in _sessions(administrator)
    assert AuditEvent.objects.filter(kind="service.key_renewed", actor_id=administrator.user.pk).count() == 1


def test_wants_a_fresh_proof(administrator: Person, mail: AppPasswordService, clock: Clock) -> None:
    clock.forward(minutes=11)

    assert administrator.browser.go(f"{LIST}add/").path == "/sign-in/again/"
    assert (
        administrator.browser.send(
            LIST, action="renew_key", _selected_action=str(mail.service.pk), confirmed="yes"
        ).path
        == "/sign-in/again/"
    )
    assert app_password_services.owner(mail.key) == mail.service


def test_changes_nothing_of_the_key_when_the_service_changes(administrator: Person, mail: AppPasswordService) -> None:
    at = f"{LIST}{mail.service.pk}/change/"
    administrator.browser.save(at, **FIELDS | {"slug": "mail", "program": "mail", "upstream_host": "192.0.2.1"})

    mail.service.refresh_from_db()
    assert mail.service.upstream_host == "192.0.2.1"
    assert app_password_services.owner(mail.key) == mail.service


def test_takes_no_name_for_the_mail_servers_address(administrator: Person) -> None:
    page = administrator.browser.save(f"{LIST}add/", **FIELDS | {"upstream_host": "imap.example.org"})

    assert page.refused_fields == {"upstream_host"}
    assert not Service.objects.exists()


def test_is_closed_to_staff_without_the_permission(dev: Person, mail: AppPasswordService) -> None:
    dev.sign_in()

    assert dev.browser.go(f"{LIST}add/").status == 403
    assert dev.browser.send(LIST, action="renew_key", _selected_action=str(mail.service.pk)).status == 403
