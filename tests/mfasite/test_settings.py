"""The settings as a fresh process reads them: unset means safe."""

import base64
import hashlib
import subprocess
import sys

import pytest

from mfasite import conf
from mfasite.demo.child_processes import BASE_DIR
from tests.infrastructure import fresh_process
from verification.delivery.providers.smtp import conf as smtp

KEY = base64.b64encode(hashlib.sha256(b"a key of these tests").digest()).decode()
REAL = {
    "SECRET_KEY": hashlib.sha256(b"a secret of these tests").hexdigest(),
    "MFA_KEYS": f"k1:{KEY}",
    "DATABASE_URL": "postgres://mfa:mfa@127.0.0.1/mfa",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PUBLIC_URL": "https://mfa.example.org",
    "DELIVERY_PROVIDERS": "console,smtp",
}


def run_python(code: str, **environment: str) -> fresh_process.ProcessResult:
    """Run Python with this environment and nothing of ours beside it."""
    return fresh_process.python(
        code, **{"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "mfasite.settings"} | environment
    )


def read_setting(name: str, **environment: str) -> str:
    """Say what one setting is in this environment."""
    answer = run_python(f"from mfasite import settings; print(settings.{name})", **environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "MFA_KEYS", "DATABASE_URL", "PUBLIC_URL"])
def test_does_not_start_without(missing: str) -> None:
    answer = run_python("import mfasite.settings", **(REAL | {missing: ""}))

    assert answer.returncode != 0
    said = answer.stderr.strip().splitlines()[-1]
    assert f"settings: {missing}." in said
    assert "manage.py --demo" in said


def test_never_makes_a_key_of_its_own() -> None:
    assert read_setting("SECRET_KEY, settings.MFA_KEYS", DEMO="1", DEMO_DIR="/nowhere") == "()"


def test_has_no_provider_unless_told() -> None:
    assert read_setting("DELIVERY_PROVIDERS", **(REAL | {"DELIVERY_PROVIDERS": ""})) == "()"


def test_names_what_the_installed_providers_send_from() -> None:
    senders = {
        "TWILIO_SENDERS": "CH=+41445550100,*=Example",
        "VONAGE_SENDERS": "*=+41445550199",
        "GATEWAY_SENDER": "12345",
        "SENDER_NUMBERS": "+41445550101",
    }

    named = read_setting("SENDER_NUMBERS", **(REAL | senders | {"DELIVERY_PROVIDERS": "twilio,gateway"}))

    assert named == "('+41445550101', '+41445550100', 'Example', '12345')"


def test_marks_cookies_for_this_host_when_the_address_is_https() -> None:
    names = read_setting("SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE", **REAL)

    assert names == "__Host-session __Host-csrf True"


def test_gives_sqlite_immediate_transactions_and_its_log() -> None:
    options = read_setting("DATABASES['default']['OPTIONS']", **(REAL | {"DATABASE_URL": "sqlite:////tmp/it.sqlite3"}))

    assert "'transaction_mode': 'IMMEDIATE'" in options
    assert "journal_mode=WAL" in options


def test_believes_a_proxy_only_when_one_is_named() -> None:
    everywhere = REAL | {"BIND": "0.0.0.0:8000"}

    assert read_setting("__dict__.get('SECURE_PROXY_SSL_HEADER')", **everywhere) == "None"
    assert "https" in read_setting("SECURE_PROXY_SSL_HEADER", **everywhere, TRUSTED_PROXIES="10.0.0.0/8")


@pytest.mark.parametrize("bind", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_believes_the_proxy_of_this_machine_when_nobody_else_can_ask(bind: str) -> None:
    assert read_setting("TRUSTED_PROXIES", **REAL, BIND=bind) == "('127.0.0.1/32', '::1/128')"
    assert read_setting("TRUSTED_PROXIES", **REAL, BIND=bind, TRUSTED_PROXIES="10.0.0.0/8") == "('10.0.0.0/8',)"
    assert read_setting("TRUSTED_PROXIES", DEMO="1", DEMO_DIR="/nowhere", BIND=bind) == "()"


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "[::]:8000", "10.0.0.5:8000", "unix:/run/two-step.sock"])
def test_believes_no_network_where_others_can_ask(bind: str) -> None:
    assert read_setting("TRUSTED_PROXIES", **REAL, BIND=bind) == "()"


