"""Tests of key rotation: everything a person has keeps working, and no table still depends on the retired key."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import app_passwords, directories, password_resets
from accounts.access import Answer, Reason, Step
from accounts.applications import secrets
from accounts.integrations.forward_auth import proxy_authentication
from accounts.integrations.oidc import authorization_codes, authorization_request, client_registration
from accounts.integrations.oidc.oauthlib_validator import SECRET
from accounts.integrations.scim import token_authentication as scim_callers
from accounts.models import (
    Application,
    Directory,
    DirectorySync,
    DirectorySyncBatch,
    Import,
    PasswordReset,
    Proxy,
    ScimAccess,
    ScimPerson,
)
from accounts.provisioning import suggested_numbers
from accounts.support.imports import jobs
from tests import app_password_services
from tests.admin_rows import DIRECTORY
from tests.app_password_services import Door
from tests.http_browser import Browser
from tests.people import Person
from verification import audit, browsers, challenges, checks, enrolments, limits, policies
from verification.context import Context
from verification.keys import crypto, key_uses, random_tokens, upload_encryption
from verification.limits import toll_fraud
from verification.management import after_migrate
from verification.models import (
    AuditRemoval,
    AuditSeal,
    Counter,
    DigestKey,
    Enrolment,
    Failure,
    HardwareToken,
    Message,
    Purpose,
)

OLD, NEW = ("t1", bytes(32)), ("t2", bytes(range(7, 39)))
STOPPED = "+41795550199"
PEOPLE = "user name,name,mail,groups,state\nnew,New,new@example.org,,\n"

Restart = Callable[..., None]


@dataclass
class Possessions:
    """What a person and the organisation have that depends on a key."""

    person: Person
    door: Door
    app_password: str
    access_pass: str
    browser: str
    link: tuple[str, str]
    job: Import

    def context(self) -> Context:
        return Context(now=timezone.now(), network="192.0.2.7", browser=self.browser)

    def prove(self, method: str, text: str) -> bool:
        """Answer a challenge of one method."""
        user, context = self.person.user, self.context()
        rules, binding = policies.rules_for(user.pk), f"session for {method} {text}"
        asked = challenges.start(
            self.person.enrolment(method),
            user=user,
            purpose=Purpose.SIGN_IN,
            binding=binding,
            context=context,
            rules=rules,
        )
        return challenges.answer(asked.handle, text, binding=binding, context=context).proven


def _sign_in_to_an_application(ana: Person, context: Context) -> None:
    application = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.OIDC)
    client = client_registration.make(application, redirect_uris="https://wiki.example.org/", now=context.now).client
    secrets.renew(client, SECRET, context.now)
    query = {
        "client_id": [client.client_id],
        "redirect_uri": ["https://wiki.example.org/"],
        "response_type": ["code"],
        "scope": ["openid"],
        "code_challenge": ["a" * 43],
        "code_challenge_method": ["S256"],
    }
    asked = authorization_request.read(query, authorization_request.answerable(query))
    answer = Answer(step=Step.CONTINUE, reason=Reason.MET, acr="phr", auth_time=context.now)
    authorization_codes.start(asked, authorization_codes.Who(user=ana.user, session_ref="0" * 32), answer, context)


def _protect_an_application(now: datetime) -> None:
    proxy = Proxy.objects.create(slug="front", name="Front", program="caddy", networks=["192.0.2.9/32"])
    for _ in range(2):  # so that the former secret is there too
        secrets.renew(proxy, proxy_authentication.PURPOSE, now, overlap=timedelta(days=1))


def _come_from_directories(ana: Person, directory: Directory, now: datetime) -> None:
    suggested_numbers.replace({ana.user.pk: {"mobile": STOPPED}})
    sync = DirectorySync.objects.create(directory=directory, state=DirectorySync.State.DONE, made_at=now)
    batch = DirectorySyncBatch(sync=sync, kind="people", n_rows=1)
    batch.sealed = upload_encryption.seal("{}", bound=batch.ref)
    batch.save()
    entra = Directory.objects.create(name="Entra", kind="scim")
    sealed = upload_encryption.seal("{}", bound=str(ana.user.pk))
    ScimPerson.objects.create(user=ana.user, directory=entra, sealed=sealed, changed_at=now)
    access = ScimAccess.objects.create(directory=entra)
    for _ in range(2):  # so that the former token is there too
        secrets.renew(access, scim_callers.PURPOSE, now, overlap=timedelta(days=1))


@pytest.fixture
def held(ana: Person, mail: Door) -> Possessions:
    """Return one of each for Ana, all made under the old key."""
    now = timezone.now()
    context = Context(now=now, network="192.0.2.7")
    _sign_in_to_an_application(ana, context)
    _protect_an_application(now)
    directory = Directory(**DIRECTORY, servers=["ldap.example.org"])
    directories.seal_password(directory, "secret")
    directory.save()
    _come_from_directories(ana, directory, now)
    ana.print_codes()
    access_pass = enrolments.issue_pass(
        ana.user, {"once": True}, context, starts_at=now, ends_at=now + timedelta(days=1), actor_id=1
    )
    token = browsers.remember(ana.user, context, days=14)
    _, token = browsers.recognise(ana.user, Context(now=now, browser=token))  # so that the former digest is there too
    password_resets.ask("ana", context, path="/password-reset/")
    handle = PasswordReset.objects.get().handle
    toll_fraud.stop(STOPPED, provider="virtual", now=now)
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
        ana, mail, secret, access_pass, token, (handle, random_tokens.derive("password_reset", handle)), job
    )


@pytest.fixture
def rotated(held: Possessions, restart: Restart) -> Possessions:
    """Rotate and retire a key: old; new and old; `reencrypt`; new only."""
    restart(NEW, OLD)
    call_command("reencrypt")
    restart(NEW)
    return held


# What must go on working --------------------------------------------------------------------------------------------


def test_app_password_and_service_key_outlive_the_old_key(rotated: Possessions) -> None:
    app_passwords.services._services.forget()

    assert app_passwords.service_of(rotated.door.key) == rotated.door.service
    assert rotated.door.opens("ana", rotated.app_password)


def test_recovery_code_pass_and_app_outlive_the_old_key(rotated: Possessions) -> None:
    assert rotated.prove("recovery", rotated.person.codes[0].replace("-", ""))
    assert rotated.prove("access_pass", rotated.access_pass)
    Enrolment.objects.filter(method="totp").update(counter=-1)
    assert rotated.prove("totp", rotated.person.read_app())
    assert not Failure.objects.filter(consecutive__gt=0).exists()


def test_remembered_browser_link_and_stop_outlive_the_old_key(rotated: Possessions) -> None:
    assert browsers.recognise(rotated.person.user, rotated.context())[0]
    assert password_resets.open_link(*rotated.link, rotated.context()) is not None
    assert toll_fraud.has_stopped(STOPPED)


def test_import_and_messages_outlive_the_old_key(rotated: Possessions) -> None:
    assert {message.address for message in Message.objects.filter(kind="mail")} == {"ana@example.org"}
    rotated.job.refresh_from_db()
    assert jobs.apply(rotated.job, rotated.person.user, rotated.context()) is not None


def test_record_and_counts_outlive_the_old_key(rotated: Possessions) -> None:
    assert list(audit.verify()) == []
    assert limits.password_gate("ana", rotated.context()).is_open
    counter = Counter.objects.filter(scope="password.name").values_list("count", flat=True)
    assert max(counter) > 1  # the same name's row, counted on


def test_session_goes_on(rotated: Possessions) -> None:
    assert rotated.person.browser.go("/methods/").path == "/methods/"


def test_nothing_is_missing_afterwards(rotated: Possessions) -> None:
    assert checks.keys_fit(None) == []


def test_start_counts_no_values_if_the_keys_fit(rotated: Possessions) -> None:
    """Counting 500,000 messages took each process 2 seconds. Seen failing when it counted the values of each key."""
    with CaptureQueriesContext(connection) as asked:
        assert checks.keys_fit(None) == []

    assert [query["sql"] for query in asked if "GROUP BY" in query["sql"]] == []


def test_command_says_when_a_key_may_go(held: Possessions, restart: Restart, capsys: Any) -> None:
    restart(NEW, OLD)

    call_command("reencrypt")

    told = capsys.readouterr().out
    assert "key t1: can be removed from MFA_KEYS" in told
    assert "key t2: 1 keys of digests" in told


# What must be refused -----------------------------------------------------------------------------------------------


def test_ring_without_a_needed_key_is_refused_and_says_what_would_be_lost(held: Possessions, restart: Restart) -> None:
    restart(NEW)

    [error] = checks.keys_fit(None)

    assert error.is_serious()
    for words in ("MFA_KEYS has no key t1", "app password", "opt-out", "phone numbers", "authenticator", "imports"):
        assert words in error.msg


def test_another_key_of_the_same_name_is_refused(held: Possessions, restart: Restart) -> None:
    restart(("t1", NEW[1]))

    [error] = checks.keys_fit(None)

    assert "the key t1 of MFA_KEYS is not the one that sealed these" in error.msg


def test_database_without_its_digest_key_is_refused(held: Possessions, restart: Restart) -> None:
    name = DigestKey.objects.get().name
    DigestKey.objects.all().delete()
    after_migrate.make_first_rows()  # `migrate` draws no new one beside a record
    restart(OLD)

    [error] = checks.keys_fit(None)

    assert not DigestKey.objects.exists()
    assert f"the database has no key {name} for digests" in error.msg


def test_one_damaged_value_stops_nobody_elses_start(held: Possessions, restart: Restart) -> None:
    Enrolment.objects.filter(method="totp").update(sealed_secret="damaged")

    assert checks.keys_fit(None) == []


def test_verification_of_the_record_names_a_missing_key(held: Possessions, restart: Restart, capsys: Any) -> None:
    name = DigestKey.objects.get().name
    restart(NEW)

    faults = {fault.text for fault in audit.verify()}

    assert faults == {f"key missing: {name}, so this cannot be checked"}
    with pytest.raises(CommandError, match="was changed"):
        call_command("verify_audit")
    assert "key missing" in capsys.readouterr().err


# After a restore ----------------------------------------------------------------------------------------------------


def restored(*options: str) -> str:
    """Run `check_restore`, and return its errors, or an empty string if it passes."""
    err = StringIO()
    try:
        call_command("check_restore", *options, stdout=StringIO(), stderr=err)
    except CommandError:
        assert err.getvalue()
        return err.getvalue()
    return ""


def test_restore_with_its_keys_fits(held: Possessions, capsys: Any) -> None:
    assert restored() == ""

    call_command("check_restore")
    assert "Everything matches" in capsys.readouterr().out


def test_restore_fits_after_a_rotation(rotated: Possessions) -> None:
    assert restored() == ""


def test_restore_without_its_keys_names_all_that_does_not_fit(held: Possessions, restart: Restart) -> None:
    restart(NEW)

    said = restored()

    for words in (
        "MFA_KEYS has no key t1",
        "authenticator apps",
        "imports",
        "sealed_secret can't be decrypted",
        "key missing",
    ):
        assert words in said


def test_restore_with_keys_under_each_others_names_is_refused(held: Possessions, restart: Restart) -> None:
    """Both keys exist, so only decrypting something shows the swap. Seen failing when only names were compared."""
    restart((OLD[0], NEW[1]), (NEW[0], OLD[1]))

    said = restored()

    assert "the key t1 of MFA_KEYS is not the one that sealed these" in said
    assert "sealed_secret can't be decrypted" in said


def test_restore_of_an_older_release_says_so_first(held: Possessions, restart: Restart) -> None:
    """What an older release lacks would be a database error. Seen failing without the check of migrations."""
    restart(NEW)
    MigrationRecorder(connection).migration_qs.filter(app="verification").order_by("-pk")[0].delete()

    assert restored() == "The database is of an older version: 1 migrations are missing. Run migrate first.\n"


def test_restore_names_a_key_that_can_be_guessed(held: Possessions, settings: Any) -> None:
    settings.DEMO = False

    assert "The key t1 of MFA_KEYS repeats itself" in restored("--new-secret-key")


def test_restore_names_a_single_damaged_value(held: Possessions) -> None:
    Enrolment.objects.filter(method="totp").update(sealed_secret="v1.t1.QUJD")

    assert f"verification.Enrolment {held.person.enrolment('totp').ref}: sealed_secret can't be decrypted" in restored()


def test_restore_names_another_secret_key(held: Possessions, settings: Any) -> None:
    settings.SECRET_KEY = "another-one-" + "y" * 50

    assert "SECRET_KEY doesn't match 1 of 1 sessions" in restored()
    assert restored("--new-secret-key") == ""


def test_restore_names_a_damaged_key_of_digests(held: Possessions, restart: Restart) -> None:
    DigestKey.objects.update(name="other")
    restart(OLD)

    assert "can't be decrypted" in restored()


# Every table --------------------------------------------------------------------------------------------------------

_SEALED = re.compile(r"v\d+\.[0-9A-Za-z]+\.[0-9A-Za-z_=-]{30,}")
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# Digests without a key of the ring: Django's of the password in a session, of an article as it was shipped, of an
# event's words with a random number among them, and of the events under a seal, which the seal signs.
_KEYLESS = {
    ("accounts_session", "session_data"),
    ("helpcenter_article", "shipped"),
    ("verification_auditevent", "detail"),
    ("verification_auditseal", "content"),
    ("verification_auditseal", "packed"),  # ids, which may be as many bytes
}
_HALF = 16  # bytes
# Half a digest, which could be any other reference; and one in base64url.
_OTHERWISE = {("verification_challenge", "binding"), ("verification_auditevent", "digest")}


def cells() -> Iterator[tuple[str, str, str]]:
    """Yield every value of every table as the database stores it, with its table and column."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield table, column, _text(value)


