"""Fixtures for the reading of directories: a real slapd without people, and a directory that is read from it."""

from collections.abc import Callable, Iterator

import pytest

from accounts import directories
from accounts.models import Directory
from accounts.models.directories import Encryption
from accounts.support.admin.directories import USUAL
from mfasite.demo import child_processes
from tests import slapd as ldap_server
from tests.slapd import ACCOUNT, ACCOUNT_PASSWORD, BASE, Slapd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    home = tmp_path_factory.mktemp("slapd")
    with child_processes.crew(home, {"PATH": "/usr/bin:/usr/sbin"}) as crew:
        yield ldap_server.start(home, crew)


@pytest.fixture
def slapd(server: Slapd) -> Slapd:
    """Return the server, without people or groups."""
    server.clear()
    return server


@pytest.fixture
def directory(slapd: Slapd, db: None) -> Callable[..., Directory]:
    def make(**more: object) -> Directory:
        values: dict[str, object] = {
            "name": "Staff",
            "servers": [f"127.0.0.1:{slapd.tls}"],
            "encryption": Encryption.LDAPS,
            "ca": slapd.ca,
            "account": ACCOUNT,
            "base": f"ou=people,{BASE}",
            "group_base": f"ou=groups,{BASE}",
            "mobile_attribute": "mobile",
            "sync_minutes": 60,
            **USUAL["openldap"],
        }
        made = Directory(**(values | more))
        directories.seal_password(made, ACCOUNT_PASSWORD)
        made.full_clean()
        made.save()
        return made

    return make
