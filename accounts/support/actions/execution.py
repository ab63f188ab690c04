"""Carries out support actions that are authorised, alone or after approval. Refusals go into the audit log."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from django.core import signing
from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from accounts.models import SupportRequest, User
from accounts.support import approval_audit_events
from accounts.support.action_refusals import ActionRefusal
from accounts.support.actions import second_person_approvals, who_may_act_on_whom
from accounts.support.actions.action_form_and_declaration import Action, ActionResult, ActionState, Actor, Unneeded
from accounts.support.actions.who_may_act_on_whom import Permit
from verification import audit, limits
from verification.context import Context
from verification.db.compiled_queries import BindParam, Select
from verification.models.random_row_handles import new_handle

_LOCKED = Select(lambda: User.objects.select_for_update(no_key=True).filter(pk=BindParam("pk")))


@dataclass(frozen=True, kw_only=True)
class ActionRequest:
    """An action that a member of staff requests for a user.

    Shape: `options` as the action's form gives them; `form_ref` as `new_form_ref` gave it to the submitted form;
    `prepared` is what the action made of the options before the transaction.
    """

    action: Action
    staff: User
    person: User
    reason: str
    ticket: str
    options: Mapping[str, Any]
    form_ref: str = ""
    prepared: Mapping[str, Any] = field(default_factory=dict, repr=False)


# One submission of a form -------------------------------------------------------------------------------------

_FORM_REF_LIFE = timedelta(days=1)
_signer = signing.TimestampSigner(salt="accounts.support.actions.authorise")  # stays: it signs forms that are open


def new_form_ref() -> str:
    """Return a reference for one form, so that submitting it again, or twice at once, does the action only once."""
    return _signer.sign(new_handle())


def is_form_ref_good(form_ref: str) -> bool:
    """Return whether we issued this reference with a form, recently."""
    with suppress(signing.BadSignature):
        _signer.unsign(form_ref, max_age=_FORM_REF_LIFE)
        return True
    return False


def was_sent(asked: ActionRequest) -> bool:
    """Return whether this form was submitted before."""
    value, until = _sending(asked)
    return limits.is_spent("action_form", value, until=until)


def _spend(asked: ActionRequest) -> bool:
    """Use up a form's reference for one user. Return False if it is used, even by a concurrent request."""
    value, until = _sending(asked)
    return limits.spend_once("action_form", value, until=until)


def _sending(asked: ActionRequest) -> tuple[str, datetime]:
    _value, signed_at, _digest = asked.form_ref.rsplit(":", 2)
    given_at = datetime.fromtimestamp(signing.b62_decode(signed_at), tz=UTC)
    return f"{asked.form_ref}:{asked.action.name}:{asked.person.pk}", given_at + _FORM_REF_LIFE


# Carrying it out ------------------------------------------------------------------------------------------------

P = ParamSpec("P")
R = TypeVar("R")
_MAX_TRIES = 3


def _again(run: Callable[P, R]) -> Callable[P, R]:
    """Retry what the database rolled back because other requests wrote rows of the same user at the same time."""

    @wraps(run)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for _turn in range(_MAX_TRIES - 1):
            if transaction.get_connection().in_atomic_block:
                break
            with suppress(IntegrityError, OperationalError):
                return run(*args, **kwargs)
        return run(*args, **kwargs)

    return tried


def _prepared(asked: ActionRequest) -> ActionRequest:
    return replace(asked, prepared=asked.action.prepare(asked.person, **asked.options))


def _locked(asked: ActionRequest) -> ActionRequest | None:
    """Lock the user, so that actions run one after another, each with the user as the one before left them."""
    person = _LOCKED.first(pk=asked.person.pk)
    return replace(asked, person=person) if person else None


def _unneeded(text: str) -> ActionResult:
    return ActionResult(text, state=ActionState.UNNEEDED)


def execute(asked: ActionRequest, permit: Permit | ActionRefusal, context: Context) -> ActionResult:
    """Carry out an action, or leave it for approval, or return why it is refused. Once per form.

    `permit` is the one made in this request. It is made again only if the user changed before they were locked.

    The quota is counted before the transaction: no rollback undoes it, and nobody waits for its row.
    """
    is_counted = isinstance(permit, Permit) and _spend_quota(asked, permit, context)
    asked = _prepared(asked) if is_counted else asked
    try:
        result = _carry_out(
            asked, permit if is_counted or isinstance(permit, ActionRefusal) else ActionRefusal.QUOTA, context
        )
    except (IntegrityError, OperationalError):  # rolled back each time, so nothing was done
        if is_counted:
            limits.refund_action(asked.staff.pk, context=context)
        raise
    if callable(result):
        result = result()
    if is_counted and result.state in {ActionState.REFUSED, ActionState.UNNEEDED}:
        limits.refund_action(asked.staff.pk, context=context)
    return result


