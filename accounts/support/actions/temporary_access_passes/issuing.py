"""The support action that issues a Temporary Access Pass, with its form: for how many sign-ins, and from when."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.support import support_action_audit_events
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionForm,
    ActionResult,
    ActionTopic,
    Actor,
    Unneeded,
    declare,
    notify,
    record,
)
from accounts.support.actions.temporary_access_passes import lifetimes
from verification import enrolments, method_registry, time_format
from verification.enrolments import NewPass
from verification.method_capabilities import Temporary

_MAX_DAYS_UNTIL_START = 30


def issue_pass(
    person: User, actor: Actor, *, new: NewPass | None, life: timedelta, starts_at: datetime | None = None
) -> ActionResult:
    """Issue a Temporary Access Pass, which is shown once and replaces an older one.

    Shape: `new` is None if no method for passes is installed.
    Units: `life` is 10 minutes to 30 days from the start.
    """
    if new is None:
        raise Unneeded(_("Your organisation doesn’t use Temporary Access Passes any more."))
    begins = max(starts_at or actor.context.now, actor.context.now)
    ends = begins + life
    with transaction.atomic():
        secret = enrolments.issue_pass(
            person, new, actor.context, starts_at=begins, ends_at=ends, actor_id=actor.staff.pk
        )
        record(
            support_action_audit_events.SUPPORT_PASS_ISSUED,
            person,
            actor,
            starts_at=begins.isoformat(),
            ends_at=ends.isoformat(),
            once=new.plan.data["once"],
        )
        notify(person, support_action_audit_events.SUPPORT_PASS_ISSUED, actor)
    return ActionResult(_validity(begins, ends, is_from_now=begins == actor.context.now), secret)


def _validity(begins: datetime, ends: datetime, *, is_from_now: bool) -> str:
    said = {"begins": time_format.moment(begins), "ends": time_format.moment(ends)}
    if is_from_now:
        return _("The pass works until %(ends)s.") % said
    return _("The pass works from %(begins)s until %(ends)s.") % said


def _prepared(person: User, *, length: int, life: int, once: bool, starts_at: str) -> dict[str, Any]:
    """Turn the options of the form into those of `issue_pass`. Units: `life` in minutes."""
    new = None
    with suppress(enrolments.NotInstalled):
        new = enrolments.new_pass(person, {"length": length, "once": once})
    return {
        "new": new,
        "life": timedelta(minutes=life),
        "starts_at": datetime.fromisoformat(starts_at) if starts_at else None,
    }


def _length_field(method: Temporary) -> forms.IntegerField:
    """Return the field for the length of a pass, within the limits of its method."""
    return forms.IntegerField(
        label=_("Length in characters"),
        min_value=method.min_length,
        max_value=method.max_length,
        initial=method.min_length,
        error_messages={
            "min_value": _("Use at least %(limit_value)s characters."),
            "max_value": _("Use at most %(limit_value)s characters."),
        },
    )


class PassForm(ActionForm):
    """Length and lifetime of a pass, and whether it works only once."""

    field_order = ["life", "once", "length", "starts_at", "reason", "ticket"]
    life = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"), choices=lifetimes.LIFETIMES, coerce=int, initial=lifetimes.DEFAULT
    )
    once = forms.BooleanField(
        label=gettext_lazy("Valid for one sign-in only"),
        required=False,
        help_text=gettext_lazy("Safer. Otherwise they can use the pass again until it expires."),
    )
    length = forms.IntegerField()  # set in `__init__`, because its limits are those of the installed method
    starts_at = forms.DateTimeField(
        label=gettext_lazy("Starts at"),
        required=False,
        help_text=gettext_lazy("Leave this empty to start now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if method := method_registry.only(Temporary):
            self.fields["length"] = _length_field(method)

    def offer(self, person: User, *, now: datetime) -> None:
        field = self.fields["starts_at"]
        field.help_text = f"{field.help_text} {time_format.zone_hint()}"

    def clean_starts_at(self) -> datetime | None:
        begins: datetime | None = self.cleaned_data["starts_at"]
        if begins and begins < timezone.now() - timedelta(minutes=1):
            raise forms.ValidationError(
                _("This time is in the past. Enter a later one, or leave it empty to start now.")
            )
        if begins and begins > timezone.now() + timedelta(days=_MAX_DAYS_UNTIL_START):
            raise forms.ValidationError(
                _("Enter a time within the next %(days)d days.") % {"days": _MAX_DAYS_UNTIL_START}
            )
        return begins

    def options(self) -> dict[str, Any]:
        kept = super().options()
        begins = kept.pop("starts_at")
        return kept | {"starts_at": begins.isoformat() if begins else ""}

    def in_words(self, options: Mapping[str, Any]) -> list[tuple[str, str]]:
        begins = options["starts_at"]
        at = time_format.moment(datetime.fromisoformat(begins)) if begins else _("when it is issued")
        return super().in_words({**options, "starts_at": at})


ISSUE_PASS = declare(
    Action(
        name="issue_pass",
        label=gettext_lazy("Issue a Temporary Access Pass"),
        explain=gettext_lazy(
            "Give them a short-lived code that replaces a method, so they can sign in and set one up."
        ),
        icon="pass",
        topic=ActionTopic.SIGN_IN,
        permission="issue_pass",
        form_class=PassForm,
        prepare=_prepared,
        run=issue_pass,
        preview=lambda impact: [
            *([_("The pass that they have now stops working.")] if impact.has_pass else []),
            _("You see the pass once. Read it to them; don’t send it by email."),
        ],
        applies=lambda impact: not impact.is_blocked,
        requires_caller_check=True,
        supports_bulk=False,
    )
)
