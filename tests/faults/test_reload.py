"""A reload of the web server runs the code that is on the disk then, without a pause."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from mfasite import __version__
from mfasite.demo import child_processes
from mfasite.demo.child_processes import BASE_DIR, Crew
from tests.real_programs.ports import free_port
from tests.settings import KEYS

pytestmark = [pytest.mark.slow, pytest.mark.stack]

PACKAGES = ("accounts", "helpcenter", "mfasite", "verification")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Return a folder with a copy of our code, which a new version can replace."""
    folder = tmp_path / "code"
    for name in PACKAGES:
        shutil.copytree(BASE_DIR / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def web(code: Path, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the web server in that folder. Return its URL and its first process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | KEYS | {"DJANGO_SETTINGS_MODULE": "mfasite.settings"}
    environment |= {"DEMO": "1", "BIND": f"127.0.0.1:{port}", "PUBLIC_URL": url, "WEB_WORKERS": "1"}
    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path}/db", "REDIS_URL": "redis+socket:///nowhere/broker.sock"}
    process = subprocess.Popen(child_processes.web(), cwd=code, env=environment)
    crew = Crew(tmp_path, {})
    try:
        crew.wait("The web server", lambda: child_processes.answers(f"{url}/healthz"), seconds=60)
        yield url, process
    finally:
        process.terminate()
        process.wait(30)


def test_new_code_runs_after_a_reload(code: Path, web: tuple[str, subprocess.Popen[bytes]], tmp_path: Path) -> None:
    """Seen failing: gunicorn's first process had read parts of the code, and new ones inherited them."""
    url, process = web
    module = code / "mfasite" / "__init__.py"
    module.write_text(module.read_text().replace(__version__, "77.7.7"))

    process.send_signal(signal.SIGHUP)

    def is_new() -> bool:
        return b"77.7.7" in urllib3.request("GET", f"{url}/healthz").data

    Crew(tmp_path, {}).wait("The new version", is_new, seconds=60)
