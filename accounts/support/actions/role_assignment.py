"""The support action that sets a user's roles, with the consequences for their account."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from django import forms
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import SecondStep, User
from accounts.support import people_in_desk_scopes, support_action_audit_events
from accounts.support.action_refusals import ActionRefusal
from accounts.support.actions import action_preview
from accounts.support.actions.action_form_and_declaration import (
    Action,
    ActionForm,
    ActionResult,
    ActionTopic,
    Actor,
    Effect,
    Unneeded,
    declare,
    end_access,
    notify,
    record,
)
from accounts.support.staff_groups_and_their_permissions import groups_of_staff, rights_of
from verification import enrolments, policies


def give_roles(person: User, actor: Actor, *, roles: Sequence[str]) -> ActionResult:
    """Make a user a member of staff with exactly these roles; with none they are no longer staff. Sessions end.

    Nobody can give a role with more permissions than their own, or one that helps users they may not help.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        wanted, former = set(groups_of_staff().filter(name__in=roles)), set(groups_of_staff().filter(user=person))
        if len(wanted) < len(set(roles)):
            raise Unneeded(_("One of these roles no longer exists. Reload the page and choose again."), field="roles")
        if wanted == former and person.is_staff == bool(wanted or person.is_superuser):
            raise Unneeded(_("No change: they already have these roles."), field="roles")
        if not actor.staff.is_superuser and not rights_of(wanted | former) <= actor.staff.get_all_permissions():
            why = _("This role has permissions that you don’t have. Ask a colleague who has them.")
            raise Unneeded(why, field="roles")
        if wanted and people_in_desk_scopes.reaches_further(actor.staff, {*person.groups.all()} - former | wanted):
            raise Unneeded(ActionRefusal.WIDER_SCOPE.advice, field="roles")
        after = {group.pk for group in {*person.groups.all()} - former | wanted}
        if former - wanted and people_in_desk_scopes.lost(actor.staff, {person.pk: after}):
            raise Unneeded(ActionRefusal.LEAVES_SCOPE.advice, field="roles")
        with policies.dropped_second_person.recorded([person.pk], actor.context, actor_id=actor.staff.pk):
            person.groups.remove(*former - wanted)
            person.groups.add(*wanted - former)
        names = settle_roles(person, actor, former=sorted(group.name for group in former))
    if not names:
        return ActionResult(_("Staff access removed."))
    return ActionResult(_("Staff roles: %(roles)s.") % {"roles": ", ".join(names)})


_ROLES = {
    "Support desk": gettext_lazy("find, verify and help people"),
    "Senior support": gettext_lazy("also block people, give one-time bypasses, and approve requests"),
    "Operators": gettext_lazy("deliveries, routes, outages and costs"),
    "Auditors": gettext_lazy("read the audit log and the reports"),
    "Administrators": gettext_lazy("everything, with policies, imports and roles"),
}


class RolesForm(ActionForm):
    """The user's roles as staff."""

    field_order = ["roles", "reason", "ticket"]
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("They’ll have exactly these roles. Without a role they lose their staff access."),
    )

    def offer(self, person: User, *, now: datetime) -> None:
        names = list(groups_of_staff().order_by("pk").values_list("name", flat=True))
        known = [(name, format_lazy("{}: {}", name, _ROLES[name]) if name in _ROLES else name) for name in names]
        cast("forms.MultipleChoiceField", self.fields["roles"]).choices = known
        self.initial["roles"] = list(groups_of_staff().filter(user=person).values_list("name", flat=True))


GIVE_ROLES = declare(
    Action(
        name="give_roles",
        label=gettext_lazy("Change staff roles"),
        explain=gettext_lazy("Make them a member of staff, change their roles, or remove their staff access."),
        icon="person",
        topic=ActionTopic.STAFF,
        permission="give_role",
        form_class=RolesForm,
        effect=Effect.ENDS,
        run=give_roles,
        preview=lambda impact: [
            _("With a role they can use the staff pages, and they always need the second step."),
            *action_preview.ended_access(impact),
        ],
        supports_bulk=False,
        is_destructive=True,
    )
)


def settle_roles(person: User, actor: Actor, *, former: Sequence[str]) -> list[str]:
    """Make a user staff or not, according to their current groups. End their sessions, audit it and notify them.

    Call it in the transaction that changed the groups and locked the user. Returns the names of their roles.
    """
    names = sorted(groups_of_staff().filter(user=person).values_list("name", flat=True))
    if names and not person.is_staff:
        _end_handouts(person)
    person.is_staff = bool(names) or person.is_superuser
    if person.is_staff and person.second_step == SecondStep.DISABLED:
        person.second_step = SecondStep.ENABLED  # staff are always asked
    person.save(update_fields=["is_staff", "second_step", "bypass_until"])
    enrolments.raise_epoch(person)
    record(
        support_action_audit_events.SUPPORT_ROLES_GIVEN,
        person,
        actor,
        roles=names,
        former=list(former),
        **end_access(person),
    )
    notify(person, support_action_audit_events.SUPPORT_ROLES_GIVEN, actor, roles=", ".join(names))
    return names


def _end_handouts(person: User) -> None:
    """Remove a pass and a bypass, which one person may give to non-staff users but never to staff."""
    enrolments.remove_passes(person)
    person.bypass_until = None
