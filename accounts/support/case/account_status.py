"""The state of a user's account in words: the chip beside the name, and what a sign-in would do now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import invitations
from accounts.models import Directory, SecondStep, User
from accounts.support import support_action_audit_events
from accounts.support.actions import FOREVER
from verification import time_format
from verification.enrolments import Option
from verification.models import AuditEvent
from verification.policies import Decision, DecisionReason, SignInStep


@dataclass(frozen=True)
class Status:
    """The state of an account. Shape: `kind` is a class of the style sheet: good, warn, bad; `text` may be empty."""

    kind: str
    label: str
    text: str = ""


def status(person: User, decision: Decision, history: Sequence[AuditEvent], names: dict[int, str]) -> Status:
    """Return the state of an account: the worst that applies. `history` are support events, newest first."""
    if not person.is_active and person.directory is not None and person.directory_off_at:
        said = {"directory": str(person.directory), "at": time_format.moment(person.directory_off_at)}
        words = _("The directory %(directory)s switched the account off, %(at)s. It can be switched on only there.")
        return Status("bad", _("Switched off"), words % said)
    if not person.is_active:
        words = _("The account was switched off in the database. Operators can switch it on there.")
        return Status("bad", _("Switched off"), words)
    if decision.reason is DecisionReason.BLOCKED:
        return _blocked(person, history, names)
    if person.second_step_locked_at:
        return _locked(person.second_step_locked_at, history, names)
    if decision.reason is DecisionReason.ALL_OFF or first_to_end(decision):
        return _locked_out(decision)
    if person.securing_since:
        said = {"at": time_format.moment(person.securing_since)}
        return Status("warn", _("Securing the account"), _("They reported activity that wasn’t theirs, %(at)s.") % said)
    if decision.reason is DecisionReason.BYPASSED and person.bypass_until:
        said = {"at": time_format.moment(person.bypass_until)}
        return Status("warn", _("One-time bypass"), _("One sign-in with the password only, until %(at)s.") % said)
    if decision.step is SignInStep.ENROL:
        return Status("warn", _("Must set up a method"), _deferrals(decision))
    if person.second_step == SecondStep.DISABLED and decision.step is SignInStep.ALLOW:
        return Status("warn", _("Second step disabled"))
    return Status("good", _("Active"))


def _locked(since: datetime, history: Sequence[AuditEvent], names: dict[int, str]) -> Status:
    kind = support_action_audit_events.SUPPORT_PERSON_LOCKED.kind
    made = next((event for event in history if event.kind == kind and event.at == since), None)
    if made is None:
        words = _("Since %(at)s: a sign-in was reported as fraud, or support locked it.")
        return Status("bad", _("Locked"), words % {"at": time_format.moment(since)})
    said = {"at": time_format.moment(since), "who": names.get(made.actor_id or 0, _("someone who left"))}
    parts = [_("Since %(at)s, by %(who)s.") % said, _("Reason: %(why)s.") % {"why": made.said["reason"].rstrip(".")}]
    return Status("bad", _("Locked"), " ".join(parts))


def _blocked(person: User, history: Sequence[AuditEvent], names: dict[int, str]) -> Status:
    is_permanent = person.blocked_until is None or person.blocked_until >= FOREVER
    label = _("Blocked")
    if not is_permanent and person.blocked_until:
        label = _("Blocked until %(at)s") % {"at": time_format.short_moment(person.blocked_until)}
    made = next(
        (event for event in history if event.kind == support_action_audit_events.SUPPORT_PERSON_BLOCKED.kind), None
    )
    parts = []
    if made is not None:
        who = names.get(made.actor_id or 0, _("someone who left"))
        said = {"at": time_format.moment(made.at), "who": who}
        parts.append(_("Since %(at)s, by %(who)s.") % said)
    if is_permanent:
        parts.append(_("Until someone unblocks them."))
    if person.blocked_reason:
        parts.append(_("Reason: %(why)s.") % {"why": person.blocked_reason.rstrip(".")})
    return Status("bad", label, " ".join(parts))


def _locked_out(decision: Decision) -> Status:
    if option := first_to_end(decision):
        return Status("bad", _("Locked until %(at)s") % {"at": option.locked_until})
    return Status("bad", _("Locked"))


def _deferrals(decision: Decision) -> str:
    n = decision.n_deferrals_left
    words = ngettext("They can skip it %(n)d more time at sign-in.", "They can skip it %(n)d more times at sign-in.", n)
    return words % {"n": n} if n else _("They set one up at their next sign-in.")


def _supplied(person: User, directory: Directory) -> str:
    """Return since when a directory has supplied a person, and when they were last updated from it."""
    said = {"directory": str(directory)}
    for name, at in (("since", person.directory_since), ("seen", person.directory_seen_at)):
        said[name] = time_format.short_moment(at) if at else _("their first sign-in")
    if person.directory_seen_at is None:
        return _("They have come from the directory %(directory)s since %(since)s.") % said
    return (
        _("They have come from the directory %(directory)s since %(since)s. They were last updated from it %(seen)s.")
        % said
    )


def first_to_end(decision: Decision) -> Option | None:
    """Return the method whose lock ends first, if all of them are locked now and one of these locks ends."""
    ends = [(option.retry_at, option) for option in decision.options if option.retry_at and not option.is_locked]
    is_waiting = all(option.is_locked or option.retry_at for option in decision.options)
    return min(ends, key=itemgetter(0))[1] if ends and is_waiting else None


def expected(decision: Decision, *, is_active: bool = True) -> str:
    """Return what the user would see after a correct password, in a new browser outside trusted networks."""
    if not is_active:
        return _("They can’t sign in: their account is switched off.")
    usual = decision.default.label if decision.default else ""
    if option := first_to_end(decision):
        words = _("They can’t sign in until %(at)s, because of too many incorrect codes.")
        return words % {"at": option.locked_until}
    table = {
        DecisionReason.REQUIRED: _("They need their second step. We ask for %(usual)s first.") % {"usual": usual},
        DecisionReason.NOT_REQUIRED: _("They sign in with their password only: the second step is disabled for them."),
        DecisionReason.BYPASSED: _("They sign in with their password only, this once: they have a one-time bypass."),
        DecisionReason.NO_METHOD: _("They must set up a method before they can continue: they have none."),
        DecisionReason.METHOD_NOT_ALLOWED: _(
            "They verify with %(usual)s once more, then set up another method: policy no longer allows this one."
        )
        % {"usual": usual},
        DecisionReason.BLOCKED: _("They can’t sign in: their account is blocked."),
        DecisionReason.LOCKED: _("They can’t sign in: support or a fraud report locked their second step."),
        DecisionReason.ALL_OFF: _("They can’t sign in: too many incorrect codes locked all their methods."),
    }
    fallback = (
        _("They sign in with their password only.")
        if decision.step is SignInStep.ALLOW
        else _("They need their second step.")
    )
    return table.get(decision.reason, fallback)


def because(person: User, decision: Decision, *, n_browsers: int, now: datetime) -> list[str]:
    """Return what else decides about a sign-in: the second step, remembered browsers, trusted networks, password."""
    lines = [_("Second step: %(state)s.") % {"state": SecondStep(person.second_step).label}]
    may_skip = decision.step is SignInStep.ASK and not person.is_staff and not person.securing_since
    if person.is_staff:
        lines.append(_("They have a staff role, so they always need the second step."))
    elif person.securing_since:
        lines.append(_("They are securing their account, so they always need the second step."))
    if may_skip and decision.rules.remember_days and n_browsers:
        words = ngettext(
            "In their %(n)d remembered browser they skip the second step.",
            "In their %(n)d remembered browsers they skip the second step.",
            n_browsers,
        )
        lines.append(words % {"n": n_browsers})
    if may_skip and decision.rules.trusted_networks:
        lines.append(_("In trusted networks they skip the second step."))
    if person.directory is not None:
        lines.append(_supplied(person, person.directory))
    if words := invitations.words(person, now):
        lines.append(words)
    if person.must_change_password:
        lines.append(_("They must also choose a new password."))
    elif person.breached_password_at:
        lines.append(_("They must also choose a new password, because attackers know the current one."))
    return lines
