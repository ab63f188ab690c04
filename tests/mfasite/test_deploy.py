"""What a deployment is given fits the service: each figure, variable, command and unit that it names is there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.test import Client

from mfasite.demo import launcher
from mfasite.environment import declared

DEPLOY = Path(settings.BASE_DIR) / "deploy"
FIGURE = re.compile(r"\bmfa_[a-z0-9_]+?(?=_bucket|\b)")
UNITS = sorted((DEPLOY / "systemd").iterdir())
NAMING = (
    "compose.yaml",
    "Dockerfile",
    "Procfile",
    "environment.md",
    "running.md",
    *(f"systemd/{u.name}" for u in UNITS),
)


@pytest.fixture
def figures(settings: pytest.FixtureRequest, db: None) -> set[str]:
    settings.METRICS_TOKEN = "a token"  # type: ignore[attr-defined]  # what the fixture is for
    shown = Client().get("/metrics", headers={"Authorization": "Bearer a token"}).content.decode()
    return set(re.findall(r"# TYPE (\w+)", shown))


def test_dashboard_shows_figures_that_there_are(figures: set[str]) -> None:
    board = json.loads((DEPLOY / "grafana" / "two-step.json").read_text())
    shown = {
        name for panel in board["panels"] for target in panel["targets"] for name in FIGURE.findall(target["expr"])
    }

    assert shown
    assert shown <= figures


def test_alerts_watch_figures_that_there_are(figures: set[str]) -> None:
    rules = (DEPLOY / "prometheus" / "alerts.yml").read_text().split("- alert:")[1:]
    watched = {name for rule in rules for name in FIGURE.findall(rule)}

    assert watched
    assert watched <= figures
    assert all("summary:" in rule and "severity:" in rule for rule in rules)


@pytest.mark.services
def test_prometheus_takes_the_alerts() -> None:
    program = shutil.which("promtool")
    assert program, "Debian: apt-get install prometheus"

    done = subprocess.run(
        [program, "check", "rules", str(DEPLOY / "prometheus" / "alerts.yml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", ["Procfile", "compose.yaml", *(f"systemd/{unit.name}" for unit in UNITS)])
def test_commands_are_ours(file: str) -> None:
    text = (DEPLOY / file).read_text()

    commands = re.findall(r"manage\.py (\w+)", text)

    assert set(commands) <= set(get_commands())
    assert commands or "celery -A mfasite" in text or "gunicorn -c python:mfasite.gunicorn_conf mfasite.wsgi" in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_locked_down_and_wait_long_enough(unit: Path) -> None:
    text = unit.read_text()

    assert "ProtectSystem=strict" in text
    assert "NoNewPrivileges=yes" in text
    waits = int(re.search(r"TimeoutStopSec=(\d+)", text)[1])  # type: ignore[index]  # each has one
    assert waits >= (25 if re.search("web|worker|house", unit.name) else 10), (
        "a provider may take eight seconds, a request twenty"
    )


def test_compose_file_starts_every_process() -> None:
    services = (DEPLOY / "compose.yaml").read_text().partition("\nservices:\n")[2].partition("\nnetworks:")[0]

    assert set(re.findall(r"^  (\w+):$", services, re.MULTILINE)) == {
        "release",
        "web",
        "worker",
        "housekeeping",
        "beat",
        "flower",
        "database",
        "broker",
    }


VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# What Python, systemd and other images read, and two examples.
THEIRS = {
    *("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"),
    *("AF_INET", "AF_INET6", "AF_UNIX", "NAME_FILE", "SEND_PER_PERSON_HOUR"),
    *launcher.MALLOC,
}
READ_BY_TESTS = {
    name
    for path in (Path(settings.BASE_DIR) / "tests").rglob("*.py")
    for name in re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', path.read_text())
}


@pytest.mark.parametrize("file", ["README.md", *(f"deploy/{name}" for name in NAMING)])
def test_every_variable_is_declared(file: str) -> None:
    """What README and deployment name is a setting, and the page of settings explains it."""
    every = [setting for section in declared.sections(declared.ours()) for setting in section.settings]
    known = {setting.name for setting in every} | {f"{setting.name}_FILE" for setting in every if setting.is_secret}

    named = set(VARIABLE.findall((Path(settings.BASE_DIR) / file).read_text()))

    assert named - known - READ_BY_TESTS - THEIRS == set()


@pytest.mark.parametrize(
    "file", ["Dockerfile", "systemd/two-step-web.service", "systemd/two-step-worker@.service", "running.md"]
)
def test_memory_of_the_c_library_is_bounded_as_in_the_demo(file: str) -> None:
    text = (DEPLOY / file).read_text()

    assert all(f"{name}={value}" in text for name, value in launcher.MALLOC.items())
