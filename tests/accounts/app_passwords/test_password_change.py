"""Tests that a new password ends app passwords as the policy says, and that pages, emails and audit log say so."""

import pytest
from django.utils import timezone

from accounts import app_passwords, password_changes
from accounts.models import User
from accounts.support.actions import Actor, action_preview, blocks_and_bypasses
from accounts.support.actions.registry import ACTIONS
from tests.simulated.app_password_services import AppPasswordService, make
from tests.simulated.people import PASSWORD, Person, join
from verification.context import Context
from verification.models import AppPasswordsEnd, AuditEvent, Message, Policy

NEW = "green-tree-on-friday"
NEVER, REPLACED, ALWAYS = AppPasswordsEnd

# What a policy says (none: the default), and what then ends them.
TABLE = [
    (None, {"changed", "reset", "required"}),
    (ALWAYS, {"changed", "reset", "required"}),
    (REPLACED, {"reset", "required"}),
    (NEVER, set()),
]


@pytest.fixture
def context(db: None) -> Context:
    return Context(now=timezone.now(), network="192.0.2.9")


def renew(how: str, user: User, context: Context) -> None:
    """Change the password in one of several ways, or have support require a change."""
    if how != "required":
        password_changes.change(user, NEW, context, how=how)
        return
    actor = Actor(staff=join("fay").user, context=context, reason="asked", ticket="1")
    blocks_and_bypasses.require_password(user, actor)


@pytest.mark.parametrize(("says", "ends"), TABLE)
@pytest.mark.parametrize("how", ["changed", "reset", "required"])
def test_table_of_what_ends_them(
    how: str, says: AppPasswordsEnd | None, ends: set[str], ana: Person, mail: AppPasswordService, context: Context
) -> None:
    """Seen failing when nothing was ended: the app kept working."""
    if says is not None:
        Policy.objects.create(app_passwords_end=says)
    secret = make(ana.user)
    assert mail.opens("ana", secret)

    renew(how, User.objects.get(pk=ana.user.pk), context)

    assert mail.opens("ana", secret) is (how not in ends)
    event = AuditEvent.objects.filter(user_id=ana.user.pk).latest("pk")
    assert event.detail["n_app_passwords"] == (1 if how in ends else 0)


def test_password_that_support_required_counts_as_replaced(
    ana: Person, mail: AppPasswordService, context: Context
) -> None:
    Policy.objects.create(app_passwords_end=REPLACED)
    secret = make(ana.user)
    User.objects.update(must_change_password=True)

    password_changes.change(User.objects.get(pk=ana.user.pk), NEW, context)

    assert not mail.opens("ana", secret)


def test_mail_and_page_say_so(ana: Person) -> None:
    make(ana.user)
    make(ana.user, name="tablet")
    ana.sign_in()
    page = ana.browser.go("/password/")
    assert page.outcomes == {"app_passwords:end"}
    assert "2 app passwords" in page

    ana.browser.press("Change password", password=PASSWORD, new_password=NEW)

    told = Message.objects.get(template__endswith="password_changed.txt")
    assert told.context["n_app_passwords"] == "2"
    assert app_passwords.of_person(User.objects.get(pk=ana.user.pk)).count() == 0


def test_page_says_when_they_go_on(ana: Person) -> None:
    Policy.objects.create(app_passwords_end=NEVER)
    make(ana.user)
    ana.sign_in()

    assert ana.browser.go("/password/").outcomes == {"app_passwords:stay"}


@pytest.mark.parametrize(("says", "n"), [(None, 1), (NEVER, 0)])
def test_preview_of_support_says_how_many_end(
    says: AppPasswordsEnd | None, n: int, ana: Person, context: Context
) -> None:
    if says is not None:
        Policy.objects.create(app_passwords_end=says)
    make(ana.user)
    person = User.objects.filter(pk=ana.user.pk)

    one = action_preview.of_person(person.get(), now=context.now)
    many = action_preview.of_many(person, now=context.now)

    assert (one.n_app_passwords_ending, many.n_app_passwords_ending) == (n, n)
    assert any("1 app password" in line for line in ACTIONS["require_password"].preview(one)) is bool(n)
