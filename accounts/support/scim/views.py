"""Views of directories that send by SCIM."""

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import admin_changes, provisioning, request_context
from accounts.admin_changes import ReasonForm, ReasonPage
from accounts.integrations.scim import request_log
from accounts.integrations.scim.views import BASE
from accounts.models import Directory, ScimPerson
from accounts.models.directories import DirectoryKind
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import directory_problems
from accounts.support.actions import Actor
from accounts.support.scim import token_and_network_changes
from accounts.support.views import page_layout
from verification import conf
from verification.policies import Networks

_HERE = "directories"
_MAX_REQUESTS_SHOWN = 30
_MAX_LEAVERS_SHOWN = 50

# What our own refusals mean; the others are keywords that the client's documentation explains.
PROBLEMS = {
    "network": gettext_lazy("The token isn’t allowed from this network."),
    "off": gettext_lazy("The directory is switched off."),
    "limit": gettext_lazy("Too many requests."),
    "size": gettext_lazy("The request was too large."),
    "uniqueness": gettext_lazy("Someone else has this username or external ID."),
    "invalidFilter": gettext_lazy("We don’t support this filter."),
    "invalidPath": gettext_lazy("An attribute that we don’t know. Remove it from the mapping."),
    "invalidValue": gettext_lazy("A value that we can’t store. Our answer said which one."),
    "invalidSyntax": gettext_lazy("We couldn’t read the request."),
    "mutability": gettext_lazy("An attribute that can’t be changed."),
    "403": gettext_lazy("The last administrator can’t be switched off."),
    "404": gettext_lazy("There is nothing with this ID."),
}


def _directory(request: AuthedRequest, pk: int, *, verb: str = "view") -> Directory:
    if not request.user.has_perm(f"accounts.{verb}_directory"):
        raise PermissionDenied
    directory = get_object_or_404(Directory, pk=pk)
    if directory.kind != DirectoryKind.SCIM:
        raise Http404
    return directory


def show(request: AuthedRequest, pk: int) -> HttpResponse:
    """Show what a client needs, and what it sent last."""
    return _shown(request, _directory(request, pk))


def _shown(request: AuthedRequest, directory: Directory, token: str = "") -> HttpResponse:
    now = request_context.read(request).now
    access = token_and_network_changes.access_of(directory)
    who_left = directory_problems.who_left(directory, request.user)
    n_left = provisioning.people_who_left(directory).count()
    n_shown = who_left.count()
    requests = request_log.last(directory, _MAX_REQUESTS_SHOWN)
    context: dict[str, Any] = {
        "directory": directory,
        "address": f"{conf.public_url().rstrip('/')}{BASE}",
        "token": token,
        "access": access,
        "has_former": bool(access.former_ends_at and access.former_ends_at > now and access.former_digest),
        "n_people": ScimPerson.objects.filter(directory=directory, deleted_at=None).count(),
        "n_groups": directory.groups.count(),
        "requests": [(each, PROBLEMS.get(each.problem, each.problem)) for each in requests],
        "left": provisioning.count(directory, now),
        # Without their link, which leads to this page.
        "problems": [replace(each, url="") for each in directory_problems.problems(request.user, directory)],
        "who_left": list(who_left[:_MAX_LEAVERS_SHOWN]),
        "n_left": n_left,
        "n_of_desk": n_shown,
        "n_of_others": n_left - n_shown,
    }
    return page_layout.page(request, "directory_scim.html", context, here=_HERE)


def _asked(directory: Directory, button: str, lines: tuple[str, ...], *, is_destructive: bool = False) -> ReasonPage:
    return ReasonPage(
        title=f"{button}: {directory.name}",
        button=button,
        back=resolve_url("admin:directory-scim", directory.pk),
        here=_HERE,
        lines=lines,
        is_destructive=is_destructive,
    )


def _actor(request: AuthedRequest, reason: str) -> Actor:
    return Actor(staff=request.user, context=request_context.read(request), reason=reason, ticket=_("none"))


def new_token(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Give a directory a new token, and show it once."""
    directory = _directory(request, pk, verb="change")

    def run(reason: str) -> HttpResponse:
        token = token_and_network_changes.new_token(directory, _actor(request, reason))
        return _shown(request, directory, token)

    lines = (
        _("You see the new token once, on the next page. Paste it into the program that sends people and groups."),
        _("The current token keeps working for %(n)d days. Any older one stops working now.")
        % {"n": token_and_network_changes.OVERLAP.days},
    )
    has_one = bool(token_and_network_changes.access_of(directory).secret_digest)
    asked = _asked(directory, _("Create a new token"), lines if has_one else lines[:1])
    return admin_changes.with_reason(request, asked, run)


def end_former(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Revoke the old token before its overlap is over."""
    directory = _directory(request, pk, verb="change")
    lines = (_("If the program still sends the old token, we refuse it within seconds."),)
    asked = _asked(directory, _("Revoke old token"), lines)
    return admin_changes.with_reason(
        request, asked, lambda reason: token_and_network_changes.end_former(directory, _actor(request, reason))
    )


def revoke(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """End all tokens."""
    directory = _directory(request, pk, verb="change")
    lines = (
        _("Every request is refused within seconds, until you create a new token."),
        _("People and groups stay as they are. Someone who leaves isn’t switched off any more."),
    )
    asked = _asked(directory, _("Revoke all tokens"), lines, is_destructive=True)
    return admin_changes.with_reason(
        request, asked, lambda reason: token_and_network_changes.revoke(directory, _actor(request, reason))
    )


def confirm_departures(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Confirm that many people left, which ends the alarm."""
    directory = _directory(request, pk, verb="change")
    found = provisioning.count_of_alarm(directory)
    lines = (_("%(n)d of %(of)d people stay switched off, and the notice goes away.") % {"n": found.n, "of": found.of},)
    asked = _asked(directory, _("Confirm that they left"), lines)
    return admin_changes.with_reason(
        request, asked, lambda reason: token_and_network_changes.confirm_departures(directory, _actor(request, reason))
    )


class NetworksForm(ReasonForm):
    """From where tokens may be used."""

    field_order = ("networks", "reason")
    networks = Networks(
        label=gettext_lazy("Allowed networks"),
        required=False,
        help_text=gettext_lazy("One per line, such as 192.0.2.0/24. Without any, the token works from all networks."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


def change_networks(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Change the networks that tokens may be used from."""
    directory = _directory(request, pk, verb="change")
    sent = request.POST if "form_ref" in request.POST else None
    form = NetworksForm(sent)
    access = token_and_network_changes.access_of(directory)
    form.initial = {
        **form.initial,
        "networks": access.networks,
        "seen": token_and_network_changes.networks_as_seen(access),
    }

    def run(reason: str) -> None:
        said = form.cleaned_data
        token_and_network_changes.change_networks(
            directory, said["networks"] or [], _actor(request, reason), seen=said["seen"]
        )

    asked = _asked(directory, _("Change allowed networks"), ())
    return admin_changes.with_reason(request, asked, run, form=form)
