"""The events of the audit log that the engine records: challenges, messages, enrolments, tokens, costs."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit.declarations import Details, Event, Severity, UserEvent, declare, method
from verification.models import Purpose


def _occasion(details: Details) -> str:
    """Say when a wrong code was typed."""
    table = {
        Purpose.SELF_TEST: gettext("By %(method)s, when it was tried out."),
        Purpose.ENROL: gettext("By %(method)s, when it was set up."),
        Purpose.FRESH: gettext("By %(method)s, for a change to the account."),
    }
    at_sign_in = (
        gettext("By %(method)s, at a sign-in.")
        if details.is_passwordless
        else gettext("By %(method)s. The password was right.")
    )
    return table.get(details.said.get("purpose", Purpose.SIGN_IN), at_sign_in) % {"method": details.method}


def _severity_of_wrong_code(details: Details) -> Severity:
    """Tell how bad a wrong code is: at a sign-in somebody had the password."""
    is_harmless = details.said.get("purpose") in {Purpose.SELF_TEST, Purpose.ENROL, Purpose.FRESH}
    return Severity.INFO if is_harmless else Severity.BAD


CHALLENGE_FAILED = declare(
    UserEvent(
        "challenge.failed",
        icon="warn",
        title=_("A wrong code was typed"),
        text=_occasion,
        severity=_severity_of_wrong_code,
        is_attempt=True,
        metric="code wrong",
    )
)
CHALLENGE_REPORTED = declare(
    UserEvent(
        "challenge.reported",
        icon="bad",
        title=_("A sign-in was reported as fraud on the phone"),
        severity=Severity.BAD,
        is_attempt=True,
        trouble=_("Fraud reported on the phone"),
        metric="fraud reported",
    )
)
CHALLENGE_REPEATED = declare(
    UserEvent(
        "challenge.repeated",
        icon="warn",
        title=_("A used code was typed again"),
        text=_("Nobody got in by it."),
        severity=Severity.WARN,
        is_attempt=True,
    )
)
CHALLENGE_ISSUED = declare(Event("challenge.issued"))
CHALLENGE_RESENT = declare(Event("challenge.resent"))
CHALLENGE_APPROVED = declare(Event("challenge.approved"))
CHALLENGE_PROVEN = declare(Event("challenge.proven"))
CHALLENGE_REPLACED = declare(Event("challenge.replaced"))
CHALLENGE_USED = declare(Event("challenge.used"))

MESSAGE_REFUSED = declare(
    UserEvent(
        "message.refused",
        icon="clock",
        title=_("No text or call could go to this number"),
        severity=Severity.WARN,
        is_attempt=True,
        trouble=_("Stopped by the guard"),
        metric="guarded",
    )
)
MESSAGE_LIMITED = declare(
    UserEvent(
        "message.limited",
        icon="clock",
        title=_("Too many texts or calls were asked for"),
        severity=Severity.WARN,
        is_attempt=True,
        trouble=_("Message limits hit"),
        metric="limited",
    )
)
MESSAGE_UNANSWERED = declare(
    UserEvent(
        "message.unanswered",
        icon="clock",
        title=_("No more messages went out: nobody answered the last ones"),
        text=method,
        severity=Severity.WARN,
        is_attempt=True,
    )
)
MESSAGE_SENT_AGAIN = declare(
    UserEvent(
        "message.sent_again",
        icon="send",
        title=_("A notice was sent to you once more"),
        staff_title=_("A notice was sent to them once more"),
    )
)

SECOND_STEP_SWITCHED_OFF = declare(
    UserEvent(
        "second_step.switched_off",
        icon="lock",
        title=_("All options were switched off after too many wrong codes"),
        severity=Severity.BAD,
        is_attempt=True,
    )
)

ENROLMENT_REBOUND = declare(
    UserEvent(
        "enrolment.rebound",
        icon="plus",
        title=_("A method took the place of those that were switched off"),
        text=method,
    )
)
ENROLMENT_ASSIGNED = declare(
    UserEvent(
        "enrolment.assigned",
        icon="plus",
        title=_("Something was handed out to you, to be activated"),
        staff_title=_("Something was handed out to them, to be activated"),
        text=method,
    )
)
ENROLMENT_HANDED_OUT = declare(
    UserEvent(
        "enrolment.handed_out",
        icon="pass",
        title=_("Company support gave you a pass"),
        staff_title=_("Company support gave them a pass"),
        text=method,
        severity=Severity.WARN,
    )
)
ENROLMENT_CONFIRMED = declare(
    UserEvent(
        "enrolment.confirmed",
        icon="plus",
        title=_("A method was added"),
        text=method,
    )
)
ENROLMENT_REMOVED = declare(
    UserEvent(
        "enrolment.removed",
        icon="remove",
        title=_("A method was removed"),
        text=method,
    )
)
ENROLMENT_RENAMED = declare(
    UserEvent(
        "enrolment.renamed",
        icon="edit",
        title=_("A method was renamed"),
        text=method,
    )
)
ENROLMENT_MADE_DEFAULT = declare(
    UserEvent(
        "enrolment.made_default",
        icon="edit",
        title=_("Another method is asked first"),
        text=method,
    )
)

METHOD_SWITCHED_OFF = declare(
    UserEvent(
        "method.switched_off",
        icon="lock",
        title=_("A method was switched off after too many wrong codes"),
        text=method,
        severity=Severity.BAD,
        is_attempt=True,
        trouble=_("Methods switched off after wrong codes"),
    )
)

SEALED_VALUE_DAMAGED = declare(
    UserEvent(
        "sealed_value.damaged",
        icon="warn",
        title=_("One of your options could not be read"),
        staff_title=_("One of their options could not be read"),
        text=_("It is closed until you set it up again. Your company support was told."),
        staff_text=_("It is closed until they set it up again. Company support was told."),
        severity=Severity.WARN,
        metric="sealed value damaged",
    )
)

BROWSER_FORGOTTEN = declare(
    UserEvent(
        "browser.forgotten",
        icon="remove",
        title=_("Remembered browsers were forgotten"),
    )
)
BROWSER_COPIED = declare(
    UserEvent(
        "browser.copied",
        icon="bad",
        title=_("A copy of a remembered browser’s cookie was used"),
        text=_("It was forgotten."),
        severity=Severity.BAD,
        is_attempt=True,
        trouble=_("Copied browser cookies"),
    )
)

TOKEN_TAKEN_BACK = declare(Event("token.taken_back"))
TOKEN_RETIRED = declare(Event("token.retired"))
TOKEN_RESTORED = declare(Event("token.restored"))

NUMBER_STOPPED = declare(Event("number.stopped"))
NUMBER_STARTED = declare(Event("number.started"))

RANGE_WARNED = declare(Event("range.warned"))
RANGE_PAUSED = declare(Event("range.paused"))
RANGE_LIFTED = declare(Event("range.lifted"))

SPEND_ALARMED = declare(Event("spend.alarmed"))

PERSON_ERASED = declare(Event("person.erased"))
