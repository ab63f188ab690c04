"""URLs for other systems."""

from django.urls import path

from accounts.integrations import app_passwords_for_mail_and_http
from accounts.integrations.forward_auth import portal_pages, views

app_name = "integrations"
urlpatterns = [
    path("basic/", app_passwords_for_mail_and_http.check, name="basic-check"),
    path("basic/mail/", app_passwords_for_mail_and_http.check_mail, name="basic-check-mail"),
    path("forward-auth/", views.check, name="forward-auth"),
    path("forward-auth/<path:below>", views.check, name="forward-auth-below"),
    path("hosts/enter/", portal_pages.enter, name="host-enter"),
    path("hosts/sign-out/", portal_pages.sign_out, name="host-sign-out"),
]
