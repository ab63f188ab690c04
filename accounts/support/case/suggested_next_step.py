"""The next step that a case page suggests, given what keeps the person out."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.support.case.account_status import first_to_end
from accounts.support.case.offered_actions import Button
from verification.delivery.message_status_words import Report
from verification.enrolments import Option
from verification.policies import Decision, DecisionReason


@dataclass(frozen=True)
class NextStep:
    """What to do next, and with which action."""

    words: str
    button: Button | None


def suggest(person: User, decision: Decision, newest: Report | None, buttons: Sequence[Button]) -> NextStep | None:
    """Return the next step that most likely helps, given what keeps the user out. `newest` is their last message."""
    by_name = {button.action.name: button for button in buttons}
    is_stopped = any(option.limits.is_all_locked for option in decision.options)
    has_failed = newest is not None and newest.is_bad
    table = [
        (
            decision.reason is DecisionReason.BLOCKED,
            _("Find out why they are blocked before you unblock them.")
            if person.is_active
            else _("Find out why the account was switched off."),
            "unblock",
        ),
        (
            decision.reason is DecisionReason.LOCKED,
            _(
                "A sign-in was reported as fraud, or support locked them. Make sure they have a new password, then "
                "unlock them."
            ),
            "unlock",
        ),
        (
            is_stopped,
            _("Too many incorrect codes locked everything. Require a new password, then clear their settings."),
            "clear_settings",
        ),
        (
            decision.reason is DecisionReason.ALL_OFF,
            _("Too many incorrect codes locked every method. Unlock them."),
            "unlock",
        ),
        (
            first_to_end(decision) is not None,
            _("All their methods are locked for some minutes. They can wait, or you can unlock them."),
            "unlock",
        ),
        (
            decision.reason is DecisionReason.NO_METHOD and person.last_login is not None,
            _("They set up a method at their next sign-in. If they can’t, issue a pass."),
            "issue_pass",
        ),
        (
            has_failed and len(_lasting(decision.options)) < 2,
            _("The last message didn’t arrive and they have no other method. Verify the caller, then issue a pass."),
            "issue_pass",
        ),
        (
            has_failed,
            _("The last message didn’t arrive. Ask them to choose “Use a different verification option”."),
            "",
        ),
        (
            any(option.retry_at for option in decision.options),
            _("One of their methods is locked for some minutes. They can use another method, or you can unlock it."),
            "unlock",
        ),
    ]
    for applies, words, name in table:
        if applies:
            return NextStep(words, by_name.get(name))
    return None


def _lasting(options: Sequence[Option]) -> list[Option]:
    return [option for option in options if not option.is_temporary]
