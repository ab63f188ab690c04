"""Collects everything that the case page shows about a user."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import activity_lines_from_audit_events, app_passwords, applications, invitations
from accounts.models import CallerCheck, StaleClient, User
from accounts.sessions import running_sessions
from accounts.support import approval_audit_events, caller_verification
from accounts.support.actions import ActionImpact, ActionRefusal, action_preview, who_may_act_on_whom
from accounts.support.case import account_status, offered_actions, sign_in_attempts, suggested_next_step
from accounts.support.case.account_status import Status
from accounts.support.case.offered_actions import Offers
from accounts.support.case.sign_in_attempts import Attempts
from accounts.support.case.suggested_next_step import NextStep
from verification import (
    audit,
    browsers,
    conf,
    enrolments,
    hardware_token_stock,
    limits,
    method_registry,
    outcomes,
    policies,
    time_format,
)
from verification.browsers import user_agents
from verification.context import Context
from verification.delivery import message_status_words
from verification.delivery.message_status_words import Report
from verification.enrolments import ConfirmedEnrolment, Option
from verification.limits import WrongCodes
from verification.models import AuditEvent, Enrolment, Message, MessageState
from verification.policies import Decision, RuleSource

_MAX_MESSAGES_SHOWN = 10
_MAX_ACTIONS_SHOWN = 20
FOLD_FROM = 5  # entries of a list that the page shows unfolded
_COLLEAGUE_WINDOW = timedelta(minutes=15)  # a colleague who did something this recently is helping the person now

CANNOT_BE_READ = gettext_lazy("Can’t be read: remove it and set it up again")


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
    """One text, call or email, and its state. `cause` is what the provider gave as the cause, if it did."""

    message: Message
    report: Report
    cause: str

    @property
    def reason(self) -> str:
        """Return why it did not arrive, unless its state says so already."""
        reason, state = self.message.get_reason_display(), self.message.get_state_display()
        return (
            f"{str(reason)[:1].upper()}{str(reason)[1:]}." if self.report.is_bad and reason and reason != state else ""
        )

    @property
    def kind(self) -> str:
        """Return how it looks: a class of the style sheet."""
        if self.report.is_bad:
            return "bad"
        return "good" if self.message.state == MessageState.DELIVERED else ""


@dataclass(frozen=True)
class Item:
    """One entry of a list: what it is, and when it was used or ends."""

    name: str
    text: str


@dataclass(frozen=True)
class ActiveAccess:
    """A list of what a user has. The page shows `first`, and `rest` folded.

    `n` counts all entries, also those that the search `find` leaves out.
    """

    key: str
    label: str
    n: int
    items: tuple[Item, ...]
    find: str = ""

    @property
    def first(self) -> tuple[Item, ...]:
        return self.items[:FOLD_FROM]

    @property
    def rest(self) -> tuple[Item, ...]:
        return self.items[FOLD_FROM:]

    @property
    def is_long(self) -> bool:
        """Return whether a search is worth it."""
        return self.n > 2 * FOLD_FROM


@dataclass(frozen=True)
class PastAction:
    """A past support action, for the case page."""

    at: datetime
    words: str
    staff: str
    reason: str
    ticket: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything that the case page shows about a user. `colleague` is somebody else who is helping them now."""

    person: User
    is_self: bool
    groups: tuple[str, ...]
    status: Status
    locks: tuple[str, ...]
    expected: str
    because: tuple[str, ...]
    sources: tuple[RuleSource, ...]
    methods: tuple[CaseMethod, ...]
    n_codes: int
    attempts: tuple[Attempts, ...]
    messages: tuple[Sent, ...]
    active_access: tuple[ActiveAccess, ...]
    stale: tuple[StaleClient, ...]
    history: tuple[PastAction, ...]
    colleague: str
    proof: CallerCheck | None
    proof_ends_at: datetime | None
    offers: Offers
    suggestion: NextStep | None


