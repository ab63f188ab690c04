"""Finding people: one box, a few filters, and deeds for many at once."""

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts import facts
from accounts.models import SecondStep
from accounts.standing import AuthedRequest
from accounts.support import people
from accounts.support.menu import ACTIONS
from accounts.support.people import Search
from accounts.support.views import pages

_FILTERS = ("q", "group", "state", "trouble")


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List the people whom the search finds, fifty a page."""
    if not request.user.has_perm("accounts.view_user"):
        raise PermissionDenied
    asked = {name: request.GET.get(name, "").strip()[:254] for name in (*_FILTERS, "after", "before")}
    group = int(asked["group"]) if asked["group"].isdecimal() else None
    search = Search(
        text=asked["q"],
        group=group,
        state=asked["state"],
        trouble=asked["trouble"],
        after=asked["after"],
        before=asked["before"],
    )
    found = people.find(request.user, search, now=facts.read(request).now)
    kept = {name: asked[name] for name in _FILTERS if asked[name]}
    context = {
        "found": found,
        "search": search,
        "groups": list(Group.objects.order_by("name").values_list("pk", "name")),
        "states": SecondStep.choices,
        "troubles": people.TROUBLES.items(),
        "actions": [a for a in ACTIONS.values() if a.for_many and request.user.has_perm(f"accounts.{a.permission}")],
        "after": urlencode(kept | {"after": found.after}) if found.after else "",
        "before": urlencode(kept | {"before": found.before}) if found.before else "",
        "is_narrowed": bool(kept),
    }
    return pages.page(request, "people.html", context)
