"""Finding people: one box, a few filters, and deeds for many at once."""

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts import facts
from accounts.models import SecondStep
from accounts.standing import AuthedRequest
from accounts.support import people
from accounts.support.menu import ACTIONS
from accounts.support.views import pages, searches


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List the people whom the search finds, fifty a page."""
    search = searches.read(request.GET)
    found = people.find(request.user, search, now=facts.read(request).now)
    kept = searches.kept(search)
    context = {
        "found": found,
        "search": search,
        "groups": list(Group.objects.order_by("name").values_list("pk", "name")),
        "states": SecondStep.choices,
        "troubles": people.TROUBLES.items(),
        "actions": [a for a in ACTIONS.values() if a.for_many and request.user.has_perm(f"accounts.{a.permission}")],
        "after": urlencode(kept | {"after": found.after}) if found.after else "",
        "before": urlencode(kept | {"before": found.before}) if found.before else "",
        "kept": kept,
        "kept_query": urlencode(kept),
    }
    return pages.page(request, "people.html", context)
