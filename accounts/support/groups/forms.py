"""The form of a role or group: name, permissions, and who joins or leaves."""

from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.people import fold
from accounts.support import people_in_desk_scopes, permission_labels, staff_groups_and_their_permissions
from accounts.support.groups import change_preview_and_refusals
from verification.inputs import LineField


class Names(forms.CharField):
    """Usernames of people whom a member of staff may help, one per line.

    People of another desk are refused with the same words as usernames that nobody has.
    """

    people = User.objects.none()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=80_000, widget=forms.Textarea(attrs={"rows": 4}), **kwargs)

    def clean(self, value: Any) -> tuple[str, ...]:
        lines = [fold(line) for line in super().clean(value).replace(",", "\n").splitlines()]
        names = tuple(dict.fromkeys(line for line in lines if line))
        most = change_preview_and_refusals.MAX_PEOPLE
        if len(names) > most:
            raise forms.ValidationError(_("Enter at most %(n)d people at a time.") % {"n": most})
        found = set(self.people.filter(username__in=names).values_list("username", flat=True))
        if unknown := [name for name in names if name not in found]:
            words = _("You can’t help anyone with this username: %(names)s. Check it and try again.")
            raise forms.ValidationError(words % {"names": ", ".join(unknown[:5])})
        return names


class GroupForm(forms.Form):
    """The wanted state of a role or group. It offers only permissions that the member of staff has."""

    name = LineField(
        label=_("Name"),
        max_length=150,
        error_messages={"required": _("Enter a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    joining = Names(label=_("Add people"), help_text=_("Usernames, one per line."))
    leaving = Names(label=_("Remove people"), help_text=_("Usernames, one per line."))
    rights = forms.MultipleChoiceField(
        label=_("Permissions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what its members may do. Without permissions it’s a group.")},
        help_text=_(
            "With any of these, the group is a role and its members are staff. You can give only permissions that you "
            "have yourself."
        ),
    )

    def __init__(self, *args: Any, staff: User, group: Group | None, needs_rights: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if group is None:
            self.fields["leaving"].widget = forms.HiddenInput()  # a new group has no members
        for name in ("joining", "leaving"):
            cast("Names", self.fields[name]).people = people_in_desk_scopes.visible(staff)
        if needs_rights:
            self.fields["rights"].required = True
            self.fields["rights"].help_text = _(
                "Members are staff. You can give only permissions that you have yourself."
            )
        current = staff_groups_and_their_permissions.rights_of([group]) if group else set()
        mine = {right for right in staff_groups_and_their_permissions.RIGHTS if staff.has_perm(right)}
        found = staff_groups_and_their_permissions.permissions(mine | current).order_by(
            "content_type__app_label", "content_type__model", "pk"
        )
        cast("forms.MultipleChoiceField", self.fields["rights"]).choices = [
            (part.title, part.choices) for part in permission_labels.parts(found)
        ]
        self.initial.update({"name": group.name if group else "", "rights": sorted(current)})

    def wanted(self) -> change_preview_and_refusals.WantedGroup:
        """Return the wanted state of the group."""
        said = self.cleaned_data
        return change_preview_and_refusals.WantedGroup(
            name=said["name"],
            rights=frozenset(said["rights"]),
            joining=said["joining"],
            leaving=said["leaving"],
        )

    def kept(self) -> tuple[tuple[str, str], ...]:
        """Return the input as fields that can be submitted again."""
        said = self.cleaned_data
        lines = {"joining": "\n".join(said["joining"]), "leaving": "\n".join(said["leaving"])}
        return (("name", said["name"]), *lines.items(), *(("rights", right) for right in said["rights"]))
