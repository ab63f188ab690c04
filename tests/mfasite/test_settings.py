"""The settings as a fresh process reads them: unset means safe."""

import base64
import subprocess
import sys

import pytest

from mfasite.processes import BASE_DIR

KEY = base64.b64encode(b"k" * 32).decode()
REAL = {
    "SECRET_KEY": "s3cret-" + "abcdefghij" * 6,
    "MFA_KEYS": f"k1:{KEY}",
    "DATABASE_URL": "postgres://mfa:mfa@127.0.0.1/mfa",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PUBLIC_URL": "https://mfa.example.org",
    "DELIVERY_PROVIDERS": "console",
}


def told(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with this environment and nothing of ours beside it."""
    clean = {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "mfasite.settings"} | environment
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=BASE_DIR, env=clean, capture_output=True, text=True, check=False, timeout=60)


def read(name: str, **environment: str) -> str:
    """Say what one setting is in this environment."""
    answer = told(f"from mfasite import settings; print(settings.{name})", **environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "MFA_KEYS", "DATABASE_URL", "PUBLIC_URL"])
def test_does_not_start_without(missing: str) -> None:
    answer = told("import mfasite.settings", **(REAL | {missing: ""}))

    assert answer.returncode != 0
    assert (
        answer.stderr.strip()
        .splitlines()[-1]
        .endswith(f"Not started, for want of {missing}. See README.md; DEMO=1 needs none.")
    )


def test_never_makes_a_key_of_its_own() -> None:
    assert read("SECRET_KEY, settings.MFA_KEYS", DEMO="1", DEMO_DIR="/nowhere") == "()"


def test_has_no_provider_unless_told() -> None:
    assert read("DELIVERY_PROVIDERS", **(REAL | {"DELIVERY_PROVIDERS": ""})) == "()"


def test_marks_cookies_for_this_host_when_the_address_is_https() -> None:
    names = read("SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE", **REAL)

    assert names == "__Host-session __Host-csrf True"


def test_gives_sqlite_immediate_transactions_and_its_log() -> None:
    options = read("DATABASES['default']['OPTIONS']", **(REAL | {"DATABASE_URL": "sqlite:////tmp/it.sqlite3"}))

    assert "'transaction_mode': 'IMMEDIATE'" in options
    assert "journal_mode=WAL" in options


def test_believes_a_proxy_only_when_one_is_named() -> None:
    assert read("__dict__.get('SECURE_PROXY_SSL_HEADER')", **REAL) == "None"
    assert "https" in read("SECURE_PROXY_SSL_HEADER", **REAL, TRUSTED_PROXIES="10.0.0.0/8")


def test_a_web_server_refuses_the_pretending_provider_outside_the_demo() -> None:
    answer = told("import mfasite.wsgi", **REAL)

    assert answer.returncode != 0
    assert "console.E001" in answer.stderr


def test_a_web_server_refuses_plain_http_outside_the_demo() -> None:
    answer = told("import mfasite.wsgi", **(REAL | {"PUBLIC_URL": "http://mfa.example.org"}))

    assert "mfasite.E001" in answer.stderr
