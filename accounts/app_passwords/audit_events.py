"""Audit events of app passwords, and of the services that check them."""

from django.utils.translation import gettext_lazy as _

from verification.audit import Event, Severity, UserEvent, declare, detail

APP_PASSWORD_MADE = declare(
    UserEvent(
        "app_password.made",
        log=_("%(person)s created an app password: %(name)s."),
        icon="plus",
        title=_("An app password was created"),
        text=detail("name"),
    )
)
APP_PASSWORD_DELETED = declare(
    UserEvent(
        "app_password.deleted",
        log=_("%(person)s deleted an app password: %(name)s."),
        icon="remove",
        title=_("An app password was deleted"),
        text=detail("name"),
    )
)
APP_PASSWORD_NEW_PLACE = declare(
    UserEvent(
        "app_password.new_place",
        log=_("An app password of %(person)s was used from a new place: %(name)s."),
        icon="key",
        title=_("An app password was used from a new place"),
        severity=Severity.WARN,
    )
)

SERVICE_MADE = declare(Event("service.made", _("Service added"), _("%(actor)s added the service %(service)s.")))
SERVICE_CHANGED = declare(
    Event("service.changed", _("Service changed"), _("%(actor)s changed the service %(service)s."))
)
SERVICE_DELETED = declare(
    Event(
        "service.deleted", _("Service deleted"), _("%(actor)s deleted the service %(service)s."), severity=Severity.WARN
    )
)
SERVICE_KEY_RENEWED = declare(
    Event(
        "service.key_renewed",
        _("Service given a new key"),
        _("%(actor)s gave the service %(service)s a new key."),
        severity=Severity.WARN,
    )
)