def of(person: User, staff: User, context: Context, *, find: str = "", find_in: str = "") -> Case:
    """Collect the case of a user for a member of staff. The number of queries does not depend on what is found.

    `find` filters the list of what the user has that `find_in` names.
    """
    now = context.now
    decision = policies.decide(person, Context(now=now))
    mine = enrolments.confirmed(person.pk)
    options = enrolments.options(mine, tuple(method_registry.methods()), now=now)
    access = who_may_act_on_whom.access(staff, person, context)
    messages, active_access = tuple(_messages(person)), _active_access(person, now)
    events = audit.of_person(person.pk, prefix="support.", most=_MAX_ACTIONS_SHOWN)
    names = dict(User.objects.filter(pk__in={event.actor_id for event in events}).values_list("pk", "username"))
    wrong = limits.wrong_codes(person.pk, now=now)
    impact = _impact(person, mine, options, active_access, wrong, now)
    offered = offered_actions.offers(access, impact)
    proof = access.proof
    return Case(
        person=person,
        is_self=person.pk == staff.pk,
        groups=tuple(person.groups.order_by("name").values_list("name", flat=True)),
        status=account_status.status(person, decision, events, names),
        locks=(*impact.locks, *action_preview.wrong_codes(wrong)),
        expected=account_status.expected(decision, is_active=person.is_active),
        because=tuple(account_status.because(person, decision, n_browsers=impact.n_browsers, now=now)),
        sources=tuple(policies.sources(person.pk)),
        methods=tuple(_method(each, decision, now) for each in mine),
        n_codes=enrolments.recovery_codes_left(person.pk),
        attempts=sign_in_attempts.recent(person),
        messages=messages,
        active_access=tuple(_matching(each, find) if each.key == find_in else each for each in active_access),
        stale=tuple(app_passwords.stale_of(person, now=now)),
        history=tuple(_line(event, names) for event in events),
        colleague=_colleague(events, names, staff, now),
        proof=proof,
        proof_ends_at=proof.passed_at + caller_verification.CHECK_LIFE if proof and proof.passed_at else None,
        offers=offered,
        suggestion=suggested_next_step.suggest(
            person, decision, messages[0].report if messages else None, offered.buttons
        ),
    )


def _impact(
    person: User,
    mine: Iterable[ConfirmedEnrolment],
    options: Iterable[Option],
    active_access: Iterable[ActiveAccess],
    wrong: WrongCodes,
    now: datetime,
) -> ActionImpact:
    """Return what the user has, as the actions need it to say whether they apply."""
    n = {each.key: each.n for each in active_access}
    options = tuple(options)
    return ActionImpact(
        labels=tuple(enrolments.label(each.enrolment) for each in mine),
        n_browsers=n["browsers"],
        n_sessions=n["sessions"],
        n_app_passwords=n["app-passwords"],
        has_pass=any(option.is_temporary for option in options),
        locks=tuple(action_preview.locks(person, options, now=now)),
        is_stopped=wrong.stopped_at is not None,
        is_staff=person.is_staff,
        is_blocked=bool(person.blocked_until and person.blocked_until > now),
        is_locked=person.second_step_locked_at is not None,
        must_change_password=person.must_change_password,
        is_of_directory=not person.has_password_here,
        is_new=invitations.is_new(person),
        n_wrong_codes=conf.wrong_codes_per_month() if wrong.stopped_at else wrong.n,
        n_numbers=sum(option.needs_delivery for option in options),
        n_tokens=len(hardware_token_stock.of_person(person.pk)),
    )


