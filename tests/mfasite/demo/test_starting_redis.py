"""Tests of the embedded broker, in a folder whose name may be too long for a socket."""

import os
import shutil
from pathlib import Path

import pytest
from redis import Redis

from mfasite.demo import child_processes, starting_redis


@pytest.mark.parametrize("program", [starting_redis.program(), starting_redis._wheel()], ids=["chosen", "wheel"])
def test_starts_and_answers(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting_redis, "program", lambda: program)
    folder = starting_redis.room(tmp_path)

    with child_processes.crew(tmp_path, os.environ) as crew:
        crew.start("broker", starting_redis.command(folder))
        crew.wait("The broker", (folder / starting_redis.SOCKET).is_socket, seconds=10)

        with Redis(unix_socket_path=str(folder / starting_redis.SOCKET)) as client:
            assert client.ping()


def test_prefers_the_machines_own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == "redis-server" else None)

    assert starting_redis.program() == "/usr/bin/redis-server"


def test_falls_back_to_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    assert starting_redis.program() == starting_redis._wheel()


def test_takes_a_short_folder_when_the_socket_would_have_too_long_a_name(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()

    folder = starting_redis.room(deep)

    assert len(str(folder / starting_redis.SOCKET).encode()) <= starting_redis.MAX_SOCKET_NAME_BYTES
    folder.rmdir()


def test_drops_what_a_former_run_left_queued(tmp_path: Path) -> None:
    (starting_redis.room(tmp_path) / "appendonly.aof").touch()

    assert list(starting_redis.room(tmp_path).iterdir()) == []