def _spend_quota(asked: ActionRequest, permit: Permit, context: Context) -> bool:
    return limits.spend_action(asked.staff.pk, most=permit.staff_quota, context=context).is_open


@_again
def _carry_out(
    asked: ActionRequest, permit: Permit | ActionRefusal, context: Context
) -> ActionResult | Callable[[], ActionResult]:
    """Carry out an action, or return what is left to do of it after the transaction."""
    with transaction.atomic():
        found = _locked(asked)
        if found is None:
            return _unneeded(_("This person no longer exists."))
        # A quota that is spent uses up no form: the same form, sent a moment before, may have had the last unit.
        if was_sent(found) if permit is ActionRefusal.QUOTA else not _spend(found):
            return _unneeded(_("You’ve already sent this form. Their page shows what was done. Open the action again."))
        if isinstance(permit, Permit) and not permit.still_holds(found.person):
            permit = who_may_act_on_whom.authorise(found.staff, found.person, found.action, context)
        if isinstance(permit, ActionRefusal):
            return _refuse(found, permit, context)
        actor = Actor(
            staff=found.staff, context=context, reason=found.reason, ticket=found.ticket, caller=permit.caller
        )
        return _ask(found, actor, permit) if permit.needs_second else _now_or_later(found, partial(_run, found, actor))


def _ask(asked: ActionRequest, actor: Actor, permit: Permit) -> ActionResult:
    if (
        second_person_approvals.ask(asked.action.name, actor, asked.person, asked.options, vouched_by=permit.vouched_by)
        is None
    ):
        return _unneeded(_("You’ve already requested this. It is waiting under Requests."))
    return ActionResult(_("Sent for approval. It’s listed under Requests."), state=ActionState.ASKED)


def collect(request: SupportRequest, asked: ActionRequest, context: Context) -> ActionResult:
    """Carry out an approved action: once, by the one who asked, with the same options. It is authorised again."""
    result = _carry_out_approved(request, _prepared(asked), context)
    if not callable(result):
        return result
    try:
        return result()
    except Exception:  # no rollback gives the approval back: its transaction is over
        second_person_approvals.put_back(request)
        raise


@_again
def _carry_out_approved(
    request: SupportRequest, asked: ActionRequest, context: Context
) -> ActionResult | Callable[[], ActionResult]:
    with transaction.atomic():
        found = _locked(asked)
        if found is None:
            return _unneeded(_("This person no longer exists."))
        return _collect(request, found, context)


def _collect(
    request: SupportRequest, asked: ActionRequest, context: Context
) -> ActionResult | Callable[[], ActionResult]:
    permit = who_may_act_on_whom.authorise_agreed(
        asked.staff, asked.person, asked.action, caller=request.caller_checked
    )
    if isinstance(permit, ActionRefusal):
        return _refuse(asked, permit, context)
    if not second_person_approvals.is_agreed_still(request, now=context.now):
        return _unneeded(_("The colleague who approved this can no longer approve it. Request it again."))
    if not second_person_approvals.take(request, asked.staff, context):
        return _unneeded(
            _("This was already done, the request expired, or their account has changed since. Request it again.")
        )
    actor = Actor(
        staff=asked.staff,
        context=context,
        reason=asked.reason,
        ticket=asked.ticket,
        caller=request.caller_checked,
        approver=request.decided_by_id,
    )
    return _now_or_later(asked, partial(_run_approved, request, asked, actor))


def _run_approved(request: SupportRequest, asked: ActionRequest, actor: Actor) -> ActionResult:
    """Run an approved action. One that did nothing keeps its approval, for example until an import has ended."""
    result = _run(asked, actor)
    if result.state is ActionState.UNNEEDED:
        second_person_approvals.put_back(request)
    return result


def _now_or_later(asked: ActionRequest, run: Callable[[], ActionResult]) -> ActionResult | Callable[[], ActionResult]:
    return run if asked.action.sends_code else run()


def _run(asked: ActionRequest, actor: Actor) -> ActionResult:
    try:
        return asked.action.run(asked.person, actor, **asked.prepared)
    except Unneeded as why:
        return ActionResult(str(why), state=ActionState.UNNEEDED, is_form_kept=True, field=why.field)


def _refuse(asked: ActionRequest, refusal: ActionRefusal, context: Context) -> ActionResult:
    """Record a refused attempt in the audit log, because abuse of the desk starts with these."""
    audit.record(
        approval_audit_events.SUPPORT_REFUSED,
        user_id=asked.person.pk,
        context=context,
        actor_id=asked.staff.pk,
        action=asked.action.name,
        why=str(refusal),
        ticket=asked.ticket,
    )
    return ActionResult(refusal.advice, state=ActionState.REFUSED, refusal=refusal)
