"""Tests of the support desk and of tasks after an operator took methods out of the installation."""

from datetime import timedelta

import pytest

from accounts import tasks as tasks_of_accounts
from accounts.models import CallerCheck
from tests.journeys.conftest import Uninstall
from tests.simulated.http_browser import A_REASON
from tests.simulated.people import Clock, Person, work
from tests.simulated.signed_in_staff import root
from tests.simulated.support_desk import WHY, address_of_action
from verification import hardware_token_stock
from verification import tasks as tasks_of_engine
from verification.context import Context
from verification.hardware_token_stock import Seed
from verification.models import Enrolment, Message, MessageState

__all__ = ["root"]

EVERYTHING = ("text", "call", "passkey", "token", "access_pass", "recovery", "email")  # but what staff signed in with


def test_caller_is_verified_with_another_method(ana: Person, root: Person, uninstall: Uninstall, clock: Clock) -> None:
    """Seen failing: status 500."""
    Enrolment.objects.filter(user=ana.user).update(confirmed_at=clock.now - timedelta(days=8))
    path = f"/admin/accounts/user/{ana.user.pk}/caller/"
    root.browser.send(path, caller_method=ana.enrolment("text").ref)
    check = CallerCheck.objects.get()
    uninstall(*EVERYTHING)

    pages = [root.browser.go(f"{path}{check.ref}/"), root.browser.send(f"{path}{check.ref}/", code="123456")]

    assert [page.status for page in pages] == [200, 200]
    assert not CallerCheck.objects.exclude(passed_at=None).exists()
    assert root.browser.send(path, caller_method=ana.enrolment("text").ref).status == 200


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("clear_settings", {}),
        ("phone_lost", {}),
        ("reset_device", {"ref": "the text's"}),
        ("try_message", {"ref": "the text's"}),
        ("issue_pass", {"length": "8", "life": "60", "once": "on"}),
        ("assign_token", {"serial": "S1"}),
        ("take_token_back", {"token_ref": "the token's"}),
        ("resync_token", {"token_ref": "the token's", "first": "123456", "second": "654321"}),
    ],
)
def test_action_on_methods_that_are_gone_is_answered(
    ana: Person, root: Person, uninstall: Uninstall, clock: Clock, no_check: None, action: str, fields: dict[str, str]
) -> None:
    """Seen failing: status 500."""
    context = Context(now=clock.now)
    holder = None if action == "assign_token" else ana.user
    _kind, token = hardware_token_stock.bring_in(Seed(serial="S1", secret=bytes(20)), holder, context, actor_id=None)
    assert token
    refs = {"the text's": ana.enrolment("text").ref, "the token's": token.ref}
    path, sent = address_of_action(ana, action), {name: refs.get(value, value) for name, value in fields.items()}
    root.browser.go(path)
    uninstall(*EVERYTHING)

    opened = root.browser.go(path)
    given = next((form.fields for form in opened.forms if "form_ref" in form.fields), {})

    assert opened.status == 200
    assert root.browser.send(path, **(given | WHY | sent)).status == 200


@pytest.mark.parametrize("path", ["export/", "record/export/", "reports/methods/export/"])
def test_export_names_what_is_gone(ana: Person, root: Person, uninstall: Uninstall, path: str) -> None:
    ana.give_password()
    uninstall(*EVERYTHING)

    assert root.browser.save(f"/admin/accounts/user/{path}", reason=A_REASON).status == 200


def test_tasks_run(ana: Person, uninstall: Uninstall) -> None:
    ana.give_password()
    uninstall(*EVERYTHING)

    work()
    for task in (tasks_of_engine.housekeeping, tasks_of_engine.evaluate_deliveries, tasks_of_engine.purge):
        task()
    tasks_of_accounts.purge()

    assert not Message.objects.filter(state=MessageState.QUEUED).exists()
