"""Authorises support actions: what one of the staff may do for a person, once for each request.

`authorise` gives a `Permit`, which the preview shows and `execution` carries out, or the `Refusal`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.models import CallerCheck, User
from accounts.support import caller_verification
from accounts.support.actions import rights
from accounts.support.actions.registry import Action
from accounts.support.actions.rights import Effect, Rank, Refusal
from verification import policies
from verification.context import Context
from verification.policies import Rules

# What nobody does alone for a member of staff, whatever the policy says. Above and oneself are refused altogether.
_NEVER_ALONE = {
    Rank.BELOW: {Effect.OPENS, Effect.ERASES},
    Rank.EQUAL: {Effect.OPENS, Effect.CLOSES},
}


@dataclass(frozen=True, kw_only=True)
class Permit:
    """That one of the staff may do an action for a person, and on what terms.

    `caller` says how the caller was verified, `vouched_by` which colleague did. Units: `staff_quota` in actions a day.
    """

    person: User
    caller: str
    vouched_by: User | None
    needs_second: bool
    staff_quota: int

    def still_holds(self, person: User) -> bool:
        """Tell whether the person, as just locked, is as they were: a change of their rights raises the epoch."""
        return _status(person) == _status(self.person)


def _status(person: User) -> tuple[int, bool, bool]:
    return person.epoch, person.is_staff, person.is_superuser


@dataclass(frozen=True, kw_only=True)
class StaffAccess:
    """What one of the staff may do for one person, whatever the action: policy and caller check, read once for all."""

    staff: User
    person: User
    rank: Rank
    is_visible: bool
    rules: Rules
    staff_quota: int
    proof: CallerCheck | None = None
    caller: str = ""

    def permit(self, action: Action) -> Permit | Refusal:
        """Permit an action, or say why it is refused. The quota is spent when it is done."""
        return self._refusal(action) or Permit(
            person=self.person,
            caller=self.proof.label if self.proof else self.caller,
            vouched_by=self.proof.staff if self.proof and self.proof.staff_id != self.staff.pk else None,
            needs_second=self._needs_second(action),
            staff_quota=self.staff_quota,
        )

    def _refusal(self, action: Action) -> Refusal | None:
        if not self.staff.has_perm(f"accounts.{action.permission}"):
            return Refusal.NOT_ALLOWED
        if self.rank is Rank.SELF:
            return Refusal.ONESELF
        if not self.is_visible:
            return Refusal.OTHER_SCOPE
        if self.rank is Rank.ABOVE:
            return Refusal.MORE_RIGHTS
        if self.rank is Rank.EQUAL and action.effect is Effect.ERASES:
            return Refusal.EQUAL
        is_verified = self.proof is not None or bool(self.caller)
        return (
            Refusal.NO_CALLER if action.requires_caller_check and self.rules.caller_check and not is_verified else None
        )

    def _needs_second(self, action: Action) -> bool:
        """Tell whether a second member of staff must agree: policy says so, or the person is one of the staff."""
        return action.name in self.rules.second_person or action.effect in _NEVER_ALONE.get(self.rank, ())


def access(staff: User, person: User, context: Context) -> StaffAccess:
    """Read what one of the staff may do for a person now."""
    return _access(staff, person, caller_verification.proof(staff, person, now=context.now))


def access_to_many(staff: User, people: Collection[User], context: Context) -> dict[int, StaffAccess]:
    """Read the same for many whom this member of the staff sees, by as many statements as for one."""
    rules = policies.rules_of_many([staff.pk, *(person.pk for person in people)])
    proofs = caller_verification.proofs(staff, people, now=context.now)
    return {
        person.pk: StaffAccess(
            staff=staff,
            person=person,
            rank=rights.rank(person, staff),
            is_visible=True,
            rules=rules[person.pk],
            staff_quota=rules[staff.pk].staff_quota,
            proof=proofs.get(person.pk),
        )
        for person in people
    }


def authorise(staff: User, person: User, action: Action, context: Context) -> Permit | Refusal:
    """Permit one action for one person, or say why it is refused."""
    return access(staff, person, context).permit(action)


def authorise_agreed(staff: User, person: User, action: Action, *, caller: str) -> Permit | Refusal:
    """Permit what a second person agreed to. The caller counts as verified if they were when it was asked for."""
    return _access(staff, person, None, caller=caller).permit(action)


def _access(staff: User, person: User, proof: CallerCheck | None, *, caller: str = "") -> StaffAccess:
    rules = policies.rules_of_many([staff.pk, person.pk])
    return StaffAccess(
        staff=staff,
        person=person,
        rank=rights.rank(person, staff),
        is_visible=rights.can_view(staff, person),
        rules=rules[person.pk],
        staff_quota=rules[staff.pk].staff_quota,
        proof=proof,
        caller=caller,
    )
