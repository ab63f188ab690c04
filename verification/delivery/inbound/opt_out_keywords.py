"""Opt-out keywords: replies such as STOP and START, read and recorded.

Source: Twilio, "Support for Opt-Out Keywords".
"""

import re
from datetime import datetime

from django.db import transaction

from verification import phone_numbers
from verification.delivery.provider_interface import Forged, Reply
from verification.limits import opt_outs
from verification.models import ProcessedReply

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


def record(reply: Reply, *, provider: str, now: datetime) -> bool:
    """Record an opt-out or opt-in of a number's owner. Return False if it was recorded before.

    Each reply counts once, so that a STOP that is delivered again after a START doesn't stop texts again.
    """
    with transaction.atomic():
        _, is_new = ProcessedReply.objects.get_or_create(
            provider=provider, reference=reply.reference, defaults={"at": now}
        )
        if not is_new:
            return False
        if reply.stops:
            return opt_outs.stop(reply.number, provider=provider, now=now)
        return opt_outs.start(reply.number, now=now)
