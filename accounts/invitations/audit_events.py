"""Audit events of invitations."""

from django.utils.translation import gettext_lazy as _

from verification.audit import UserEvent, declare

INVITATION_SENT = declare(
    UserEvent(
        "invitation.sent",
        log=_("An invitation was emailed to %(person)s, who is new."),
        icon="mail",
        title=_("You were invited by email"),
        staff_title=_("They were invited by email"),
        is_deniable=False,
        metric="invited",
    )
)
INVITATION_REMINDED = declare(
    UserEvent(
        "invitation.reminded",
        log=_("A reminder of the invitation was emailed to %(person)s."),
        icon="mail",
        title=_("You were reminded of your invitation by email"),
        staff_title=_("They were reminded of their invitation by email"),
        is_deniable=False,
        metric="reminded of an invitation",
    )
)
INVITATION_ACCEPTED = declare(
    UserEvent(
        "invitation.accepted",
        log=_("%(person)s set their first password with the link of their invitation."),
        icon="key",
        title=_("You set your password with the link of your invitation"),
        staff_title=_("They set their password with the link of their invitation"),
        metric="invitation accepted",
    )
)
