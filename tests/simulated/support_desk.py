"""Helpers that do what staff do at the support desk, through HTTP."""

import pytest

from accounts.support.actions import ActionResult, execution, who_may_act_on_whom
from accounts.support.actions.execution import ActionRequest
from accounts.support.actions.registry import ACTIONS
from tests.simulated.http_browser import Page
from tests.simulated.people import Person
from verification.context import Context
from verification.models import Policy

WHY = {"reason": "phone left in a taxi", "ticket": "INC-4711"}


@pytest.fixture
def no_check(db: None) -> None:
    """A policy without caller verification."""
    Policy.objects.update_or_create(group=None, defaults={"caller_check": False})


def case(staff: Person, person: Person) -> Page:
    """Find a user by search, as staff do."""
    staff.browser.go(f"/admin/accounts/user/?q={person.user.username}")
    return staff.browser.follow(person.user.username)


def do(staff: Person, person: Person, name: str, press: str = "", **fields: str | None) -> Page:
    """Do a support action, whether or not the case page offers it now."""
    page = open_action(staff, person, name)
    button = "Request approval" if page.offers("Request approval") else str(ACTIONS[name].label)
    return staff.browser.press(press or button, **(WHY | fields))


def open_action(staff: Person, person: Person, name: str) -> Page:
    """Open the page of a support action, where it is previewed."""
    return staff.browser.go(address_of_action(person, name))


def address_of_action(person: Person, name: str) -> str:
    """Return the path of the page on which a support action is previewed."""
    return f"/admin/accounts/user/{person.user.pk}/do/{name}/"


def perform(asked: ActionRequest, context: Context) -> ActionResult:
    """Do an action as the page does: authorise it, then execute it."""
    return execution.execute(
        asked, who_may_act_on_whom.authorise(asked.staff, asked.person, asked.action, context), context
    )
