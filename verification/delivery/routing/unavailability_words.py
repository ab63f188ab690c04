"""The sentences that people read when texts, calls or emails can't be sent now, such as during an outage."""

from datetime import datetime

from django.utils.translation import gettext as _

from verification import time_format
from verification.delivery.routing import availability_during_outages, routes
from verification.models import Channel, Outage


def why(kind: str, now: datetime, address: str = "") -> str:
    """Return one sentence on why no message of a kind can be sent, to a number or in general. Empty if it can."""
    if not kind:
        return ""
    if switch := availability_during_outages.off(kind, now, address):
        return of_outage(switch, Channel(kind))
    if routes.able(Channel(kind)):
        return ""
    return {
        Channel.TEXT: _("Your organisation doesn’t send texts."),
        Channel.CALL: _("Your organisation doesn’t make calls."),
        Channel.MAIL: _("Your organisation doesn’t send codes by email."),
    }[Channel(kind)]


def of_outage(outage: Outage, kind: Channel) -> str:
    """Explain an outage to people: what is unavailable, until when and why."""
    what = kind.plural
    if outage.ends_at:
        said = _("%(what)s are switched off until %(at)s.") % {
            "what": what,
            "at": time_format.moment(outage.ends_at),
        }
    else:
        said = _("%(what)s are switched off. We don’t know yet for how long.") % {"what": what}
    return f"{said} {outage.words}".strip()
