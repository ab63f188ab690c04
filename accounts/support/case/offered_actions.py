"""The actions that a case page offers: grouped, with what each needs, and the one that most likely helps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.support.actions import authorise
from accounts.support.actions.action_preview import Impact
from accounts.support.actions.authorise import Permit, Refusal, StaffAccess
from accounts.support.actions.base import Action, Topic
from accounts.support.actions.registry import ACTIONS
from accounts.support.case.status import waits_until
from verification.delivery.message_status_words import Report
from verification.enrolments import Option
from verification.policies import Decision, Why


@dataclass(frozen=True)
class Button:
    """One action on the case page. `refusal`: why it is refused now. `needs_second`: someone must approve it."""

    action: Action
    refusal: Refusal | None
    needs_second: bool

    @property
    def closed(self) -> str:
        """Return why the action is refused now and what would allow it, or nothing."""
        return authorise.explain(self.refusal) if self.refusal else ""

    @property
    def is_dangerous(self) -> bool:
        return self.action.is_destructive and not self.refusal


@dataclass(frozen=True)
class Group:
    """The actions of one topic."""

    topic: Topic
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Offers:
    """What a member of staff can do for a user.

    `refusals` are the reasons why some actions are refused, each once; `idle` are actions with nothing to do now.
    If every action is refused for good, the reasons are all there is.
    """

    groups: tuple[Group, ...]
    refusals: tuple[Refusal, ...]
    idle: tuple[Action, ...]

    @property
    def buttons(self) -> tuple[Button, ...]:
        return tuple(button for group in self.groups for button in group.buttons)

    @property
    def idle_labels(self) -> str:
        return ", ".join(str(action.label) for action in self.idle)

    @property
    def needs_caller(self) -> bool:
        """Return whether verifying the caller would allow more actions."""
        return Refusal.NO_CALLER in self.refusals

    @property
    def other_refusals(self) -> list[str]:
        """Return the reasons that no caller check would change, with what to do."""
        return [authorise.explain(each) for each in self.refusals if each is not Refusal.NO_CALLER]


@dataclass(frozen=True)
class Suggestion:
    """What to do next, and with which action."""

    words: str
    button: Button | None


def offers(access: StaffAccess, impact: Impact) -> Offers:
    """Return the actions that the staff member's role includes. Others are not shown at all."""
    mine = [action for action in ACTIONS.values() if access.staff.has_perm(f"accounts.{action.permission}")]
    buttons = [_button(access, action) for action in mine if action.applies(impact)]
    refusals = tuple(dict.fromkeys(button.refusal for button in buttons if button.refusal))
    if buttons and all(button.refusal not in (None, Refusal.NO_CALLER) for button in buttons):
        return Offers(groups=(), refusals=refusals, idle=())
    topics = groupby(buttons, key=lambda button: button.action.topic)
    return Offers(
        groups=tuple(Group(topic, tuple(each)) for topic, each in topics),
        refusals=refusals,
        idle=tuple(action for action in mine if not action.applies(impact)),
    )


def _button(access: StaffAccess, action: Action) -> Button:
    permit = access.permit(action)
    if isinstance(permit, Permit):
        return Button(action, None, permit.needs_second)
    return Button(action, permit, needs_second=False)


def suggest(person: User, decision: Decision, newest: Report | None, buttons: Sequence[Button]) -> Suggestion | None:
    """Return the next step that most likely helps, given what keeps the user out. `newest` is their last message."""
    by_name = {button.action.name: button for button in buttons}
    is_stopped = any(option.limits.is_all_locked for option in decision.options)
    has_failed = newest is not None and newest.is_bad
    table = [
        (
            decision.reason is Why.BLOCKED,
            _("Find out why they are blocked before you unblock them.")
            if person.is_active
            else _("Find out why the account was switched off."),
            "unblock",
        ),
        (
            decision.reason is Why.LOCKED,
            _("They reported fraud, or pressed 0# by mistake. Ask them, require a new password, then unlock them."),
            "unlock",
        ),
        (
            is_stopped,
            _("Too many incorrect codes locked everything. Require a new password, then clear their settings."),
            "clear_settings",
        ),
        (
            decision.reason is Why.ALL_OFF,
            _("Too many incorrect codes locked every method. Unlock them."),
            "unlock",
        ),
        (
            waits_until(decision) is not None,
            _("All their methods are locked for some minutes. They can wait, or you can unlock them."),
            "unlock",
        ),
        (
            decision.reason is Why.NO_METHOD and person.last_login is not None,
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
            return Suggestion(words, by_name.get(name))
    return None


def _lasting(options: Sequence[Option]) -> list[Option]:
    return [option for option in options if not option.is_temporary]
