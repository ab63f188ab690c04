"""Tests of how many sign-ins with a passkey alone may be refused: in a network, and in a browser that is known."""

from pytest_django import Settings

from tests.journeys.signin.conftest import REFUSED, come_in
from tests.simulated.http_browser import Browser
from tests.simulated.passkeys import Key
from tests.simulated.people import Person
from verification.models import AuditEvent, Challenge


def test_network_that_was_refused_too_often_waits_and_leaves_no_rows(
    passkey_owner: Person, key: Key, settings: Settings
) -> None:
    """Seen failing: anyone who knew the id of a passkey could add rows to the audit log of its holder without end."""
    settings.PASSWORD_FAILURES_PER_NETWORK_HOUR = 2
    for _ in range(2):
        come_in(Browser(), Key(id=key.id))
    n_rows = AuditEvent.objects.count() + Challenge.objects.count()

    assert REFUSED in come_in(Browser(), Key(id=key.id)).outcomes
    assert REFUSED in come_in(Browser(), key).outcomes
    assert AuditEvent.objects.count() + Challenge.objects.count() == n_rows


def test_neighbour_does_not_keep_people_out_of_browsers_that_they_know(
    passkey_owner: Person, key: Key, settings: Settings
) -> None:
    """Seen failing: someone in an office could end all sign-ins with a passkey there, for each hour."""
    settings.PASSWORD_FAILURES_PER_NETWORK_HOUR = 2
    own = Browser()
    come_in(own, key)
    own.client.cookies.pop("mfa_session")
    for _ in range(3):
        come_in(Browser(), Key(id=key.id))

    assert REFUSED in come_in(Browser(), key).outcomes
    assert come_in(own, key).path == "/"


def test_known_browser_has_a_limit_of_its_own(passkey_owner: Person, key: Key, settings: Settings) -> None:
    settings.PASSWORD_FAILURES_PER_NETWORK_HOUR = 2
    own = Browser()
    come_in(own, key)
    own.client.cookies.pop("mfa_session")
    for _ in range(2):
        come_in(own, Key(id=key.id))

    assert REFUSED in come_in(own, key).outcomes
    assert come_in(Browser(), key).path == "/"


def test_sign_ins_do_not_count_against_their_network(passkey_owner: Person, key: Key, settings: Settings) -> None:
    settings.PASSWORD_FAILURES_PER_NETWORK_HOUR = 2

    assert [come_in(Browser(), key).path for _ in range(4)] == ["/"] * 4
