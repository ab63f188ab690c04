"""What users have now (methods, browsers, sessions, app passwords, locks), for the preview of an action."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import app_passwords, invitations
from accounts.models import AppPassword, User
from accounts.sessions import running_sessions
from verification import (
    browsers,
    challenges,
    conf,
    enrolments,
    limits,
    method_registry,
    outcomes,
    policies,
    time_format,
)
from verification.enrolments import Option
from verification.limits import WrongCodes
from verification.models import AppPasswordsEnd, Channel

_MIN_FAILURES_TO_MENTION = 3  # incorrect codes


@dataclass(frozen=True, kw_only=True)
class ActionImpact:
    """What one user has, or many users together.

    Shape: `labels` are method names, `locks` are sentences; `n_app_passwords_ending` are those that end if a new
    password is required. `n_wrong_codes`, `n_numbers` and `n_tokens` are counted for the case page only.
    """

    labels: tuple[str, ...] = ()
    n_browsers: int = 0
    n_sessions: int = 0
    n_app_passwords: int = 0
    n_app_passwords_ending: int = 0
    has_pass: bool = False
    locks: tuple[str, ...] = ()
    is_staff: bool = False
    is_blocked: bool = False
    is_locked: bool = False  # after a fraud report, or by support
    must_change_password: bool = False
    is_of_directory: bool = False
    is_new: bool = False
    is_stopped: bool = False  # after too many incorrect codes over all methods
    n_wrong_codes: int = 0
    n_numbers: int = 0
    n_tokens: int = 0


Preview = Callable[[ActionImpact], list[str]]


def of_person(person: User, *, now: datetime) -> ActionImpact:
    """Return what a user has now."""
    mine = enrolments.confirmed(person.pk)
    options = enrolments.options(mine, tuple(method_registry.methods()), now=now)
    n_app_passwords = app_passwords.of_person(person).count()
    return ActionImpact(
        labels=tuple(enrolments.label(each.enrolment) for each in mine),
        n_browsers=len(browsers.of_person(person, now=now)),
        n_sessions=len(running_sessions.running(person, now)),
        n_app_passwords=n_app_passwords,
        n_app_passwords_ending=n_app_passwords if app_passwords.end_with(person, AppPasswordsEnd.REPLACED) else 0,
        has_pass=any(option.is_temporary for option in options),
        locks=tuple(locks(person, options, now=now)),
        is_stopped=any(option.limits.is_all_locked for option in options),
        is_new=invitations.is_new(person),
    )


def locks(person: User, options: Collection[Option], *, now: datetime) -> list[str]:
    """Return what keeps a user from signing in or being verified on the phone, and until when: only what *Unlock* ends.

    It doesn't end the stop after too many incorrect codes over all methods: see `wrong_codes`.
    """
    found = []
    if until := limits.passwords_wait_until(person.username, now=now):
        words = _("After incorrect passwords, some browsers or networks have to wait until %(at)s.")
        found.append(words % {"at": outcomes.end_words(until, now)})
    if person.second_step_locked_at:
        found.append(_("The second step is locked: a sign-in was reported as fraud, or support locked it."))
    gates, stops = challenges.caller_gates_and_stops(person.pk, [option.method for option in options], now=now)
    for channel, until in stops.items():
        said = {"what": Channel(channel).plural, "at": outcomes.end_words(until, now)}
        found.append(_("%(what)s: stopped until %(at)s, because nobody entered the last codes.") % said)
    for option in options:
        if option.limits.is_all_locked and option.is_locked:
            continue
        if not gates[option.method].is_open:
            found.append(_("%(label)s can’t verify a caller now, after incorrect codes.") % {"label": option.label})
        if option.is_locked:
            found.append(_("%(label)s is locked after too many incorrect codes.") % {"label": option.label})
        elif option.retry_at:
            said = {"label": option.label, "at": option.locked_until}
            found.append(_("%(label)s is locked until %(at)s after incorrect codes.") % said)
    return found


def wrong_codes(found: WrongCodes) -> list[str]:
    """Return a sentence about a user's incorrect codes, if there were enough to mention."""
    most = conf.wrong_codes_per_month()
    if found.stopped_at:
        words = _(
            "The second step is locked: %(most)d incorrect codes within %(days)d days. Methods must be set up again."
        )
        return [words % {"most": most, "days": limits.WRONG_CODES_PERIOD.days}]
    if found.n < _MIN_FAILURES_TO_MENTION or found.last_at is None:
        return []
    words = _("%(n)d incorrect codes within %(days)d days, last on %(at)s. At %(most)d the second step is locked.")
    return [
        words
        % {"n": found.n, "days": limits.WRONG_CODES_PERIOD.days, "most": most, "at": time_format.day(found.last_at)}
    ]


def of_many(people: QuerySet[User], *, now: datetime) -> ActionImpact:
    """Count what many users have together, in seven statements for any number of users. Methods are counted by kind."""
    rows = enrolments.of_many(people)
    known = {name: str(method.label) for name, method in method_registry.methods().items()}
    kinds = rows.values_list("method").annotate(n=Count("pk")).order_by("method")
    return ActionImpact(
        labels=tuple(f"{known.get(name, name)} × {n}" for name, n in kinds),
        n_browsers=browsers.of_many(people, now=now),
        n_sessions=running_sessions.n_running(people, now),
        n_app_passwords=AppPassword.objects.filter(user__in=people).count(),
        n_app_passwords_ending=_ending(people),
    )


def _ending(people: QuerySet[User]) -> int:
    """Count the app passwords of those users whose policy ends them when a new password is required."""
    rules = policies.rules_of_many(list(people.values_list("pk", flat=True)))
    ends = [pk for pk, each in rules.items() if each.app_passwords_end >= AppPasswordsEnd.REPLACED]
    return AppPassword.objects.filter(user__in=ends).count()


# In words, line by line ------------------------------------------------------------------------------------------


def _count(n: int, words: str) -> list[str]:
    """Return a count in words, in the form that `ngettext` chose; nothing for zero."""
    return [words % {"n": n}] if n else []


def removed_methods(impact: ActionImpact) -> list[str]:
    return [_("Removes %(label)s.") % {"label": label} for label in impact.labels]


def ended_sessions(impact: ActionImpact) -> list[str]:
    return _count(impact.n_sessions, ngettext("Ends %(n)d session.", "Ends %(n)d sessions.", impact.n_sessions))


def forgotten_browsers(impact: ActionImpact) -> list[str]:
    return _count(
        impact.n_browsers,
        ngettext("Removes %(n)d remembered browser.", "Removes %(n)d remembered browsers.", impact.n_browsers),
    )


def ended_access(impact: ActionImpact) -> list[str]:
    return [*ended_sessions(impact), *forgotten_browsers(impact)]


def or_none(lines: list[str]) -> list[str]:
    return lines or [_("Changes nothing: there are none.")]


def deleted_app_passwords(n_app_passwords: int) -> list[str]:
    words = ngettext("Deletes %(n)d app password.", "Deletes %(n)d app passwords.", n_app_passwords)
    return _count(n_app_passwords, words)


def lines(*texts: Any) -> Preview:
    return lambda _impact: [str(text) for text in texts]
