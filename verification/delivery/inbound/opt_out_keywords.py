"""Opt-out keywords: replies such as STOP and START.

Source: Twilio, "Support for Opt-Out Keywords".
"""

import re

from verification import phone_numbers
from verification.delivery.provider_interface import Forged, Reply

_STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_STARTS = frozenset({"START", "YES", "UNSTOP"})
_SENDER = re.compile(r"[A-Za-z0-9+ ._-]{1,16}")


def parse(said: str, *, number: str, reference: str) -> tuple[Reply, ...]:
    """Return what a text to our number asks for. Empty unless it is a keyword alone and has an id.

    Errors: `Forged` if the sender is neither a number, a short code nor a name.
    """
    if not _SENDER.fullmatch(number):
        raise Forged("it does not come from a number")
    word = said.strip().upper()
    if word not in _STOPS | _STARTS or not phone_numbers.is_e164(number) or not reference:
        return ()
    try:
        return (Reply(phone_numbers.read(number), stops=word in _STOPS, reference=reference),)
    except phone_numbers.Impossible:
        return ()  # such as a short code, which never gets our texts
