"""Fixtures for directories: none is remembered from another test, a real OpenLDAP, and servers that hang."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest

from accounts import ldap_directories
from accounts.models import Directory
from mfasite.demo import child_processes
from tests.real_programs import directories_of_slapd_and_samba
from tests.real_programs import slapd as ldap_server
from tests.real_programs.slapd import Slapd


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Forget the directories and the servers that were down in another test."""
    ldap_directories.forget()
    yield
    ldap_directories.forget()


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    home = tmp_path_factory.mktemp("slapd")
    with child_processes.crew(home, {"PATH": "/usr/bin:/usr/sbin"}) as crew:
        server = ldap_server.start(home, crew)
        for uid in ("dora", "emil", "fritz", "gerd", "hanna", "ivo", "jana", "karl"):
            server.person(uid)
        yield server


@pytest.fixture
def directory(slapd: Slapd, db: None) -> Callable[..., Directory]:
    return partial(directories_of_slapd_and_samba.of_slapd, slapd)


@pytest.fixture
def black_hole() -> Iterator[int]:
    """Return the port of a server that accepts connections and never answers."""
    yield from _silent(b"")


@pytest.fixture
def half_hole() -> Iterator[int]:
    """Return the port of a server that agrees to StartTLS and never answers again."""
    yield from _silent(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")  # RFC 4511, 4.14.2: a success


def _silent(last_words: bytes) -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        kept: list[socket.socket] = []
        stop = threading.Event()

        def accept() -> None:
            listener.settimeout(0.1)
            while not stop.is_set():
                with suppress(TimeoutError):
                    each, _address = listener.accept()
                    kept.append(each)
                    each.sendall(last_words)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join()
            for each in kept:
                each.close()
