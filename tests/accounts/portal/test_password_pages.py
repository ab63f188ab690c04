"""Tests of the password pages: where they lead, and who can open them."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import invitations, password_changes, password_resets
from accounts.models import PasswordReset, User
from accounts.signin.views import password_reset
from accounts.support.imports import jobs
from tests.infrastructure.concurrency import at_once, until_waiting
from tests.simulated import app_password_services
from tests.simulated.http_browser import Browser
from tests.simulated.people import PASSWORD, Clock, Person, join
from verification.context import Context
from verification.keys import derived_link_tokens
from verification.models import AuditEvent, Message


def test_leads_home_after_the_change(ana: Person) -> None:
    ana.sign_in(to="/sign-in/?next=/password/")

    page = ana.browser.press("Change password", password="blue-lamp-on-monday", new_password="seven green bicycles")

    assert page.path == "/"


def test_leads_back_into_the_securing(ana: Person) -> None:
    ana.sign_in(to="/sign-in/?next=/activity/not-me/")
    ana.browser.press("Secure my account")
    ana.browser.follow("Change password")

    page = ana.browser.press("Change password", password="blue-lamp-on-monday", new_password="seven green bicycles")

    assert page.path == "/activity/secure/"
    assert "portal:new_password" in page.outcomes


def test_fields_tell_password_managers_which_is_which(ana: Person) -> None:
    html = ana.sign_in(to="/sign-in/?next=/password/").html

    assert 'autocomplete="current-password"' in html
    assert 'autocomplete="new-password"' in html


@pytest.mark.parametrize("n", [2, 12])
@pytest.mark.django_db(transaction=True)
def test_form_sent_many_times_at_once_changes_it_once(n: int, clock: Clock) -> None:
    """Seen: each change ran and sent a notice, and each ended the session that the previous one had kept."""
    with transaction.atomic():
        ida = join("ida").set_up("totp")
    ida.sign_in(to="/sign-in/?next=/password/")
    form, _button = ida.page.form("Change password")
    forms = [form.fields | {"password": PASSWORD, "new_password": f"seven green bicycles {k}"} for k in range(n)]

    answers = at_once(ida, "/password/", forms)

    assert AuditEvent.objects.filter(kind="password.changed").count() == 1
    assert sum("portal:password_changed" in page.outcomes for page in answers) == 1
    assert sum(User.objects.get().check_password(f"seven green bicycles {k}") for k in range(n)) == 1


def test_old_password_is_not_kept_again_over_a_new_one(ana: Person) -> None:
    """A sign-in upgrades an older hash. Seen: it wrote the previous password back."""
    User.objects.filter(pk=ana.user.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    old, new = User.objects.get(pk=ana.user.pk), User.objects.get(pk=ana.user.pk)
    assert password_changes.change(new, "seven green bicycles", Context(now=timezone.now()))

    assert old.check_password(PASSWORD)

    assert User.objects.get(pk=ana.user.pk).check_password("seven green bicycles")
    assert not password_changes.change(old, "thirteen red bicycles", Context(now=timezone.now()))


def test_session_that_support_has_just_ended_sets_no_password(ana: Person) -> None:
    """Seen failing: a thief's request that had begun before replaced the password, and what support had required."""
    thief = User.objects.get(pk=ana.user.pk)
    User.objects.filter(pk=ana.user.pk).update(epoch=thief.epoch + 1, must_change_password=True)

    assert not password_changes.change(thief, "thirteen red bicycles", Context(now=timezone.now()))
    ana.user.refresh_from_db()
    assert (ana.user.check_password(PASSWORD), ana.user.must_change_password) == (True, True)


