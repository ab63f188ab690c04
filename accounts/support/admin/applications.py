"""Applications in the admin: pages of our own replace Django's."""

from django.contrib import admin
from django.urls import URLPattern

from accounts.admin_changes import ReadOnlyAdmin
from accounts.models import Application
from accounts.support import urls


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    """Applications, changed on the pages of their own."""

    def get_urls(self) -> list[URLPattern]:
        return urls.application_urls(self.admin_site)
