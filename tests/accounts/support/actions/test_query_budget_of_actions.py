"""Tests of a support action's query budget: policy and caller verification are each read once in a request."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.support import caller_verification
from tests.simulated.people import Person
from tests.simulated.support_desk import WHY
from verification import policies
from verification.context import Context
from verification.models import Policy

pytestmark = pytest.mark.usefixtures("switches_known")  # as in a running process
# As on PostgreSQL, which locks row by row what it deletes; on SQLite clearing takes 39.
BUDGETS = {"unlock": 27, "forget_browsers": 24, "end_sessions": 28, "clear_settings": 51}
_NEED_A_SESSION = {"forget_browsers", "end_sessions"}  # else they would find nothing to change
_FRAME = {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK"}


def statements(run: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        run()
    return [query["sql"] for query in captured if query["sql"].split()[0] not in _FRAME]


def confirm(staff: Person, person: Person, name: str) -> list[str]:
    """Confirm an action on its page, and return the SQL statements of the confirmation."""
    path = f"/admin/accounts/user/{person.user.pk}/do/{name}/"
    page = staff.browser.go(path)
    hidden = dict(re.findall(r'name="(seen|form_ref|csrfmiddlewaretoken)"\s+value="([^"]*)"', page.html))
    found = []

    def post() -> None:
        found.append(staff.browser.client.post(path, WHY | hidden))

    sent = statements(post)
    assert found[0].status_code == 302
    return sent


@pytest.mark.parametrize("name", BUDGETS)
def test_confirmation_reads_policy_and_caller_check_once(
    ana: Person, root: Person, context: Context, name: str
) -> None:
    """Policy was read four times and the caller check three times before actions were authorised once."""
    group = Group.objects.create(name="Lab")
    ana.user.groups.add(group)
    Policy.objects.create(group=group, rank=1, caller_check=True)
    caller_verification.vouch(root.user, ana.user, "the number in the personnel file", context)
    root.sign_in(to="/admin/")
    if name in _NEED_A_SESSION:
        ana.sign_in(remember="on")
    policies.forget()
    assert policies.rules_for(ana.user.pk).caller_check  # reads the new policy

    found = confirm(root, ana, name)

    assert sum("accounts_callercheck" in sql for sql in found) == 1
    assert (
        sum('FROM "accounts_user_groups"' in sql and '"accounts_user_groups"."user_id" IN' in sql for sql in found) == 1
    )
    assert len(found) <= BUDGETS[name], "\n".join(sql[:160] for sql in found)
