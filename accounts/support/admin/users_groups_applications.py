"""Users, groups and applications in the admin: pages of our own replace Django's."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import URLPattern

from accounts.admin_changes import ReadOnlyAdmin
from accounts.models import Application, User
from accounts.support import urls


@admin.register(User)
class PeopleAdmin(ReadOnlyAdmin):
    """Users. The desk's pages find, show and help them; they are never edited field by field."""

    def get_urls(self) -> list[URLPattern]:
        return urls.urls(self.admin_site)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """Roles and groups, changed on the desk's own pages by someone who has their permissions and is not a member."""

    def get_urls(self) -> list[URLPattern]:
        return urls.group_urls(self.admin_site)


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    """Applications, changed on the pages of their own."""

    def get_urls(self) -> list[URLPattern]:
        return urls.application_urls(self.admin_site)