def test_what_went_wrong_has_no_title_of_another_notice(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: it was titled “Your app passwords keep working”."""
    app_password_services.make(ana.user)
    ana.sign_in(to="/sign-in/?next=/password/")
    monkeypatch.setattr(password_changes, "change", lambda *_args, **_kept: False)

    page = ana.browser.press("Change password", password=PASSWORD, new_password="seven green bicycles")

    assert "changed a moment ago" in page
    assert page.html.count('class="notice-title"') == 1


def test_stranger_is_led_to_the_sign_in(ana: Person) -> None:
    assert ana.browser.go("/password/").path == "/sign-in/"


def test_signed_in_person_may_ask_for_a_link_too(ana: Person, clock: Clock) -> None:
    ana.sign_in()

    assert ana.browser.go("/password-reset/").offers("Email me the link")


def test_form_names_the_account_to_password_managers(ana: Person) -> None:
    page = ana.sign_in(to="/sign-in/?next=/password/")

    assert next(form.fields["username"] for form in page.forms if "new_password" in form.names()) == "ana"
    assert 'autocomplete="username" readonly' in " ".join(page.html.split())


@pytest.mark.parametrize("path", ["/sign-in/", "/password/"])
def test_password_can_be_shown(ana: Person, path: str) -> None:
    page = ana.sign_in(to="/sign-in/?next=/password/") if path == "/password/" else ana.browser.go(path)

    assert 'data-reveal="id_password"' in page.html


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_answer_about_a_link_takes_as_long_for_nobody(
    name: str, ana: Person, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R24. Without a wait, the time of one answer told in two of three cases whether there is an account."""
    instants, waits = iter([10.0, 10.02]), list[float]()
    monkeypatch.setattr(password_reset, "time", SimpleNamespace(monotonic=lambda: next(instants), sleep=waits.append))
    stranger.go("/password-reset/")

    stranger.send("/password-reset/", name=name)

    assert [round(0.02 + each, 2) for each in waits] == [0.25]


@pytest.mark.postgresql  # SQLite has no statement that writes to several tables
def test_a_link_takes_as_many_statements_for_20_accounts_of_one_mailbox(db: None, clock: Clock) -> None:
    """R24. Seen failing: 64 statements instead of 7 took longer than the answer waits."""
    numbers = []
    for n in (1, 20):
        mailbox = f"shared-{n}@example.org"
        for each in range(n):
            join(f"of-{n}-{each}", email=mailbox)
        with CaptureQueriesContext(connection) as captured:
            password_resets.ask(mailbox, Context(now=clock.now, network=f"198.51.100.{n}"), path="/password-reset/")
        numbers.append(len(captured))

    assert PasswordReset.objects.count() == 21
    assert Message.objects.filter(template="verification/notices/to_person/password_reset.txt").count() == 21
    assert numbers[0] == numbers[1]


def test_link_ends_when_the_account_gets_another_mailbox(ana: Person, clock: Clock) -> None:
    """Seen failing: the link in the former mailbox, which someone else may read, still set a password."""
    context = Context(now=clock.now, network="198.51.100.1")
    password_resets.ask("ana", context, path="/password-reset/")
    reset = PasswordReset.objects.get()
    link = f"/password-reset/{reset.handle}/{derived_link_tokens.derive('password_reset', reset.handle)}/"
    assert Browser().go(link).status == 200
    root = join("root", is_staff=True, is_superuser=True).user
    row = f"ana,{ana.user.name},ana@example.net,,{ana.user.second_step}"

    jobs.begin("people", f"user name,name,mail,groups,state\n{row}\n", root, context, name="f.csv", is_dry_run=False)
    jobs.work(clock.now)

    assert User.objects.get(pk=ana.user.pk).email == "ana@example.net"
    assert Browser().go(link).status == 410


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_link_that_is_asked_for_while_the_mailbox_changes_goes_to_the_new_one(clock: Clock) -> None:
    """Seen failing: it went to the former mailbox, and worked for half an hour."""
    with transaction.atomic():
        ana = join("ana")

    def ask() -> None:
        try:
            password_resets.ask("ana", Context(now=clock.now, network="198.51.100.1"), path="/password-reset/")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.filter(pk=ana.user.pk).update(email="ana@example.net")
            invitations.move([ana.user.pk], clock.now)
            asked = pool.submit(ask)
            until_waiting(asked)
        asked.result()

    assert Message.objects.get().address == "ana@example.net"
