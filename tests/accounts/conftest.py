"""Fixtures for accounts: the test users, services that check app passwords, and a domain of Active Directory."""

from collections.abc import Iterator

import pytest

from mfasite.demo import child_processes
from tests import samba as domain_controller
from tests.accounts.new_passwords import ask, link, path_of
from tests.app_password_services import _no_keys_kept, files, mail, no_hash, strict
from tests.people import Person, ana, ben, cleo, clock, dev, stranger
from tests.samba import Samba

__all__ = ["_no_keys_kept", "ana", "ben", "cleo", "clock", "dev", "files", "mail", "no_hash", "stranger", "strict"]


@pytest.fixture(scope="session")
def samba(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    """Return a running domain. Tests that use it are in the xdist group "samba", so that there is only one."""
    home = tmp_path_factory.mktemp("samba")
    with child_processes.crew(home, {"PATH": "/usr/bin:/usr/sbin"}) as crew:
        yield domain_controller.start(pytestconfig.cache.mkdir("samba"), home, crew)


@pytest.fixture
def mailed(ana: Person) -> str:
    """Return the path of a link that was emailed to Ana."""
    ask("ana")
    return path_of(link())
