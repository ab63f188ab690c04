"""Audit events of support actions that are refused, or that a second member of staff must approve."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit import Details, UserEvent, declare


def _ticket(details: Details) -> str:
    ticket = details.get("ticket")
    return gettext("Ticket %(ticket)s.") % {"ticket": ticket} if ticket else ""


SUPPORT_REFUSED = declare(
    UserEvent(
        "support.refused",
        log=_("%(actor)s was refused an action for %(person)s: %(action)s (%(why)s)."),
        icon="lock",
        title=_("An action of support was refused"),
        trouble=_("Support actions refused"),
    )
)
SUPPORT_REQUESTED = declare(
    UserEvent(
        "support.requested",
        log=_("%(actor)s requested approval of an action for %(person)s: %(action)s."),
        icon="clock",
        title=_("Support asked for a second approver"),
        text=_ticket,
    )
)
SUPPORT_REQUEST_AGREED = declare(
    UserEvent(
        "support.request_agreed",
        log=_("%(actor)s approved a request for %(person)s: %(action)s."),
        icon="check",
        title=_("A second person at the support desk approved a request"),
        text=_ticket,
    )
)
SUPPORT_REQUEST_WITHDRAWN = declare(
    UserEvent(
        "support.request_withdrawn",
        log=_("%(actor)s withdrew a request for %(person)s: %(action)s."),
        icon="remove",
        title=_("Support withdrew a request for a second approver"),
        text=_ticket,
    )
)
SUPPORT_REQUEST_REFUSED = declare(
    UserEvent(
        "support.request_refused",
        log=_("%(actor)s refused a request for %(person)s: %(action)s."),
        icon="bad",
        title=_("A second person at the support desk refused a request"),
        text=_ticket,
    )
)
