"""Invitations of people who were added and have never signed in: emails, links, reminders, and the state of each."""

from accounts.invitations import audit_events
from accounts.invitations.sending import PURPOSE, invite_new, move, remind, send, was_sent_recently
from accounts.invitations.states import LABELS, NEW, InvitationState, counts, is_new, matching, state_of, words

__all__ = [
    "LABELS",
    "NEW",
    "PURPOSE",
    "InvitationState",
    "audit_events",
    "counts",
    "invite_new",
    "is_new",
    "matching",
    "move",
    "remind",
    "send",
    "state_of",
    "was_sent_recently",
    "words",
]
