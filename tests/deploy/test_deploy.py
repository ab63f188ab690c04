"""What a deployment is given fits the service: each figure, variable, command and unit that it names is there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.test import Client
from gunicorn.workers import gthread

from mfasite.demo import launcher
from mfasite.environment import declared_settings
from tests.infrastructure import fresh_process

DEPLOY = Path(settings.BASE_DIR) / "deploy"
FIGURE = re.compile(r"\bmfa_[a-z0-9_]+?(?=_bucket|\b)")
UNITS = sorted((DEPLOY / "systemd").iterdir())
NAMING = (
    "compose.yaml",
    "Dockerfile",
    "Procfile",
    "environment.example",
    "environment.md",
    "operation.md",
    *(f"systemd/{u.name}" for u in UNITS),
)


@pytest.fixture
def figures(settings: pytest.FixtureRequest, db: None) -> set[str]:
    settings.METRICS_TOKEN = "a token"  # type: ignore[attr-defined]  # what the fixture is for
    shown = Client().get("/metrics", headers={"Authorization": "Bearer a token"}).content.decode()
    return set(re.findall(r"# TYPE (\w+)", shown))


def test_dashboard_shows_figures_that_there_are(figures: set[str]) -> None:
    board = json.loads((DEPLOY / "grafana" / "two-step-dashboard.json").read_text())
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


def test_gauges_of_several_web_hosts_count_once() -> None:
    """Each web host reports the same ones, from the database: a sum would double them, a quotient finds no partner."""
    board = json.loads((DEPLOY / "grafana" / "two-step-dashboard.json").read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    watched = re.findall(r"expr: (.*)", (DEPLOY / "prometheus" / "alerts.yml").read_text())
    once = re.compile(r"max(?: by \([a-z, ]+\) )?\(mfa_\w+(?:\{[^}]*\})?\)")
    counter = re.compile(r"\bmfa_\w+_(?:total|bucket)\b")

    twice = [expr for expr in shown + watched if "mfa_" in counter.sub("", once.sub("", expr))]

    assert twice == []


def test_nginx_closes_idle_connections_before_the_service_does() -> None:
    """Seen failing with nginx's own 60 seconds: gunicorn closed a connection while a request came, which got 502."""
    [idle] = re.findall(r"keepalive_timeout (\d+)s;", (DEPLOY / "nginx-two-step.conf").read_text())
    [kept] = re.findall(r"(?m)^keepalive = (\d+)", (Path(settings.BASE_DIR) / "mfasite/gunicorn_conf.py").read_text())

    assert int(idle) < min(int(kept), gthread.STOP_KEEPALIVE_LINGER)