def _text(value: Any) -> str:
    """Write a value as text. Bytes are hex digits, and half a digest, as counters have it, as many as a whole one."""
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        return raw.hex() * (2 if len(raw) == _HALF else 1)
    return value if isinstance(value, str) else json.dumps(value, default=str)


def declared(uses: list[Any], *columns: str) -> set[tuple[str, str]]:
    found = set()
    for use in uses:
        model = use.rows().model
        for column in columns or (use.column,):
            name = getattr(use, column, column)
            if name:
                found.add((model._meta.db_table, model._meta.get_field(name).column))
    return found


def test_every_column_that_depends_on_a_key_is_declared(held: Possessions) -> None:
    digest, now = AuditSeal.objects.values_list("digest", flat=True)[0], timezone.now()
    signed = {"last_digest": digest, "previous": digest, "digest": digest, "key_id": crypto.digest_key()}
    AuditRemoval.objects.create(boundary=0, ends_at=now, n_events=0, last_seal=0, removed_at=now, **signed)
    rings, names = {OLD[0]}, {row.name for row in DigestKey.objects.all()}
    found: dict[str, set[tuple[str, str]]] = {"sealed": set(), "digest": set(), "name": set()}
    for table, column, value in cells():
        found["sealed"] |= {(table, column)} if _SEALED.search(value) else set()
        found["digest"] |= {(table, column)} if _DIGEST.search(value) else set()
        found["name"] |= {(table, column)} if value in rings | names else set()

    keys = declared([use for use in key_uses.digested() if use.key_column], "key_column")
    assert found["sealed"] == declared(key_uses.sealed())
    assert found["digest"] - _KEYLESS == declared(key_uses.digested()) - _OTHERWISE
    assert found["name"] == keys | {("verification_digestkey", "name")}


