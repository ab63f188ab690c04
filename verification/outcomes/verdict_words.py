"""Sentences for each verdict: what a person reads, and what they can do next. A method's own are in its folder."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification import time_format
from verification.outcomes.outcome import Outcome, Verdict, VerdictText
from verification.outcomes.waiting_time_words import locked_words, wait_words, when_words


def _again(outcome: Outcome, when: str) -> str:
    if outcome.retry_at is None:
        return _("You can start again now.")
    return _("Try this method again %(when)s, or contact your support desk to unlock it earlier.") % {"when": when}


def _paused(outcome: Outcome, when: str) -> str:
    if outcome.retry_at is None:
        return _("We can’t send anything to your number now.")
    return _("We can’t send anything to your number now. Try again %(when)s.") % {"when": when}


def words(outcome: Outcome, *, now: datetime) -> VerdictText:
    """Put an outcome into plain sentences that say what to do next."""
    wait, when = wait_words(outcome.retry_at, now), when_words(outcome.retry_at, now)
    left = outcome.tries_left or 0
    tries = ngettext("You have %(n)d attempt left.", "You have %(n)d attempts left.", left) % {"n": left}
    if outcome.said is not None:
        is_wrong = outcome.verdict in {Verdict.WRONG, Verdict.DRIFTED}
        return VerdictText(outcome.said.title, f"{outcome.said.text} {tries}" if is_wrong else outcome.said.text)
    not_counted = _("This attempt didn’t count.")
    table = {
        Verdict.PROVEN: (_("You’re verified"), _("You can continue.")),
        Verdict.ISSUED: (_("New code requested"), _("Use the newest code. Older ones no longer work.")),
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
            _("That code has already been used"),
            _("Each code works once. Wait for the next code, or use another one.") + f" {not_counted}",
        ),
        Verdict.EXPIRED: (_("That code has expired"), _("Send a new code and enter it before it expires too.")),
        Verdict.ENDED: (_("Too many incorrect codes"), _again(outcome, when)),
        Verdict.WAIT: (
            locked_words(outcome.retry_at, now),
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
            _("Already requested"),
            _("It can take a moment to arrive. You can send it again %(when)s.") % {"when": when},
        ),
        Verdict.UNREACHABLE: (
            _("This method isn’t available now"),
            _("Use a different method, or contact your support desk."),
        ),
        Verdict.COUNTRY_NOT_ALLOWED: (
            _("We don’t send to this country"),
            _("Your organisation doesn’t allow it. Use a different method, or contact your support desk."),
        ),
        Verdict.PAUSED: (
            _("Texts and calls are paused"),
            _paused(outcome, when)
            + " "
            + _("A method without texts and calls works right away. Your support desk can help too."),
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
    return VerdictText(*table[outcome.verdict])


def unavailable_words(verdict: Verdict, *, until: datetime | None = None) -> str:
    """Return one sentence for the person about why an option can't be used, with the end of a pause."""
    paused = _("Texts and calls to numbers like this one are paused.")
    if until is not None:
        paused = _("Texts and calls to numbers like this one are paused until %(moment)s.") % {
            "moment": time_format.moment(until)
        }
    return {
        Verdict.COUNTRY_NOT_ALLOWED: _("Your organisation doesn’t send messages to this country."),
        Verdict.PAUSED: paused,
        Verdict.STOPPED: _("This number opted out with STOP. Text START to the number that our texts come from."),
    }[verdict]
