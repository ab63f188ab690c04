"""Audit events of what directories change: people, and the members of groups. None contains a full phone number."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from verification.audit import Details, Event, Severity, UserEvent, declare


def _by_way(**words: object) -> Callable[[Details], str]:
    """Return what an event says about how an entry came. Those without words of their own say `sync`."""

    def said(details: Details) -> str:
        return str(words.get(str(details.get("way")), words["sync"])) % {"directory": details.get("directory")}

    return said


_way = _by_way(
    sync=_("From the directory %(directory)s."),
    sign_in=_("You signed in with the password of %(directory)s."),
)
_way_for_staff = _by_way(
    sync=_("From the directory %(directory)s, at a sync."),
    scim=_("The directory %(directory)s sent it by SCIM."),
    sign_in=_("They signed in with the password of %(directory)s."),
)


PERSON_ADDED = declare(
    UserEvent(
        "directory.person_added",
        log=_("The directory %(directory)s added %(person)s."),
        icon="person",
        title=_("Your account was created"),
        staff_title=_("Their account was created"),
        text=_way,
        staff_text=_way_for_staff,
        is_deniable=False,
    )
)
PERSON_LINKED = declare(
    UserEvent(
        "directory.person_linked",
        log=_("The directory %(directory)s took over %(person)s, who already had an account."),
        icon="person",
        title=_("Your account now belongs to a directory"),
        staff_title=_("Their account now belongs to a directory"),
        text=_way,
        staff_text=_way_for_staff,
    )
)
PERSON_CHANGED = declare(
    UserEvent(
        "directory.person_changed",
        log=_("The directory %(directory)s changed the details of %(person)s: %(changed)s."),
        icon="edit",
        title=_("Your details were changed"),
        staff_title=_("Their details were changed"),
        text=_("Your organisation’s directory has new details for you."),
        staff_text=_("The directory has new details for them."),
    )
)
PERSON_SWITCHED_OFF = declare(
    UserEvent(
        "directory.person_switched_off",
        log=_("The directory %(directory)s switched %(person)s off. Sessions ended: %(n_sessions)s."),
        icon="bad",
        title=_("Your account was switched off"),
        staff_title=_("Their account was switched off"),
        text=_way,
        staff_text=_way_for_staff,
        severity=Severity.WARN,
        is_deniable=False,
        metric="switched off by a directory",
    )
)
PERSON_SWITCHED_ON = declare(
    UserEvent(
        "directory.person_switched_on",
        log=_("The directory %(directory)s switched %(person)s on again."),
        icon="check",
        title=_("Your account was switched on again"),
        staff_title=_("Their account was switched on again"),
        text=_way,
        staff_text=_way_for_staff,
        is_deniable=False,
    )
)
ADMINISTRATOR_KEPT = declare(
    UserEvent(
        "directory.administrator_kept",
        log=_("The directory %(directory)s tried to switch off %(person)s, the last administrator. We didn’t do it."),
        icon="lock",
        title=_("A directory tried to switch off your account"),
        staff_title=_("A directory tried to switch off their account"),
        text=_("You are the last administrator who can sign in, so we didn’t do it."),
        staff_text=_("They are the last administrator who can sign in, so we didn’t do it."),
        severity=Severity.BAD,
        is_deniable=False,
    )
)
MANY_LEFT = declare(
    Event(
        "directory.many_left",
        _("Many people left a directory"),
        _("The directory %(directory)s switched off %(n)s of %(of)s people within an hour."),
        severity=Severity.BAD,
    )
)
GROUP_ADDED = declare(
    Event("directory.group_added", _("Directory group added"), _("The directory %(directory)s added %(group)s."))
)
GROUP_CHANGED = declare(
    Event(
        "directory.group_changed",
        _("Directory group changed"),
        _("The directory %(directory)s changed the members of %(group)s: %(n_joined)s joined, %(n_left)s left."),
    )
)
GROUP_RENAMED = declare(
    Event(
        "directory.group_renamed",
        _("Directory group renamed"),
        _("The directory %(directory)s renamed %(former)s to %(group)s."),
    )
)
GROUP_REMOVED = declare(
    Event(
        "directory.group_removed",
        _("Directory group removed"),
        _("The directory %(directory)s removed %(group)s. %(n_left)s people were in it."),
        severity=Severity.WARN,
    )
)
