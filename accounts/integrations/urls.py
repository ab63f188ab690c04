"""URLs for other systems."""

from django.urls import path

from accounts.integrations import basic

app_name = "integrations"
urlpatterns = [
    path("basic/", basic.check, name="basic-check"),
    path("basic/mail/", basic.check_mail, name="basic-check-mail"),
]
