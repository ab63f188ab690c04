"""What each process imports: a library that it doesn't need costs every copy of it megabytes.

Each test runs a fresh interpreter with the settings of production. The decision page on memory has the figures.
"""

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest

from mfasite.demo.child_processes import BASE_DIR
from tests.settings import KEYS

_REAL = KEYS | {
    "MFA_KEYS": "k1:1sLRYw2tM8xfvBYJmUqCz3HcE0yqVgk5Jm4s7hT2l5w=",
    "DJANGO_SETTINGS_MODULE": "mfasite.settings",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PUBLIC_URL": "https://mfa.example.org",
    "DELIVERY_PROVIDERS": "gateway,twilio,vonage",
    "GATEWAY_URL": "https://gateway.example.org/send",
}
_TELL = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
_WEB = """
import django
django.setup(set_prefix=False)
from mfasite.middleware import input_screening
input_screening.ScreeningHandler()
from django.urls import get_resolver
get_resolver().reverse_dict
from contextlib import suppress
from django.core.exceptions import ImproperlyConfigured
from mfasite import checks
with suppress(ImproperlyConfigured):
    checks.refuse_contradictions()
from verification import method_registry
method_registry.methods()
"""
_WORKER = """
import os
os.environ["CELERY_SKIP_CHECKS"] = "1"
import django
django.setup()
from django.test import override_settings
from celery.apps.worker import Worker
from mfasite.management.commands import worker
class Stop(Exception): pass
def start(self):
    self.app.loader.import_default_modules()
Worker.start = start
from django.core.management import call_command
from mfasite import checks
checks.log_database_error = checks.log_unknown_names = lambda: None
checks.refuse_contradictions = lambda *_: None
call_command("worker", queues={queues!r}, threads=4)
from verification import method_registry
method_registry.methods()
"""
_COMMAND = """
import django
django.setup()
from django.core.management import execute_from_command_line, get_commands, load_command_class
name, *arguments = {words!r}
type(load_command_class(get_commands()[name], name)).handle = lambda *_, **__: None
execute_from_command_line(["manage.py", name, *arguments])
"""
_HEAVY = {
    "celery": "publishing is a push",
    "kombu": "the same",
    "amqp": "the same",
    "redis": "hiredis alone is enough for a push",
    "billiard": "Celery's processes",
    "flower": "has a process of its own",
    "tornado": "Flower's",
    "twilio.rest": "only a process that sends needs the client",
    "pydantic": "Vonage's client needs it, and only a process that sends needs that; and SCIM, at its first request",
    "scim2_models": "the first SCIM request loads it",
    "lark": "the parser of scim2_models",
    "webauthn": "the first passkey loads it",
    "OpenSSL": "webauthn's",
    "cbor2": "webauthn's",
    "ldap": "the first directory that is asked loads it",
    "pyasn1": "the same",
    "accounts.support.urls": "the first staff page loads it",
    "accounts.admin_changes": "the same",
    "accounts.integrations.oidc.oauthlib_validator": "the first request of OpenID Connect loads it",
    "requests": "the same",
    "charset_normalizer": "the same",
    "urllib3": "only workers ask other servers",
    "accounts.integrations.scim.views": "the first SCIM request loads it",
    "markdown_it": "the first article loads it",
    "nh3": "the same",
    "segno": "the first QR code loads it",
    "sqlite3": "the database is PostgreSQL",
    "greenlet": "comes with the tests",
    "yaml": "comes with the tests",
    "setuptools": "builds packages",
}
_FOR_PAGES = {
    "mfasite.urls": "a worker answers no request",
    "accounts.portal.views": "the same",
    "accounts.signin.views": "the same",
    "accounts.admin_site.site": "the same",
    "accounts.support.actions": "a text needs no support desk",
    "accounts.support.imports.jobs": "the same",
    "helpcenter.articles": "a text needs no article",
    "markdown_it": "renders articles",
    "nh3": "the same",
    "pskc": "reads imports",
    "defusedxml": "the same",
    "whitenoise": "serves files",
    "prometheus_client": "counts requests",
}


def imported(code: str, **more: str) -> set[str]:
    environment: Mapping[str, str] = _REAL | more
    done = subprocess.run(
        [sys.executable, "-c", code + _TELL],
        cwd=BASE_DIR,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def web() -> set[str]:
    return imported(_WEB)


@pytest.fixture(scope="module")
def worker() -> set[str]:
    return imported(_WORKER.format(queues="texts,calls"))


@pytest.mark.parametrize("name", _HEAVY)
def test_web_process_goes_without(web: set[str], name: str) -> None:
    """Seen failing for celery, webauthn and sqlite3."""
    assert name not in web, _HEAVY[name]


@pytest.mark.parametrize(
    "name",
    ["webauthn", "OpenSSL", "twilio.rest", "pydantic", "scim2_models", "sqlite3", "flower", "tornado", *_FOR_PAGES],
)
def test_worker_of_texts_goes_without(worker: set[str], name: str) -> None:
    """Seen failing for webauthn, markdown_it and the jobs of imports."""
    assert name not in worker, (_HEAVY | _FOR_PAGES)[name]


def test_no_process_reads_the_names_of_all_places() -> None:
    """Babel reads four megabytes for the names of countries. Seen failing with its choices in the form."""
    told = imported(
        _WEB + "\nimport babel.localedata\nassert not babel.localedata._cache, list(babel.localedata._cache)"
    )

    assert "verification.phone_numbers.form" in told


def test_housekeeping_has_the_tasks_of_everything() -> None:
    told = imported(_WORKER.format(queues="housekeeping"))

    assert {"accounts.tasks", "helpcenter.tasks", "verification.tasks", "verification.delivery.tasks"} <= told


@pytest.mark.parametrize(
    "words", ["carrier", "demo_code ana", "make_demo_users", "make_demo_applications --port 1 --oidc-port 2"]
)
def test_command_of_the_demo_loads_no_page(words: str) -> None:
    """The carrier runs as long as the demo does. Seen failing with Django's usual checks before a command."""
    told = imported(_COMMAND.format(words=words.split()), DEMO="1", DELIVERY_PROVIDERS="virtual")

    assert not {"mfasite.urls", "accounts.admin_site.site", "django.db.migrations.loader"} & told
