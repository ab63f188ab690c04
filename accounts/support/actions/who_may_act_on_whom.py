"""Authorises support actions: what a member of staff may do for a user, decided once per request.

`authorise` returns a `Permit`, which the preview shows and `execution` carries out, or an `ActionRefusal`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.models import CallerCheck, User
from accounts.support import caller_verification, people_in_desk_scopes
from accounts.support.action_refusals import ActionRefusal
from accounts.support.actions import ranks, second_person_approvals
from accounts.support.actions.action_form_and_declaration import Action, Effect
from accounts.support.actions.ranks import Rank
from verification import policies
from verification.context import Context
from verification.policies import Rules


@dataclass(frozen=True, kw_only=True)
class Permit:
    """A member of staff may do an action for a user, on these terms.

    `caller` says how the caller was verified, `vouched_by` which colleague did. Units: `staff_quota` in actions a day.
    """

    person: User
    caller: str
    vouched_by: User | None
    needs_second: bool
    staff_quota: int

    def still_holds(self, person: User) -> bool:
        """Return whether the user, now locked, is unchanged. A change of their permissions raises the epoch."""
        return _status(person) == _status(self.person)


def _status(person: User) -> tuple[int, bool, bool]:
    return person.epoch, person.is_staff, person.is_superuser


@dataclass(frozen=True, kw_only=True)
class StaffAccess:
    """What a member of staff may do for a user, for any action: policy and caller check, read once for all actions."""

    staff: User
    person: User
    rank: Rank
    is_visible: bool
    rules: Rules
    staff_quota: int
    proof: CallerCheck | None = None
    caller: str = ""

    def permit(self, action: Action) -> Permit | ActionRefusal:
        """Permit an action, or return why it is refused. The quota is used up when the action is done."""
        return self._refusal(action) or Permit(
            person=self.person,
            caller=self.proof.label if self.proof else self.caller,
            vouched_by=self.proof.staff if self.proof and self.proof.staff_id != self.staff.pk else None,
            needs_second=self._needs_second(action),
            staff_quota=self.staff_quota,
        )

    def _refusal(self, action: Action) -> ActionRefusal | None:
        if not self.staff.has_perm(f"accounts.{action.permission}"):
            return ActionRefusal.NOT_ALLOWED
        if self.rank is Rank.SELF:
            return ActionRefusal.ONESELF
        if not self.is_visible:
            return ActionRefusal.OTHER_SCOPE
        if self.rank is Rank.ABOVE:
            return ActionRefusal.MORE_RIGHTS
        if self.rank is Rank.EQUAL and action.effect is Effect.ERASES:
            return ActionRefusal.EQUAL
        is_verified = self.proof is not None or bool(self.caller)
        return (
            ActionRefusal.NO_CALLER
            if action.requires_caller_check and self.rules.caller_check and not is_verified
            else None
        )

    def _needs_second(self, action: Action) -> bool:
        """Return whether a second person must approve: policy says so, or the user is a member of staff."""
        return action.name in self.rules.second_person or second_person_approvals.is_always_needed(action, self.rank)


def access(staff: User, person: User, context: Context) -> StaffAccess:
    """Return what a member of staff may do for a user now."""
    return _access(staff, person, caller_verification.proof(staff, person, now=context.now))


def access_to_many(staff: User, people: Collection[User], context: Context) -> dict[int, StaffAccess]:
    """Return the same for many users the member of staff can see, in as many statements as for one."""
    rules = policies.rules_of_many([staff.pk, *(person.pk for person in people)])
    proofs = caller_verification.proofs(staff, people, now=context.now)
    return {
        person.pk: StaffAccess(
            staff=staff,
            person=person,
            rank=ranks.rank(person, staff),
            is_visible=True,
            rules=rules[person.pk],
            staff_quota=rules[staff.pk].staff_quota,
            proof=proofs.get(person.pk),
        )
        for person in people
    }


def authorise(staff: User, person: User, action: Action, context: Context) -> Permit | ActionRefusal:
    """Permit one action for one user, or return why it is refused."""
    return access(staff, person, context).permit(action)


def authorise_agreed(staff: User, person: User, action: Action, *, caller: str) -> Permit | ActionRefusal:
    """Permit an approved action. The caller counts as verified if they were when it was requested."""
    return _access(staff, person, None, caller=caller).permit(action)


def _access(staff: User, person: User, proof: CallerCheck | None, *, caller: str = "") -> StaffAccess:
    rules = policies.rules_of_many([staff.pk, person.pk])
    return StaffAccess(
        staff=staff,
        person=person,
        rank=ranks.rank(person, staff),
        is_visible=people_in_desk_scopes.can_view(staff, person),
        rules=rules[person.pk],
        staff_quota=rules[staff.pk].staff_quota,
        proof=proof,
        caller=caller,
    )
