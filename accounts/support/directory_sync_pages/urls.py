"""URLs of the pages about what directories supply. They are part of the admin of directories."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpResponseBase
from django.urls import URLPattern, path

from accounts.admin_changes import acts, reads
from accounts.support.directory_sync_pages import views

View = Callable[..., HttpResponseBase]


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the URLs."""

    def shows(view: View) -> View:
        return cast("View", site.admin_view(cast("Any", reads(view))))

    def does(view: View) -> View:
        return cast("View", site.admin_view(cast("Any", acts(view))))

    return [
        path("<int:pk>/sync/", shows(views.show), name="directory-sync"),
        path("<int:pk>/sync/preview/", does(views.preview), name="directory-sync-preview"),
        path("<int:pk>/sync/start/", does(views.start), name="directory-sync-start"),
        path("runs/<slug:ref>/", shows(views.show_run), name="directory-run"),
        path("runs/<slug:ref>/status/", shows(views.status), name="directory-run-status"),
        path("runs/<slug:ref>/confirm/", does(views.confirm), name="directory-run-confirm"),
        path("runs/<slug:ref>/cancel/", does(views.cancel), name="directory-run-cancel"),
        path("runs/<slug:ref>/export/", does(views.export), name="directory-run-export"),
    ]
