"""Tests of which staff can do what: each rank of staff, each rank of person, each action."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import CallerCheck, SupportRequest, User
from accounts.support import caller_verification
from accounts.support.actions import (
    ActionState,
    Actor,
    blocks_and_bypasses,
    erasure,
    execution,
    ranks,
    role_assignment,
    second_person_approvals,
    temporary_access_passes,
)
from accounts.support.actions.execution import ActionRequest
from accounts.support.actions.ranks import Rank
from accounts.support.actions.registry import ACTIONS
from tests.simulated.people import Person, hire, join
from tests.simulated.support_desk import perform
from verification import enrolments
from verification.context import Context
from verification.models import AuditEvent, Enrolment

ROLES = {"desk": "Support desk", "senior": "Senior support", "administrator": "Administrators"}

# Down: who acts. Across: the person.
RANKS = {
    "desk": {"desk": "equal", "senior": "above", "administrator": "above", "root": "above"},
    "senior": {"desk": "below", "senior": "equal", "administrator": "above", "root": "above"},
    "administrator": {"desk": "below", "senior": "below", "administrator": "equal", "root": "above"},
    "root": {"desk": "below", "senior": "below", "administrator": "below", "root": "equal"},
}

OPENING = {
    "clear_settings",
    "phone_lost",
    "reset_device",
    "issue_pass",
    "bypass_once",
    "unlock",
    "reset_wrong_codes",
    "unblock",
    "set_state",
}
ENDING = {
    "delete_app_passwords",
    "forget_browsers",
    "end_sessions",
    "lock",
    "block",
    "require_password",
    "give_roles",
    "take_token_back",
}
HARMLESS = {"try_message", "assign_token", "resync_token", "invite"}
ERASING = {"erase"}

# What each action is for people of a rank: done by one alone, left to a second person, or refused.
WANTED = {
    "person": {"opening": "alone", "ending": "alone", "harmless": "alone", "erasing": "second"},
    "below": {"opening": "second", "ending": "alone", "harmless": "alone", "erasing": "second"},
    "equal": {"opening": "second", "ending": "second", "harmless": "alone", "erasing": "refused"},
    "above": {"opening": "refused", "ending": "refused", "harmless": "refused", "erasing": "refused"},
    "self": {"opening": "refused", "ending": "refused", "harmless": "refused", "erasing": "refused"},
}

OPTIONS: dict[str, dict[str, object]] = {
    "clear_settings": {"app_passwords_too": True},
    "issue_pass": {"length": 8, "life": 60, "once": True, "starts_at": ""},
    "bypass_once": {"seconds": 300},
    "block": {"days": 90},
    "set_state": {"state": "enforced"},
    "give_roles": {"roles": []},
    "assign_token": {"serial": "none"},
    "resync_token": {"token_ref": "none", "first": "1", "second": "2"},
    "take_token_back": {"token_ref": "none", "is_worn": False},
}


def make(rank: str, name: str) -> Person:
    """Create a person of a rank, with an app and a phone number."""
    if rank in ROLES:
        person = hire(name, ROLES[rank])
        person.phone.number = "+41795550123"
        return person.set_up("text")
    flags = {"is_staff": True, "is_superuser": True} if rank == "root" else {}
    return join(name, number="+41795550123", **flags).set_up("text", "totp")


def order(name: str, staff: User, person: Person) -> ActionRequest:
    """Return an action request as the action's form builds it."""
    needs_ref = name in {"reset_device", "try_message"}
    options = {"ref": person.enrolment("text").ref} if needs_ref else OPTIONS.get(name, {})
    return ActionRequest(
        action=ACTIONS[name],
        staff=staff,
        person=person.user,
        reason="asked",
        ticket="1",
        options=options,
        form_ref=execution.new_form_ref(),
    )


