"""Views of roles and groups: members and permissions, and changes with preview and reason."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import admin_changes, redirects, request_context
from accounts.admin_changes import ReasonPage
from accounts.models import GroupRequest
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import groups, people_in_desk_scopes, permission_labels, staff_groups_and_their_permissions
from accounts.support.actions import Actor
from accounts.support.groups import GroupChangePlan, GroupForm, WantedGroup
from accounts.support.views import page_layout

_MAX_MEMBERS_SHOWN = 100
_LISTS = {"groups": "admin:auth_group_changelist", "roles": "admin:roles"}  # by their place in the menu


def _may(request: AuthedRequest, right: str = "view") -> None:
    if not request.user.has_perm(f"auth.{right}_group"):
        raise PermissionDenied


def index(request: AuthedRequest) -> HttpResponse:
    """List the groups that sort people, and the requests that wait for a second person."""
    return _listed(request, "groups.html", here="groups", are_roles=False)


def role_index(request: AuthedRequest) -> HttpResponse:
    """List the roles with what each may do, and the requests that wait for a second person."""
    return _listed(request, "roles.html", here="roles", are_roles=True)


def _listed(request: AuthedRequest, template: str, *, here: str, are_roles: bool) -> HttpResponse:
    _may(request)
    waiting = [
        (each, groups.may_decide(each, request.user)) for each in groups.waiting(request_context.read(request).now)
    ]
    found: list[Any] = [group for group in groups.listed() if bool(group.n_rights) is are_roles]
    if are_roles:
        rows = Group.objects.in_bulk([group.pk for group in found])
        given = [
            staff_groups_and_their_permissions.permissions(
                staff_groups_and_their_permissions.rights_of([rows[group.pk]])
            ).order_by("pk")
            for group in found
        ]
        found = [(group, permission_labels.parts(each)) for group, each in zip(found, given, strict=True)]
    return page_layout.page(request, template, {"groups": found, "waiting": waiting}, here=here)


def show(request: AuthedRequest, pk: int) -> HttpResponse:
    """Show a group's permissions and members."""
    _may(request)
    group = get_object_or_404(Group, pk=pk)
    members = people_in_desk_scopes.visible(request.user).filter(groups=group).order_by("username")
    n_members, n_seen = group.user_set.count(), members.count()
    context = {
        "group": group,
        "parts": permission_labels.parts(
            staff_groups_and_their_permissions.permissions(
                staff_groups_and_their_permissions.rights_of([group])
            ).order_by("pk")
        ),
        "members": members[:_MAX_MEMBERS_SHOWN],
        "n_members": n_members,
        "n_seen": n_seen,
        "n_of_others": n_members - n_seen,
    }
    return page_layout.page(request, "group.html", context, here=_place(group))


def _place(group: Group | None) -> str:
    """Return the page of the menu that a group is listed on: a group with permissions is a role."""
    return "roles" if group and group.permissions.exists() else "groups"


def _back(group: Group | None, here: str) -> str:
    """Return the URL of the page that leads to the form: the group's own, or the list."""
    return resolve_url("admin:group", group.pk) if group else resolve_url(_LISTS[here])


def change(request: AuthedRequest, pk: int | None = None, *, is_role: bool = False) -> HttpResponseBase:
    """Create or change a group: the form, then a preview, then the reason. `is_role` says what a new one is."""
    _may(request, "change" if pk else "add")
    group = get_object_or_404(Group, pk=pk) if pk else None
    here = "roles" if is_role else _place(group)
    if group:
        title = _("Change %(name)s") % {"name": group.name}
    else:
        title = _("Create a role") if is_role else _("Create a group")
    form = GroupForm(request.POST or None, staff=request.user, group=group, needs_rights=is_role)
    if form.is_bound and form.is_valid():
        wanted = form.wanted()
        plan = groups.plan(request.user, group, wanted)
        if plan.refusal:
            groups.refuse(group, wanted, request.user, request_context.read(request), plan.why)
            form.add_error(None, plan.refusal)
        elif not plan.lines:
            form.add_error(None, _("Nothing would change."))
        else:
            return _confirmed(request, group, wanted, plan, here=here, title=title, kept=form.kept())
    list_label = _("Roles") if here == "roles" else _("Groups")
    context = {
        "form": form,
        "title": title,
        "back_url": _back(group, here),
        "back_label": group.name if group else list_label,
    }
    return page_layout.page(request, "group_form.html", context, here=here)


