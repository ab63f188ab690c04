"""Audit events of the administration: what administrators and operators add, change, delete, import and export."""

from django.utils.translation import gettext_lazy as _

from verification.audit import Event, Severity, UserEvent, declare

GROUP_MADE = declare(Event("group.made", _("Group added"), _("%(actor)s added the group %(group)s.")))
GROUP_CHANGED = declare(Event("group.changed", _("Group changed"), _("%(actor)s changed the group %(group)s.")))
GROUP_DELETED = declare(
    Event("group.deleted", _("Group deleted"), _("%(actor)s deleted the group %(group)s."), severity=Severity.WARN)
)
GROUP_REQUESTED = declare(
    Event(
        "group.requested",
        _("Group change requested"),
        _("%(actor)s asked for approval to change the group %(group)s."),
    )
)
GROUP_REQUEST_AGREED = declare(
    Event("group.request_agreed", _("Group change approved"), _("%(actor)s approved a change to the group %(group)s."))
)
GROUP_REQUEST_REFUSED = declare(
    Event(
        "group.request_refused",
        _("Group change refused by a colleague"),
        _("%(actor)s refused a colleague’s request to change the group %(group)s."),
    )
)
GROUP_REQUEST_WITHDRAWN = declare(
    Event(
        "group.request_withdrawn",
        _("Group change withdrawn"),
        _("%(actor)s withdrew a request to change the group %(group)s."),
    )
)
GROUP_REFUSED = declare(
    Event(
        "group.refused",
        _("Group change not allowed"),
        _("%(actor)s wasn’t allowed to change the group %(group)s."),
        severity=Severity.WARN,
    )
)

PEOPLE_IMPORT_BEGUN = declare(
    Event("people.import_begun", _("Import started"), _("%(actor)s started an import of %(what)s (rows: %(n_rows)s)."))
)
PEOPLE_IMPORT_CANCELLED = declare(
    Event(
        "people.import_cancelled",
        _("Import cancelled"),
        _("%(actor)s cancelled an import of %(what)s."),
        severity=Severity.WARN,
    )
)
PEOPLE_IMPORTED = declare(
    Event(
        "people.imported",
        _("Rows imported"),
        _("%(actor)s imported %(what)s: %(n_new)s new, %(n_changed)s changed, %(n_same)s unchanged."),
    )
)
IMPORT_PERSON_ADDED = declare(
    UserEvent(
        "import.person_added",
        log=_("%(actor)s added %(person)s with an import."),
        icon="person",
        title=_("Your account was created"),
        staff_title=_("Their account was created"),
        text=_("Support imported a file with your details."),
        staff_text=_("Support imported a file with their details."),
        is_deniable=False,
    )
)
IMPORT_PERSON_CHANGED = declare(
    UserEvent(
        "import.person_changed",
        log=_("%(actor)s changed the details of %(person)s with an import: %(changed)s."),
        icon="edit",
        title=_("Your details were changed"),
        staff_title=_("Their details were changed"),
        text=_("Support imported a file with new details for you."),
        staff_text=_("Support imported a file with new details for them."),
    )
)

