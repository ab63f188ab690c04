"""Tests of erasing a person while they sign in."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import (
    User,
)
from accounts.sessions import session_assurance
from accounts.signin import completing_sign_in
from accounts.support.actions import ActionState, erasure
from tests.accounts.support.actions.erased_people import MAIL, NAME, NUMBER, actor, arrive, order, traces
from tests.infrastructure.concurrency import together
from tests.simulated.people import PASSWORD, Person, hire
from tests.simulated.support_desk import perform
from verification import challenges, policies
from verification.context import Context
from verification.db import row_locks
from verification.models import Message, Policy, Purpose
from verification.outcomes import Verdict


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stage", ["the password", "the code"])
def test_sign_in_beside_an_erasure_ends_in_words_and_leaves_nothing(stage: str) -> None:
    """Whichever comes first."""
    with transaction.atomic():
        fay = hire("fay", "Administrators")
        Policy.objects.create(second_person=["issue_pass"], caller_check=False)
    for _ in range(8):
        with transaction.atomic():
            zora = arrive()
        if stage == "the code":
            zora.give_password()
            zora.choose("Authenticator app")
        code = zora.read_app()
        context = Context(now=timezone.now(), network="192.0.2.9")

        def sign_in(zora: Person = zora, code: str = code) -> int:
            page = zora.verify(code) if stage == "the code" else zora.give_password()
            return page.status

        def erase(zora: Person = zora, context: Context = context) -> ActionState:
            return perform(order(fay, zora), context).state

        found = together(sign_in, erase)

        assert not [each for each in found if isinstance(each, Exception)]
        assert ActionState.DONE in found
        assert max(each for each in found if isinstance(each, int)) < 500
        assert not User.objects.filter(username=NAME).exists()
        assert traces(NAME, MAIL, NUMBER) == []


@pytest.mark.django_db(transaction=True)
def test_erasure_lets_a_sign_in_finish_that_holds_rows_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing on PostgreSQL with an erasure that locked the person first and then waited: a deadlock."""
    with transaction.atomic():
        fay, zora = hire("fay", "Administrators"), arrive()
        Policy.objects.create(second_person=["issue_pass"], caller_check=False)
    zora.give_password()
    zora.choose("Authenticator app")
    code, usual, usual_pause = zora.read_app(), session_assurance.keep, row_locks._let_others_finish
    is_counted, is_met = threading.Event(), threading.Event()

    def hold_and_wait(*args: Any, **kwargs: Any) -> Any:
        result = usual(*args, **kwargs)
        is_counted.set()
        is_met.wait(2 if connection.features.has_select_for_update else 0.2)
        return result

    def meet() -> None:
        is_met.set()
        usual_pause()

    def erase() -> ActionState:
        is_counted.wait(30)
        return perform(order(fay, zora), Context(now=timezone.now(), network="192.0.2.9")).state

    monkeypatch.setattr(session_assurance, "keep", hold_and_wait)
    monkeypatch.setattr(row_locks, "_let_others_finish", meet)
    found = together(lambda: zora.verify(code).status, erase)

    assert not [each for each in found if isinstance(each, Exception)]
    assert ActionState.DONE in found
    assert traces(NAME, MAIL, NUMBER) == []


MOMENTS: dict[str, tuple[Any, str]] = {
    "before the challenge": (challenges, "start"),
    "before the answer": (challenges, "answer"),
    "before the session": (completing_sign_in, "finish"),
    "within the session": (session_assurance, "keep"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", MOMENTS)
def test_sign_in_within_which_the_person_is_erased_ends_in_words(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing without the middleware: the page was a server error.

    Within the transaction that signs someone in, the erasure has to wait for it: there it comes from elsewhere.
    """
    with transaction.atomic():
        fay, zora = hire("fay", "Administrators"), arrive()
    if moment != "before the challenge":
        zora.give_password()
        zora.choose("Authenticator app")
    code, (module, name) = zora.read_app(), MOMENTS[moment]
    usual = getattr(module, name)

    def erase() -> None:
        erasure.erase(zora.user, actor(fay, Context(now=timezone.now())))
        connections.close_all()

    elsewhere = threading.Thread(target=erase)

    def erase_first(*args: Any, **kwargs: Any) -> Any:
        if connection.in_atomic_block:
            elsewhere.start()
        elif User.objects.filter(pk=zora.user.pk).exists():
            erasure.erase(zora.user, actor(fay, Context(now=timezone.now())))
        return usual(*args, **kwargs)

    monkeypatch.setattr(module, name, erase_first)
    page = zora.give_password() if moment == "before the challenge" else zora.verify(code)
    if elsewhere.ident is not None:
        elsewhere.join()

    assert page.status < 500
    assert traces(NAME, MAIL, NUMBER) == []
    assert zora.browser.go("/methods/").path == "/sign-in/"


@pytest.mark.django_db(transaction=True)
def test_challenge_that_comes_too_late_is_refused() -> None:
    """The account is read, then erased, then asked: no row of it is written."""
    with transaction.atomic():
        fay, zora = hire("fay", "Administrators"), arrive()
    context, enrolment = Context(now=timezone.now()), zora.enrolment("text")
    rules, stale = policies.rules_for(zora.user.pk), User.objects.get(pk=zora.user.pk)
    erasure.erase(zora.user, actor(fay, context))

    outcome = challenges.start(
        enrolment, user=stale, purpose=Purpose.SIGN_IN, binding="b", context=context, rules=rules
    )

    assert outcome.verdict is Verdict.GONE
    assert not Message.objects.exists()
    assert traces(NAME, MAIL, NUMBER) == []


@pytest.mark.django_db(transaction=True)
def test_signed_in_browser_of_an_erased_person_is_out() -> None:
    with transaction.atomic():
        fay, zora = hire("fay", "Administrators"), arrive()
    zora.sign_in()
    erasure.erase(zora.user, actor(fay, Context(now=timezone.now())))

    assert zora.browser.go("/methods/").path == "/sign-in/"
    assert zora.give_password().status == 200
    assert PASSWORD not in zora.page.html
    assert not Group.objects.filter(name=NAME).exists()
