"""URLs of the SCIM server."""

from django.urls import path

from accounts.integrations.scim import views

app_name = "scim"
urlpatterns = [
    path("", views.serve, name="base"),
    path("<path:below>", views.serve, name="below"),
]