@contextmanager
def undone() -> Iterator[None]:
    """Roll back everything done inside the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _group(name: str) -> str:
    groups = {"opening": OPENING, "ending": ENDING, "harmless": HARMLESS, "erasing": ERASING}
    return next(group for group, names in groups.items() if name in names)


def _became(state: ActionState) -> str:
    return {ActionState.ASKED: "second", ActionState.REFUSED: "refused"}.get(state, "alone")


def test_every_action_is_in_the_table() -> None:
    assert set(ACTIONS) == OPENING | ENDING | HARMLESS | ERASING


@pytest.mark.parametrize("target", ["person", "desk", "senior", "administrator", "root", "self"])
@pytest.mark.parametrize("actor", list(RANKS))
def test_table_of_who_may_do_what_to_whom(actor: str, target: str, context: Context, no_check: None) -> None:
    """Seen failing with the rule of staff taken out: a desk member gave an equal a pass."""
    staff = make(actor, "acts")
    person = staff if target == "self" else make(target, "asks")
    rank = RANKS[actor].get(target, target)
    wanted, found = {}, {}
    for name, action in ACTIONS.items():
        may = staff.user.has_perm(f"accounts.{action.permission}")
        wanted[name] = WANTED[rank][_group(name)] if may else "refused"
        with undone():
            found[name] = _became(perform(order(name, staff.user, person), context).state)

    assert ranks.rank(person.user, staff.user) is Rank(rank)
    assert found == wanted


def test_rights_of_an_account_that_is_off_still_count(sam: Person, context: Context) -> None:
    fay = hire("fay", "Administrators")
    User.objects.filter(pk=fay.user.pk).update(is_active=False)

    assert ranks.rank(User.objects.get(pk=fay.user.pk), sam.user) is Rank.ABOVE


# The second person ----------------------------------------------------------------------------------------------


def request_approval(staff: Person, person: Person, context: Context, name: str = "issue_pass") -> SupportRequest:
    """Request an action that a second person must approve."""
    assert perform(order(name, staff.user, person), context).state is ActionState.ASKED
    return SupportRequest.objects.get()


def test_second_person_is_not_below_the_first_nor_the_person_themselves(
    root: Person, context: Context, no_check: None
) -> None:
    fay, finn, sam = hire("fay", "Administrators"), hire("finn", "Administrators"), hire("sam", "Senior support")
    request = request_approval(root, fay, context)

    answers = {
        p.user.username: second_person_approvals.decide(request, User.objects.get(pk=p.user.pk), context, agrees=True)
        for p in (root, fay, sam, finn)
    }

    assert answers == {"root": False, "fay": False, "sam": False, "finn": True}


@pytest.mark.parametrize("what", ["nothing", "blocked", "locked", "off", "role ended", "erased"])
def test_word_of_a_second_person_who_may_no_more_counts_for_nothing(
    what: str, dora: Person, sam: Person, root: Person, context: Context, no_check: None
) -> None:
    """Seen: an action that a stolen senior support account had approved ran after that account was blocked."""
    finn = hire("finn", "Senior support")
    request = request_approval(sam, dora, context, "phone_lost")
    assert second_person_approvals.decide(request, finn.user, context, agrees=True)
    ours = Actor(staff=root.user, context=context, reason="stolen", ticket="1")
    changes: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "blocked": lambda: blocks_and_bypasses.block(finn.user, ours),
        "locked": lambda: User.objects.filter(pk=finn.user.pk).update(second_step_locked_at=context.now),
        "off": lambda: User.objects.filter(pk=finn.user.pk).update(is_active=False),
        "role ended": lambda: role_assignment.give_roles(finn.user, ours, roles=["Support desk"]),
        "erased": lambda: erasure.erase(finn.user, ours),
    }
    changes[what]()

    answer = execution.collect(SupportRequest.objects.get(), order("phone_lost", sam.user, dora), context)

    assert answer.state is (ActionState.DONE if what == "nothing" else ActionState.UNNEEDED)
    assert Enrolment.objects.filter(user=dora.user).exists() is (what != "nothing")


def vouch(staff: Person, person: Person, context: Context) -> CallerCheck:
    return caller_verification.vouch(staff.user, person.user, "the number in the personnel file", context)


def test_who_vouched_for_a_colleague_can_neither_ask_nor_agree(db: None, context: Context) -> None:
    """Seen failing when every call back counted for the person who called back."""
    ana, ben, cas, dan = (hire(name, "Senior support") for name in ("ana", "ben", "cas", "dan"))
    vouch(ben, ana, context)

    alone = perform(order("issue_pass", ben.user, ana), context)
    request = request_approval(cas, ana, context)

    assert alone.state is ActionState.REFUSED
    assert AuditEvent.objects.get(kind="support.refused").detail["why"] == "no_caller"
    assert not second_person_approvals.decide(request, ben.user, context, agrees=True)
    assert second_person_approvals.decide(request, dan.user, context, agrees=True)


def test_call_back_counts_for_the_caller_if_the_person_is_not_staff(ana: Person, sam: Person, context: Context) -> None:
    vouch(sam, ana, context)

    assert perform(order("issue_pass", sam.user, ana), context).state is ActionState.DONE


def test_code_that_a_colleague_read_out_counts_for_the_member_of_staff_who_asked(
    dora: Person, sam: Person, context: Context
) -> None:
    Enrolment.objects.update(confirmed_at=timezone.now() - timedelta(days=30))
    check = caller_verification.begin(sam.user, dora.user, dora.enrolment("totp").ref, context)
    assert isinstance(check, CallerCheck)
    caller_verification.answer(check, dora.read_app(), context)

    assert perform(order("issue_pass", sam.user, dora), context).state is ActionState.ASKED


def test_request_ends_when_the_person_gets_a_role(ana: Person, sam: Person, root: Person, context: Context) -> None:
    """A request is valid only for the rank that the person had at the time."""
    User.objects.filter(pk=ana.user.pk).update(epoch=5)
    ana.user.refresh_from_db()
    actor = Actor(staff=sam.user, context=context, reason="asked", ticket="1")
    request = second_person_approvals.ask("issue_pass", actor, ana.user, OPTIONS["issue_pass"])
    assert request is not None
    second_person_approvals.decide(request, root.user, context, agrees=True)
    role_assignment.give_roles(
        ana.user, Actor(staff=root.user, context=context, reason="asked", ticket="1"), roles=["Support desk"]
    )

    assert not second_person_approvals.take(SupportRequest.objects.get(), sam.user, context)


def test_pass_does_not_outlive_becoming_staff(ana: Person, root: Person, context: Context) -> None:
    """Otherwise one person alone could remove the roles, issue a pass and give the roles back."""
    actor = Actor(staff=root.user, context=context, reason="asked", ticket="1")
    new = enrolments.new_pass(ana.user, {})
    temporary_access_passes.issue_pass(ana.user, actor, new=new, life=timedelta(hours=1))

    role_assignment.give_roles(ana.user, actor, roles=["Support desk"])

    assert not Enrolment.objects.filter(user=ana.user, method="access_pass").exists()


# A check belongs to one person, one of the staff, one call ------------------------------------------------------


def begin_caller_check(staff: Person, person: Person, context: Context) -> CallerCheck:
    Enrolment.objects.update(confirmed_at=timezone.now() - timedelta(days=30))
    found = caller_verification.begin(staff.user, person.user, person.enrolment("totp").ref, context)
    assert isinstance(found, CallerCheck)
    return found


CASES: dict[str, Callable[[CallerCheck, Person, Person, Person], tuple[User, User]]] = {
    "their own": lambda check, dora, sam, ben: (dora.user, check.person),
    "another person's address": lambda check, dora, sam, ben: (dora.user, ben.user),
    "another of the staff": lambda check, dora, sam, ben: (sam.user, check.person),
}


@pytest.mark.parametrize("case", CASES)
def test_check_is_found_only_by_the_member_of_staff_who_began_it_and_for_that_person(
    case: str, ana: Person, ben: Person, dora: Person, sam: Person, context: Context
) -> None:
    check = begin_caller_check(dora, ana, context)

    staff, person = CASES[case](check, dora, sam, ben)

    assert (caller_verification.begun(staff, person, check.ref, now=context.now) is not None) is (case == "their own")


def test_check_ends_with_the_time_that_a_proof_counts(ana: Person, dora: Person, context: Context) -> None:
    check = begin_caller_check(dora, ana, context)

    assert caller_verification.begun(dora.user, ana.user, check.ref, now=context.now + timedelta(minutes=16)) is None
