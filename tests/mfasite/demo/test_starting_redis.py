"""Tests of the embedded broker, in a folder whose name may be too long for a socket."""

import os
import shutil
from pathlib import Path

import pytest
from redis import Redis

from mfasite.demo import broker, child_processes


@pytest.mark.parametrize("program", [broker.program(), broker._wheel()], ids=["chosen", "wheel"])
def test_starts_and_answers(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "program", lambda: program)
    folder = broker.room(tmp_path)

    with child_processes.crew(tmp_path, os.environ) as crew:
        crew.start("broker", broker.command(folder))
        crew.wait("The broker", (folder / broker.SOCKET).is_socket, seconds=10)

        with Redis(unix_socket_path=str(folder / broker.SOCKET)) as client:
            assert client.ping()


def test_prefers_the_machines_own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == "redis-server" else None)

    assert broker.program() == "/usr/bin/redis-server"


def test_falls_back_to_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    assert broker.program() == broker._wheel()


def test_takes_a_short_folder_when_the_socket_would_have_too_long_a_name(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()

    folder = broker.room(deep)

    assert len(str(folder / broker.SOCKET).encode()) <= broker.MAX_SOCKET_NAME_BYTES
    folder.rmdir()


def test_drops_what_a_former_run_left_queued(tmp_path: Path) -> None:
    (broker.room(tmp_path) / "appendonly.aof").touch()

    assert list(broker.room(tmp_path).iterdir()) == []
