"""Addresses of the portal."""

from django.urls import path

from accounts.portal.views import home, methods

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("methods/", methods.index, name="methods"),
    path("methods/add/", methods.add, name="method-add"),
    path("methods/add/<slug:method>/", methods.set_up, name="method-set-up"),
    path("methods/new-phone/", methods.new_phone, name="new-phone"),
    path("methods/recovery-codes/", methods.codes, name="codes"),
    path("methods/<slug:ref>/rename/", methods.rename, name="method-rename"),
    path("methods/<slug:ref>/usual/", methods.make_default, name="method-default"),
    path("methods/<slug:ref>/remove/", methods.remove, name="method-remove"),
    path("methods/<slug:ref>/try/", methods.try_out, name="method-try"),
]
