"""URLs of the support desk, inside the admin. All need a verified member of staff."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from accounts.admin_changes import acts, reads
from accounts.support.views import (
    actions,
    applications,
    approvals,
    audit_log,
    bulk_actions,
    caller_verification,
    case,
    costs,
    deliveries,
    groups,
    hardware_tokens,
    imports,
    people_search,
    reports,
)

View = Callable[..., HttpResponseBase]


def _for_those_who_see(view: View) -> View:
    """Open a view to anyone who may see users. Each action checks its own permission."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("accounts.view_user"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return page


def _kinds(site: AdminSite) -> tuple[Callable[[View], View], Callable[[View], View]]:
    """Return decorators for the two kinds of views: read-only, and acting, which needs a recent verification."""

    def shows(view: View) -> View:
        return cast("View", site.admin_view(cast("Any", reads(view))))

    def does(view: View) -> View:
        return cast("View", site.admin_view(cast("Any", acts(view))))

    return shows, does


def group_urls(site: AdminSite) -> list[URLPattern]:
    """Return the URLs of roles and groups."""
    shows, does = _kinds(site)
    return [
        path("", shows(groups.index), name="auth_group_changelist"),
        path("roles/", shows(groups.role_index), name="roles"),
        path("roles/add/", does(groups.change), {"is_role": True}, name="role-add"),
        path("add/", does(groups.change), name="auth_group_add"),
        path("<int:pk>/", shows(groups.show), name="group"),
        path("<int:pk>/change/", does(groups.change), name="auth_group_change"),
        path("<int:pk>/delete/", does(groups.delete), name="auth_group_delete"),
        path("requests/<slug:ref>/agree/", does(groups.agree), name="group-request-agree"),
        path("requests/<slug:ref>/refuse/", does(groups.refuse), name="group-request-refuse"),
        path("requests/<slug:ref>/withdraw/", does(groups.withdraw), name="group-request-withdraw"),
    ]


def application_urls(site: AdminSite) -> list[URLPattern]:
    """Return the URLs of applications."""
    shows, does = _kinds(site)
    return [
        path("", shows(applications.index), name="accounts_application_changelist"),
        path("add/", shows(applications.choose), name="accounts_application_add"),
        path("add/<slug:kind>/", does(applications.add), name="application-add"),
        path("<slug:slug>/", shows(applications.show), name="application"),
        path("<slug:slug>/change/", does(applications.change), name="application-change"),
        path("<slug:slug>/configuration/", shows(applications.configuration), name="application-configuration"),
        path("<slug:slug>/trial/", shows(applications.trial), name="application-trial"),
        path("<slug:slug>/secret/", does(applications.renew_secret), name="application-secret"),
        path("<slug:slug>/former/", does(applications.end_former_secret), name="application-former-secret"),
        path("<slug:slug>/again/", does(applications.send_again), name="application-send-again"),
        path("<slug:slug>/end/", does(applications.end), name="application-end"),
        path("<slug:slug>/off/", does(applications.switch_off), name="application-off"),
        path("<slug:slug>/on/", does(applications.switch_on), name="application-on"),
        path("<slug:slug>/delete/", does(applications.delete), name="application-delete"),
    ]


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the URLs of users and of the pages beside them."""
    shows, does = _kinds(site)

    def shows_people(view: View) -> View:
        return shows(_for_those_who_see(view))

    def helps(view: View) -> View:
        return does(_for_those_who_see(view))

    return [
        path("", shows_people(people_search.index), name="accounts_user_changelist"),
        path("do/", helps(bulk_actions.preview_and_do), name="support-many"),
        path("deliveries/", shows(deliveries.index), name="deliveries"),
        path("deliveries/<slug:handle>/", shows(deliveries.show), name="delivery"),
        path("deliveries/<slug:handle>/again/", does(deliveries.again), name="delivery-again"),
        path("costs/", shows(costs.index), name="costs"),
        path("reports/", shows(reports.report), name="reports"),
        path("reports/<slug:key>/", shows(reports.report), name="report"),
        path("reports/<slug:key>/export/", does(reports.report_export), name="report-export"),
        path("record/", shows(audit_log.show), name="audit-log"),
        path("record/export/", does(audit_log.export), name="audit-log-export"),
        path("record/check/", shows(audit_log.check), name="audit-log-check"),
        path("export/", does(imports.export), name="people-export"),
        path("import/", does(imports.index), name="imports"),
        path("import/example/<slug:key>/", shows(imports.example), name="import-example"),
        path("import/<slug:ref>/", shows(imports.show), name="import"),
        path("import/<slug:ref>/status/", shows(imports.status), name="import-status"),
        path("import/<slug:ref>/apply/", does(imports.apply), name="import-apply"),
        path("import/<slug:ref>/cancel/", does(imports.cancel), name="import-cancel"),
        path("import/<slug:ref>/bad-rows/", does(imports.faults), name="import-faults"),
        path("tokens/", shows(hardware_tokens.index), name="tokens"),
        path("tokens/<slug:ref>/", shows(hardware_tokens.show), name="token"),
        path("tokens/<slug:ref>/retire/", does(hardware_tokens.retire), name="token-retire"),
        path("tokens/<slug:ref>/restore/", does(hardware_tokens.restore), name="token-restore"),
        path("requests/", shows_people(approvals.index), name="support-requests"),
        path("requests/<slug:ref>/decide/", helps(approvals.decide), name="support-request-decide"),
        path("requests/<slug:ref>/withdraw/", helps(approvals.withdraw), name="support-request-withdraw"),
        path("requests/<slug:ref>/do/", helps(approvals.collect), name="support-request-do"),
        path("<int:pk>/change/", shows_people(case.show), name="accounts_user_change"),
        path("<int:pk>/do/<slug:name>/", helps(actions.one), name="support-action"),
        path("<int:pk>/caller/", helps(caller_verification.choose), name="support-caller-choose"),
        path("<int:pk>/caller/<slug:ref>/", helps(caller_verification.prove), name="support-caller"),
    ]
