"""The words by which the owner of a number stops our texts and lets them come again.

Source: Twilio, "Support for Opt-Out Keywords".
"""

from verification import numbers
from verification.delivery.provider import Reply

_STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_STARTS = frozenset({"START", "YES", "UNSTOP"})


def heard(said: str, *, number: str, reference: str) -> tuple[Reply, ...]:
    """Read a text that somebody sent to our number; nothing unless it is one of the words, alone, and can be named."""
    word = said.strip().upper()
    if word not in _STOPS | _STARTS or not numbers.is_e164(number) or not reference:
        return ()
    try:
        return (Reply(numbers.read(number), stops=word in _STOPS, reference=reference),)
    except numbers.Impossible:
        return ()  # such as a short number, to which no text of ours goes
