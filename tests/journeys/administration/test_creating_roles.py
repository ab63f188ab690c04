"""Tests that “Create a role” leads to a role: its form, its preview and the list that it is in say so."""

import re

import pytest

from accounts.support.groups.forms import GroupForm
from tests.simulated.http_browser import A_REASON
from tests.simulated.people import Person

GROUPS = "/admin/auth/group/"
ROLES = f"{GROUPS}roles/"


def heading(person: Person) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", person.page.html, re.DOTALL)
    return found[1].strip() if found else ""


@pytest.mark.parametrize(
    ("list_url", "label", "fields"),
    [(ROLES, "Create a role", {"rights": "accounts.view_user"}), (GROUPS, "Create a group", {})],
)
def test_every_page_says_what_the_link_says(fay: Person, list_url: str, label: str, fields: dict[str, str]) -> None:
    """Seen failing: the link “Create a role” led to the form “Create a group”, and then to the list of groups."""
    fay.browser.go(list_url)

    fay.browser.follow(label)
    assert heading(fay) == label
    assert fay.page.leads_to(list_url)
    fay.browser.press("Preview", name="Night desk", **fields)
    assert heading(fay) == label
    assert fay.page.leads_to(list_url)
    fay.browser.press(label, reason=A_REASON)

    assert fay.page.path == list_url
    assert "Night desk" in fay.page


def test_a_role_needs_a_permission(fay: Person) -> None:
    fay.browser.go(f"{ROLES}add/")

    fay.browser.press("Preview", name="Night desk")

    assert fay.page.refused_fields == {"rights"}


def test_form_of_a_role_does_not_speak_of_a_group(fay: Person) -> None:
    """Seen failing: “With any of these, the group is a role”, on the page that creates a role."""
    hint = str(GroupForm.base_fields["rights"].help_text)
    assert hint in fay.browser.go(f"{GROUPS}add/")
    assert hint not in fay.browser.go(f"{ROLES}add/")
