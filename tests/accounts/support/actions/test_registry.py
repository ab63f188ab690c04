"""Every entry of the table is whole: its function, permission, role, event, notice, form and preview are there."""

import ast
import inspect
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.support import actions, audit_events, roles
from accounts.support.actions.action_preview import Impact
from accounts.support.actions.forms import ActionForm
from accounts.support.actions.registry import ACTIONS
from accounts.support.actions.rights import Effect

FULL = Impact(
    labels=("Text to ··23",),
    n_browsers=2,
    n_sessions=3,
    n_app_passwords=4,
    n_app_passwords_ending=4,
    has_pass=True,
    locks=("The second step is locked.",),
)
HOME = Path(settings.BASE_DIR)


def function_source(name: str) -> ast.FunctionDef:
    function = getattr(actions, name)
    found = ast.parse(inspect.getsource(function)).body[0]
    assert isinstance(found, ast.FunctionDef)
    return found


def first_texts(name: str, called: str, place: int) -> list[str]:
    """Give what the function of an action hands to a function of all actions, at one place."""
    calls = [each for each in ast.walk(function_source(name)) if isinstance(each, ast.Call)]
    found = [each.args[place] for each in calls if getattr(each.func, "id", "") == called]
    return [each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str)]


@pytest.mark.parametrize("name", ACTIONS)
def test_is_one_function_of_the_same_name(name: str) -> None:
    assert name in actions.__all__
    assert list(inspect.signature(getattr(actions, name)).parameters)[:2] == ["person", "actor"]


@pytest.mark.parametrize("name", ACTIONS)
def test_permission_is_declared_and_some_role_has_it(name: str) -> None:
    permission = ACTIONS[name].permission

    assert permission in dict(User._meta.permissions)
    assert any(f"accounts.{permission}" in rights for rights in roles.ROLES.values())


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.notifies_person])
def test_has_the_mail_that_it_promises(name: str) -> None:
    """Roles notify where they are settled; a trial is a message itself."""
    if name in {"give_roles", "try_message"}:
        return

    (notice,) = first_texts(name, "notify", 1)

    assert (HOME / f"verification/templates/verification/notices/support_{notice}.txt").is_file()


@pytest.mark.parametrize("name", sorted(set(ACTIONS) - {"give_roles", "erase"}))
def test_records_one_event_of_the_desk(name: str) -> None:
    """Roles are recorded where they are settled, and an erasure by the event that outlives the person."""
    calls = [each for each in ast.walk(function_source(name)) if isinstance(each, ast.Call)]
    (event,) = [each.args[0] for each in calls if getattr(each.func, "id", "") == "record"]

    assert isinstance(event, ast.Attribute)
    assert getattr(audit_events, event.attr).kind.startswith("support.")


@pytest.mark.parametrize("name", ACTIONS)
def test_form_asks_for_reason_and_ticket_and_shows_each_field_once(name: str) -> None:
    form = ACTIONS[name].form_class()

    assert {"reason", "ticket"} <= set(form.fields)
    assert all(field.required for field in (form.fields["reason"], form.fields["ticket"]))


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.supports_bulk])
def test_form_for_many_offers_nothing_of_one_person(name: str) -> None:
    assert ACTIONS[name].form_class.offer is ActionForm.offer


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("impact", [Impact(), FULL], ids=["nothing", "everything"])
def test_preview_says_something_of_everybody(name: str, impact: Impact) -> None:
    lines = ACTIONS[name].preview(impact)

    assert lines
    assert all(line and "%(" not in line for line in lines)


@pytest.mark.parametrize("name", ["clear_settings", "block", "set_state", "bypass_once", "issue_pass"])
def test_options_can_wait_in_a_row(name: str) -> None:
    """What a second person must agree to is kept as JSON."""
    sent = {
        "reason": "asked",
        "ticket": "1",
        "days": "90",
        "state": "enforced",
        "seconds": "300",
        "life": "60",
        "length": "8",
        "starts_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }
    form = ACTIONS[name].form_class(sent)

    assert form.is_valid(), form.errors
    assert json.loads(json.dumps(form.options())) == form.options()


def test_what_cannot_be_undone_is_marked() -> None:
    erasing = {name for name, action in ACTIONS.items() if action.effect is Effect.ERASES}
    clearing = {"clear_settings", "phone_lost", "reset_device", "take_token_back"}

    assert {name for name, action in ACTIONS.items() if action.is_destructive} >= erasing | clearing


def test_what_opens_a_way_in_asks_for_a_verified_caller() -> None:
    opening = {name for name, action in ACTIONS.items() if action.effect is Effect.OPENS}

    assert opening == {name for name in opening if ACTIONS[name].requires_caller_check}
