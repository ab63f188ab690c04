"""Tests of lists that end in the middle, with a proxy before a real OpenLDAP: a run ends in time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from accounts.ldap_directories import ldap_binds_and_searches, timeouts
from accounts.ldap_sync import sync_runs
from accounts.models import Directory, DirectorySync, DirectorySyncBatch, User
from accounts.models.directories import Encryption
from tests.real_programs import tcp_proxy
from tests.real_programs.slapd import PASSWORD, Slapd
from tests.real_programs.tcp_proxy import ConnectionFault, TcpProxy
from tests.simulated.directory_sign_ins import tried
from tests.simulated.people import Clock

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("slapd_interrupted"),
]

PEOPLE, RENAMED = 900, 20  # two pages
ENCRYPTIONS = list(Encryption)


@pytest.fixture(params=ENCRYPTIONS)
def proxy(request: pytest.FixtureRequest, slapd: Slapd) -> Iterator[TcpProxy]:
    with tcp_proxy.to(slapd.tls if request.param == Encryption.LDAPS else slapd.plain) as proxy:
        yield proxy


@pytest.fixture
def read_before(
    request: pytest.FixtureRequest,
    slapd: Slapd,
    transactional_db: None,
    directory: Callable[..., Directory],
    proxy: TcpProxy,
    clock: Clock,
) -> Directory:
    """Return a directory behind the proxy that was read once. Then some left, joined, or were renamed."""
    slapd.people(f"p{n:04}" for n in range(PEOPLE))
    slapd.person("anna")
    encryption = ENCRYPTIONS[request.node.callspec.indices["proxy"]]
    made = directory(servers=[f"127.0.0.1:{proxy.port}"], encryption=encryption, group_base="")
    assert run(made).state == DirectorySync.State.DONE
    slapd.remove("p0000")
    slapd.person("new")
    slapd.rename_people((f"p{n:04}" for n in range(1, RENAMED + 1)), "Robin Huber")
    return made


def run(directory: Directory) -> DirectorySync:
    try:
        made = sync_runs._make(directory, timezone.now())
        assert made is not None
        sync_runs.work(timezone.now())
        made.refresh_from_db()
    finally:
        connection.close()
    return made


def everyone() -> list[tuple[str, str, bool]]:
    return list(User.objects.order_by("pk").values_list("username", "name", "is_active"))


@pytest.mark.parametrize("fault", ConnectionFault)
def test_a_list_that_stops_in_the_middle_changes_nothing(
    proxy: TcpProxy, read_before: Directory, fault: ConnectionFault
) -> None:
    """Someone signs in while the run waits.

    Seen failing (the run never ended) when the connection was left blocking: half a message stops libldap forever.
    """
    before = everyone()
    proxy.most, proxy.fault = proxy.passed * 3 // 4, fault  # within the second page

    begun = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, read_before)
        assert proxy.has_broken.wait(20)
        signed_in = tried("anna", PASSWORD)
        broken = running.result(timeout=20)
    took = time.monotonic() - begun

    assert signed_in.shown.path == "/sign-in/register/"
    assert broken.state == DirectorySync.State.FAILED
    assert f"127.0.0.1:{proxy.port}: " in broken.error
    assert "(500 " in broken.error, "which says how many entries arrived before"
    assert took < timeouts.ANSWER_TIMEOUT + 5
    assert everyone() == before
    assert not DirectorySyncBatch.objects.exists()
    assert not broken.rows.exists()


def test_the_next_run_catches_up(proxy: TcpProxy, read_before: Directory) -> None:
    proxy.most, proxy.fault = proxy.passed * 3 // 4, ConnectionFault.RESET
    run(read_before)
    proxy.most = None

    done = run(read_before)

    assert (done.state, done.n_added, done.n_switched_off, done.n_changed) == ("done", 1, 1, RENAMED)


def test_a_silence_is_named(proxy: TcpProxy, read_before: Directory) -> None:
    """Seen failing with the name of an exception instead of words."""
    proxy.most = proxy.passed * 3 // 4

    assert ldap_binds_and_searches.NO_ANSWER in run(read_before).error


@pytest.mark.parametrize("proxy", [Encryption.LDAPS, Encryption.STARTTLS], indirect=True)
def test_a_server_that_hangs_before_its_handshake_ends_the_run_in_time(proxy: TcpProxy, read_before: Directory) -> None:
    """Seen failing (the run never ended) with libldap's own handshake."""
    proxy.most, proxy.n_whole = 0, proxy.n_connections

    begun = time.monotonic()
    hung = run(read_before)

    assert hung.state == DirectorySync.State.FAILED
    assert time.monotonic() - begun < timeouts.ANSWER_TIMEOUT + 5
