"""Fixtures for the reading of directories: a real slapd without people, and a directory that is read from it."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from accounts.models import Directory
from mfasite.demo import child_processes
from tests.real_programs import directories_of_slapd_and_samba
from tests.real_programs import slapd as ldap_server
from tests.real_programs.slapd import BASE, Slapd
from tests.simulated.staff import fay

__all__ = ["fay"]


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
    more = {"group_base": f"ou=groups,{BASE}", "mobile_attribute": "mobile", "sync_minutes": 60}
    return partial(directories_of_slapd_and_samba.of_slapd, slapd, **more)
