"""URLs for other systems."""

from django.urls import path

from accounts.integrations import http_basic_and_nginx_mail
from accounts.integrations.forward_auth import portal_pages, views

app_name = "integrations"
urlpatterns = [
    path("basic/", http_basic_and_nginx_mail.check, name="basic-check"),
    path("basic/mail/", http_basic_and_nginx_mail.check_mail, name="basic-check-mail"),
    path("forward-auth/", views.check, name="forward-auth"),
    path("forward-auth/<path:below>", views.check, name="forward-auth-below"),
    path("hosts/enter/", portal_pages.enter, name="host-enter"),
    path("hosts/sign-out/", portal_pages.sign_out, name="host-sign-out"),
]
