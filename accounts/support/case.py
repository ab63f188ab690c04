"""The case of a user: everything support needs to know, in plain words. Read-only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts import activity, app_passwords
from accounts.models import AppPassword, CallerCheck, Session, StaleClient, User
from accounts.support import audit_events, caller_verification
from accounts.support.actions import action_preview, authorise, rights
from accounts.support.actions.access import FOREVER
from accounts.support.actions.authorise import StaffAccess
from accounts.support.actions.base import Action
from accounts.support.actions.registry import ACTIONS
from accounts.support.actions.rights import Refusal
from verification import audit, browsers, enrolments, policies, registry, time_format
from verification.browsers import user_agents
from verification.context import Context
from verification.delivery import message_explanations
from verification.delivery.message_explanations import Report
from verification.enrolments import ConfirmedEnrolment, Option
from verification.models import AuditEvent, Browser, Enrolment, Message
from verification.policies import Decision, Source, Step, Why

_ATTEMPTS = 10
_MESSAGES = 10


@dataclass(frozen=True)
class CaseMethod:
    """One of the user's methods, as staff see it."""

    enrolment: Enrolment
    label: str
    icon: str
    note: str
    kind: str


@dataclass(frozen=True)
class Sent:
    """One text, call or mail, and its state."""

    message: Message
    report: Report
    cause: str


@dataclass(frozen=True)
class Button:
    """One action on the case page. `closed` says why it is not possible now, and what would help."""

    action: Action
    closed: str


@dataclass(frozen=True)
class Suggestion:
    """What to do next, and with which action."""

    words: str
    button: Button | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything that the case page shows about a user."""

    person: User
    groups: tuple[str, ...]
    block: str
    locks: tuple[str, ...]
    expected: str
    sources: tuple[Source, ...]
    methods: tuple[CaseMethod, ...]
    n_codes: int
    attempts: tuple[activity.Entry, ...]
    messages: tuple[Sent, ...]
    browsers: tuple[tuple[Browser, str], ...]
    sessions: tuple[tuple[Session, str], ...]
    app_passwords: tuple[AppPassword, ...]
    stale: tuple[StaleClient, ...]
    history: tuple["Line", ...]
    proof: CallerCheck | None
    proof_ends_at: datetime | None
    buttons: tuple[Button, ...]
    suggestion: Suggestion | None


@dataclass(frozen=True)
class Line:
    """A past support action, for the case page."""

    at: datetime
    words: str
    staff: str
    reason: str
    ticket: str


def of(person: User, staff: User, context: Context) -> Case:
    """Collect the case of a user for a member of staff. The number of queries does not depend on what is found."""
    now = context.now
    decision = policies.decide(person, Context(now=now))
    mine = enrolments.confirmed(person.pk)
    options = enrolments.options(mine, tuple(registry.methods()), now=now)
    locks = (*action_preview.locks(person, options, now=now), *action_preview.wrong_codes(person, now=now))
    access = authorise.access(staff, person, context)
    buttons, proof = tuple(_buttons(access)), access.proof
    messages = tuple(_messages(person))
    return Case(
        person=person,
        groups=tuple(person.groups.order_by("name").values_list("name", flat=True)),
        block=_block(person, now),
        locks=locks,
        expected=expected(decision),
        sources=tuple(policies.sources(person.pk)),
        methods=tuple(_method(each, decision, now) for each in mine),
        n_codes=enrolments.recovery_codes_left(person.pk),
        attempts=tuple(activity.entries(audit.of_person(person.pk, of=_attempts(), most=_ATTEMPTS), is_own=False)),
        messages=messages,
        browsers=tuple((b, user_agents.name(b.agent)) for b in browsers.of_person(person, now=now)),
        sessions=tuple(
            (s, user_agents.name(s.agent))
            for s in Session.objects.filter(user=person, expire_date__gt=now).order_by("-made_at")
        ),
        app_passwords=tuple(app_passwords.of_person(person)),
        stale=tuple(app_passwords.stale_of(person, now=now)),
        history=tuple(_history(person)),
        proof=proof,
        proof_ends_at=proof.passed_at + caller_verification.LIFE if proof and proof.passed_at else None,
        buttons=buttons,
        suggestion=_suggest(person, decision, messages, buttons, now=now),
    )


def _attempts() -> list[audit.UserEvent]:
    return [event for event in audit.user_events() if event.is_attempt]


def _block(person: User, now: datetime) -> str:
    if not person.is_active:
        return _("The account is switched off.")
    if person.blocked_until is None or person.blocked_until <= now:
        return ""
    if person.blocked_until >= FOREVER:
        return _("Blocked until somebody unblocks them: %(why)s") % {"why": person.blocked_reason}
    said = {"until": time_format.moment(person.blocked_until, zone=True), "why": person.blocked_reason}
    return _("Blocked until %(until)s: %(why)s") % said


def expected(decision: Decision) -> str:
    """Return what the user would see after a correct password, in a new browser outside trusted networks."""
    usual = decision.default.label if decision.default else ""
    table = {
        Why.REQUIRED: _("They are asked for: %(usual)s.") % {"usual": usual},
        Why.NOT_REQUIRED: _("The password alone lets them in: the second step is disabled for them."),
        Why.BYPASSED: _("The password alone lets them in, this once."),
        Why.NO_METHOD: _("They must register a method first: they have none."),
        Why.METHOD_NOT_ALLOWED: _("They prove a method that policy no longer allows (%(usual)s), then must register.")
        % {"usual": usual},
        Why.BLOCKED: _("They are refused: the account is blocked."),
        Why.LOCKED: _("They are refused: the second step is locked."),
        Why.ALL_OFF: _("They are refused: all their methods are switched off after wrong codes."),
    }
    fallback = _("They get in.") if decision.step is Step.ALLOW else _("They are asked for a second proof.")
    return table.get(decision.reason, fallback)


def _method(confirmed: ConfirmedEnrolment, decision: Decision, now: datetime) -> CaseMethod:
    enrolment = confirmed.enrolment
    is_known = registry.is_installed(enrolment.method)
    icon = registry.method(enrolment.method).icon if is_known else "key"
    note, kind = _note(confirmed, decision, now)
    return CaseMethod(enrolment, enrolments.label(enrolment), icon, note, kind)


def _note(confirmed: ConfirmedEnrolment, decision: Decision, now: datetime) -> tuple[str, str]:
    enrolment = confirmed.enrolment
    allowed = {option.ref for option in decision.options}
    if confirmed.limits.is_locked:
        return _("Switched off"), "bad"
    if not enrolment.opens:
        return _("Cannot be read: remove it, so that it can be set up again"), "bad"
    if not enrolment.is_good(now):
        return _("Not good now"), "warn"
    if decision.options and enrolment.method not in decision.rules.methods and enrolment.ref not in allowed:
        return _("Not allowed by policy"), "warn"
    return (_("Asked first"), "good") if enrolment.is_default else ("", "")


def _messages(person: User) -> list[Sent]:
    rows = Message.objects.select_related("challenge").filter(user=person).order_by("-created_at")[:_MESSAGES]
    return [
        Sent(message, message_explanations.explain(message), message_explanations.technical(message))
        for message in rows
    ]


def _history(person: User) -> list[Line]:
    events = audit.of_person(person.pk, prefix="support.", most=20)
    names = dict(User.objects.filter(pk__in={event.actor_id for event in events}).values_list("pk", "username"))
    return [_line(event, names) for event in events]


def _line(event: AuditEvent, names: dict[int, str]) -> Line:
    detail: dict[str, Any] = event.said
    known = activity.entries([event], is_own=False)
    words = known[0].title if known else event.kind
    if event.kind == audit_events.SUPPORT_REFUSED.kind:
        words = f"{words}: {rights.explain(Refusal(detail['why']))}"
    staff = names.get(event.actor_id or 0, _("somebody who left"))
    return Line(event.at, words, staff, detail.get("reason", detail.get("way", "")), detail.get("ticket", ""))


def _buttons(access: StaffAccess) -> list[Button]:
    """Return the actions that the staff member's role includes. Others are not shown at all."""
    mine = [action for action in ACTIONS.values() if access.staff.has_perm(f"accounts.{action.permission}")]
    found = []
    for action in mine:
        permit = access.permit(action)
        found.append(Button(action, rights.explain(permit) if isinstance(permit, Refusal) else ""))
    return found