def delete(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Delete a group."""
    _may(request, "delete")
    group = get_object_or_404(Group, pk=pk)
    plan = groups.plan(request.user, group, None)
    if plan.refusal:
        if request.method == "POST":
            groups.refuse(group, None, request.user, request_context.read(request), plan.why)
        messages.warning(request, plan.refusal)
        return redirect("admin:group", pk)
    return _confirmed(
        request, group, None, plan, here=_place(group), title=_("Delete %(name)s") % {"name": group.name}, kept=()
    )


def _confirmed(
    request: AuthedRequest,
    group: Group | None,
    wanted: WantedGroup | None,
    plan: GroupChangePlan,
    *,
    here: str,
    title: str,
    kept: tuple[tuple[str, str], ...],
) -> HttpResponseBase:
    def run(reason: str) -> HttpResponse:
        actor = Actor(staff=request.user, context=request_context.read(request), reason=reason, ticket=_("none"))
        messages.success(request, groups.change(group, wanted, actor, seen=request.POST.get("seen", "")))
        return redirect(_LISTS[here])

    note = _("A second person must approve this. Until then it waits here under Groups and Roles.")
    asked = ReasonPage(
        title=title,
        button=title,
        back=_back(group, here),
        here=here,
        lines=plan.lines,
        notes=(note,) if groups.wants_second(request.user, plan) else (),
        kept=(*kept, ("seen", plan.seen)),
        is_destructive=wanted is None,
    )
    counted = groups.counted(request.user, request_context.read(request))
    return admin_changes.with_reason(request, asked, run, counted=counted)


def agree(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Approve as the second person, which applies the change immediately."""
    return _decided(request, ref, agrees=True)


def refuse(request: AuthedRequest, ref: str) -> HttpResponseBase:
    """Refuse as the second person."""
    return _decided(request, ref, agrees=False)


@redirects.button_on("admin:auth_group_changelist")
@require_POST
def withdraw(request: AuthedRequest, ref: str) -> HttpResponse:
    """Withdraw one's own request."""
    _may(request)
    context = request_context.read(request)
    waiting = _waiting(request, ref)
    if waiting is None:
        return redirect("admin:auth_group_changelist")
    if groups.withdraw(waiting, request.user, context):
        messages.success(request, _("Withdrawn."))
    else:
        messages.warning(request, _("Only the person who requested this can withdraw it."))
    return redirect("admin:auth_group_changelist")


def _waiting(request: AuthedRequest, ref: str) -> GroupRequest | None:
    """Return a request that waits. If it is over, tell so and return None."""
    found = groups.waiting(request_context.read(request).now).filter(ref=ref).first()
    if found is None:
        get_object_or_404(GroupRequest, ref=ref)
        messages.warning(request, _("This request was decided or withdrawn before, or it has expired."))
    return found


def _decided(request: AuthedRequest, ref: str, *, agrees: bool) -> HttpResponseBase:
    _may(request)
    context = request_context.read(request)
    waiting = _waiting(request, ref)
    if waiting is None:
        return redirect("admin:auth_group_changelist")
    if not groups.may_decide(waiting, request.user):
        raise PermissionDenied
    plan = groups.plan(waiting.asked_by, waiting.group, groups.wanted_by(waiting))

    def run(reason: str) -> HttpResponse:
        seen = request.POST.get("seen", "")
        words = groups.decide(waiting, request.user, context, agrees=agrees, reason=reason, seen=seen)
        messages.success(request, words)
        return redirect("admin:auth_group_changelist")

    said = {"name": waiting.asked_by.get_username(), "reason": waiting.reason}
    asked = ReasonPage(
        title=_("Approve the request") if agrees else _("Refuse the request"),
        button=_("Approve and apply") if agrees else _("Refuse"),
        back=resolve_url("admin:auth_group_changelist"),
        here="groups",
        lines=(*plan.lines, _("Requested by %(name)s: %(reason)s") % said),
        kept=(("seen", plan.seen),),
    )
    return admin_changes.with_reason(request, asked, run)
