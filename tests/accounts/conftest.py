"""Fixtures for accounts: the test users, services that check app passwords, and a domain of Active Directory."""

from collections.abc import Iterator

import pytest

from mfasite.demo import child_processes
from tests.accounts.new_passwords import link, path_of, request_password_reset
from tests.real_programs import samba as domain_controller
from tests.real_programs.samba import Samba
from tests.simulated.app_password_services import _no_keys_kept, files, mail, no_hash, strict
from tests.simulated.people import Clock, Person, ana, ben, cleo, clock, dev, stranger
from tests.simulated.signed_in_staff import opal
from tests.simulated.staff import root

__all__ = [
    "_no_keys_kept",
    "ana",
    "ben",
    "cleo",
    "clock",
    "dev",
    "files",
    "mail",
    "no_hash",
    "opal",
    "root",
    "stranger",
    "strict",
]


@pytest.fixture(scope="session")
def samba(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    """Return a running domain. Tests that use it are in the xdist group "samba", so that there is only one."""
    home = tmp_path_factory.mktemp("samba")
    with child_processes.crew(home, {"PATH": "/usr/bin:/usr/sbin"}) as crew:
        yield domain_controller.start(pytestconfig.cache.mkdir("samba"), home, crew)


@pytest.fixture
def mailed(ana: Person) -> str:
    """Return the path of a link that was emailed to Ana."""
    request_password_reset("ana")
    return path_of(link())


@pytest.fixture
def stale(ana: Person, clock: Clock) -> Person:
    """Return a person who verified ten minutes ago."""
    ana.print_codes()
    ana.sign_in()
    clock.forward(minutes=10)
    return ana
