"""The desk's pages of people at the admin's URLs of users, in place of Django's list and form."""

from django.contrib import admin
from django.urls import URLPattern

from accounts.admin_changes import ReadOnlyAdmin
from accounts.models import User
from accounts.support import urls


@admin.register(User)
class PeopleAdmin(ReadOnlyAdmin):
    """Users. The desk's pages find, show and help them; they are never edited field by field."""

    def get_urls(self) -> list[URLPattern]:
        return urls.urls(self.admin_site)