def _active_access(person: User, now: datetime) -> tuple[ActiveAccess, ...]:
    sessions = running_sessions.running(person, now)
    running = {each.ref for each in sessions}
    lists = (
        (
            "sessions",
            _("Sessions"),
            [
                Item(
                    _named(user_agents.name(each.agent), each.network),
                    _("since %(at)s") % {"at": time_format.short_moment(each.made_at)},
                )
                for each in sessions
            ],
        ),
        (
            "applications",
            _("Applications"),
            [
                Item(each.application.name, _("used %(at)s") % {"at": time_format.short_moment(each.last_used_at)})
                for each in applications.running(person)
                if each.session_ref in running
            ],
        ),
        (
            "browsers",
            _("Remembered browsers"),
            [
                Item(
                    _named(user_agents.name(each.agent), each.network),
                    _("until %(at)s") % {"at": time_format.short_day(each.ends_at)},
                )
                for each in browsers.of_person(person, now=now)
            ],
        ),
        (
            "app-passwords",
            _("App passwords"),
            [
                Item(
                    f"{each.name} ({each.program})",
                    _("used %(at)s") % {"at": time_format.short_moment(each.last_used_at)}
                    if each.last_used_at
                    else _("never used"),
                )
                for each in app_passwords.of_person(person)
            ],
        ),
    )
    return tuple(ActiveAccess(key, label, len(items), tuple(items)) for key, label, items in lists)


def _named(browser: str, network: str) -> str:
    return f"{browser} · {network}" if network else browser


def _matching(access_list: ActiveAccess, find: str) -> ActiveAccess:
    """Keep the entries whose words contain all words of a search, if the list is long enough to be searched."""
    if not find or not access_list.is_long:
        return access_list
    words = find.casefold().split()
    kept = [item for item in access_list.items if all(word in f"{item.name} {item.text}".casefold() for word in words)]
    return ActiveAccess(access_list.key, access_list.label, access_list.n, tuple(kept), find)


def _colleague(events: Iterable[AuditEvent], names: dict[int, str], staff: User, now: datetime) -> str:
    """Return who else did something for this user in the last minutes, or nothing."""
    others = [e for e in events if e.at > now - _COLLEAGUE_WINDOW and e.actor_id not in (None, staff.pk)]
    return names.get(others[0].actor_id or 0, "") if others else ""


def _method(confirmed: ConfirmedEnrolment, decision: Decision, now: datetime) -> CaseMethod:
    enrolment = confirmed.enrolment
    is_known = method_registry.is_installed(enrolment.method)
    icon = method_registry.method(enrolment.method).icon if is_known else "key"
    note, kind = _note(confirmed, decision, now)
    return CaseMethod(enrolment, enrolments.label(enrolment), icon, note, kind)


def _note(confirmed: ConfirmedEnrolment, decision: Decision, now: datetime) -> tuple[str, str]:
    enrolment = confirmed.enrolment
    allowed = {option.ref for option in decision.options}
    if confirmed.limits.is_locked:
        return _("Locked"), "bad"
    if confirmed.limits.retry_at and confirmed.limits.retry_at > now:
        return _("Locked until %(at)s") % {"at": outcomes.end_words(confirmed.limits.retry_at, now)}, "warn"
    if not enrolment.opens:
        return str(CANNOT_BE_READ), "bad"
    if not enrolment.is_good(now):
        return _("Not currently valid"), "warn"
    if enrolment.supplied:
        return _("From the directory, not verified"), "warn"
    if decision.options and enrolment.method not in decision.rules.methods and enrolment.ref not in allowed:
        return _("Not allowed by policy"), "warn"
    return (_("Default"), "good") if enrolment.is_default else ("", "")


def _messages(person: User) -> list[Sent]:
    rows = Message.objects.select_related("challenge").filter(user=person).order_by("-created_at")[:_MAX_MESSAGES_SHOWN]
    return [
        Sent(message, message_status_words.explain(message), message_status_words.technical(message))
        for message in rows
    ]


def _line(event: AuditEvent, names: dict[int, str]) -> PastAction:
    detail: dict[str, Any] = event.said
    known = activity_lines_from_audit_events.entries([event], is_own=False)
    words = known[0].title if known else event.kind
    if event.kind == approval_audit_events.SUPPORT_REFUSED.kind:
        words = f"{words}: {ActionRefusal(detail['why']).advice}"
    staff = names.get(event.actor_id or 0, _("someone who left"))
    reason = detail.get("reason") or detail.get("note") or detail.get("way", "")
    return PastAction(event.at, words, staff, reason, detail.get("ticket", ""))
