"""Tests of the page that changes a password: where it leads, and who can open it."""

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import password_changes
from accounts.models import User
from tests.infrastructure.concurrency import at_once
from tests.simulated import app_password_services
from tests.simulated.people import PASSWORD, Clock, Person, join
from verification.context import Context
from verification.models import AuditEvent


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

    assert (page.path, page.notices) == ("/password/", ["info", "bad"])
    assert page.html.count('class="notice-title"') == 1


def test_stranger_is_led_to_the_sign_in(ana: Person) -> None:
    assert ana.browser.go("/password/").path == "/sign-in/"


def test_form_names_the_account_to_password_managers(ana: Person) -> None:
    page = ana.sign_in(to="/sign-in/?next=/password/")

    assert next(form.fields["username"] for form in page.forms if "new_password" in form.names()) == "ana"
    assert 'autocomplete="username" readonly' in " ".join(page.html.split())


@pytest.mark.parametrize("path", ["/sign-in/", "/password/"])
def test_password_can_be_shown(ana: Person, path: str) -> None:
    page = ana.sign_in(to="/sign-in/?next=/password/") if path == "/password/" else ana.browser.go(path)

    assert 'data-reveal="id_password"' in page.html
