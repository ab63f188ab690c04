"""The audit events of verification: challenges, messages, enrolments, tokens, costs."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit.declaring_events import Details, Event, Severity, declare, method
from verification.audit.events_shown_to_people import UserEvent
from verification.models import Purpose


def _occasion(details: Details) -> str:
    """Say when an incorrect code was typed."""
    table = {
        Purpose.SELF_TEST: gettext("When testing this method: %(method)s."),
        Purpose.ENROL: gettext("When setting up this method: %(method)s."),
        Purpose.FRESH: gettext("Before a change to the account. Method: %(method)s."),
        Purpose.CALLER: gettext("Read to support on the phone. Method: %(method)s."),
    }
    at_sign_in = (
        gettext("At a sign-in. Method: %(method)s.")
        if details.is_passwordless
        else gettext("Method: %(method)s. The password was correct.")
    )
    return table.get(details.said.get("purpose", Purpose.SIGN_IN), at_sign_in) % {"method": details.method}


def _severity_of_wrong_code(details: Details) -> Severity:
    """Return how bad an incorrect code is: at a sign-in someone had the password."""
    is_harmless = details.said.get("purpose") in {Purpose.SELF_TEST, Purpose.ENROL, Purpose.FRESH}
    return Severity.INFO if is_harmless else Severity.BAD


CHALLENGE_FAILED = declare(
    UserEvent(
        "challenge.failed",
        log=_("Incorrect code entered for %(person)s: %(method)s."),
        icon="warn",
        title=_("An incorrect code was entered"),
        text=_occasion,
        severity=_severity_of_wrong_code,
        is_attempt=True,
        metric="code wrong",
    )
)
CHALLENGE_REPORTED = declare(
    UserEvent(
        "challenge.reported",
        log=_("%(person)s reported a call as fraud on the phone."),
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
        log=_("A used code was entered a second time for %(person)s: %(method)s."),
        icon="warn",
        title=_("A code was entered a second time"),
        text=_("It didn’t work: each code works once."),
        severity=Severity.WARN,
        is_attempt=True,
    )
)
CHALLENGE_ISSUED = declare(
    Event("challenge.issued", _("Second step requested"), _("%(person)s was asked for the second step: %(method)s."))
)
CHALLENGE_RESENT = declare(
    Event("challenge.resent", _("New code requested"), _("%(person)s requested a new code: %(method)s."))
)
CHALLENGE_APPROVED = declare(
    Event("challenge.approved", _("Approved on the phone"), _("%(person)s approved a call on the phone: %(method)s."))
)
CHALLENGE_PROVEN = declare(
    Event("challenge.proven", _("Second step completed"), _("%(person)s completed the second step: %(method)s."))
)
CHALLENGE_REPLACED = declare(
    Event(
        "challenge.replaced",
        _("Older code entered"),
        _("An older code was entered for %(person)s, after a newer one was sent: %(method)s."),
    )
)
CHALLENGE_USED = declare(
    Event(
        "challenge.used",
        _("Used code entered"),
        _("A used code was entered for %(person)s: %(method)s."),
    )
)

MESSAGE_REFUSED = declare(
    UserEvent(
        "message.refused",
        log=_("A text or call to %(person)s was stopped: %(why)s."),
        icon="clock",
        title=_("We couldn’t send a text or call to this number"),
        severity=Severity.WARN,
        is_attempt=True,
        trouble=_("Messages stopped by cost controls"),
        metric="guarded",
    )
)
MESSAGE_LIMITED = declare(
    UserEvent(
        "message.limited",
        log=_("%(person)s requested too many texts or calls: %(method)s."),
        icon="clock",
        title=_("Too many texts or calls were requested"),
        severity=Severity.WARN,
        is_attempt=True,
        trouble=_("Message limits reached"),
        metric="limited",
    )
)
MESSAGE_UNANSWERED = declare(
    UserEvent(
        "message.unanswered",
        log=_("Messages to %(person)s stopped because nobody answered the last ones: %(method)s."),
        icon="clock",
        title=_("We stopped sending codes, because nobody entered the last ones"),
        text=method,
        severity=Severity.WARN,
        is_attempt=True,
    )
)
MESSAGE_SENT_AGAIN = declare(
    UserEvent(
        "message.sent_again",
        log=_("%(actor)s sent a notice to %(person)s again."),
        icon="send",
        title=_("We sent you a notification again"),
        staff_title=_("A notice was sent to them again"),
    )
)

SECOND_STEP_SWITCHED_OFF = declare(
    UserEvent(
        "second_step.switched_off",
        log=_("All methods of %(person)s were locked after too many incorrect codes."),
        icon="lock",
        title=_("The second step was locked after too many incorrect codes"),
        severity=Severity.BAD,
        is_attempt=True,
    )
)

ENROLMENT_REBOUND = declare(
    UserEvent(
        "enrolment.rebound",
        log=_("%(person)s set up a method that replaces the locked ones: %(method)s."),
        icon="plus",
        title=_("A new method replaced the locked ones"),
        text=method,
    )
)
ENROLMENT_ASSIGNED = declare(
    UserEvent(
        "enrolment.assigned",
        log=_("%(actor)s assigned a method to %(person)s, who has to activate it: %(method)s."),
        icon="plus",
        title=_("You were given a method to activate"),
        staff_title=_("A method was assigned to them, for them to activate"),
        text=method,
    )
)
ENROLMENT_HANDED_OUT = declare(
    UserEvent(
        "enrolment.handed_out",
        log=_("%(actor)s issued a pass to %(person)s."),
        icon="pass",
        title=_("The support desk gave you a Temporary Access Pass"),
        staff_title=_("Support gave them a pass"),
        text=method,
        severity=Severity.WARN,
    )
)
ENROLMENT_CONFIRMED = declare(
    UserEvent(
        "enrolment.confirmed",
        log=_("%(person)s set up a method: %(method)s."),
        icon="plus",
        title=_("A method was added"),
        text=method,
    )
)
ENROLMENT_SUPPLIED = declare(
    UserEvent(
        "enrolment.supplied",
        log=_("Policy trusts the directory, so a phone number of %(person)s became a method: %(method)s."),
        icon="plus",
        title=_("A phone number from your organisation became a method"),
        staff_title=_("A phone number from their directory became a method"),
        text=method,
    )
)
ENROLMENT_WITHDRAWN = declare(
    UserEvent(
        "enrolment.withdrawn",
        log=_("A phone number of %(person)s from their directory is no longer a method: %(method)s."),
        icon="remove",
        title=_("A phone number from your organisation is no longer a method"),
        staff_title=_("A phone number from their directory is no longer a method"),
        text=method,
        is_deniable=False,
    )
)
ENROLMENT_REMOVED = declare(
    UserEvent(
        "enrolment.removed",
        log=_("%(person)s removed a method: %(method)s."),
        icon="remove",
        title=_("A method was removed"),
        text=method,
    )
)
ENROLMENT_RENAMED = declare(
    UserEvent(
        "enrolment.renamed",
        log=_("%(person)s renamed a method: %(method)s."),
        icon="edit",
        title=_("A method was renamed"),
        text=method,
    )
)
ENROLMENT_MADE_DEFAULT = declare(
    UserEvent(
        "enrolment.made_default",
        log=_("%(person)s changed their default method to: %(method)s."),
        icon="edit",
        title=_("The default method was changed"),
        text=method,
    )
)

METHOD_SWITCHED_OFF = declare(
    UserEvent(
        "method.switched_off",
        log=_("A method of %(person)s was locked after too many incorrect codes: %(method)s."),
        icon="lock",
        title=_("A method was locked after too many incorrect codes"),
        text=method,
        severity=Severity.BAD,
        is_attempt=True,
        trouble=_("Methods locked after incorrect codes"),
    )
)

SEALED_VALUE_DAMAGED = declare(
    UserEvent(
        "sealed_value.damaged",
        log=_("Stored data couldn’t be decrypted: %(what)s."),
        icon="warn",
        title=_("One of your methods stopped working"),
        staff_title=_("One of their methods can’t be read"),
        text=_("Set it up again to use it. We’ve told the support desk."),
        staff_text=_("It’s locked until they set it up again. Operators were notified."),
        severity=Severity.WARN,
        metric="sealed value damaged",
    )
)

BROWSER_FORGOTTEN = declare(
    UserEvent(
        "browser.forgotten",
        log=_("%(person)s removed remembered browsers (%(n_browsers)s)."),
        icon="remove",
        title=_("Remembered browsers were removed"),
    )
)
BROWSER_COPIED = declare(
    UserEvent(
        "browser.copied",
        log=_("A copied cookie of a remembered browser of %(person)s was used. The browser was removed."),
        icon="bad",
        title=_("A copy of a remembered browser’s cookie was used"),
        text=_("We removed the browser. It will need the second step again."),
        severity=Severity.BAD,
        is_attempt=True,
        trouble=_("Copied browser cookies"),
    )
)

TOKEN_TAKEN_BACK = declare(
    Event(
        "token.taken_back",
        _("Hardware token taken back"),
        _("%(actor)s took a hardware token back from %(person)s: %(hint)s."),
    )
)
TOKEN_RETIRED = declare(
    Event("token.retired", _("Hardware token retired"), _("%(actor)s retired a hardware token: %(hint)s."))
)
TOKEN_RESTORED = declare(
    Event(
        "token.restored", _("Hardware token restored"), _("%(actor)s returned a hardware token to the stock: %(hint)s.")
    )
)

NUMBER_STOPPED = declare(
    Event("number.stopped", _("Phone number opted out"), _("A phone number opted out of our texts: %(number)s."))
)
NUMBER_STARTED = declare(
    Event("number.started", _("Phone number opted in"), _("A phone number opted in to our texts again: %(number)s."))
)

RANGE_WARNED = declare(
    Event(
        "range.warned",
        _("Possible toll fraud"),
        _("Few codes sent to numbers that begin with %(range)s are entered. This can be toll fraud."),
        severity=Severity.WARN,
    )
)
RANGE_PAUSED = declare(
    Event(
        "range.paused",
        _("Range of numbers blocked"),
        _("Numbers that begin with %(range)s were blocked because few codes sent there are entered."),
        severity=Severity.BAD,
    )
)
RANGE_LIFTED = declare(
    Event("range.lifted", _("Range of numbers unblocked"), _("%(actor)s unblocked numbers that begin with %(range)s."))
)

SPEND_ALARMED = declare(
    Event(
        "spend.alarmed",
        _("Spending close to its limit"),
        _("Spending is close to its limit: %(scope)s."),
        severity=Severity.WARN,
    )
)

PERSON_ERASED = declare(
    Event(
        "person.erased",
        _("Person erased"),
        _("%(actor)s erased the personal data of %(person)s."),
        severity=Severity.WARN,
    )
)

APPROVALS_DROPPED = declare(
    Event(
        "policy.approvals_dropped",
        _("Approval no longer needed"),
        _("Because their groups changed, one member of staff can now do this alone for %(person)s: %(actions)s."),
        severity=Severity.WARN,
    )
)

RECORDS_REMOVED = declare(
    Event(
        "records.removed",
        _("Old records removed"),
        _("%(actor)s removed records from before %(before)s: %(what)s (%(n_rows)s)."),
    )
)

SIGNING_KEYS_REPLACED = declare(
    Event(
        "signing_key.replaced",
        _("Signing keys replaced"),
        _("%(actor)s replaced the keys that sign tokens for applications."),
        severity=Severity.BAD,
    )
)
