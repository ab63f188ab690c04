"""Tests of the case page: what the person would see, what blocks them, what staff can do, and what to try first."""

from datetime import datetime, timedelta

import pytest

from accounts import activity_lines_from_audit_events, app_passwords
from accounts.models import User
from accounts.support import caller_verification, case
from accounts.support.actions import Actor, blocks_and_bypasses
from accounts.support.actions.blocks_and_bypasses import FOREVER
from accounts.support.actions.registry import ACTIONS
from accounts.support.case import case_page_contents, sign_in_attempts
from tests.simulated.people import Person
from verification import browsers, conf, limits, outcomes, policies, time_format
from verification.context import Context
from verification.models import Enrolment, Failure, Message, MessageState
from verification.policies import Decision, DecisionReason, SignInStep


def decision(step: SignInStep, reason: DecisionReason) -> Decision:
    return Decision(step=step, reason=reason, rules=policies.Rules())


@pytest.mark.parametrize("reason", list(DecisionReason))
def test_every_reason_is_said_in_words(reason: DecisionReason) -> None:
    for step in SignInStep:
        assert case.expected(decision(step, reason)).endswith(".")


def test_reasons_that_refuse_differ_from_those_that_let_in() -> None:
    refused = {
        case.expected(decision(SignInStep.DENY, why))
        for why in (DecisionReason.BLOCKED, DecisionReason.LOCKED, DecisionReason.ALL_OFF)
    }
    let_in = {
        case.expected(decision(SignInStep.ALLOW, why)) for why in (DecisionReason.NOT_REQUIRED, DecisionReason.BYPASSED)
    }

    assert len(refused | let_in) == 5


def of(person: Person, staff: Person, context: Context) -> case.Case:
    return case.of(User.objects.get(pk=person.user.pk), staff.user, context)


@pytest.mark.parametrize(
    ("until", "is_blocked"),
    [(None, False), (timedelta(0), False), (timedelta(minutes=1), True), (timedelta(days=90), True), ("ever", True)],
)
def test_says_that_a_person_is_blocked(
    ana: Person, dora: Person, context: Context, until: timedelta | str | None, *, is_blocked: bool
) -> None:
    ends: datetime | None = (
        FOREVER if until == "ever" else context.now + until if isinstance(until, timedelta) else None
    )
    User.objects.filter(pk=ana.user.pk).update(blocked_until=ends, blocked_reason="stolen laptop")

    found = of(ana, dora, context).status

    assert ("stolen laptop" in found.text) is is_blocked
    assert (found.kind == "bad") is is_blocked


@pytest.mark.parametrize("wait", [timedelta(minutes=5, seconds=1), timedelta(days=1)])
def test_says_the_same_end_of_a_lock_as_the_sign_in(
    ana: Person, dora: Person, context: Context, wait: timedelta
) -> None:
    """Seen failing: staff read a minute less than the person, and no day."""
    ends = context.now + wait
    for each in ana.user.enrolments.all():
        Failure.objects.create(user=ana.user, method=each.method, next_at=ends, consecutive=9)
    said = outcomes.end_words(ends, context.now)

    found = of(ana, dora, context)

    assert said in found.status.label
    assert said in found.expected
    assert all(said in method.note for method in found.methods)
    assert all(said in line for line in found.locks)
    assert len(found.locks) == len(found.methods)


def test_says_that_texts_are_stopped_and_unlock_ends_it(ana: Person, dora: Person, context: Context) -> None:
    """Seen failing: the case promised a text, and offered nothing, while the sign-in sent none for half an hour."""
    for _ in range(conf.unanswered_texts()):
        limits.spend_prompt(ana.user.pk, "text", now=context.now)
    found = of(ana, dora, context)
    assert [
        line for line in found.locks if outcomes.end_words(context.now + conf.unanswered_wait(), context.now) in line
    ]
    assert "unlock" in {button.action.name for button in found.offers.buttons}

    blocks_and_bypasses.unlock(ana.user, Actor(staff=dora.user, context=context, reason="a test", ticket="T-1"))

    assert not of(ana, dora, context).locks
    assert limits.spend_prompt(ana.user.pk, "text", now=context.now).is_open


def test_texts_that_never_arrived_are_not_stopped(ana: Person, dora: Person, context: Context) -> None:
    for _ in range(conf.unanswered_texts()):
        limits.spend_prompt(ana.user.pk, "text", now=context.now)
        ana.give_password()
    Message.objects.update(state=MessageState.FAILED, created_at=context.now)

    assert not of(ana, dora, context).locks


