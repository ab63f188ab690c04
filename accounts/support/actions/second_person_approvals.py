"""Approvals: risky actions wait until a second member of staff agrees; then the one who asked does them once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import SupportRequest, User
from accounts.support import approval_audit_events, people_in_desk_scopes
from accounts.support.actions import ranks
from accounts.support.actions.action_form_and_declaration import Action, Actor, Effect
from accounts.support.actions.ranks import Rank
from verification import audit, policies
from verification.audit import Event
from verification.context import Context

LIFE = timedelta(hours=24)  # a request must be decided and done within this time
_State = SupportRequest.State
# What nobody may do alone to a member of staff, whatever the policy. For those above, and oneself, all is refused.
_NEVER_ALONE = {
    Rank.BELOW: {Effect.OPENS, Effect.ERASES},
    Rank.EQUAL: {Effect.OPENS, Effect.ENDS},
}


def is_always_needed(action: Action, rank: Rank) -> bool:
    """Return whether an action on a member of staff needs a second person, whatever the policy."""
    return action.effect in _NEVER_ALONE.get(rank, ())


def ask(
    action: str, actor: Actor, person: User, options: Mapping[str, Any], *, vouched_by: User | None = None
) -> SupportRequest | None:
    """Ask for approval of an action. Return None if the same request is waiting. The caller holds the user's lock."""
    same = SupportRequest.objects.filter(
        action=action, person=person, asked_by=actor.staff, state=_State.WAITING, epoch=person.epoch
    )
    if any(each.options == dict(options) for each in same.filter(ends_at__gt=actor.context.now)):
        return None
    request = SupportRequest(
        action=action,
        person=person,
        options=dict(options),
        reason=actor.reason,
        ticket=actor.ticket,
        asked_by=actor.staff,
        asked_at=actor.context.now,
        ends_at=actor.context.now + LIFE,
        epoch=person.epoch,
        caller_checked=actor.caller,
        vouched_by=vouched_by,
    )
    with transaction.atomic():
        request.save()
        _record(approval_audit_events.SUPPORT_REQUESTED, request, actor.staff, actor.context)
    return request


def decide(request: SupportRequest, staff: User, context: Context, *, agrees: bool) -> bool:
    """Approve or refuse a request. Return False if somebody else was faster, or `staff` may not decide."""
    if not may_decide(request, staff):
        return False
    state = _State.APPROVED if agrees else _State.REFUSED
    with transaction.atomic():
        waiting = SupportRequest.objects.filter(pk=request.pk, state=_State.WAITING, ends_at__gt=context.now)
        changed = waiting.exclude(asked_by=staff).update(state=state, decided_by=staff, decided_at=context.now)
        if changed:
            _record(
                approval_audit_events.SUPPORT_REQUEST_AGREED
                if agrees
                else approval_audit_events.SUPPORT_REQUEST_REFUSED,
                request,
                staff,
                context,
            )
    return bool(changed)


def withdraw(request: SupportRequest, staff: User, context: Context) -> bool:
    """Withdraw a request that is not done yet. Return False if it is over, or somebody else requested it."""
    with transaction.atomic():
        mine = SupportRequest.objects.filter(
            pk=request.pk, state__in=(_State.WAITING, _State.APPROVED), is_collected=False, asked_by=staff
        )
        changed = mine.filter(ends_at__gt=context.now).update(state=_State.WITHDRAWN)
        if changed:
            _record(approval_audit_events.SUPPORT_REQUEST_WITHDRAWN, request, staff, context)
    return bool(changed)


def may_decide(request: SupportRequest, staff: User) -> bool:
    """Return whether a member of staff may decide as the second person."""
    is_other = staff.pk not in {request.asked_by_id, request.vouched_by_id}
    may = staff.has_perm("accounts.approve_request") and people_in_desk_scopes.can_view(staff, request.person)
    return is_other and may and ranks.may_speak_for(request.person, staff)


def is_agreed_still(request: SupportRequest, *, now: datetime) -> bool:
    """Return whether the approver could still approve now. If they were blocked or lost the permission, it is void."""
    other = request.decided_by
    return other is not None and policies.refusal(other, now) is None and may_decide(request, other)


def take(request: SupportRequest, staff: User, context: Context) -> bool:
    """Claim an approved request, once. Only the one who asked can, and only while the user's epoch is unchanged."""
    agreed = SupportRequest.objects.filter(
        pk=request.pk, state=_State.APPROVED, is_collected=False, asked_by=staff, ends_at__gt=context.now
    )
    return bool(agreed.filter(person__epoch=request.epoch).update(is_collected=True))


def put_back(request: SupportRequest) -> None:
    """Undo `take`, because nothing was done. Only the caller of `take` may call this."""
    SupportRequest.objects.filter(pk=request.pk, is_collected=True).update(is_collected=False)


def listed(staff: User, *, now: datetime) -> QuerySet[SupportRequest]:
    """Return the requests that wait or are not done yet, about users this member of staff may see."""
    return visible(staff, now=now).exclude(state=_State.WITHDRAWN).order_by("-asked_at")


def visible(staff: User, *, now: datetime) -> QuerySet[SupportRequest]:
    """Return the same, and withdrawn ones: a colleague may still have the page with the buttons to decide."""
    return SupportRequest.objects.select_related("person", "asked_by", "decided_by").filter(
        ends_at__gt=now, is_collected=False, person__in=people_in_desk_scopes.visible(staff)
    )


def _record(event: Event, request: SupportRequest, staff: User, context: Context) -> None:
    audit.record(
        event,
        user_id=request.person.pk,
        context=context,
        actor_id=staff.pk,
        request=request.ref,
        action=request.action,
        reason=request.reason,
        ticket=request.ticket,
    )
