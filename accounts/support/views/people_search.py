"""The view for finding users: a search box, filters, and bulk actions."""

import time
from functools import lru_cache

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.views.decorators.http import require_GET

from accounts import request_context
from accounts.models import SecondStep
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import directory_problems, people_search
from accounts.support.actions import ACTIONS
from accounts.support.views import bulk_actions, page_layout


@lru_cache(maxsize=1)
def _read_groups(_minute: int) -> list[tuple[int, str]]:
    return list(Group.objects.order_by("name").values_list("pk", "name"))


def _groups() -> list[tuple[int, str]]:
    """Return the groups for the filter, cached for a minute so that no page waits for them."""
    return _read_groups(int(time.monotonic() // 60))


@require_GET
def index(request: AuthedRequest) -> HttpResponse:
    """List the users that the search finds, page by page."""
    search = people_search.read(request.GET)
    most_at_once = bulk_actions.MAX_PEOPLE_PER_ACTION
    found = people_search.find(request.user, search, now=request_context.read(request).now, most=most_at_once)
    kept = people_search.kept(search)
    context = {
        "problems": directory_problems.problems(request.user),
        "found": found,
        "search": search,
        "groups": _groups(),
        "states": [(value, capfirst(label)) for value, label in SecondStep.choices],
        "troubles": people_search.TROUBLES.items(),
        "actions": [
            (a.name, a.label)
            for a in ACTIONS.values()
            if a.supports_bulk and request.user.has_perm(f"accounts.{a.permission}")
        ],
        "after": urlencode(kept | {"after": found.after}) if found.after else "",
        "before": urlencode(kept | {"before": found.before}) if found.before else "",
        "kept": kept,
        "kept_query": urlencode(kept),
        "most": people_search.MAX_PEOPLE_RANKED,
        "most_at_once": most_at_once,
    }
    return page_layout.page(request, "people_search.html", context)
