"""Addresses of the support desk, below the people of the admin. Each wants a verified member of the staff."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpResponse
from django.urls import URLPattern, path

from accounts import freshness
from accounts.support.views import callers, case, deeds, people, requests

View = Callable[..., HttpResponse]


def urls(site: AdminSite) -> list[URLPattern]:
    """Give the pages. Those that change something want a fresh proof as well."""

    def seen(view: View) -> Any:
        return site.admin_view(cast("Any", view))

    def fresh(view: View) -> Any:
        return site.admin_view(cast("Any", freshness.required(view)))

    return [
        path("", seen(people.index), name="accounts_user_changelist"),
        path("do/", fresh(deeds.many), name="support-many"),
        path("requests/", seen(requests.index), name="support-requests"),
        path("requests/<slug:ref>/decide/", fresh(requests.decide), name="support-request-decide"),
        path("requests/<slug:ref>/do/", fresh(requests.collect), name="support-request-do"),
        path("<int:pk>/change/", seen(case.show), name="accounts_user_change"),
        path("<int:pk>/do/<slug:name>/", fresh(deeds.one), name="support-deed"),
        path("<int:pk>/caller/", fresh(callers.choose), name="support-caller-choose"),
        path("<int:pk>/caller/<slug:ref>/", fresh(callers.prove), name="support-caller"),
    ]
