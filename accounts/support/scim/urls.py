"""URLs of the pages about SCIM. They are part of the admin of directories."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpResponseBase
from django.urls import URLPattern, path

from accounts.admin_changes import acts, reads
from accounts.support.scim import views

View = Callable[..., HttpResponseBase]


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the URLs."""

    def shows(view: View) -> View:
        return cast("View", site.admin_view(cast("Any", reads(view))))

    def does(view: View) -> View:
        return cast("View", site.admin_view(cast("Any", acts(view))))

    return [
        path("<int:pk>/scim/", shows(views.show), name="directory-scim"),
        path("<int:pk>/scim/token/", does(views.new_token), name="directory-scim-token"),
        path("<int:pk>/scim/former/", does(views.end_former), name="directory-scim-former"),
        path("<int:pk>/scim/revoke/", does(views.revoke), name="directory-scim-revoke"),
        path("<int:pk>/scim/left/", does(views.confirm_departures), name="directory-scim-left"),
        path("<int:pk>/scim/networks/", does(views.change_networks), name="directory-scim-networks"),
    ]
