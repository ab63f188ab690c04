"""`Outcome`, the answer to every request to verification, and the words for each verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification import time_format

if TYPE_CHECKING:
    from verification.models import Enrolment
    from verification.models.person import Person


class Verdict(StrEnum):
    """How a request to the engine ended. One word each, and a help article for each."""

    PROVEN = "proven"
    ISSUED = "issued"
    PENDING = "pending"
    WRONG = "wrong"
    DRIFTED = "drifted"
    REPLACED = "replaced"
    MISREAD = "misread"
    USED = "used"
    EXPIRED = "expired"
    ENDED = "ended"
    WAIT = "wait"
    OFF = "off"
    DENIED = "denied"
    GONE = "gone"
    LIMITED = "limited"
    UNANSWERED = "unanswered"
    TOO_SOON = "too_soon"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    FULL = "full"
    CLOSED = "closed"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One answer of the engine: the verdict and what a page needs to say about it.

    Units: `retry_at` is aware, UTC.
    """

    verdict: Verdict
    handle: str = ""
    method: str = ""
    tries_left: int | None = None
    retry_at: datetime | None = None
    enrolment: "Enrolment | None" = None
    user: "Person | None" = None
    note: str = ""
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    said: "Words | None" = None  # instead of the words for the verdict: a method's own for a wrong answer, or a call's

    @property
    def proven(self) -> bool:
        return self.verdict is Verdict.PROVEN

    @property
    def issued(self) -> bool:
        return self.verdict is Verdict.ISSUED


@dataclass(frozen=True)
class Words:
    """A verdict as a person reads it: what happened, and what to do next."""

    title: str
    text: str


