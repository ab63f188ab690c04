"""Audit events of directory syncs. What each changes about a person has an event of its own."""

from django.utils.translation import gettext_lazy as _

from verification.audit import Event, Severity, declare

COUNTS = ("n_added", "n_linked", "n_changed", "n_switched_off", "n_switched_on", "n_refused", "n_groups_changed")

SYNC_STARTED = declare(
    Event("directory.sync_started", _("Directory sync started"), _("%(actor)s started to read %(directory)s."))
)
SYNC_DONE = declare(
    Event(
        "directory.sync_done",
        _("Directory read"),
        _(
            "The directory %(directory)s was read: %(n_added)s people added, %(n_changed)s changed, "
            "%(n_switched_off)s switched off, %(n_switched_on)s switched on."
        ),
    )
)
SYNC_STOPPED = declare(
    Event(
        "directory.sync_stopped",
        _("Directory sync is waiting for confirmation"),
        _(
            "The directory %(directory)s would switch off %(n_off)s of %(of)s people and remove or empty %(n_groups)s "
            "groups. Someone must confirm it."
        ),
        severity=Severity.BAD,
    )
)
SYNC_CONFIRMED = declare(
    Event(
        "directory.sync_confirmed",
        _("Changes of a directory confirmed"),
        _(
            "%(actor)s confirmed the changes of the directory %(directory)s. People switched off: %(n_off)s of %(of)s. "
            "Groups removed or emptied: %(n_groups)s."
        ),
        severity=Severity.WARN,
    )
)
SYNC_CANCELLED = declare(
    Event(
        "directory.sync_cancelled",
        _("Directory sync cancelled"),
        _("%(actor)s cancelled the changes of the directory %(directory)s."),
    )
)
SYNC_FAILED = declare(
    Event(
        "directory.sync_failed",
        _("Directory not read"),
        _("The directory %(directory)s couldn’t be read, so what it changed wasn’t applied: %(error)s."),
        severity=Severity.WARN,
    )
)