@pytest.mark.parametrize("level", ["info", "Warning", "DEBUG"])
def test_takes_a_log_level_in_any_case(level: str) -> None:
    assert read_setting("LOGGING['root']['level']", **REAL, LOG_LEVEL=level) == level.upper()


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("LOG_LEVEL", "loud", f"LOG_LEVEL=loud: enter {conf.log_level.format.expects}."),
        ("LOG_FORMAT", "xml", f"LOG_FORMAT=xml: enter {conf.log_format.format.expects}."),
        ("EMAIL_PORT", "smtp", f"EMAIL_PORT=smtp: enter {smtp.port.format.expects}."),
        ("DATABASE_URL", "postgres://mfa:pa/ss@127.0.0.1/mfa", "DATABASE_PASSWORD"),
        ("REDIS_URL", "redis://:pa/ss@127.0.0.1/0", "REDIS_PASSWORD"),
    ],
)
def test_a_wrong_variable_is_one_clear_line_without_a_traceback(variable: str, value: str, advice: str) -> None:
    environment = {"PATH": "/usr/bin:/bin"} | REAL | {variable: value}
    for command in (["manage.py", "check"], ["-m", "gunicorn", "-c", "python:mfasite.gunicorn_conf", "mfasite.wsgi"]):
        answer = subprocess.run(
            [sys.executable, *command],
            cwd=BASE_DIR,
            env=environment | {"BIND": "127.0.0.1:0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert answer.returncode != 0
        assert advice in answer.stderr
        assert "Traceback" not in answer.stderr
        assert "pa/ss" not in answer.stdout + answer.stderr
        assert "ss@" not in answer.stdout + answer.stderr


def test_mail_by_implicit_tls_is_chosen_by_its_port() -> None:
    both = "EMAIL_USE_SSL, settings.EMAIL_USE_TLS"

    assert read_setting(both, **REAL) == "False True"
    assert read_setting(both, **REAL, EMAIL_PORT="465") == "True False"
    assert read_setting(both, **REAL, EMAIL_PORT="2465", EMAIL_USE_SSL="1") == "True False"
    assert "not both" in run_python("import mfasite.settings", **REAL, EMAIL_USE_SSL="1", EMAIL_USE_TLS="1").stderr


def test_a_broker_with_tls_must_show_a_certificate() -> None:
    secure = REAL | {"REDIS_URL": "rediss://broker.example.org/0"}

    options = read_setting("CELERY_BROKER_USE_SSL", **secure, REDIS_CA_FILE="/etc/ssl/ours.pem")

    assert "CERT_REQUIRED" in options
    assert "'ssl_check_hostname': True" in options
    assert "/etc/ssl/ours.pem" in options


def test_sentinels_find_the_broker() -> None:
    sentinels = REAL | {"REDIS_URL": "sentinel://a:26379/0;sentinel://b:26379/0", "REDIS_PASSWORD": "a/b"}

    assert read_setting("REDIS_URL", **sentinels) == "sentinel://:a%2Fb@a:26379/0;sentinel://:a%2Fb@b:26379/0"
    assert read_setting("CELERY_BROKER_TRANSPORT_OPTIONS['master_name']", **sentinels) == "mymaster"
    assert read_setting("CELERY_BROKER_TRANSPORT_OPTIONS['master_name']", **sentinels, REDIS_SENTINEL_MASTER="m") == "m"


def test_a_pooler_gets_no_cursor_of_the_server() -> None:
    assert read_setting("DATABASES['default']['DISABLE_SERVER_SIDE_CURSORS']", **REAL) == "False"
    assert read_setting("DATABASES['default']['DISABLE_SERVER_SIDE_CURSORS']", **REAL, DATABASE_PREPARED="0") == "True"


def test_a_web_server_refuses_the_pretending_provider_outside_the_demo() -> None:
    answer = run_python("import mfasite.wsgi", **REAL)

    assert answer.returncode != 0
    assert "console.E001" in answer.stderr


def test_a_web_server_refuses_plain_http_outside_the_demo() -> None:
    answer = run_python("import mfasite.wsgi", **(REAL | {"PUBLIC_URL": "http://mfa.example.org"}))

    assert "mfasite.E001" in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "django-insecure-" + REAL["SECRET_KEY"]),
        ("MFA_KEYS", f"k1:{'A' * 43}="),
        ("MFA_KEYS", f"{REAL['MFA_KEYS']},k2:{KEY}"),
    ],
)
def test_neither_server_nor_worker_nor_deployment_takes_weak_keys(name: str, value: str) -> None:
    weak = REAL | {"DATABASE_URL": "sqlite:////nowhere/it.sqlite3", name: value}

    for code in (
        "import mfasite.wsgi",
        *(
            f"from django.core.management import execute_from_command_line as run; run(['', {words}])"
            for words in ("'worker'", "'check', '--deploy'")
        ),
    ):
        answer = run_python(code, **weak)

        assert answer.returncode != 0
        assert "mfasite.E009" in answer.stderr
        assert value.partition(":")[2][:43] not in answer.stderr or ":" not in value
