"""Addresses of the support desk, below the people of the admin. Each wants a verified member of the staff."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from accounts import freshness
from accounts.support.views import callers, case, deeds, deliveries, figures, imports, people, requests

View = Callable[..., HttpResponseBase]


def _for_those_who_see(view: View) -> View:
    """Open a page to whoever may see people; what they may do is asked deed by deed."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("accounts.view_user"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return page


def urls(site: AdminSite) -> list[URLPattern]:
    """Give the pages. Those that change something want a fresh proof as well."""

    def seen(view: View) -> Any:
        return site.admin_view(cast("Any", _for_those_who_see(view)))

    def figure(view: View) -> Any:
        return site.admin_view(cast("Any", view))

    def fresh(view: View) -> Any:
        return site.admin_view(cast("Any", _for_those_who_see(freshness.required(cast("Any", view)))))

    return [
        path("", seen(people.index), name="accounts_user_changelist"),
        path("do/", fresh(deeds.many), name="support-many"),
        path("deliveries/", figure(deliveries.index), name="deliveries"),
        path("deliveries/<slug:handle>/", figure(deliveries.show), name="delivery"),
        path("deliveries/<slug:handle>/again/", figure(deliveries.again), name="delivery-again"),
        path("reports/", figure(figures.report), name="reports"),
        path("reports/<slug:key>/", figure(figures.report), name="report"),
        path("record/", figure(figures.record), name="record"),
        path("record/check/", figure(figures.check), name="record-check"),
        path("export/", figure(imports.export), name="people-export"),
        path("import/", fresh(imports.index), name="imports"),
        path("import/<slug:ref>/", figure(imports.show), name="import"),
        path("import/<slug:ref>/apply/", fresh(imports.apply), name="import-apply"),
        path("import/<slug:ref>/bad-rows/", figure(imports.faults), name="import-faults"),
        path("requests/", seen(requests.index), name="support-requests"),
        path("requests/<slug:ref>/decide/", fresh(requests.decide), name="support-request-decide"),
        path("requests/<slug:ref>/do/", fresh(requests.collect), name="support-request-do"),
        path("<int:pk>/change/", seen(case.show), name="accounts_user_change"),
        path("<int:pk>/do/<slug:name>/", fresh(deeds.one), name="support-deed"),
        path("<int:pk>/caller/", fresh(callers.choose), name="support-caller-choose"),
        path("<int:pk>/caller/<slug:ref>/", fresh(callers.prove), name="support-caller"),
    ]
