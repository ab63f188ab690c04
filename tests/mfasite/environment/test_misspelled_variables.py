"""Tests of environment variables that nothing reads, and of those that other programs set."""

import re

import pytest

from mfasite.environment import declared_settings, misspelled_variables


def warned(*names: str) -> list[list[str]]:
    """Return the variables that each warning names."""
    warnings = misspelled_variables.unknown(declared_settings.sections(declared_settings.ours()), names)
    return [re.findall(r"\b[A-Z][A-Z_]{3,}\b", warning) for warning in warnings]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SEND_PER_PERSON_HOUR", "SENDS_PER_PERSON_HOUR"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("TIMEZONE", "TIME_ZONE"),
        ("ORGANIZATION_NAME", "ORGANISATION_NAME"),
        ("ACCENT_COLOR", "ACCENT_COLOUR"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("EMAIL_HOST_PASWORD", "EMAIL_HOST_PASSWORD"),
        ("MFA_KEY", "MFA_KEYS"),
        ("SECRETKEY", "SECRET_KEY"),
        ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKENS"),
    ],
)
def test_a_name_that_is_nearly_ours_is_warned_of_with_the_likely_one(name: str, meant: str) -> None:
    assert warned(name) == [[name, meant]]


@pytest.mark.parametrize("name", ["SENDS_EACH_WEEK", "TWILIO_EDGE", "GATEWAY_COLOUR", "VERIFICATION_X", "MFA_Z"])
def test_a_name_of_one_of_our_families_is_warned_of(name: str) -> None:
    assert warned(name) == [[name]]


def test_a_file_for_what_is_no_secret_is_warned_of() -> None:
    assert warned("PUBLIC_URL_FILE") == [["PUBLIC_URL_FILE", "PUBLIC_URL"]]


def test_what_is_declared_is_not_warned_of() -> None:
    sections = declared_settings.sections(declared_settings.ours())
    secrets = [s.name for section in sections for s in section.settings if s.is_secret]

    assert warned(*(s.name for section in sections for s in section.settings)) == []
    assert warned(*(f"{name}_FILE" for name in secrets)) == []


def test_what_other_programs_set_is_not_warned_of() -> None:
    """Names of a shell, systemd, GitHub's runners, containers and Kubernetes, and those of our own tests."""
    theirs = """
        PATH HOME LANG LC_ALL USER LOGNAME SHELL TERM PWD OLDPWD SHLVL HOSTNAME TMPDIR TZ EDITOR DISPLAY
        DBUS_SESSION_BUS_ADDRESS XDG_SESSION_ID XDG_RUNTIME_DIR SESSION_MANAGER SSH_AUTH_SOCK SSH_CONNECTION
        INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET LISTEN_FDS LISTEN_PID SYSTEMD_EXEC_PID CREDENTIALS_DIRECTORY
        RUNTIME_DIRECTORY STATE_DIRECTORY LOGS_DIRECTORY WATCHDOG_USEC MAINPID
        CI GITHUB_ACTIONS GITHUB_RUN_ID RUNNER_TEMP PYTHONPATH PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE VIRTUAL_ENV
        DJANGO_SETTINGS_MODULE WEB_CONCURRENCY GUNICORN_CMD_ARGS CELERY_SKIP_CHECKS FLOWER_PORT SSL_CERT_FILE
        KUBERNETES_SERVICE_HOST KUBERNETES_PORT_443_TCP_ADDR GATEWAY_SERVICE_HOST GATEWAY_PORT_80_TCP REDIS_PORT
        REDIS_SERVICE_PORT DATABASE_SERVICE_HOST DATABASE_PORT_5432_TCP_PROTO EMAIL_SERVICE_PORT_SMTP
        PGHOST PGUSER PGPASSWORD POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB MALLOC_ARENA_MAX
        TEST_DATABASE_URL TEST_REDIS_URL RACE_ROUNDS ODD_INPUTS FAULT_MESSAGES CI_DATABASE_URL CI_REDIS_URL
        http_proxy HTTPS_PROXY NO_PROXY DEBIAN_FRONTEND
    """

    assert warned(*theirs.split()) == []