@pytest.mark.services
@pytest.mark.parametrize(
    ("verb", "file"),
    [("check", DEPLOY / "prometheus" / "alerts.yml"), ("test", Path(__file__).parent / "alert_cases.yml")],
    ids=["check", "test"],
)
def test_prometheus_takes_the_alerts(verb: str, file: Path) -> None:
    """Seen failing: without its `> 10`, an alert fired for three requests of a stranger."""
    program = shutil.which("promtool")
    assert program, "Debian: apt-get install prometheus"

    done = subprocess.run([program, verb, "rules", str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "file", ["Procfile", "compose.yaml", *(f"systemd/{u.name}" for u in UNITS if u.suffix == ".service")]
)
def test_commands_are_ours(file: str) -> None:
    text = (DEPLOY / file).read_text()

    commands = re.findall(r"manage\.py (\w+)", text)

    assert set(commands) <= set(get_commands())
    assert commands or "celery -A mfasite" in text or "gunicorn -c python:mfasite.gunicorn_conf mfasite.wsgi" in text


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


def test_compose_gives_postgresql_the_settings_of_the_file() -> None:
    lines = (DEPLOY / "postgresql-two-step.conf").read_text().splitlines()
    wanted = {line.replace(" ", "") for line in lines if line and not line.startswith("#")}

    assert wanted
    assert set(re.findall(r" -c (\w+=\S+)", (DEPLOY / "compose.yaml").read_text())) == wanted


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
    every = [
        setting for section in declared_settings.sections(declared_settings.ours()) for setting in section.settings
    ]
    known = {setting.name for setting in every} | {f"{setting.name}_FILE" for setting in every if setting.is_secret}

    named = set(VARIABLE.findall((Path(settings.BASE_DIR) / file).read_text()))

    assert named - known - READ_BY_TESTS - THEIRS == set()


@pytest.mark.parametrize(
    "file", ["Dockerfile", "systemd/two-step-web.service", "systemd/two-step-worker@.service", "operation.md"]
)
def test_memory_of_the_c_library_is_bounded_as_in_the_demo(file: str) -> None:
    text = (DEPLOY / file).read_text()

    assert all(f"{name}={value}" in text for name, value in launcher.MALLOC.items())


@pytest.mark.parametrize("file", ["deploy/Dockerfile", "README.md", "deploy/operation.md"])
def test_compiles_all_of_our_code_because_the_service_may_not_write_there(file: str) -> None:
    base = Path(settings.BASE_DIR)
    compiled = re.findall(r"python -m compileall -q (.+)", (base / file).read_text())

    assert [set(line.split()) for line in compiled] == [{p.parent.name for p in base.glob("*/__init__.py")} - {"tests"}]


EXAMPLE = DEPLOY / "environment.example"


def read_by_shell(text: str) -> dict[str, str]:
    told = subprocess.run(
        ["bash", "-c", "set -a; . /dev/stdin; env --null"],
        input=text,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(pair.split("=", 1) for pair in told.stdout.rstrip("\0").split("\0"))


def example(**changed: str) -> dict[str, str]:
    """Read the example as systemd does, with what an operator must fill in."""
    read = {}
    for line in EXAMPLE.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            read[name] = value.strip("'")
    keys = subprocess.run(
        [sys.executable, "-S", DEPLOY / "generate_secrets.py"], capture_output=True, text=True, check=True
    )
    made = dict(line.split("=", 1) for line in keys.stdout.splitlines())
    return {**read, **made, "PATH": os.environ["PATH"], **changed}


def test_example_of_an_environment_is_complete(tmp_path: Path) -> None:
    """With keys filled in, nothing is missing, nothing contradicts itself and nothing is unknown."""
    here = {
        "STATIC_ROOT": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "DATABASE_PASSWORD": "",
    }
    account = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKENS": "1" * 32,
        "TWILIO_SENDERS": "*=+15005550006",
    }
    filled = example(**here, **account, DELIVERY_PROVIDERS="twilio,smtp")

    assert fresh_process.manage("migrate", "--no-input", "-v0", **filled).returncode == 0
    assert fresh_process.manage("collectstatic", "--no-input", "-v0", **filled).returncode == 0
    check = ("check", "--deploy", "--database", "default")
    complete = fresh_process.manage(*check, "--fail-level", "WARNING", **filled)
    as_it_is = fresh_process.manage(*check, **filled | {"DELIVERY_PROVIDERS": example()["DELIVERY_PROVIDERS"]})

    assert complete.returncode == 0, complete.stderr
    assert as_it_is.returncode == 0, as_it_is.stderr
    assert re.findall(r"\w+\.[EW]\d+", as_it_is.stderr) == ["verification.W004"]  # nobody sends texts and calls


def test_example_of_an_environment_names_nothing_that_is_unknown() -> None:
    """Its lines and those that are commented out are settings, and each but the empty ones can be read."""
    every = {
        setting.name: setting
        for section in declared_settings.sections(declared_settings.ours())
        for setting in section.settings
    }
    lines = [re.fullmatch(r"#?([A-Z_]+)=(.*)", line) for line in EXAMPLE.read_text().splitlines()]

    for name, value in (line.groups() for line in lines if line):
        assert name in every
        if value.strip("'"):
            every[name].format.parse(value.strip("'"))


def test_example_of_an_environment_has_what_nothing_starts_without() -> None:
    every = [
        setting for section in declared_settings.sections(declared_settings.ours()) for setting in section.settings
    ]

    assert {setting.name for setting in every if setting.is_required} <= set(example())


def test_example_of_an_environment_is_the_same_in_a_shell() -> None:
    """Commands read the file with a shell, the service with systemd."""
    told = read_by_shell(EXAMPLE.read_text())

    wanted = {name: value for name, value in example(SECRET_KEY="", MFA_KEYS="").items() if name != "PATH"}
    assert {name: told[name] for name in wanted} == wanted


@pytest.mark.parametrize("name", ["DATABASE_PASSWORD", "EMAIL_HOST_PASSWORD"])
def test_example_of_an_environment_takes_a_password_of_special_characters(name: str) -> None:
    """Seen failing without quotes: a shell ran what is in the backticks, and cut the rest off."""
    password = 'a $HOME `b` "c" \\d;e#f&g'
    text = re.sub(
        f"^({name}=.?)(.?)$", lambda line: line[1] + password + line[2], EXAMPLE.read_text(), flags=re.MULTILINE
    )

    assert read_by_shell(text)[name] == password


def command_of_running(start: str, room: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run what operation.md gives to a shell, with the settings of the example, and this machine's folders."""
    page = (DEPLOY / "operation.md").read_text()
    found = re.search(rf"sudo -u two-step (bash -c '{start}[^']*'.*)", page)
    assert found
    (room / "environment").write_text("".join(f"{name}='{value}'\n" for name, value in example(**changed).items()))
    here = {
        "/opt/two-step": str(settings.BASE_DIR),
        "/etc/two-step/environment": str(room / "environment"),
        ".venv/bin/python": sys.executable,
    }
    line = found[1]
    for theirs, ours in here.items():
        line = line.replace(theirs, ours)
    return subprocess.run(
        ["bash", "-c", line],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_with_the_settings_runs(tmp_path: Path) -> None:
    room = {"STATIC_ROOT": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}

    done = command_of_running("cd ", tmp_path, **room)

    assert done.returncode == 0, done.stderr
    assert "System check identified" in done.stdout + done.stderr


def test_upgrade_stops_at_a_migration_that_fails(tmp_path: Path) -> None:
    static = tmp_path / "static"

    done = command_of_running("set ", tmp_path, STATIC_ROOT=str(static), DATABASE_URL=f"sqlite:///{tmp_path}")

    assert done.returncode != 0
    assert "connect to the database" in done.stderr
    assert not static.exists()


@pytest.mark.services
def test_nginx_takes_the_example_for_the_proxy(tmp_path: Path) -> None:
    program = shutil.which("nginx")
    assert program, "Debian: apt-get install nginx-light"
    site = (DEPLOY / "nginx-two-step.conf").read_text()
    pair = [str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mfa.example.org"]
    subprocess.run([*make, "-out", pair[0], "-keyout", pair[1]], capture_output=True, check=True)
    for at, path in zip(("/etc/ssl/mfa.example.org.pem", "/etc/ssl/mfa.example.org.key"), pair, strict=True):
        site = site.replace(at, path)
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{site}\n}}\n")

    done = subprocess.run(
        [program, "-t", "-e", f"{tmp_path}/error.log", "-c", f"{tmp_path}/nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
