"""Tests that staff without the permission to view people see no one's name: operators, and roles of your own.

Seen failing: each of these pages named people to staff who may not open anyone's page.
"""

import pytest
from django.contrib.auth.models import Group

from accounts import applications
from accounts.models import Application
from accounts.support.staff_groups_and_their_permissions import permissions
from tests.simulated.people import Clock, Person, hire
from tests.simulated.sign_in_claims import SignInClaims

WIKI = "/admin/accounts/application/wiki/"
CHECK = "/admin/accounts/proxy/check/"


@pytest.fixture
def wiki(db: None) -> Application:
    return Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)


def staff_with(*rights: str) -> Person:
    role = Group.objects.create(name="Our own role")
    role.permissions.set(permissions(rights))
    person = hire("rosa", role.name)
    person.sign_in(to="/admin/")
    return person


def test_operators_try_no_application_as_a_person(opal: Person, ana: Person, wiki: Application) -> None:
    assert opal.browser.go(f"{WIKI}trial/?person=ana").status == 403
    assert not opal.browser.go(WIKI).leads_to(f"{WIKI}trial/")
    assert not opal.browser.go(f"{WIKI}configuration/").leads_to(f"{WIKI}trial/")


def test_operators_see_that_an_application_is_used_and_not_by_whom(
    opal: Person, ana: Person, wiki: Application, clock: Clock
) -> None:
    applications.open(wiki, ana.user, "a" * 32, SignInClaims(), clock.now)

    page = opal.browser.go(WIKI)

    assert len(page.data("hidden-person")) == 1
    assert "ana" not in page.words.split()


def test_operators_check_an_address_for_nobody_in_particular(opal: Person, ana: Person) -> None:
    page = opal.browser.go(f"{CHECK}?url=https://wiki.example.org/&username=ana")

    assert "Ana" not in page.words.split()
    form, _button = page.form("Check")
    assert form.names() == {"url", "proxy"}


def test_preview_of_a_policy_counts_people_without_names(cleo: Person, clock: Clock) -> None:
    rosa = staff_with("verification.view_policy", "verification.add_policy", "verification.change_policy")

    page = rosa.browser.save("/admin/verification/policy/add/", rank="100", methods="token")

    assert "Locked out" in page
    assert "cleo" not in page


def test_page_of_a_group_counts_members_without_names(ana: Person, clock: Clock) -> None:
    rosa = staff_with("auth.view_group")
    editors = Group.objects.create(name="Editors")
    editors.user_set.add(ana.user)

    page = rosa.browser.go(f"/admin/auth/group/{editors.pk}/")

    assert "1 member" in page
    assert "ana" not in page.words.split()
