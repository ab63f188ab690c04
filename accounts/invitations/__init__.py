"""Invitations of people who were added and have never signed in: emails, links, reminders, and the state of each."""

from accounts.invitations.links import accept, opened
from accounts.invitations.sending import PURPOSE, announce, remind, send, was_sent_recently
from accounts.invitations.states import LABELS, NEW, State, is_new, matching, state_of, words

__all__ = [
    "LABELS",
    "NEW",
    "PURPOSE",
    "State",
    "accept",
    "announce",
    "is_new",
    "matching",
    "opened",
    "remind",
    "send",
    "state_of",
    "was_sent_recently",
    "words",
]
