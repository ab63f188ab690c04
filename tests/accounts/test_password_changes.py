"""Tests of password changes and resets: what they end, what they never replace, and that no reset link is stored."""

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.core.management import call_command
from django.utils import timezone

from accounts import password_changes
from accounts.models import Session, User
from accounts.sessions.session_store import row_key
from tests.accounts.new_passwords import APART, NEW, TOGETHER, WEAK, break_mail, set_new
from tests.accounts.portal.conftest import kinds, mails, remembered_elsewhere
from tests.simulated.http_browser import Page
from tests.simulated.people import PASSWORD, Clock, Person
from verification.context import Context


def change_password(person: Person, password: str = PASSWORD, new: str = NEW) -> Page:
    person.browser.go("/password/")
    return person.browser.press("Change password", password=password, new_password=new)


# Changing ------------------------------------------------------------------------------------------------------


def test_changes_the_password(ana: Person) -> None:
    ana.sign_in()

    page = change_password(ana)

    assert (page.path, "portal:password_changed" in page.outcomes) == ("/", True)
    assert User.objects.get(pk=ana.user.pk).check_password(NEW)
    assert "password.changed" in kinds(ana)
    assert mails(ana) == ["password_changed"]


def test_ends_all_others_and_keeps_this_session(ana: Person, clock: Clock) -> None:
    other = Person(ana.user, ana.phone)
    other.sign_in()
    clock.forward(seconds=31)
    ana.sign_in()
    remembered_elsewhere(ana)
    before = ana.browser.session_key
    change_password(ana)

    assert other.browser.go("/").path == "/sign-in/"
    assert ana.browser.go("/").path == "/"
    assert ana.browser.session_key != before
    assert list(Session.objects.filter(user=ana.user).values_list("session_key", flat=True)) == [
        row_key(ana.browser.session_key)
    ]
    assert ana.browser.go("/browsers/").n_empty_lists == 1


def test_remembered_browser_asks_again(ana: Person, clock: Clock) -> None:
    ana.sign_in(remember="on")
    change_password(ana)
    ana.browser.press("Sign out")

    assert ana.give_password(NEW).path == "/sign-in/verify/"


def test_old_password_opens_nothing(ana: Person) -> None:
    ana.sign_in()
    change_password(ana)

    assert Person(ana.user, ana.phone).give_password().path == "/sign-in/"


def test_wrong_present_password_is_named_beside_its_field(ana: Person) -> None:
    ana.sign_in()

    page = change_password(ana, "guessed")

    assert (page.path, page.refused_fields) == ("/password/", {"password"})
    assert User.objects.get(pk=ana.user.pk).check_password(PASSWORD)
    assert mails(ana) == []


def test_wrong_present_passwords_are_bounded(ana: Person) -> None:
    ana.sign_in()
    for n in range(10):
        change_password(ana, f"guess {n}")

    page = change_password(ana)

    assert page.refused_fields == {"password"}
    assert User.objects.get(pk=ana.user.pk).check_password(PASSWORD)


def test_right_present_password_forgets_the_wrong_ones(ana: Person) -> None:
    ana.sign_in()
    for n in range(9):
        change_password(ana, f"guess {n}")
    change_password(ana)

    assert all("Incorrect password" in change_password(ana, f"guess {n}") for n in range(9))


@pytest.mark.parametrize("case", WEAK)
def test_weak_one_is_refused_with_words_beside_its_field(ana: Person, case: str) -> None:
    ana.sign_in()
    new, words = WEAK[case]

    page = change_password(ana, new=new)

    assert page.path == "/password/"
    assert words in page
    assert User.objects.get(pk=ana.user.pk).check_password(PASSWORD)


def test_empty_form_names_both_fields(ana: Person) -> None:
    ana.sign_in()

    page = change_password(ana, "", "")

    assert page.refused_fields == {"password", "new_password"}


def test_typed_passwords_stand_on_no_page(ana: Person) -> None:
    ana.sign_in()

    page = change_password(ana, "guessed it", "weak")

    assert "guessed it" not in page.html
    assert 'value="weak"' not in page.html


def test_spaces_at_the_ends_belong_to_a_password(ana: Person) -> None:
    ana.sign_in()
    change_password(ana, new=f" {NEW} ")

    assert User.objects.get(pk=ana.user.pk).check_password(f" {NEW} ")


def test_failing_notice_leaves_the_password_as_it_was(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The email and the action share a transaction."""
    break_mail(monkeypatch)

    with pytest.raises(OSError, match="outbox"):
        password_changes.change(ana.user, NEW, Context(now=timezone.now()))

    assert User.objects.get(pk=ana.user.pk).check_password(PASSWORD)
    assert User.objects.get(pk=ana.user.pk).epoch == 1
    assert kinds(ana) == []


# Accents -------------------------------------------------------------------------------------------------------


SPELT = pytest.mark.parametrize(("kept", "typed"), [(APART, TOGETHER), (TOGETHER, APART)], ids=["apart", "together"])


@SPELT
def test_accents_are_the_same_however_they_are_typed(ana: Person, kept: str, typed: str) -> None:
    ana.user.set_password(kept)
    ana.user.save()

    assert ana.give_password(typed).path == "/sign-in/verify/"


@SPELT
def test_password_that_was_hashed_as_typed_still_works_and_is_hashed_again(ana: Person, kept: str, typed: str) -> None:
    User.objects.filter(pk=ana.user.pk).update(password=make_password(kept))

    assert ana.give_password(typed).path == "/sign-in/verify/"

    found = User.objects.get(pk=ana.user.pk)
    assert check_password(TOGETHER, found.password)
    assert ana.give_password(kept).path == "/sign-in/verify/"


@SPELT
def test_changed_to_one_form_is_typed_in_the_other(ana: Person, kept: str, typed: str) -> None:
    ana.sign_in()
    assert "portal:password_changed" in change_password(ana, new=kept).outcomes
    assert change_password(ana, typed, typed).refused_fields == {"new_password"}

    assert Person(ana.user, ana.phone).give_password(typed).path == "/sign-in/verify/"


@SPELT
def test_reset_to_one_form_is_typed_in_the_other(ana: Person, mailed: str, kept: str, typed: str) -> None:
    set_new(mailed, kept)

    assert ana.give_password(typed).path == "/sign-in/verify/"


@SPELT
def test_first_administrators_password_is_typed_in_either_form(
    db: None, monkeypatch: pytest.MonkeyPatch, kept: str, typed: str
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", kept)
    call_command("createsuperuser", username="root", email="root@example.org", interactive=False, verbosity=0)

    assert User.objects.get(username="root").check_password(typed)


def test_other_letters_are_another_password(ana: Person) -> None:
    ana.user.set_password(TOGETHER)

    assert not ana.user.check_password(TOGETHER.replace("\u00e9", "e"))
    assert not ana.user.check_password(TOGETHER.upper())
