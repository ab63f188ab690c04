"""The words by which the owner of a number stops our texts and lets them come again.

Source: Twilio, "Support for Opt-Out Keywords".
"""

import re

from verification import phone_numbers
from verification.delivery.provider import Forged, Reply

_STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_STARTS = frozenset({"START", "YES", "UNSTOP"})
_SENDER = re.compile(r"[A-Za-z0-9+ ._-]{1,16}")


def heard(said: str, *, number: str, reference: str) -> tuple[Reply, ...]:
    """Read a text that somebody sent to our number; nothing unless it is one of the words, alone, and can be named.

    Errors: `Forged` when it comes from what is neither a number, a short code nor a name.
    """
    if not _SENDER.fullmatch(number):
        raise Forged("it comes from no number")
    word = said.strip().upper()
    if word not in _STOPS | _STARTS or not phone_numbers.is_e164(number) or not reference:
        return ()
    try:
        return (Reply(phone_numbers.read(number), stops=word in _STOPS, reference=reference),)
    except phone_numbers.Impossible:
        return ()  # such as a short number, to which no text of ours goes