def test_offers_the_actions_of_the_role_and_no_others(ana: Person, dora: Person, context: Context) -> None:
    offers = of(ana, dora, context).offers
    found = {button.action.name for button in offers.buttons} | {action.name for action in offers.idle}

    assert found == {name for name, each in ACTIONS.items() if dora.user.has_perm(f"accounts.{each.permission}")}
    assert "unlock" in found
    assert "erase" not in found


def test_offers_only_what_has_something_to_do(ana: Person, root: Person, context: Context) -> None:
    def offered() -> set[str]:
        return {button.action.name for button in of(ana, root, context).offers.buttons}

    assert offered() & {"unblock", "unlock", "delete_app_passwords", "end_sessions", "forget_browsers"} == set()

    User.objects.filter(pk=ana.user.pk).update(blocked_until=FOREVER)
    app_passwords.issue(ana.user, context, name="laptop", program="mail")
    browsers.remember(ana.user, context, days=7)

    assert offered() >= {"unblock", "delete_app_passwords", "forget_browsers"}


def test_own_account_offers_nothing_and_says_why_once(root: Person, context: Context) -> None:
    found = of(root, root, context).offers

    assert (found.buttons, found.idle) == ((), ())
    assert len(found.other_refusals) == 1
    assert not found.needs_caller


def test_actions_are_grouped_by_topic(ana: Person, root: Person, context: Context) -> None:
    topics = [group.topic for group in of(ana, root, context).offers.groups]

    assert len(topics) == len(set(topics)) > 1


def test_says_what_is_unavailable_until_the_caller_is_verified(ana: Person, dora: Person, context: Context) -> None:
    buttons = of(ana, dora, context).offers.buttons
    unavailable = {button.action.name for button in buttons if button.unavailable_reason}
    assert unavailable == {button.action.name for button in buttons if button.action.requires_caller_check}
    assert of(ana, dora, context).offers.needs_caller

    check = caller_verification.vouch(dora.user, ana.user, "the number on file", context)
    found = of(ana, dora, context)

    assert not any(button.unavailable_reason for button in found.offers.buttons)
    assert not found.offers.needs_caller
    assert (found.proof, found.proof_ends_at) == (check, context.now + caller_verification.CHECK_LIFE)


@pytest.mark.parametrize(
    ("trouble", "helps"),
    [
        ({"blocked_until": FOREVER}, "unblock"),
        ({"second_step_locked_at": datetime.fromisoformat("2026-03-01T00:00Z")}, "unlock"),
        ({}, None),
    ],
)
def test_suggests_what_helps_first(
    ana: Person, root: Person, context: Context, trouble: dict[str, object], helps: str | None
) -> None:
    User.objects.filter(pk=ana.user.pk).update(**trouble)

    found = of(ana, root, context).suggestion

    assert (found.button.action.name if found and found.button else None) == helps


def test_suggests_a_pass_to_one_who_lost_every_method(ana: Person, root: Person, context: Context) -> None:
    User.objects.filter(pk=ana.user.pk).update(last_login=context.now)
    Enrolment.objects.filter(user=ana.user).delete()

    found = of(ana, root, context).suggestion

    assert found
    assert found.button
    assert found.button.action.name == "issue_pass"


def test_history_names_who_did_what_and_why(ana: Person, sam: Person, context: Context) -> None:
    blocks_and_bypasses.unlock(
        ana.user, Actor(staff=sam.user, context=context, reason="asked by phone", ticket="INC-1")
    )

    (line,) = of(ana, sam, context).history

    assert (line.staff, line.reason, line.ticket) == ("sam", "asked by phone", "INC-1")


def test_history_says_where_the_number_for_a_call_back_was_found(ana: Person, dora: Person, context: Context) -> None:
    caller_verification.vouch(dora.user, ana.user, "the number on file", context)

    assert of(ana, dora, context).history[0].reason == "the number on file"


def test_promises_no_page_that_switches_an_account_on(ana: Person, dora: Person, context: Context) -> None:
    """No action does it: a directory does for its people, and operators do in the database."""
    User.objects.filter(pk=ana.user.pk).update(is_active=False)

    found = of(ana, dora, context).status

    assert (found.kind, found.label) == ("bad", "Switched off")
    assert "database" in found.text
    assert not any(action.name.startswith("switch_on") for action in ACTIONS.values())


