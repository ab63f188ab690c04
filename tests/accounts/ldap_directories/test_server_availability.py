"""Tests of which servers of directories are asked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from accounts import ldap_directories
from accounts.ldap_directories import ldap_binds_and_searches, server_availability
from accounts.ldap_directories.password_result_codes import PasswordResult
from accounts.models import Directory
from tests.simulated.people import Clock
from verification.context import Context


class _Twins:
    """A connection to a directory in which two entries have the same name."""

    def bind_account(self, password: str) -> None:
        """Accept the service account."""

    def find(self, username: str) -> None:
        raise ldap_binds_and_searches.TooMany("The filter finds more than one entry.")


@contextmanager
def _connected(directory: Directory, server: str, *, until: float) -> Iterator[_Twins]:
    yield _Twins()


@pytest.mark.django_db
def test_a_server_that_answered_is_up_whatever_it_answered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: after a pause one ambiguous name kept everyone's directory away for the next 30 seconds."""
    monkeypatch.setattr(ldap_binds_and_searches, "connected", _connected)
    monkeypatch.setattr(ldap_binds_and_searches, "is_installed", lambda: True)
    made = Directory(name="Domain", kind="openldap", servers=["ldap.example.org"], account="cn=us", base="dc=example")
    ldap_directories.seal_password(made, "secret")
    made.save()
    url = ldap_binds_and_searches.url_of(made, "ldap.example.org")
    server_availability.note_down(url)
    monkeypatch.setitem(server_availability._down, url, time.monotonic() - 1)

    found = ldap_directories.check_stranger(
        [made], "twins", "x", Context(now=clock.now), until=ldap_directories.deadline()
    )

    assert found is not None
    assert found[1].answer is PasswordResult.AWAY
    assert server_availability.is_up(url)
