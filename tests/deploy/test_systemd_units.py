"""The units for systemd: they are locked down, wait long enough, and keep the web server's address open."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from mfasite import conf

DEPLOY = Path(settings.BASE_DIR) / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
WEB = DEPLOY / "systemd" / "two-step-web.service"
SOCKET = DEPLOY / "systemd" / "two-step-web.socket"


def values(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)", unit.read_text(), re.MULTILINE)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_locked_down_and_wait_long_enough(unit: Path) -> None:
    text = unit.read_text()

    assert "ProtectSystem=strict" in text
    assert "NoNewPrivileges=yes" in text
    waits = int(re.search(r"TimeoutStopSec=(\d+)", text)[1])  # type: ignore[index]  # each has one
    assert waits >= (25 if re.search("web|worker|house", unit.name) else 10), (
        "a provider may take eight seconds, a request twenty"
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_never_gives_up(unit: Path) -> None:
    """By default, five failed starts within ten seconds also close the socket, until an operator starts both."""
    assert values(unit, "Restart") == ["always"]
    assert values(unit, "StartLimitIntervalSec") == ["0"]


def test_unit_of_the_web_server_makes_the_folder_that_a_setting_suggests() -> None:
    """With `ProtectSystem=strict` and a user of its own, the service could not make it itself."""
    [made] = values(WEB, "RuntimeDirectory")

    assert f"/run/{made}" == conf.metrics_folder.format.example


def test_socket_of_the_web_server_stays_when_the_service_stops() -> None:
    """systemd removes the innermost folder of `RuntimeDirectory` when a unit stops. Nobody may remove the socket."""
    suggested = re.search(r"unix:(\S+)", conf.bind.format.expects)
    assert suggested
    [removed] = values(WEB, "RuntimeDirectory")

    assert values(WEB, "Requires") == values(WEB, "Also") == [SOCKET.name]
    assert not Path(suggested[1]).is_relative_to(f"/run/{removed}")


def test_systemd_listens_where_the_web_server_is_by_default() -> None:
    assert (
        values(SOCKET, "ListenStream")
        == [conf.bind.default]
        == re.findall("(?m)^BIND=(.*)", (DEPLOY / "environment.example").read_text())
    )
    assert f"server {conf.bind.default};" in (DEPLOY / "nginx-two-step.conf").read_text()


@pytest.mark.parametrize("file", ["README.md", "deploy/operation.md"])
def test_every_unit_is_copied(file: str) -> None:
    base = Path(settings.BASE_DIR)
    [pattern] = re.findall(r"cp (deploy/systemd/\S+)", (base / file).read_text())

    assert {*base.glob(pattern)} == {*(DEPLOY / "systemd").iterdir()}


def test_nothing_starts_the_service_during_a_restore() -> None:
    """With its socket open, the next request would start the web server again."""
    stops = re.findall(r"sudo systemctl stop (.*)", (DEPLOY / "operation.md").read_text())

    assert stops
    assert all(SOCKET.name in line.split() for line in stops if "two-step-web" in line)


@pytest.mark.services
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    assert program, "Debian: apt-get install systemd"
    for unit in (*UNITS, SOCKET):
        (tmp_path / unit.name).write_text(
            unit.read_text().replace("/opt/two-step/.venv/bin/", f"{shutil.which('env')} ")
        )

    done = subprocess.run(
        [program, "verify", *(str(tmp_path / unit.name) for unit in (*UNITS, SOCKET) if "@" not in unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout + done.stderr == ""