def test_status_is_active_unless_something_is_wrong(ana: Person, dora: Person, context: Context) -> None:
    assert of(ana, dora, context).status.kind == "good"

    User.objects.filter(pk=ana.user.pk).update(second_step="disabled")
    assert of(ana, dora, context).status.kind == "warn"

    User.objects.filter(pk=ana.user.pk).update(second_step="enabled", second_step_locked_at=context.now)
    assert of(ana, dora, context).status.kind == "bad"


def test_status_says_who_blocked_and_since_when(ana: Person, sam: Person, dora: Person, context: Context) -> None:
    blocks_and_bypasses.block(
        ana.user, Actor(staff=sam.user, context=context, reason="stolen laptop", ticket="1"), days=None
    )

    text = of(ana, dora, context).status.text

    assert "sam" in text
    assert time_format.moment(context.now) in text


def test_status_says_whether_support_or_a_fraud_report_locked(
    ana: Person, ben: Person, sam: Person, dora: Person, context: Context
) -> None:
    locked = Actor(staff=sam.user, context=context, reason="stolen laptop", ticket="1")
    blocks_and_bypasses.lock(ana.user, locked)
    User.objects.filter(pk=ben.user.pk).update(second_step_locked_at=context.now)

    of_support, of_fraud = of(ana, dora, context).status, of(ben, dora, context).status

    assert (of_support.kind, of_fraud.kind) == ("bad", "bad")
    assert "stolen laptop" in of_support.text
    assert "sam" in of_support.text
    assert "sam" not in of_fraud.text


def test_status_says_when_the_only_method_works_again(cleo: Person, dora: Person, context: Context) -> None:
    cleo.give_password()
    for _ in range(5):
        cleo.verify("000000")

    found = of(cleo, dora, context)

    assert found.status.kind == "bad"
    ends = outcomes.end_words(context.now + timedelta(minutes=1), context.now)
    assert ends in found.status.label
    assert ends in found.expected
    assert found.suggestion
    assert found.suggestion.button
    assert found.suggestion.button.action.name == "unlock"


def entry(
    minute: int, *, title: str = "Wrong", kind: str = "warn", network: str = "192.0.2.7"
) -> activity_lines_from_audit_events.ActivityEntry:
    at = datetime.fromisoformat(f"2026-03-02T08:{minute:02}Z")
    return activity_lines_from_audit_events.ActivityEntry(
        minute, "", at, "bad", title, "", "Firefox", network, kind, is_mine_to_deny=False
    )


def test_equal_failures_in_a_row_are_one_line() -> None:
    found = sign_in_attempts.grouped([entry(9), entry(8), entry(5), entry(4, network="198.51.100.1"), entry(3)])

    assert [each.n for each in found] == [3, 1, 1]
    assert (found[0].last.at.minute, found[0].first_at.minute) == (9, 5)
    assert time_format.short_moment(found[0].first_at, bare=True) in found[0].when
    assert found[0].when.endswith(time_format.clock(found[0].last.at))


def test_successes_are_lines_of_their_own() -> None:
    assert [each.n for each in sign_in_attempts.grouped([entry(9, kind="good"), entry(8, kind="good")])] == [1, 1]


def test_long_lists_are_folded_and_searched(ana: Person, dora: Person, context: Context) -> None:
    for n in range(12):
        app_passwords.issue(ana.user, context, name=f"laptop {n}", program="mail")

    def listed(**search: str) -> case_page_contents.ActiveAccess:
        found = case.of(User.objects.get(pk=ana.user.pk), dora.user, context, **search)
        return next(each for each in found.active_access if each.key == "app-passwords")

    assert (listed().n, len(listed().first), len(listed().rest)) == (12, 5, 7)
    assert listed().is_long
    assert [item.name for item in listed(find="Laptop 11", find_in="app-passwords").items] == ["laptop 11 (mail)"]
    assert listed(find="laptop 11", find_in="browsers").items == listed().items


def test_names_a_colleague_who_is_helping_them(ana: Person, dora: Person, sam: Person, context: Context) -> None:
    caller_verification.vouch(sam.user, ana.user, "the number on file", context)

    assert of(ana, dora, context).colleague == "sam"
    assert of(ana, sam, context).colleague == ""
    later = Context(now=context.now + timedelta(minutes=16))
    assert of(ana, dora, later).colleague == ""
