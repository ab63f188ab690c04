"""Tests with real web processes and a directory that hangs: it slows nobody down who doesn't need it."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from accounts.default_ldap_filters_and_attributes import FILTERS_AND_ATTRIBUTES
from mfasite.demo import child_processes, users_and_password
from mfasite.demo.launcher import Stack
from tests.bench.browser import TimedBrowser, TimedResponse
from tests.conftest import BringUp
from tests.real_programs.samba import ACCOUNT, ACCOUNT_PASSWORD, PASSWORD, Samba

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.xdist_group("samba")]

PEOPLE = tuple(f"hang.{number}" for number in range(16))
AWAY = 'data-outcome="sign_in:directory_away"'
_ADD = """
from accounts import ldap_directories
from accounts.models import Directory
made = Directory(name="Domain", kind="active_directory", **{values!r})
ldap_directories.seal_password(made, {password!r})
made.full_clean()
made.save()
"""


@pytest.fixture(scope="module")
def site(samba: Samba, bring_up: BringUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return a service with one web process of eight threads, and with the domain as its directory."""
    unit = samba.unit("Hanging")
    for name in PEOPLE:
        samba.person(name, within=unit)
    with bring_up(tmp_path_factory.mktemp("site")) as up:
        values: dict[str, object] = {"servers": [samba.address], "ca": samba.ca, "account": ACCOUNT, "base": unit}
        code = _ADD.format(values={**values, **FILTERS_AND_ATTRIBUTES["active_directory"]}, password=ACCOUNT_PASSWORD)
        command = child_processes.manage("shell", "-c", code)
        subprocess.run(command, env=dict(up.environment), check=True, capture_output=True, timeout=60)
        _wait(up)
        yield up


def _wait(up: Stack) -> None:
    """Wait until the directory is asked: after it was added, or after a pause because it was away."""
    until = time.monotonic() + 60
    while sign_in(up, "hang.0", PASSWORD).location != "/sign-in/register/":
        assert time.monotonic() < until
        time.sleep(1)


def sign_in(up: Stack, name: str, password: str, *, network: str = "192.0.2.7") -> TimedResponse:
    """Enter a username and password in a new browser. The time is that of the answer."""
    with closing(TimedBrowser(up.url, network)) as browser:
        browser.get("/sign-in/").expect(200)
        return browser.post("/sign-in/", username=name, password=password)


def get_page(up: Stack, path: str) -> float:
    with closing(TimedBrowser(up.url, "192.0.2.8")) as browser:
        return browser.get(path).expect(200)


def crowd(up: Stack, *, size: int, seconds: float) -> tuple[list[TimedResponse], list[float], list[float]]:
    """Let people of the directory sign in all at once, and beside them a local administrator and a visitor.

    Return the answers to the people, and how long the others' pages took.
    """
    local, pages = [], []
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(size) as pool:
        waiting = [
            pool.submit(sign_in, up, (*PEOPLE, "nobody")[number % 17], PASSWORD, network=f"198.51.100.{number}")
            for number in range(size)
        ]
        while time.monotonic() < until:
            local.append(sign_in(up, "fay", users_and_password.PASSWORD).expect(302, "/sign-in/verify/"))
            pages.append(get_page(up, "/help/"))
        return [each.result() for each in waiting], local, pages


def test_a_directory_that_hangs_slows_nobody_else_down(site: Stack, samba: Samba) -> None:
    """Three times as many people of the directory as threads sign in."""
    well, usual, _ = crowd(site, size=24, seconds=4)
    with samba.frozen():
        away, local, pages = crowd(site, size=24, seconds=8)
        later = sign_in(site, PEOPLE[0], PASSWORD, network="198.51.100.99")

    assert {each.location for each in well} == {"/sign-in/register/", ""}  # nobody's name is unknown
    assert all(AWAY in each.body for each in [*away, later])
    assert max(each.took for each in away) < 6000
    assert later.took < 1000
    assert max(local) < max(usual) + 1000
    assert max(pages) < 1000
    _wait(site)
