"""The answers the engine gives, as values, and the words for each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from verification.models import Enrolment
    from verification.models.person import Person


class Verdict(StrEnum):
    """What became of a request to the engine. One word each; a help article belongs to each."""

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
    said: "Words | None" = None  # a method's own words for a wrong answer

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
    seconds = max(1, int((retry_at - now).total_seconds() + 0.999)) if retry_at else 60
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = -(-seconds // 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def _again(outcome: Outcome, wait: str) -> str:
    if outcome.retry_at is None:
        return _("You can ask for this option again.")
    return _("You can ask for this option again in %(wait)s. Your company support can end the wait.") % {"wait": wait}


def words(outcome: Outcome, *, now: datetime) -> Words:
    """Put an outcome into plain sentences that say what to do next."""
    wait = wait_words(outcome.retry_at, now)
    left = outcome.tries_left or 0
    tries = ngettext("You have %(n)d try left.", "You have %(n)d tries left.", left) % {"n": left}
    if outcome.said is not None and outcome.verdict in {Verdict.WRONG, Verdict.DRIFTED}:
        return Words(outcome.said.title, f"{outcome.said.text} {tries}")
    table = {
        Verdict.PROVEN: (_("You are verified"), _("Thank you. You can go on.")),
        Verdict.ISSUED: (_("A new code is on its way"), _("Use the newest code; older ones no longer work.")),
        Verdict.PENDING: (
            _("Not confirmed yet"),
            _("Answer the call, key the two digits shown on this page and press #. This page then moves on."),
        ),
        Verdict.WRONG: (_("That code is not right"), _("Check the code and type it again.") + " " + tries),
        Verdict.DRIFTED: (
            _("The clock of your app or token differs from ours"),
            _("Wait until it shows the next code, and type that one: then we know its clock.") + " " + tries,
        ),
        Verdict.REPLACED: (
            _("That code was replaced by a newer one"),
            _("Use the newest code, the one for the request named on this page. This did not cost a try."),
        ),
        Verdict.MISREAD: (_("That is no code for this field"), f"{outcome.note} " + _("This did not cost a try.")),
        Verdict.USED: (
            _("That code was used already"),
            _("Each code works once. Wait for the next code, or use another one. This did not cost a try."),
        ),
        Verdict.EXPIRED: (_("That code is too old"), _("Send a new code and type it while it is fresh.")),
        Verdict.ENDED: (
            _("Too many wrong codes"),
            _("This request is closed, so its codes no longer work.") + " " + _again(outcome, wait),
        ),
        Verdict.WAIT: (
            _("Please wait before you try again"),
            _(
                "There were too many wrong codes for this option. You can try it again in %(wait)s. A different "
                "option works at once, and your company support can end the wait."
            )
            % {"wait": wait},
        ),
        Verdict.OFF: (
            _("This option is switched off"),
            _(
                "There were too many wrong codes. Sign in with a different option and set this one up again, or ask "
                "your company support."
            ),
        ),
        Verdict.DENIED: (
            _("Reported: this was not you"),
            _("The sign-in was stopped and your second step is locked. Your company support can unlock it."),
        ),
        Verdict.GONE: (_("This request is no longer open"), _("Start again to get a new one.")),
        Verdict.LIMITED: (
            _("Too many messages"),
            _(
                "No more texts or calls can go out for now. You can ask again in %(wait)s. An authenticator app or "
                "a recovery code works at once."
            )
            % {"wait": wait},
        ),
        Verdict.UNANSWERED: (
            _("We stopped sending"),
            _(
                "Several messages went to you and nobody answered them, so the next one can go out in %(wait)s. Sign "
                "in with a different option, which works at once. If you did not ask for them, somebody knows your "
                "password: change it."
            )
            % {"wait": wait},
        ),
        Verdict.TOO_SOON: (
            _("A code was sent just now"),
            _("It can take a moment to arrive. You can ask for another one in %(wait)s.") % {"wait": wait},
        ),
        Verdict.UNREACHABLE: (
            _("This option cannot be used now"),
            _("Choose a different option, or ask your company support."),
        ),
        Verdict.CLOSED: (
            _("We do not send to this country"),
            _("Your organisation has not opened it for this. Choose a different option, or ask your company support."),
        ),
        Verdict.PAUSED: (
            _("Texts and calls are paused"),
            _(
                "None can go out to your number for now. An authenticator app, a passkey or a recovery code works "
                "at once; your company support can help as well."
            ),
        ),
        Verdict.STOPPED: (
            _("This number answered STOP"),
            _(
                "Its owner asked the carrier for no more texts from us. Text START to the number that our texts come "
                "from, then try again, or choose a different option."
            ),
        ),
        Verdict.FULL: (
            _("You have as many of these as you may have"),
            _("Remove one that you no longer use, then add the new one."),
        ),
        Verdict.REFUSED: (
            _("Please check what you typed"),
            _("The notes beside the fields say what to change."),
        ),
    }
    return Words(*table[outcome.verdict])
