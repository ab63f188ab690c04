"""What support actions share: the form with reason and ticket, the declaration, the actor, the result, the notice."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.sessions import ending_sessions
from accounts.support.action_refusals import ActionRefusal
from accounts.support.actions.action_preview import ActionImpact, Preview
from verification import audit, notices
from verification.audit import Event, UserEvent
from verification.context import Context
from verification.inputs import LineField
from verification.lazy_text import LazyText

GONE = _("no longer exists")  # what was chosen in a request that waits


class ActionForm(forms.Form):
    """Base form: why the action is done. `options` are the further arguments of the action's function."""

    reason = LineField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Say in a few words why you’re doing this. Colleagues and auditors read it."),
        error_messages={"required": _("Enter a reason.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    ticket = forms.RegexField(
        r"^[\w#./:-]+$",
        label=_("Ticket number"),
        max_length=40,
        help_text=_("The ticket of the person’s request, such as INC-4711."),
        error_messages={
            "required": _("Enter the ticket number."),
            "invalid": _("Use letters, digits and # . / : - only, with no spaces."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def offer(self, person: User, *, now: datetime) -> None:
        """Set the choices that depend on the user, if the action needs any."""

    def options(self) -> dict[str, Any]:
        """Return the action's arguments, as plain values that can be stored in a request."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"reason", "ticket"}}

    def in_words(self, options: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return stored options as labels and words, for the colleague who decides on a request.

        Call `offer` first: choices that depend on the user have their words from it.
        """
        fields = ((name, field) for name, field in self.fields.items() if name in options)
        return [(str(field.label), _in_words(field, options[name])) for name, field in fields]


def _in_words(field: forms.Field, value: object) -> str:
    if isinstance(field, forms.BooleanField):
        return str(_("yes") if value else _("no"))
    if isinstance(field, forms.ChoiceField):
        choices = cast("Iterable[tuple[object, object]]", field.choices)
        words = {str(key): str(label) for key, label in choices}
        chosen = [words.get(str(each), str(GONE)) for each in _listed(value)]
        return ", ".join(chosen) or str(_("none"))
    return str(value)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The member of staff who acts, and why. `caller` says how the caller was verified, `approver` who approved."""

    staff: User
    context: Context
    reason: str
    ticket: str
    caller: str = ""
    approver: int | None = None


class ActionState(StrEnum):
    """The outcome of a support action."""

    DONE = "done"
    REFUSED = "refused"
    UNNEEDED = "unneeded"
    ASKED = "asked"


@dataclass(frozen=True)
class ActionResult:
    """The outcome of a support action, with text for staff. `secret` is shown once and not stored.

    `is_form_kept` says that nothing was done and the form can be corrected; `field` is the field the text is about.
    `refusal` says why the state is REFUSED.
    """

    text: str
    secret: str = ""
    state: ActionState = ActionState.DONE
    is_form_kept: bool = False
    field: str | None = None
    refusal: ActionRefusal | None = None


class Unneeded(Exception):
    """Nothing was done, for example because a colleague had done it a moment before. The message says so.

    `field` names the field of the action's form that the message is about, if it is about one.
    """

    def __init__(self, text: str, *, field: str | None = None) -> None:
        super().__init__(text)
        self.field = field


# Declaring an action ----------------------------------------------------------------------------------------------


class Effect(StrEnum):
    """What an action does to a user's access."""

    OPENS = "opens"
    ENDS = "ends"
    TRIES = "tries"
    ERASES = "erases"


class ActionTopic(StrEnum):
    """What staff want to achieve: the case page lists the actions under these headings, in this order."""

    SIGN_IN = "sign_in"
    LOSS = "loss"
    ACCOUNT = "account"
    STAFF = "staff"

    @property
    def label(self) -> str:
        return str(_TOPICS[self])


_TOPICS = {
    ActionTopic.SIGN_IN: _("Get them signed in"),
    ActionTopic.LOSS: _("Something is lost, stolen or broken"),
    ActionTopic.ACCOUNT: _("Protect or change the account"),
    ActionTopic.STAFF: _("Roles and erasure"),
}


def _always(_impact: ActionImpact) -> bool:
    return True


def _as_chosen(_person: User, **options: Any) -> Mapping[str, Any]:
    return options


@dataclass(frozen=True, kw_only=True)
class Action:
    """One support action, declared beside its function.

    `run` gets the person, the actor and the form's options as keyword arguments. `prepare` turns the options into those
    that `run` takes, before the transaction: what takes long, such as a hash, belongs there. `applies` says whether the
    case page offers it to a person who has what the `ActionImpact` says. `effect` decides whether one person may do it
    alone to staff. If policy says so, `requires_caller_check` needs a verified caller. `supports_bulk` allows it from
    the list of people; `notifies_person` mails the user. `can_wait` is False for actions that take codes valid for
    seconds: they cannot wait for approval. `sends_code` is True for actions that start a challenge: they run after the
    transaction that authorises them, because they raise counters that everyone shares.
    """

    name: str
    label: LazyText
    explain: LazyText
    icon: str
    topic: ActionTopic
    permission: str
    run: Callable[..., ActionResult]
    prepare: Callable[..., Mapping[str, Any]] = _as_chosen
    preview: Preview
    form_class: type[ActionForm] = ActionForm
    applies: Callable[[ActionImpact], bool] = _always
    effect: Effect = Effect.OPENS
    requires_caller_check: bool = False
    supports_bulk: bool = True
    is_destructive: bool = False
    notifies_person: bool = True
    can_wait: bool = True
    sends_code: bool = False


class ActionDeclaredTwice(Exception):
    """Two actions have the same name, so a stored request could mean either."""


_declared: dict[str, Action] = {}


def declare(action: Action) -> Action:
    """Add an action to those that staff can choose. `registry` imports the modules that call this."""
    if action.name in _declared:
        raise ActionDeclaredTwice(action.name)
    _declared[action.name] = action
    return action


def declared() -> dict[str, Action]:
    """Return the actions by name, as declared so far, in the order of their topics."""
    topics = list(ActionTopic)
    return dict(sorted(_declared.items(), key=lambda item: topics.index(item[1].topic)))


# What each action does besides its change -------------------------------------------------------------------------


def record(event: Event, person: User, actor: Actor, **detail: Any) -> None:
    """Write the audit event of an action: who did it, to which user, why, and what else the event says."""
    audit.record(
        event,
        user_id=person.pk,
        context=actor.context,
        actor_id=actor.staff.pk,
        reason=actor.reason,
        ticket=actor.ticket,
        caller=actor.caller,
        approver=actor.approver,
        **detail,
    )


def notify(person: User, event: UserEvent, actor: Actor, **values: str) -> None:
    """Leave the notice that an event declares. Its text can use `staff`, `ticket` and the further values."""
    values |= {"staff": actor.staff.get_full_name(), "ticket": actor.ticket}
    now = actor.context.now
    notices.notify_of_event(person, event, now=now, context=Context(now=now), **values)


def end_access(person: User) -> dict[str, int]:
    """Forget a user's browsers and end their sessions. Return both counts for the audit log."""
    return asdict(ending_sessions.end_access([person.pk])[person.pk])


def unless_nothing(text: str, *counts: object) -> None:
    """Raise `Unneeded`, which rolls the action back, if all counts are zero."""
    if not any(counts):
        raise Unneeded(text)
