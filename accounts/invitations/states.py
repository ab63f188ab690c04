"""Who can be invited, and how far their invitation is."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Invitation, User
from verification import time_format
from verification.lazy_text import LazyText


class InvitationState(StrEnum):
    """The state of the invitation of a person who has never signed in."""

    NOT_INVITED = "not_invited"
    INVITED = "invited"
    REMINDED = "reminded"
    EXPIRED = "invitation_expired"
    ACCEPTED = "accepted"

    @property
    def label(self) -> str:
        return str(LABELS[self])


LABELS: Mapping[InvitationState, LazyText] = {
    InvitationState.NOT_INVITED: gettext_lazy("Not invited"),
    InvitationState.INVITED: gettext_lazy("Invited"),
    InvitationState.REMINDED: gettext_lazy("Reminded"),
    InvitationState.EXPIRED: gettext_lazy("Invitation expired"),
    InvitationState.ACCEPTED: gettext_lazy("Invitation accepted"),
}

# People who have no password here yet, because they were imported or belong to a directory, and never signed in.
NEW = Q(last_login=None, is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)


def is_new(person: User) -> bool:
    """Return whether a person can be invited: switched on, with an email address, and still without a sign-in."""
    return bool(person.is_active and person.email and not person.last_login and not person.has_usable_password())


def matching(state: InvitationState, now: datetime) -> Q:
    """Return the condition for users whose invitation is in a state."""
    valid = Q(invitation__ends_at__gt=now, invitation__epoch=F("epoch"))
    is_sent, is_open = Q(invitation__isnull=False), Q(invitation__accepted_at=None)
    return {
        InvitationState.NOT_INVITED: NEW & ~is_sent,
        InvitationState.INVITED: NEW & is_sent & is_open & valid & Q(invitation__n_reminders=0),
        InvitationState.REMINDED: NEW & is_sent & is_open & valid & Q(invitation__n_reminders__gt=0),
        InvitationState.EXPIRED: NEW & is_sent & is_open & ~valid,
        InvitationState.ACCEPTED: is_sent & Q(invitation__accepted_at__isnull=False),
    }[state]


_OPEN = (InvitationState.INVITED, InvitationState.REMINDED, InvitationState.EXPIRED)


def counts(now: datetime) -> dict[InvitationState, int]:
    """Return how many people haven't followed their invitation, by its state. Costs a query."""
    people = User.objects.filter(invitation__accepted_at=None, invitation__isnull=False)
    found = people.aggregate(**{state.value: Count("pk", filter=matching(state, now)) for state in _OPEN})
    return {state: found[state.value] for state in _OPEN}


def state_of(person: User, invitation: Invitation | None, now: datetime) -> InvitationState | None:
    """Return the state of a person's invitation, or None for those who need none."""
    if invitation is None:
        return InvitationState.NOT_INVITED if is_new(person) else None
    if invitation.accepted_at or not is_new(person):
        return InvitationState.ACCEPTED if person.last_login is None else None
    if invitation.ends_at <= now or invitation.epoch != person.epoch:
        return InvitationState.EXPIRED
    return InvitationState.REMINDED if invitation.n_reminders else InvitationState.INVITED


def words(person: User, now: datetime) -> str:
    """Return a sentence for staff about someone's invitation, empty if there is nothing to say. Costs a query."""
    if person.last_login is not None:
        return ""
    invitation = Invitation.objects.filter(user=person).first()
    state = state_of(person, invitation, now)
    if state is None:
        return ""
    if invitation is None:
        return _("They haven’t been invited yet.")
    table = {
        InvitationState.INVITED: _("They were invited on %(sent)s. The link works until %(ends)s."),
        InvitationState.REMINDED: _(
            "They were last reminded of their invitation on %(sent)s. The link works until %(ends)s."
        ),
        InvitationState.EXPIRED: _("The link of their invitation no longer works. Invite them again."),
        InvitationState.ACCEPTED: _("They accepted their invitation and haven’t signed in yet."),
    }
    said = {"sent": time_format.moment(invitation.sent_at), "ends": time_format.day(invitation.ends_at)}
    return table[state] % said
