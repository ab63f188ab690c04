"""URLs of the admin, with the pages and forms of all apps. The first staff page of a process loads them."""

from django.contrib import admin

admin.autodiscover()

urlpatterns = admin.site.get_urls()