def wait_words(retry_at: datetime | None, now: datetime) -> str:
    """Say how long a wait still takes, rounded up to whole minutes or, below one, to seconds."""
    seconds = _seconds(retry_at, now)
    if seconds < _MINUTE:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = -(-seconds // _MINUTE)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def when_words(retry_at: datetime | None, now: datetime) -> str:
    """Say when a wait ends: after seconds, at a time of today, or at a time of another day.

    Shape: `in 25 seconds`, `at 14:05 (in 4 minutes)`, `at 17:00`, `on 3 March 2026, 09:00`.
    """
    seconds = _seconds(retry_at, now)
    if retry_at is None or seconds < _MINUTE:
        return _("in %(wait)s") % {"wait": wait_words(retry_at, now)}
    if _is_other_day(retry_at, now):
        return _("on %(moment)s") % {"moment": time_format.moment(to_minute(retry_at))}
    words = {"time": time_format.clock(to_minute(retry_at)), "wait": wait_words(retry_at, now)}
    return (_("at %(time)s (in %(wait)s)") if seconds <= 60 * _MINUTE else _("at %(time)s")) % words


_MINUTE = 60  # seconds


def _seconds(retry_at: datetime | None, now: datetime) -> int:
    return max(1, int((retry_at - now).total_seconds() + 0.999)) if retry_at else _MINUTE


def to_minute(at: datetime) -> datetime:
    """Round up to a whole minute, so that nobody tries too early."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def _is_other_day(at: datetime, now: datetime) -> bool:
    return timezone.localtime(at).date() != timezone.localtime(now).date()


def end_words(at: datetime, now: datetime) -> str:
    """Return the end of a wait, rounded up to a minute. Shape: `14:05` today, `3 March 2026, 09:00` on another day."""
    shown = time_format.moment if _is_other_day(at, now) else time_format.clock
    return shown(to_minute(at))


def _locked(retry_at: datetime | None, now: datetime) -> str:
    """Title a lock with its end."""
    if retry_at is None or _seconds(retry_at, now) < _MINUTE:
        return _("Locked for %(wait)s") % {"wait": wait_words(retry_at, now)}
    return _("Locked until %(time)s") % {"time": end_words(retry_at, now)}


def _again(outcome: Outcome, when: str) -> str:
    if outcome.retry_at is None:
        return _("You can start again now.")
    return _("Try this method again %(when)s, or contact your support desk to unlock it earlier.") % {"when": when}


def _paused(outcome: Outcome, when: str) -> str:
    if outcome.retry_at is None:
        return _("We can’t send anything to your number now.")
    return _("We can’t send anything to your number now. Try again %(when)s.") % {"when": when}


def words(outcome: Outcome, *, now: datetime) -> Words:
    """Put an outcome into plain sentences that say what to do next."""
    wait, when = wait_words(outcome.retry_at, now), when_words(outcome.retry_at, now)
    left = outcome.tries_left or 0
    tries = ngettext("You have %(n)d attempt left.", "You have %(n)d attempts left.", left) % {"n": left}
    if outcome.said is not None:
        is_wrong = outcome.verdict in {Verdict.WRONG, Verdict.DRIFTED}
        return Words(outcome.said.title, f"{outcome.said.text} {tries}" if is_wrong else outcome.said.text)
    not_counted = _("This attempt didn’t count.")
    table = {
        Verdict.PROVEN: (_("You’re verified"), _("You can continue.")),
        Verdict.ISSUED: (_("New code sent"), _("Use the newest code. Older ones no longer work.")),
        Verdict.PENDING: (
            _("Not approved yet"),
            _("Follow the instructions on this page, then continue."),
        ),
        Verdict.WRONG: (_("Incorrect code"), _("Check the code and try again.") + f" {tries}"),
        Verdict.DRIFTED: (
            _("The clock of your app or token differs from ours"),
            _("Wait for the next code and enter that one, so that we can adjust.") + f" {tries}",
        ),
        Verdict.REPLACED: (
            _("That code was replaced by a newer one"),
            _("Enter the newest code: the one with the reference shown on this page.") + f" {not_counted}",
        ),
        Verdict.MISREAD: (_("That code doesn’t fit this field"), f"{outcome.note} {not_counted}"),
        Verdict.USED: (
            _("That code was already used"),
            _("Each code works once. Wait for the next code, or use another one.") + f" {not_counted}",
        ),
        Verdict.EXPIRED: (_("That code has expired"), _("Send a new code and enter it before it expires too.")),
        Verdict.ENDED: (_("Too many incorrect codes"), _again(outcome, when)),
        Verdict.WAIT: (
            _locked(outcome.retry_at, now),
            _(
                "There were too many incorrect codes for this method. It works again in %(wait)s, or earlier if your "
                "support desk unlocks it."
            )
            % {"wait": wait},
        ),
        Verdict.OFF: (
            _("This method is locked"),
            _(
                "There were too many incorrect codes. Sign in with a different method and set this one up again, or "
                "contact your support desk to unlock it."
            ),
        ),
        Verdict.DENIED: (
            _("Reported: this wasn’t you"),
            _("We stopped the sign-in and locked your second step. Contact your support desk to unlock it."),
        ),
        Verdict.GONE: (
            _("This verification has ended"),
            _("It took too long, or another one replaced it. Start again."),
        ),
        Verdict.LIMITED: (
            _("Too many messages"),
            _(
                "We can’t send you more texts, calls or emails now. Try again %(when)s. An authenticator app or a "
                "recovery code works right away, and your support desk can help you sign in."
            )
            % {"when": when},
        ),
        Verdict.UNANSWERED: (
            _("We stopped sending messages"),
            _(
                "We sent you several messages and got no answer. You can request the next one %(when)s. A different "
                "method works right away. If you didn’t request them, someone knows your password: change it."
            )
            % {"when": when},
        ),
        Verdict.TOO_SOON: (
            _("Already sent"),
            _("It can take a moment to arrive. You can send it again %(when)s.") % {"when": when},
        ),
        Verdict.UNREACHABLE: (
            _("This method isn’t available now"),
            _("Use a different method, or contact your support desk."),
        ),
        Verdict.CLOSED: (
            _("We don’t send to this country"),
            _("Your organisation doesn’t allow it. Use a different method, or contact your support desk."),
        ),
        Verdict.PAUSED: (
            _("Texts and calls are paused"),
            _paused(outcome, when)
            + " "
            + _("An authenticator app, a passkey or a recovery code works right away. Your support desk can help too."),
        ),
        Verdict.STOPPED: (
            _("This number opted out of our texts"),
            _(
                "Someone replied STOP from it. To get texts again, send START to the number that our texts come from. "
                "Or use a different method."
            ),
        ),
        Verdict.FULL: (
            _("You can’t add another one of these"),
            _("Remove one that you no longer use, then add the new one."),
        ),
        Verdict.REFUSED: (
            _("Check what you entered"),
            _("The notes beside the fields say what to change."),
        ),
    }
    return Words(*table[outcome.verdict])
