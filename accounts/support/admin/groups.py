"""Groups and roles in the admin: pages of our own replace Django's."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import URLPattern

from accounts.admin_changes import ReadOnlyAdmin
from accounts.support import urls


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """Roles and groups, changed on the desk's own pages by someone who has their permissions and is not a member."""

    def get_urls(self) -> list[URLPattern]:
        return urls.group_urls(self.admin_site)
