"""Tests in which administrators change roles and groups: never to widen their own, some only with a second approval."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from accounts.admin_changes import ChangeRefused
from accounts.management.shipped_roles_after_migrate import make_roles
from accounts.models import Application, GroupRequest, Scope, Session, User
from accounts.support import groups
from accounts.support.actions import ActionRefusal, Actor
from accounts.support.groups import WantedGroup, change_preview_and_refusals, group_changes_and_approvals
from accounts.support.staff_groups_and_their_permissions import permissions, rights_of
from tests.simulated.http_browser import Page
from tests.simulated.people import Clock, Person, hire, join
from verification.context import Context
from verification.models import AuditEvent, Browser, Counter, Message, Policy

LIST = "/admin/auth/group/"
SEE, UNLOCK = "accounts.view_user", "accounts.unlock_person"
REASON = "The new desk begins."
SECOND_PERSON = "staff:second_person"  # what the preview tells


def preview_group(person: Person, address: str, rights: tuple[str, ...] = (), **fields: str) -> Page:
    """Fill in the form of a group and open the preview."""
    page = person.browser.go(address)
    form, _button = page.form("Preview")
    current = tuple(re.findall(r'value="([\w.]+)"[^>]* checked', page.html))
    sent = form.fields | fields | {"rights": [*current, *rights]}
    person.browser.page = Page(person.browser.client.post(page.path, sent, follow=True))
    return person.page


def confirm(person: Person, label: str) -> Page:
    """Submit the reason, with all fields of the preview."""
    form, _button = person.page.form(label)
    rights = re.findall(r'name="rights" value="([\w.]+)"', person.page.html)
    sent = form.fields | {"reason": REASON, "rights": rights}
    person.browser.page = Page(person.browser.client.post(person.page.path, sent, follow=True))
    return person.page


def test_custom_role_is_made_filled_renamed_and_deleted(fay: Person, ana: Person) -> None:
    ana.sign_in()
    Message.objects.all().delete()

    page = preview_group(fay, f"{LIST}add/", (SEE, UNLOCK), name="Night desk", joining="ana")
    for line in ("Creates “Night desk”.", "Lock and unlock a person", "Adds ana (Ana)."):
        assert line in page
    assert not Group.objects.filter(name="Night desk").exists()
    assert confirm(fay, "Create a group").path == LIST

    group = Group.objects.get(name="Night desk")
    assert rights_of([group]) == {SEE, UNLOCK}
    ana.user.refresh_from_db()
    assert ana.user.is_staff
    assert not Session.objects.filter(user=ana.user).exists()
    event = AuditEvent.objects.get(kind="group.made")
    assert (event.actor_id, event.detail["reason"]) == (fay.user.pk, REASON)
    assert event.detail["changes"]["rights"] == [[], [UNLOCK, SEE]]
    assert event.detail["joined"] == [ana.user.pk]
    assert AuditEvent.objects.get(kind="support.roles_given").detail["roles"] == ["Night desk"]
    assert Message.objects.get(user=ana.user, kind="mail").context["roles"] == "Night desk"

    preview_group(fay, f"{LIST}{group.pk}/change/", name="Late desk", leaving="ana")
    assert "“Night desk” to “Late desk”" in fay.page
    confirm(fay, "Change Night desk")
    ana.user.refresh_from_db()
    assert (ana.user.is_staff, list(group.user_set.all())) == (False, [])

    fay.browser.save(f"{LIST}{group.pk}/delete/")
    assert not Group.objects.filter(pk=group.pk).exists()
    assert AuditEvent.objects.get(kind="group.deleted").detail["group"] == "Late desk"


def test_shipped_role_is_deleted_and_not_made_again(fay: Person) -> None:
    fay.browser.save(f"{LIST}{Group.objects.get(name='Auditors').pk}/delete/")

    make_roles()

    assert not Group.objects.filter(name="Auditors").exists()


def test_form_counts_once(fay: Person, ana: Person) -> None:
    """Seen failing when the names of submitted forms were not stored."""
    preview_group(fay, f"{LIST}add/", (SEE,), name="Night desk", joining="ana")
    page = fay.page
    confirm(fay, "Create a group")
    Group.objects.get(name="Night desk").delete()
    n_events, n_mails = AuditEvent.objects.count(), Message.objects.count()

    fay.browser.page = page

    assert confirm(fay, "Create a group").outcomes == {"form:repeated"}
    assert not Group.objects.filter(name="Night desk").exists()
    assert (AuditEvent.objects.count(), Message.objects.count()) == (n_events, n_mails)


def _n_counted() -> int:
    return Counter.objects.filter(scope="support.staff").values_list("count", flat=True).first() or 0


def test_changes_count_towards_the_quota(fay: Person, ana: Person, ben: Person) -> None:
    Policy.objects.create(staff_quota=1)
    address = f"{LIST}{Group.objects.get(name='Operators').pk}/change/"
    preview_group(fay, address, joining="ana")
    confirm(fay, "Change Operators")

    preview_group(fay, address, joining="ben")

    assert ActionRefusal.QUOTA.advice in confirm(fay, "Change Operators")
    assert (ana.user.groups.count(), ben.user.groups.count(), _n_counted()) == (1, 0, 1)


def test_change_that_fails_stays_counted(fay: Person, ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing: the count was rolled back with the change, and its row was locked until then."""
    preview_group(fay, f"{LIST}{Group.objects.get(name='Operators').pk}/change/", joining="ana")
    monkeypatch.setattr(group_changes_and_approvals, "_do", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        confirm(fay, "Change Operators")

    assert (ana.user.groups.count(), _n_counted()) == (0, 1)


def test_nobody_widens_a_role_of_their_own(fay: Person) -> None:
    """Seen failing on Django's own page: staff with change_group and view_group gave themselves all 183 permissions."""
    own = Group.objects.get(name="Administrators")

    before = rights_of([own])

    page = preview_group(fay, f"{LIST}{own.pk}/change/", ("helpcenter.delete_article",))

    assert "rights" in page.refused_fields
    assert rights_of([own]) == before


@pytest.mark.parametrize("is_bare", [True, False])
def test_little_right_gives_no_more(is_bare: bool, db: None, clock: Clock) -> None:
    small = Group.objects.create(name="Small")
    small.permissions.set(permissions(["auth.view_group", "auth.change_group"]))
    ida = join("ida", is_staff=True).set_up("totp")
    ida.user.groups.add(small)
    other = Group.objects.create(name="Other")
    ida.sign_in(to="/admin/")
    target = other if is_bare else small
    ida.browser.go(f"{LIST}{target.pk}/change/")

    for rights in (["accounts.give_role"], ["auth.change_group"]):
        fields = {"name": target.name, "joining": "", "leaving": "", "rights": rights, "confirmed": "yes"}
        fields |= {"permissions": "1", "reason": "x", "form_ref": "a" * 32, "seen": ""}
        token = ida.browser.client.cookies["mfa_csrf"].value
        ida.browser.client.post(f"{LIST}{target.pk}/change/", fields | {"csrfmiddlewaretoken": token})

    assert rights_of([small]) == {"auth.view_group", "auth.change_group"}
    assert rights_of([other]) == set()
    assert User.objects.get(pk=ida.user.pk).get_all_permissions() == {"auth.view_group", "auth.change_group"}


def _actor(person: Person) -> Actor:
    return Actor(staff=person.user, context=Context(now=timezone.now()), reason="r", ticket="none")


def _try(person: Person, group: Group | None, wanted: WantedGroup | None) -> str:
    found = groups.plan(person.user, group, wanted)
    with pytest.raises(ChangeRefused):
        groups.change(group, wanted, _actor(person), seen=found.seen)
    return found.why


def test_refusals(fay: Person, ana: Person, dev: Person) -> None:
    """Seen opening without `_refusal`."""
    admins, operators = Group.objects.get(name="Administrators"), Group.objects.get(name="Operators")
    wide = Group.objects.create(name="Wide")
    wide.permissions.set(permissions(["helpcenter.delete_article"]))
    plain = Group.objects.create(name="Plain")
    root = join("root", is_staff=True, is_superuser=True)

    def named(group: Group, **more: object) -> WantedGroup:
        return WantedGroup(name=group.name, rights=frozenset(rights_of([group])), **more)  # type: ignore[arg-type]  # by name

    assert _try(fay, admins, WantedGroup(name="Administrators", rights=frozenset([SEE]))) == "oneself"
    assert _try(fay, plain, named(plain, joining=("fay",))) == "oneself"
    assert _try(fay, wide, named(wide, joining=("ana",))) == "more_rights"
    assert _try(fay, plain, WantedGroup(name="Plain", rights=frozenset(["helpcenter.delete_article"]))) == "more_rights"
    assert _try(fay, operators, named(operators, joining=("root",))) == "more_rights"
    assert _try(fay, plain, WantedGroup(name="operators", rights=frozenset())) == "taken"
    assert _try(dev, operators, named(operators, joining=("ana",))) == "not_allowed"
    Policy.objects.create(group=plain)
    assert _try(fay, plain, None) == "in_use"
    assert root.user.groups.count() == 0


def test_people_of_another_desk_are_not_moved(fay: Person, ana: Person) -> None:
    north, plain = Group.objects.create(name="North"), Group.objects.create(name="Plain")
    scope = Scope.objects.create(desk=Group.objects.get(name="Administrators"))
    scope.people.add(north)

    assert _try(fay, plain, WantedGroup(name="Plain", rights=frozenset(), joining=("ana",))) == "other_scope"


def test_group_that_an_application_allows_is_not_deleted(fay: Person) -> None:
    """Without its only group, everyone could use the application. Seen failing without the question."""
    payroll = Application.objects.create(slug="payroll", name="Payroll", kind=Application.Kind.PROXY)
    group = Group.objects.create(name="Payroll people")
    payroll.groups.add(group)

    assert _try(fay, group, None) == "in_use"


def test_refused_attempt_is_recorded(fay: Person) -> None:
    own = Group.objects.get(name="Administrators")

    preview_group(fay, f"{LIST}{own.pk}/change/", name="Kings")

    kings = WantedGroup(name="Kings", rights=frozenset(rights_of([own])))
    assert groups.plan(fay.user, own, kings).refusal in fay.page
    event = AuditEvent.objects.get(kind="group.refused")
    assert (event.actor_id, event.detail["group"], event.detail["why"]) == (fay.user.pk, "Kings", "oneself")


def test_plain_group_with_a_policy_forgets_browsers(fay: Person, ana: Person) -> None:
    """A different policy applies to anyone who joins, so browsers remembered under the previous one are forgotten."""
    plain = Group.objects.create(name="Plain")
    Policy.objects.create(group=plain, remember_days=0)
    ana.sign_in(remember="on")
    assert Browser.objects.filter(user=ana.user).exists()

    preview_group(fay, f"{LIST}{plain.pk}/change/", joining="ana")
    assert str(change_preview_and_refusals.POLICY_CHANGES) in fay.page
    confirm(fay, "Change Plain")

    assert list(plain.user_set.all()) == [ana.user]
    assert not ana.user.is_staff
    assert not Browser.objects.filter(user=ana.user).exists()


def test_preview_that_is_old_counts_for_nothing(fay: Person, ana: Person, ben: Person) -> None:
    operators = Group.objects.get(name="Operators")
    preview_group(fay, f"{LIST}{operators.pk}/change/", joining="ana\nben")
    ben.user.groups.add(operators)

    page = confirm(fay, "Change Operators")

    assert page.outcomes == {"form:refused"}
    assert not ana.user.groups.exists()


def test_second_person_agrees_where_policy_says_so(fay: Person, ana: Person) -> None:
    Policy.objects.create(second_person=["change_group"])
    gil = hire("gil", "Administrators")
    operators = Group.objects.get(name="Operators")
    preview_group(fay, f"{LIST}{operators.pk}/change/", joining="ana")
    assert SECOND_PERSON in fay.page.outcomes

    page = confirm(fay, "Change Operators")

    assert page.path == f"{LIST}roles/"
    assert not ana.user.groups.exists()
    waiting = GroupRequest.objects.get()
    assert fay.browser.go(f"{LIST}requests/{waiting.ref}/agree/").status == 403
    gil.sign_in(to=LIST)
    gil.browser.follow("Preview and approve")
    assert f"fay: {REASON}" in gil.page
    gil.browser.press("Approve and apply", reason="She told me.")
    assert list(ana.user.groups.all()) == [operators]
    event = AuditEvent.objects.get(kind="group.changed")
    assert (event.actor_id, event.detail["approver"]) == (fay.user.pk, gil.user.pk)
    assert AuditEvent.objects.get(kind="group.request_agreed").actor_id == gil.user.pk
    assert gil.browser.go(f"{LIST}requests/{waiting.ref}/agree/").path == LIST


def test_what_a_blocked_colleague_asked_for_is_not_done(fay: Person, ana: Person) -> None:
    Policy.objects.create(second_person=["change_group"])
    gil = hire("gil", "Administrators")
    preview_group(fay, f"{LIST}{Group.objects.get(name='Operators').pk}/change/", joining="ana")
    confirm(fay, "Change Operators")
    User.objects.filter(pk=fay.user.pk).update(blocked_until=timezone.now() + timedelta(days=1))
    gil.sign_in(to=LIST)
    gil.browser.follow("Preview and approve")

    gil.browser.press("Approve and apply", reason="She told me.")

    assert gil.page.outcomes == {"form:refused"}
    assert not ana.user.groups.exists()


def test_second_person_may_refuse(fay: Person, ana: Person) -> None:
    Policy.objects.create(second_person=["change_group"])
    gil = hire("gil", "Administrators")
    preview_group(fay, f"{LIST}add/", (SEE,), name="Night desk", joining="ana")
    confirm(fay, "Create a group")
    gil.sign_in(to=LIST)

    gil.browser.follow("Refuse")
    why = "Nobody told me."
    gil.browser.press("Refuse", reason=why)

    assert not Group.objects.filter(name="Night desk").exists()
    assert AuditEvent.objects.get(kind="group.request_refused").detail["reason"] == why


@pytest.mark.parametrize("verb", ["leaving", "rights", "delete"])
def test_colleague_of_the_same_rights_wants_a_second_person(fay: Person, verb: str) -> None:
    """Seen: *Give roles* waited for one, and the page of the group took the same role away at once."""
    role = Group.objects.create(name="Others")
    role.permissions.set(permissions(rights_of([Group.objects.get(name="Administrators")])))
    gil = join("gil", is_staff=True)
    gil.user.groups.add(role)
    current = frozenset(rights_of([role]))
    wanted = {
        "leaving": WantedGroup(name="Others", rights=current, leaving=("gil",)),
        "rights": WantedGroup(name="Others", rights=current - {UNLOCK}),
        "delete": None,
    }[verb]
    plan = groups.plan(fay.user, role, wanted)
    actor = Actor(staff=fay.user, context=Context(now=timezone.now()), reason="r", ticket="none")

    with transaction.atomic():
        groups.change(role, wanted, actor, seen=plan.seen)

    assert GroupRequest.objects.count() == 1
    assert rights_of([role]) == current
    assert gil.user.groups.get() == role


def test_policy_about_roles_holds_on_the_page_of_groups_too(fay: Person, ana: Person) -> None:
    Policy.objects.create(second_person=["give_roles"])
    operators = Group.objects.get(name="Operators")

    preview_group(fay, f"{LIST}{operators.pk}/change/", joining="ana")

    assert SECOND_PERSON in fay.page.outcomes
    assert confirm(fay, "Change Operators").path == f"{LIST}roles/"
    assert GroupRequest.objects.count() == 1
    assert not ana.user.groups.exists()


def test_support_desk_sees_no_groups(db: None, clock: Clock) -> None:
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")
    group = Group.objects.get(name="Operators")

    for address in (
        LIST,
        f"{LIST}add/",
        f"{LIST}{group.pk}/",
        f"{LIST}{group.pk}/change/",
        f"{LIST}{group.pk}/delete/",
    ):
        assert dora.browser.go(address).status == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("n", [8])
def test_same_form_many_times_at_once_acts_once(n: int, clock: Clock) -> None:
    """Two guards stop it: the form's name, and the comparison with the group as the page showed it."""
    with transaction.atomic():
        fay = hire("fay", "Administrators")
    join("ana")
    fay.sign_in(to="/admin/")
    page = preview_group(fay, f"{LIST}add/", (SEE,), name="Night desk", joining="ana")
    form, _button = page.form("Create a group")
    sent = form.fields | {"reason": "The new desk begins.", "rights": [SEE]}
    start = Barrier(n)

    def send() -> None:
        client = type(fay.browser.client)(headers={"User-Agent": "a browser of the tests"}, REMOTE_ADDR="192.0.2.7")
        client.cookies = fay.browser.client.cookies
        start.wait()
        try:
            assert client.post(f"{LIST}add/", sent).status_code < 500
        finally:
            connection.close()

    threads = [Thread(target=send) for _each in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert AuditEvent.objects.filter(kind="group.made").count() == 1
    assert AuditEvent.objects.filter(kind="support.roles_given").count() == 1
    assert Message.objects.filter(kind="mail", user__username="ana").count() == 1
