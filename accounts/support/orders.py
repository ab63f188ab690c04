"""Takes what staff want done for a person: the right, the quota, a second person; then the deed. Refusals are kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import SupportRequest, User
from accounts.support import caller, requests, rights
from accounts.support.actions import Deed, Unneeded
from accounts.support.menu import Action
from accounts.support.rights import Bounds, Refusal, Wish
from verification import audit, limits, policies
from verification.facts import Facts


class State(StrEnum):
    """What became of an order."""

    DONE = "done"
    REFUSED = "refused"
    UNNEEDED = "unneeded"
    ASKED = "asked"


@dataclass(frozen=True)
class Answer:
    """What became of an order, in words. `secret` is shown once."""

    state: State
    words: str
    secret: str = ""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A deed that one of the staff wants for a person. Shape: `options` as the deed's form gives them."""

    action: Action
    staff: User
    person: User
    reason: str
    ticket: str
    options: Mapping[str, Any]


def bounds(staff: User, person: User, facts: Facts) -> Bounds:
    """Read what bounds one of the staff in helping this person now."""
    rules = policies.rules_for(person.pk)
    is_verified = caller.proof(staff, person, now=facts.now) is not None
    return rights.bounds(staff, person, rules=rules, is_caller_verified=is_verified)


def bounds_of_many(staff: User, people: Collection[User], facts: Facts) -> dict[int, Bounds]:
    """Read what bounds one of the staff in helping each of many whom they see: few statements for all of them."""
    rules = policies.rules_of_many([person.pk for person in people])
    verified = caller.verified(staff, people, now=facts.now)
    return {
        person.pk: rights.bounds_of_seen(
            staff, person, rules=rules[person.pk], is_caller_verified=person.pk in verified
        )
        for person in people
    }


def closed(wish: Wish, staff: User, person: User, facts: Facts) -> Refusal | None:
    """Tell why a deed is closed to one of the staff now; none if it is open. Reads only."""
    return bounds(staff, person, facts).refusal(wish)


def wants_second(action: Action, person: User) -> bool:
    """Tell whether policy wants a second one of the staff to agree to a deed for this person."""
    return action.name in policies.rules_for(person.pk).second_person


def place(order: Order, facts: Facts) -> Answer:
    """Do what was ordered, or leave it for a second person where policy says so, or say why not."""
    refusal = closed(order.action.wish, order.staff, order.person, facts) or _over_quota(order.staff, facts)
    if refusal:
        return _refuse(order, refusal, facts)
    if wants_second(order.action, order.person):
        proof = caller.proof(order.staff, order.person, now=facts.now)
        requests.ask(order.action.name, _deed(order, facts, proof.label if proof else ""), order.person, order.options)
        return Answer(State.ASKED, _("A second person must agree. It waits under Requests."))
    proof = caller.proof(order.staff, order.person, now=facts.now)
    return _do(order, _deed(order, facts, proof.label if proof else ""))


def collect(request: SupportRequest, order: Order, facts: Facts) -> Answer:
    """Do what a second person agreed to: once, by whoever asked, as it was asked."""
    rules, is_verified = policies.rules_for(order.person.pk), bool(request.caller_checked)
    here = rights.bounds(order.staff, order.person, rules=rules, is_caller_verified=is_verified)
    refusal = here.refusal(order.action.wish)
    if refusal:
        return _refuse(order, refusal, facts)
    if not requests.take(request, order.staff, facts):
        return Answer(State.UNNEEDED, _("This was done already, or took too long. Ask anew."))
    approver = request.decided_by.get_username() if request.decided_by else ""
    return _do(order, _deed(order, facts, request.caller_checked, approver))


def _deed(order: Order, facts: Facts, verified_by: str, approver: str = "") -> Deed:
    return Deed(
        staff=order.staff,
        facts=facts,
        reason=order.reason,
        ticket=order.ticket,
        caller=verified_by,
        approver=approver,
    )


def _do(order: Order, deed: Deed) -> Answer:
    try:
        done = order.action.run(order.person, deed, order.options)
    except Unneeded as why:
        return Answer(State.UNNEEDED, str(why))
    return Answer(State.DONE, done.words, done.secret)


def _over_quota(staff: User, facts: Facts) -> Refusal | None:
    most = policies.rules_for(staff.pk).staff_quota
    return None if limits.spend_deed(staff.pk, most=most, facts=facts).is_open else Refusal.QUOTA


def _refuse(order: Order, refusal: Refusal, facts: Facts) -> Answer:
    """Write a refused attempt down: it is how an abuse of the desk begins."""
    audit.record(
        "support.refused",
        user_id=order.person.pk,
        facts=facts,
        actor_id=order.staff.pk,
        action=order.action.name,
        why=str(refusal),
        ticket=order.ticket,
    )
    return Answer(State.REFUSED, rights.words(refusal))
