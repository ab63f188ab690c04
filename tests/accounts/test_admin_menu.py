"""Tests of the staff menu: each role sees the pages that it can open, in one order, with the current one marked."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin_site import menu, urls
from accounts.models import User
from accounts.models.permissions_of_shipped_roles import ROLES
from tests.simulated.people import Clock, Person, hire, join

assert urls.urlpatterns  # imported because it fills the registry

ORDER = [
    "people",
    "requests",
    "policies",
    "deliveries",
    "costs",
    "applications",
    "reports",
    "audit-log",
    "imports",
    "articles",
    "settings",
]


def test_shows_all_sections_in_order(root: Person) -> None:
    assert [section.name for section in menu.menu(root.user, "/admin/").sections] == ORDER


def test_leads_to_every_table(root: Person) -> None:
    """A table that is registered later is not forgotten."""
    urls_of_pages = {page.url for section in menu.menu(root.user, "/").sections for page in section.pages}
    tables = {f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}

    assert tables - urls_of_pages == set()


@pytest.mark.parametrize(
    ("path", "section", "page"),
    [
        ("/admin/accounts/user/", "people", "people"),
        ("/admin/accounts/user/7/change/", "people", "people"),
        ("/admin/accounts/user/tokens/abc/", "people", "tokens"),
        ("/admin/accounts/user/deliveries/abc/", "deliveries", "deliveries"),
        ("/admin/auth/group/7/", "people", "groups"),
        ("/admin/auth/group/roles/", "settings", "roles"),
        ("/admin/verification/outage/add/", "deliveries", "outages"),
    ],
)
def test_marks_the_page_whose_address_fits_best(root: Person, path: str, section: str, page: str) -> None:
    found = menu.menu(root.user, path)

    assert found.section is not None
    assert found.page is not None
    assert (found.section.name, found.page.name) == (section, page)


def test_marks_the_page_that_a_view_names(root: Person) -> None:
    found = menu.menu(root.user, "/admin/auth/group/7/", "roles")

    assert found.page is not None
    assert found.page.name == "roles"


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_a_role_sees_opens(role: str, db: None, clock: Clock) -> None:
    staff = hire("dora", role)
    staff.sign_in(to="/admin/")
    table = menu.menu(User.objects.get(pk=staff.user.pk), "/admin/")

    assert table.sections
    for section in table.sections:
        for page in section.pages:
            assert staff.browser.go(page.url).status == 200, page.name


def test_start_and_names_of_apps_lead_to_the_first_page_of_a_role(opal: Person) -> None:
    assert opal.browser.go("/admin/").path == "/admin/accounts/user/deliveries/"
    assert opal.browser.go("/admin/verification/").path == "/admin/verification/route/"
    assert opal.browser.go("/admin/helpcenter/").status == 404


def test_refusal_shows_the_menu(opal: Person) -> None:
    page = opal.browser.go("/admin/verification/policy/")

    assert page.status == 403
    assert page.offers("Outages") or page.offers("Deliveries")
    assert not page.offers("Policies")


def test_staff_without_permissions_are_told_whom_to_ask(db: None, clock: Clock) -> None:
    staff = join("nell", is_staff=True).set_up("totp")
    Group.objects.get_or_create(name="Idle")

    page = staff.sign_in(to="/admin/")

    assert (page.status, page.path) == (200, "/admin/")
    assert page.offers("Go to my account")
