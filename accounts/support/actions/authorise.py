"""Takes what staff want done for a person: the right, the quota, a second person; then does it. Keeps refusals."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec

from django.core import signing
from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from accounts.models import CallerCheck, SupportRequest, User
from accounts.support import caller_verification
from accounts.support.actions import approvals, rights
from accounts.support.actions.base import Actor, Unneeded
from accounts.support.actions.registry import Action
from accounts.support.actions.rights import Bounds, Refusal
from verification import audit, limits, policies
from verification.context import Context
from verification.models.handles import new_handle


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
    """A action that one of the staff wants for a person.

    Shape: `options` as the action's form gives them; `token` as `new_token` gave it for the form that was sent.
    """

    action: Action
    staff: User
    person: User
    reason: str
    ticket: str
    options: Mapping[str, Any]
    token: str = ""


_TOKEN_LIFE = timedelta(days=1)
_signer = signing.TimestampSigner(salt="accounts.support.actions.authorise")


def new_token() -> str:
    """Name one sending of a form, so that the same form sent again, or many times at once, is done once."""
    return _signer.sign(new_handle())


def token_is_good(token: str) -> bool:
    """Tell whether we gave this token with a form, not long ago."""
    with suppress(signing.BadSignature):
        _signer.unsign(token, max_age=_TOKEN_LIFE)
        return True
    return False


def was_sent(order: Order) -> bool:
    """Tell whether this form was sent before."""
    value, until = _sending(order)
    return limits.is_spent("order", value, until=until)


def _spend(order: Order) -> bool:
    """Use the token of a form up for one person; False when it was used, also by a request at the same instant."""
    value, until = _sending(order)
    return limits.spend_once("order", value, until=until)


def _sending(order: Order) -> tuple[str, datetime]:
    _value, signed_at, _digest = order.token.rsplit(":", 2)
    given_at = datetime.fromtimestamp(signing.b62_decode(signed_at), tz=UTC)
    return f"{order.token}:{order.action.name}:{order.person.pk}", given_at + _TOKEN_LIFE


def _held(order: Order) -> Order | None:
    """Let the orders for one person be done one after another, each with the person as the one before left them."""
    person = User.objects.select_for_update(no_key=True).filter(pk=order.person.pk).first()
    return replace(order, person=person) if person else None


def bounds(staff: User, person: User, context: Context) -> Bounds:
    """Read what bounds one of the staff in helping this person now."""
    rules = policies.rules_for(person.pk)
    is_verified = caller_verification.proof(staff, person, now=context.now) is not None
    return rights.bounds(staff, person, rules=rules, is_caller_verified=is_verified)


def bounds_of_many(staff: User, people: Collection[User], context: Context) -> dict[int, Bounds]:
    """Read what bounds one of the staff in helping each of many whom they see: few statements for all of them."""
    rules = policies.rules_of_many([person.pk for person in people])
    verified = caller_verification.verified(staff, people, now=context.now)
    return {
        person.pk: rights.bounds_of_seen(
            staff, person, rules=rules[person.pk], is_caller_verified=person.pk in verified
        )
        for person in people
    }


P = ParamSpec("P")
_TRIES = 3


def _again(run: Callable[P, Answer]) -> Callable[P, Answer]:
    """Try again what the database undid, because others wrote rows of the same person at the same moment."""

    @wraps(run)
    def tried(*args: P.args, **kwargs: P.kwargs) -> Answer:
        for _turn in range(_TRIES - 1):
            if transaction.get_connection().in_atomic_block:
                break
            with suppress(IntegrityError, OperationalError):
                return run(*args, **kwargs)
        return run(*args, **kwargs)

    return tried


@_again
def place(order: Order, context: Context) -> Answer:
    """Do what was ordered, or leave it for a second person where one must agree, or say why not. Once for each form."""
    with transaction.atomic():
        found = _held(order)
        if found is None:
            return Answer(State.UNNEEDED, _("This person is gone."))
        if not _spend(found):
            return Answer(State.UNNEEDED, _("This form was sent before. What it asked for was done once."))
        return _place(found, context)


def _place(order: Order, context: Context) -> Answer:
    here = bounds(order.staff, order.person, context)
    refusal = here.refusal(order.action.wish) or _over_quota(order.staff, context)
    if refusal:
        return _refuse(order, refusal, context)
    proof = caller_verification.proof(order.staff, order.person, now=context.now)
    if not here.wants_second(order.action.wish):
        return _do(order, _actor(order, context, proof))
    if approvals.ask(order.action.name, _actor(order, context, proof), order.person, order.options, proof) is None:
        return Answer(State.UNNEEDED, _("You asked for this already. It waits under Requests."))
    return Answer(State.ASKED, _("A second person must agree. It waits under Requests."))


@_again
def collect(request: SupportRequest, order: Order, context: Context) -> Answer:
    """Do what a second person agreed to: once, by whoever asked, as it was asked."""
    with transaction.atomic():
        found = _held(order)
        if found is None:
            return Answer(State.UNNEEDED, _("This person is gone."))
        return _collect(request, found, context)


def _collect(request: SupportRequest, order: Order, context: Context) -> Answer:
    rules, is_verified = policies.rules_for(order.person.pk), bool(request.caller_checked)
    here = rights.bounds(order.staff, order.person, rules=rules, is_caller_verified=is_verified)
    refusal = here.refusal(order.action.wish)
    if refusal:
        return _refuse(order, refusal, context)
    if not approvals.is_agreed_still(request, now=context.now):
        return Answer(State.UNNEEDED, _("Who agreed to it may not do so any more. Ask again."))
    if not approvals.take(request, order.staff, context):
        return Answer(State.UNNEEDED, _("This was done already, or took too long. Ask again."))
    actor = Actor(
        staff=order.staff,
        context=context,
        reason=order.reason,
        ticket=order.ticket,
        caller=request.caller_checked,
        approver=request.decided_by_id,
    )
    return _do(order, actor)


def _actor(order: Order, context: Context, proof: CallerCheck | None) -> Actor:
    return Actor(
        staff=order.staff,
        context=context,
        reason=order.reason,
        ticket=order.ticket,
        caller=proof.label if proof else "",
    )


def _do(order: Order, actor: Actor) -> Answer:
    try:
        done = order.action.run(order.person, actor, order.options)
    except Unneeded as why:
        return Answer(State.UNNEEDED, str(why))
    return Answer(State.DONE, done.words, done.secret)


def _over_quota(staff: User, context: Context) -> Refusal | None:
    most = policies.rules_for(staff.pk).staff_quota
    return None if limits.spend_action(staff.pk, most=most, context=context).is_open else Refusal.QUOTA


def _refuse(order: Order, refusal: Refusal, context: Context) -> Answer:
    """Write a refused attempt down: it is how an abuse of the desk begins."""
    audit.record(
        "support.refused",
        user_id=order.person.pk,
        context=context,
        actor_id=order.staff.pk,
        action=order.action.name,
        why=str(refusal),
        ticket=order.ticket,
    )
    return Answer(State.REFUSED, rights.words(refusal))
