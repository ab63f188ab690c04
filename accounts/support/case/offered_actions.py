"""The actions that a case page offers: grouped, with what each needs."""

from dataclasses import dataclass
from itertools import groupby

from accounts.support.actions import ACTIONS, Action, ActionImpact, ActionRefusal, ActionTopic, Permit, StaffAccess


@dataclass(frozen=True)
class Button:
    """One action on the case page. `refusal`: why it is refused now. `needs_second`: someone must approve it."""

    action: Action
    refusal: ActionRefusal | None
    needs_second: bool

    @property
    def unavailable_reason(self) -> str:
        """Return why the action is refused now and what would allow it, or nothing."""
        return self.refusal.advice if self.refusal else ""

    @property
    def is_dangerous(self) -> bool:
        return self.action.is_destructive and not self.refusal


@dataclass(frozen=True)
class ActionGroup:
    """The actions of one topic."""

    topic: ActionTopic
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Offers:
    """What a member of staff can do for a user.

    `refusals` are the reasons why some actions are refused, each once; `idle` are actions with nothing to do now.
    If every action is refused for good, the reasons are all there is.
    """

    groups: tuple[ActionGroup, ...]
    refusals: tuple[ActionRefusal, ...]
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
        return ActionRefusal.NO_CALLER in self.refusals

    @property
    def other_refusals(self) -> list[str]:
        """Return the reasons that no caller check would change, with what to do."""
        return [each.advice for each in self.refusals if each is not ActionRefusal.NO_CALLER]


def offers(access: StaffAccess, impact: ActionImpact) -> Offers:
    """Return the actions that the staff member's role includes. Others are not shown at all."""
    mine = [action for action in ACTIONS.values() if access.staff.has_perm(f"accounts.{action.permission}")]
    buttons = [_button(access, action) for action in mine if action.applies(impact)]
    refusals = tuple(dict.fromkeys(button.refusal for button in buttons if button.refusal))
    if buttons and all(button.refusal not in (None, ActionRefusal.NO_CALLER) for button in buttons):
        return Offers(groups=(), refusals=refusals, idle=())
    topics = groupby(buttons, key=lambda button: button.action.topic)
    return Offers(
        groups=tuple(ActionGroup(topic, tuple(each)) for topic, each in topics),
        refusals=refusals,
        idle=tuple(action for action in mine if not action.applies(impact)),
    )


def _button(access: StaffAccess, action: Action) -> Button:
    permit = access.permit(action)
    if isinstance(permit, Permit):
        return Button(action, None, permit.needs_second)
    return Button(action, permit, needs_second=False)
