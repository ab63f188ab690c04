"""What a demo checks before anything is installed or started. It runs with nothing but Python."""

import fcntl
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mfasite.demo import port_and_folder_checks
from tests.real_programs.ports import free_port


def run_preflight(port: object, home: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-S", "-I", str(Path(port_and_folder_checks.__file__)), str(port), str(home)]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=30)


def test_lets_a_demo_start_on_a_free_port(tmp_path: Path) -> None:
    """Seen failing: an empty message ended the program with status 1, and `make demo` with it."""
    answer = run_preflight(free_port(), tmp_path)

    assert (answer.returncode, answer.stderr) == (0, "")


def test_names_a_port_that_is_taken_and_one_that_is_free(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((port_and_folder_checks.HOST, 0))
        other.listen()
        taken = other.getsockname()[1]

        answer = run_preflight(taken, tmp_path)

    assert answer.returncode == 1
    assert str(taken) in answer.stderr
    assert "make demo PORT=" in answer.stderr


@pytest.mark.parametrize("port", ["70000", "eight", "-1", ""])
def test_refuses_what_is_no_port(port: str, tmp_path: Path) -> None:
    answer = run_preflight(port, tmp_path)

    assert answer.returncode == 1
    assert "make demo PORT=" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_says_where_the_demo_of_a_folder_is_running(tmp_path: Path) -> None:
    with (tmp_path / port_and_folder_checks.LOCK).open("w") as lock:
        lock.write(json.dumps({"url": "http://localhost:8099", "pid": 4711}))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)

        answer = run_preflight(free_port(), tmp_path)

    assert answer.returncode == 1
    assert "http://localhost:8099/" in answer.stderr


def test_takes_another_port_where_the_wanted_one_is_taken() -> None:
    with socket.socket() as other:
        other.bind((port_and_folder_checks.HOST, 0))
        other.listen()
        taken = other.getsockname()[1]

        assert port_and_folder_checks.free_port(taken) not in {0, taken}
