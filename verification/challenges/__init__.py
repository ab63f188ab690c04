"""Challenges: requests to verify, each for one purpose, bound to one session and answered once.

Every second step goes through here. Guarded updates decide, never a read followed by a write.
"""

from verification.challenges.answering import answer
from verification.challenges.attempts import caller_gates, caller_gates_and_stops
from verification.challenges.challenge_data_given_to_methods import person_handle
from verification.challenges.challenge_for_pages import Shown, show
from verification.challenges.correct_answers import Alongside, NotProven, collect
from verification.challenges.ending import abandon
from verification.challenges.hints_for_impossible_codes import recognise_app_passwords
from verification.challenges.loading_and_session_binding import of_binding
from verification.challenges.passwordless_offers_and_passkey_signals import (
    PasswordlessOffer,
    announce,
    holder,
    offer_passwordless,
)
from verification.challenges.phone_calls import keyed
from verification.challenges.resending import resend
from verification.challenges.starting import enrol, start

__all__ = [
    "Alongside",
    "NotProven",
    "PasswordlessOffer",
    "Shown",
    "abandon",
    "announce",
    "answer",
    "caller_gates",
    "caller_gates_and_stops",
    "collect",
    "enrol",
    "holder",
    "keyed",
    "of_binding",
    "offer_passwordless",
    "person_handle",
    "recognise_app_passwords",
    "resend",
    "show",
    "start",
]