EXPORT_MADE = declare(
    Event("export.made", _("File exported"), _("%(actor)s exported a file: %(what)s."), severity=Severity.WARN)
)
POLICY_CHANGED = declare(
    Event("policy.changed", _("Policy changed"), _("%(actor)s changed a policy: %(policy)s."), severity=Severity.WARN)
)
POLICY_DELETED = declare(
    Event("policy.deleted", _("Policy deleted"), _("%(actor)s deleted a policy: %(policy)s."), severity=Severity.WARN)
)
GUARD_CHANGED = declare(
    Event(
        "guard.changed",
        _("Cost control changed"),
        _("%(actor)s changed a cost control: %(guard)s."),
        severity=Severity.WARN,
    )
)
GUARD_DELETED = declare(
    Event(
        "guard.deleted",
        _("Cost control deleted"),
        _("%(actor)s deleted a cost control: %(guard)s."),
        severity=Severity.WARN,
    )
)
OUTAGE_SET = declare(
    Event("outage.set", _("Outage set"), _("%(actor)s set an outage: %(outage)s."), severity=Severity.WARN)
)
OUTAGE_ENDED = declare(Event("outage.ended", _("Outage ended"), _("%(actor)s ended an outage: %(outage)s.")))
ROUTE_ADDED = declare(Event("route.added", _("Route added"), _("%(actor)s added a route: %(route)s.")))
ROUTE_CHANGED = declare(Event("route.changed", _("Route changed"), _("%(actor)s changed a route: %(route)s.")))
ROUTE_DELETED = declare(Event("route.deleted", _("Route deleted"), _("%(actor)s deleted a route: %(route)s.")))
SCOPE_ADDED = declare(Event("scope.added", _("Desk scope added"), _("%(actor)s added a desk scope: %(scope)s.")))
SCOPE_CHANGED = declare(
    Event("scope.changed", _("Desk scope changed"), _("%(actor)s changed a desk scope: %(scope)s."))
)
SCOPE_DELETED = declare(
    Event("scope.deleted", _("Desk scope deleted"), _("%(actor)s deleted a desk scope: %(scope)s."))
)
STRENGTH_ADDED = declare(Event("strength.added", _("Strength added"), _("%(actor)s added a strength: %(strength)s.")))
STRENGTH_CHANGED = declare(
    Event(
        "strength.changed",
        _("Strength changed"),
        _("%(actor)s changed a strength: %(strength)s."),
        severity=Severity.WARN,
    )
)
STRENGTH_DELETED = declare(
    Event("strength.deleted", _("Strength deleted"), _("%(actor)s deleted a strength: %(strength)s."))
)
APPLICATION_ADDED = declare(
    Event("application.added", _("Application added"), _("%(actor)s added the application %(application)s."))
)
APPLICATION_CHANGED = declare(
    Event("application.changed", _("Application changed"), _("%(actor)s changed the application %(application)s."))
)
APPLICATION_SWITCHED_OFF = declare(
    Event(
        "application.switched_off",
        _("Application switched off"),
        _("%(actor)s switched off the application %(application)s. Sessions that ended: %(n_sessions)s."),
        severity=Severity.WARN,
    )
)
APPLICATION_SWITCHED_ON = declare(
    Event(
        "application.switched_on",
        _("Application switched on"),
        _("%(actor)s switched on the application %(application)s."),
    )
)
APPLICATION_DELETED = declare(
    Event(
        "application.deleted",
        _("Application deleted"),
        _("%(actor)s deleted the application %(application)s. Sessions that ended: %(n_sessions)s."),
        severity=Severity.WARN,
    )
)
APPLICATION_SECRET_RENEWED = declare(
    Event(
        "application.secret_renewed",
        _("Application given a new secret"),
        _("%(actor)s gave the application %(application)s a new secret."),
        severity=Severity.WARN,
    )
)
APPLICATION_FORMER_SECRET_ENDED = declare(
    Event(
        "application.former_secret_ended",
        _("Old secret of an application revoked"),
        _("%(actor)s revoked the old secret of the application %(application)s."),
    )
)
APPLICATION_SESSIONS_ENDED = declare(
    Event(
        "application.sessions_ended",
        _("All sessions of an application ended"),
        _("%(actor)s ended all sessions of the application %(application)s (%(n_sessions)s)."),
        severity=Severity.WARN,
    )
)
APPLICATION_SIGN_OUTS_SENT_AGAIN = declare(
    Event(
        "application.sign_outs_sent_again",
        _("Sign-outs sent again to an application"),
        _("%(actor)s sent sign-outs again to the application %(application)s (%(n)s)."),
    )
)
PROXY_ADDED = declare(Event("proxy.added", _("Proxy added"), _("%(actor)s added the proxy %(proxy)s.")))
PROXY_CHANGED = declare(Event("proxy.changed", _("Proxy changed"), _("%(actor)s changed the proxy %(proxy)s.")))
PROXY_DELETED = declare(
    Event("proxy.deleted", _("Proxy deleted"), _("%(actor)s deleted the proxy %(proxy)s."), severity=Severity.WARN)
)
PROXY_SECRET_RENEWED = declare(
    Event(
        "proxy.secret_renewed",
        _("Proxy given a new secret"),
        _("%(actor)s gave the proxy %(proxy)s a new secret."),
        severity=Severity.WARN,
    )
)
PROXY_FORMER_SECRET_ENDED = declare(
    Event(
        "proxy.former_secret_ended",
        _("Old secret of a proxy revoked"),
        _("%(actor)s revoked the old secret of the proxy %(proxy)s."),
    )
)
PROTECTED_ADDRESS_ADDED = declare(
    Event("protected_address.added", _("Protected address added"), _("%(actor)s protected the address %(address)s."))
)
PROTECTED_ADDRESS_CHANGED = declare(
    Event(
        "protected_address.changed",
        _("Protected address changed"),
        _("%(actor)s changed how the address %(address)s is protected."),
        severity=Severity.WARN,
    )
)
PROTECTED_ADDRESS_DELETED = declare(
    Event(
        "protected_address.deleted",
        _("Protected address deleted"),
        _("%(actor)s deleted the protected address %(address)s."),
        severity=Severity.WARN,
    )
)
DIRECTORY_MADE = declare(
    Event("directory.made", _("Directory added"), _("%(actor)s added the directory %(directory)s."))
)
DIRECTORY_CHANGED = declare(
    Event("directory.changed", _("Directory changed"), _("%(actor)s changed the directory %(directory)s."))
)
DIRECTORY_DELETED = declare(
    Event(
        "directory.deleted",
        _("Directory deleted"),
        _("%(actor)s deleted the directory %(directory)s."),
        severity=Severity.WARN,
    )
)
DIRECTORY_DISCONNECTED = declare(
    Event(
        "directory.disconnected",
        _("Directory disconnected"),
        _("%(actor)s disconnected the directory %(directory)s from its people and groups, which stay."),
        severity=Severity.WARN,
    )
)

SCIM_TOKEN_MADE = declare(
    Event(
        "scim.token_made",
        _("SCIM token created"),
        _("%(actor)s created a SCIM token for the directory %(directory)s."),
        severity=Severity.WARN,
    )
)
SCIM_FORMER_TOKEN_ENDED = declare(
    Event(
        "scim.former_token_ended",
        _("Old SCIM token revoked"),
        _("%(actor)s revoked the old SCIM token of the directory %(directory)s."),
    )
)
SCIM_TOKENS_REVOKED = declare(
    Event(
        "scim.tokens_revoked",
        _("SCIM tokens revoked"),
        _("%(actor)s revoked all SCIM tokens of the directory %(directory)s."),
        severity=Severity.WARN,
    )
)
SCIM_DEPARTURES_CONFIRMED = declare(
    Event(
        "directory.departures_confirmed",
        _("Confirmed that many people left"),
        _("%(actor)s confirmed that %(n)s of %(of)s people left the directory %(directory)s."),
        severity=Severity.WARN,
    )
)
SCIM_NETWORKS_CHANGED = declare(
    Event(
        "scim.networks_changed",
        _("Networks of a SCIM token changed"),
        _("%(actor)s changed where SCIM tokens of the directory %(directory)s may be used."),
        severity=Severity.WARN,
    )
)
