"""Fixtures of key rotation: one of each thing that depends on a key, and a key that was rotated."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import ldap_directories, password_resets
from accounts.models import (
    Directory,
    PasswordReset,
)
from accounts.support.imports import jobs
from tests.every_page.admin_rows import DIRECTORY
from tests.key_rotation.possessions import (
    NEW,
    OLD,
    PEOPLE,
    STOPPED,
    Possessions,
    Restart,
    come_from_directories,
    protect_an_application,
    sign_in_to_an_application,
)
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService, _no_keys_kept, files, mail, no_hash, strict
from tests.simulated.people import Person, ana, clock
from verification import audit, browsers, challenges, enrolments, limits, policies
from verification.context import Context
from verification.keys import derived_link_tokens
from verification.limits import opt_outs
from verification.models import (
    HardwareToken,
    Purpose,
)

__all__ = [
    "_no_keys_kept",
    "ana",
    "clock",
    "files",
    "mail",
    "no_hash",
    "strict",
]


@pytest.fixture
def possessions(ana: Person, mail: AppPasswordService) -> Possessions:
    """Return one of each for Ana, all made under the old key."""
    now = timezone.now()
    context = Context(now=now, network="192.0.2.7")
    sign_in_to_an_application(ana, context)
    protect_an_application(now)
    directory = Directory(**DIRECTORY, servers=["ldap.example.org"])
    ldap_directories.seal_password(directory, "secret")
    directory.save()
    come_from_directories(ana, directory, now)
    ana.print_codes()
    new = enrolments.new_pass(ana.user, {"once": True})
    access_pass = enrolments.issue_pass(
        ana.user, new, context, starts_at=now, ends_at=now + timedelta(days=1), actor_id=1
    )
    token = browsers.remember(ana.user, context, days=14)
    _, token = browsers.recognise(ana.user, Context(now=now, browser=token))  # so that the former digest is there too
    password_resets.ask("ana", context, path="/password-reset/")
    handle = PasswordReset.objects.get().handle
    opt_outs.stop(STOPPED, provider="virtual", now=now)
    in_stock = HardwareToken(serial="T1")
    in_stock.secret = b"s" * 20
    in_stock.save()
    job = jobs.begin("people", PEOPLE, ana.user, context, name="people.csv", is_dry_run=True)
    secret = app_password_services.make(ana.user)
    enrolment = ana.enrolment("text")
    rules = policies.rules_for(ana.user.pk)
    challenges.start(enrolment, user=ana.user, purpose=Purpose.SIGN_IN, binding="a", context=context, rules=rules)
    ana.sign_in()
    limits.password_gate("ana", context)
    audit.seal(now)
    audit.record(audit.Event("a.done"), user_id=None, context=context)
    audit.seal(now)
    return Possessions(
        ana, mail, secret, access_pass, token, (handle, derived_link_tokens.derive("password_reset", handle)), job
    )


@pytest.fixture
def rotated(possessions: Possessions, restart: Restart) -> Possessions:
    """Rotate and retire a key: old; new and old; `reencrypt`; new only."""
    restart(NEW, OLD)
    call_command("reencrypt")
    restart(NEW)
    return possessions