def test_no_table_holds_anything_of_the_old_key_afterwards(rotated: Possessions) -> None:
    left = {(table, column) for table, column, value in cells() if f".{OLD[0]}." in value or value == OLD[0]}

    assert left == set()


def test_no_table_holds_a_value_that_opens_something(held: Possessions) -> None:
    """A copy of the database gives no access to anything. The virtual carrier's mailbox counts as outside."""
    held.browser = browsers.recognise(held.person.user, held.context())[1]
    secrets = {
        "session": held.person.browser.session_key,
        "browser": held.browser,
        "app password": held.app_password.replace(" ", ""),
        "service": held.door.key,
        "pass": held.access_pass,
        "link": held.link[1],
        **{f"code {n}": code.replace("-", "") for n, code in enumerate(held.person.codes)},
    }

    assert all(len(secret) >= 8 for secret in secrets.values())
    for table, column, value in cells():
        if not table.startswith("virtual_"):
            found = [name for name, secret in secrets.items() if secret.lower() in value.lower().replace("-", "")]
            assert not found, (table, column, found)


def test_every_purpose_of_a_key_is_declared(held: Possessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record the key purposes that are used while a person does everything they can."""
    seen: set[str] = set()
    derive = crypto._derive

    def watched(master: bytes, purpose: str) -> bytes:
        seen.add(purpose.partition("/")[2])
        return derive(master, purpose)

    monkeypatch.setattr(crypto, "_derive", watched)
    held.prove("recovery", held.person.codes[0].replace("-", ""))
    held.door.opens("ana", held.app_password)
    browsers.recognise(held.person.user, held.context())
    password_resets.open_link(*held.link, held.context())
    jobs.work(timezone.now())
    held.person.browser = Browser()
    held.person.give_password()
    held.person.read_text()
    audit.seal(timezone.now())

    known = key_uses.purposes()
    whole, beginnings = {p for p in known if not p.endswith(".")}, tuple(p for p in known if p.endswith("."))
    assert {purpose for purpose in seen if purpose not in whole and not purpose.startswith(beginnings)} == set()
    assert len(seen) > 10