def _suggest(
    person: User, decision: Decision, messages: tuple[Sent, ...], buttons: tuple[Button, ...], *, now: datetime
) -> Suggestion | None:
    """Return the next step that most likely helps, given what keeps the user out."""
    by_name = {button.action.name: button for button in buttons}
    newest = messages[0] if messages else None
    is_stopped = any(option.limits.is_all_locked for option in decision.options)
    table = [
        (
            decision.reason is Why.BLOCKED,
            _("They are blocked. Find out why before you unblock them."),
            "unblock",
        ),
        (
            decision.reason is Why.LOCKED,
            _("They reported fraud, or somebody keyed 0# by mistake. Make sure, require a new password, then unlock."),
            "unlock",
        ),
        (
            is_stopped,
            _("Too many wrong codes switched everything off. Require a new password, then have them set it up again."),
            "clear_settings",
        ),
        (decision.reason is Why.ALL_OFF, _("Too many wrong codes closed every method. Unlock them."), "unlock"),
        (
            decision.reason is Why.NO_METHOD and person.last_login is not None,
            _("They have no method, so the next sign-in asks them to register. If that does not work, give a pass."),
            "issue_pass",
        ),
        (
            newest is not None and newest.report.is_bad and len(_lasting(decision.options)) < 2,
            _("The last message did not arrive and they have no other way. Once you know who it is, give a pass."),
            "issue_pass",
        ),
        (
            newest is not None and newest.report.is_bad,
            _("The last message did not arrive. Ask them to use a different verification option; they have one."),
            "",
        ),
        (
            any(option.retry_at for option in decision.options),
            _("They wait after wrong codes. A different option works at once, or lift the wait."),
            "unlock",
        ),
    ]
    for applies, words, name in table:
        if applies:
            return Suggestion(words, by_name.get(name))
    return None


def _lasting(options: tuple[Option, ...]) -> list[Option]:
    return [option for option in options if not option.is_temporary]
